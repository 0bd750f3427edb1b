"""Joo, Kang & Kim (2020): the claims about PER, in the document's order."""

# in the order in which they are listed
CLAIMS = """
    gaussian-measure statistics-blind sliced-equivalence sorting minkowski-bound gradient
    algorithm slices same-coefficient wasserstein-bound pushes-to-normal variance-to-one
    all-moments interaction pseudo-huber sensitivity natural-gradient block-diagonal
    fisher-blocks empirical-fisher close-to-natural lp-normalization complexity parameter-counts
    step-times bounded-norm table-statements similar-results without-changes any-target
    pretrained-target rectified sampled-target
"""
