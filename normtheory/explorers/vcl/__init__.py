"""Explorers of what Littwin & Wolf (2018) say of the variance constancy loss."""
