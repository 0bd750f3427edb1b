"""Blog notes on weight normalization: its gradients, its initialisation, its cost."""

# in the order in which they are listed
CLAIMS = """
    gradients init forthcoming-batches replaces-variance mean-only cost
"""
