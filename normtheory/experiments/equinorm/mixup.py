"""Mixup (Zhang et al. 2018) and manifold mixup (Verma et al. 2018) of a network's inputs."""

import torch
from torch.nn import functional as F

from normtheory.experiments.equinorm.settings import KINDS

# the images, and the inputs of the second and third stage
DEPTHS = 3


def mixed_loss(model, inputs, targets, kind, alpha, rng):
    """Cross entropy of one batch whose rows are mixed with those of a permutation of it.

    One share is drawn for the batch from Beta(`alpha`, `alpha`); rows and losses are mixed by it.
    Mixup mixes the images, manifold mixup the inputs of one of the first three stages, drawn for
    the batch.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    if kind == "none":
        return F.cross_entropy(model(inputs), targets)
    if not alpha > 0:
        raise ValueError(f"alpha must be positive, got {alpha!r}")
    share = rng.beta(alpha, alpha)
    order = torch.from_numpy(rng.permutation(len(inputs))).to(inputs.device)
    depth = int(rng.integers(DEPTHS)) if kind == "manifold" else 0
    scores = model(inputs, lambda rows: torch.lerp(rows[order], rows, share), depth)
    return share * F.cross_entropy(scores, targets) + (1 - share) * F.cross_entropy(
        scores, targets[order]
    )
