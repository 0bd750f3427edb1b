"""Experiments of "Regularizing Activations in Neural Networks via Distribution Matching with the
Wasserstein Metric" (Joo, Kang & Kim, ICLR 2020)."""
