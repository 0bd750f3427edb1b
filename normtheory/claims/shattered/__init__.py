"""Blog notes on the shattered gradients problem: gradients and co-activation at initialisation."""

# in the order in which they are listed
CLAIMS = """
    decay coactivation-cause coactivation-depth batchnorm-quarter similar-inputs skip resilience
    noise-colour hundred-layers white-gradients shallow-paths
"""
