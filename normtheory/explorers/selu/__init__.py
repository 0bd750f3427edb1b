"""Explorers of what the notes say of self-normalizing networks."""
