"""Losses on activations, to be added to a network's own loss."""
