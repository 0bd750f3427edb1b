"""The mathematics: one module per object of study, pure functions on arrays and symbols.

Names are loaded on first use, so that importing this room costs neither scipy nor sympy.
"""

import lazy_loader

# module -> the names people call
_SURFACE = {
    "law_search": ["FoundLaw", "kurtosis_functional", "minimize_over_laws"],
    "laws": [
        "LAWS",
        "Law",
        "discrete",
        "gaussian_mixture",
        "laplace",
        "law",
        "normal",
        "two_point",
        "uniform",
    ],
    "mixtures": [
        "EQUAL_VARIANCE_BOUNDARY",
        "Mixture",
        "angle_between",
        "best_angle",
        "directions",
        "lda_direction",
        "merging_direction",
        "merging_directions",
        "mixture",
        "mixture_kurtosis",
        "mixture_moments",
    ],
    "phases": ["best_between", "merging_limit", "phase", "phase_boundary"],
    "sample_variance": [
        "enumerate_sample_variance",
        "enumerate_two_point",
        "kurtosis",
        "sample_patterns",
        "simulate_variance_of_variance",
        "variance_constancy",
        "variance_of_sample_variance",
    ],
    "montecarlo": ["Estimate", "estimate"],
}

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs=_SURFACE)
