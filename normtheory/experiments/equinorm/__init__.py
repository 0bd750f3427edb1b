"""Experiments of "Controlling Covariate Shift using Equilibrium Normalization of Weights"."""
