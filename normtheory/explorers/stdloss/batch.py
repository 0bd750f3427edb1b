"""The loss in batches of b: its expectation, its minimiser and its gradient."""

import numpy as np

from normtheory.explorers.explorer import explorer
from normtheory.figures.scene import Curve, Panel, Points, VLine
from normtheory.figures.style import PRINTED, TRUE, TRUE_POINT
from normtheory.theory.standardization import (
    batch_offset,
    divergence,
    expected_batch_loss,
    gradient_second_moment,
    minimising_variance,
)

TEXTS = {
    "more": "b = {b:d}, σ = {sigma:.3g}: expected loss {loss:.4g}, smallest at σ² = {best:.4g}; "
    "with the variance over b, b² E[gradient²] at σ = 1 is {gradient:.4g}.",
    "one": "b = {b:d}, σ = {sigma:.3g}: one value has no variance, the loss is infinite.",
}
SIGMAS = np.geomspace(0.1, 10, 161)
BATCHES = np.unique(np.geomspace(2, 128, 60).round()).astype(int)
# closed forms of b alone: computed once
OFFSETS = np.array([batch_offset(b) for b in BATCHES])
MINIMISERS = np.array([minimising_variance(b, "unbiased") for b in BATCHES])
GRADIENTS = np.array([b * b * gradient_second_moment(b) for b in BATCHES])


def _finite(values):
    return np.where(np.isfinite(values), values, np.nan)


@explorer(
    "The standardization loss in batches",
    "stdloss.batch-size",
    text=TEXTS,
    presets={
        "two values": {"b": 2},
        "one value": {"b": 1},
        "variance over b - 1": {"b": 2, "estimator": "unbiased"},
    },
)
def standardization_batch(b, sigma, estimator):
    """Expected loss of Gaussian activations in batches of b, and where it is smallest."""
    exact = divergence(np.zeros(SIGMAS.shape), SIGMAS**2)
    expected = _finite(expected_batch_loss(b, 0.0, SIGMAS, estimator))
    here = float(expected_batch_loss(b, 0.0, sigma, estimator))
    if b == 1:
        best, gradient = np.nan, np.nan
    else:
        best = minimising_variance(b, estimator)
        gradient = b * b * gradient_second_moment(b)
    left = Panel.of(
        "expected loss of Gaussian activations",
        (r"standard deviation $\sigma$", 0.1, 10, "log"),
        ("loss", 0, 4),
        Curve(SIGMAS, exact, **PRINTED, label="all data", label_at=0.8),
        Curve(SIGMAS, expected, **TRUE, label="in batches", label_at=0.3),
        VLine([np.sqrt(best)], color="grey", dash=":"),
        Points(
            [sigma],
            [here if np.isfinite(here) else np.nan],
            **TRUE_POINT,
            size=9,
            drag={"x": "sigma"},
        ),
    )
    right = Panel.of(
        "what depends on b",
        ("batch size $b$", 1, 128, "log"),
        ("value", 0.005, 10, "log"),
        Curve(BATCHES, OFFSETS, color="purple", label="offset $c_b$", label_at=0.35),
        Curve(
            BATCHES, MINIMISERS, "green", "--", label=r"best $\sigma^2$, over $b-1$", label_at=0.75
        ),
        Curve(
            BATCHES,
            _finite(GRADIENTS),
            color="vermilion",
            dash="-.",
            label=r"$b^2\,\mathrm{E}[\mathrm{gradient}^2]$",
            label_at=0.98,
        ),
        VLine([b], color="grey", dash=":", drag={"x": "b"}),
        Points([b], [best], color="green", size=8),
        Points([b], [gradient if np.isfinite(gradient) else np.nan], color="vermilion", size=8),
        xticks=tuple((v, str(v)) for v in (1, 2, 4, 8, 16, 32, 64, 128)),
    )
    numbers = {"loss": here, "best": best, "gradient": gradient}
    return (left, right), numbers, "one" if b == 1 else "more"
