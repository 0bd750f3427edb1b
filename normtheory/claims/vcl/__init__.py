"""What Littwin & Wolf (2018) say of the variance constancy loss (VCL)."""

# in the order in which they are listed
CLAIMS = """
    variance-of-variance sample-patterns few-modes two-point-minimizer near-two-modes
    kurtosis-tails variance-constraint normal-moments mixture-moments mixture-kurtosis
    phase-shift far-means outliers ratio-bound ratio-bound-kurtosis beta-stabilizes
    beta-grows-variance two-projections learned-beta beta-zero-scale-free moment-estimation
    batchnorm-kurtosis batchnorm-noise batchnorm-approximation batchnorm-bound stable-batchnorm
    same-activation favours-small-n batch-split small-n-unstable table1-overhead
    table2-batchnorm batchnorm-helps tinyimagenet-n table4-wins most-wins improvement best-pair
    sparsity more-than-two-peaks conditioning
"""
