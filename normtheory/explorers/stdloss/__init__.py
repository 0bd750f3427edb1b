"""Explorers of the standardization loss."""
