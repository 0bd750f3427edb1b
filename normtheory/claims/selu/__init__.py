"""Blog notes on self-normalizing neural networks: the activation, its constants, its dropout."""

# in the order in which they are listed
CLAIMS = """
    elu-alpha constants contraction any-target initialisation dropout-brittle alpha-dropout
"""
