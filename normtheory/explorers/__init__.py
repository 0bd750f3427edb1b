"""Sliders on claims: claims and figures in, widgets out.

Each function makes one explorer; a notebook needs no more than calling it.
"""

import lazy_loader
import numpy as np

# module -> the explorers in it
_TOPICS = {
    "activations": ["network_activations"],
    "vcl.sample_variance": ["sample_variance"],
    "vcl.mixture": ["mixture_kurtosis_formula"],
    "vcl.phase_shift": ["phase_shift"],
    "vcl.phases": ["phase_map"],
    "vcl.trained_phases": ["trained_phases"],
    "vcl.modes": ["few_modes"],
    "vcl.bounds": ["ratio_bound"],
    "vcl.loss": ["trained_loss", "moment_estimation"],
    "vcl.batchnorm": ["batchnorm_noise"],
    "per.gradient": ["projected_error"],
    "per.pseudo_huber": ["pseudo_huber_loss"],
    "per.collapse": ["collapse"],
    "per.repulsion": ["repulsion"],
    "per.joint": ["joint_laws"],
    "per.layers": ["lp_normalization", "fisher_blocks", "projection_cost"],
    "per.wasserstein": ["wasserstein_bound", "sliced_wasserstein", "sliced_equivalence"],
    "stdloss.divergence": ["standardization_loss"],
    "stdloss.batch": ["standardization_batch"],
    "stdloss.shapes": ["standardization_blind_spots", "standardization_shapes"],
    "equinorm.balance": ["equilibrium", "equilibrium_channels"],
    "equinorm.response": ["equilibrium_expressivity"],
    "equinorm.passes": ["equilibrium_single_pass", "equilibrium_denominator"],
    "equinorm.edges": ["equilibrium_edges"],
    "equinorm.young": ["young_inequality"],
    "equinorm.noise": ["equilibrium_noise"],
    "selu.moments": ["selu_moments"],
    "selu.targets": ["selu_targets"],
    "selu.dropout": ["selu_dropout"],
    "shattered": ["gradient_decay", "gradient_noise"],
    "weightnorm": [
        "weight_norm_descent",
        "weight_norm_start",
        "weight_norm_noise",
        "weight_norm_cost",
    ],
}
_SURFACE = {
    "atlas": ["atlas"],
    "explorer": ["Explorer", "link"],
    "folding": ["folded"],
    "rows": ["ledger_evidence", "ledger_overview", "ledger_rows"],
    "comparison": ["comparison_table", "side_by_side"],
    "questions": ["question"],
    "recording": ["recording"],
    "training": ["watch"],
}

_load, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs=_SURFACE | _TOPICS)


def __getattr__(name):
    # claims compute what they print when they are imported, whatever numpy was told to raise
    with np.errstate(all="warn", under="ignore"):
        return _load(name)


def catalogue():
    """Names of all explorers, in the order of the notebooks."""
    return [name for names in _TOPICS.values() for name in names]
