"""Losses, layers and initialisers in torch.nn's style, for people's own networks."""
