"""Explorers of equilibrium normalization (EquiNorm)."""
