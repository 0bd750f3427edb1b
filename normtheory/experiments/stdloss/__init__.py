"""Experiments of "Accelerating Training of Deep Neural Networks with a Standardization Loss"."""
