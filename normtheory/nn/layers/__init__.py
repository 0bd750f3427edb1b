"""Layers and activations with a normalization built in."""
