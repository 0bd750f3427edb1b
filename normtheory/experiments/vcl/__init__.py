"""Experiments of "Regularizing by the Variance of the Activations' Sample-Variances" (Littwin &
Wolf, NeurIPS 2018)."""
