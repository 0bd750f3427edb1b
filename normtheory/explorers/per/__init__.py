"""Explorers of what Joo, Kang & Kim (2020) say of the projected error function regularization."""
