"""What the loss does not see: shapes and correlations; and what a finite batch sees after all."""

import math

import numpy as np

from normtheory.claims.claim import Parameter
from normtheory.claims.stdloss.divergence import COPIES
from normtheory.explorers.explorer import explorer
from normtheory.figures.scene import Bars, Curve, Fill, HLine, Panel, Points
from normtheory.figures.style import PRINTED
from normtheory.theory.gaussian_divergence import NORMAL_ENTROPY, divergence_parts, entropy
from normtheory.theory.montecarlo import THRESHOLD, estimate
from normtheory.theory.standardization import batch_offset, shape_cost

GRID = np.linspace(-4, 4, 321)
NORMAL = np.exp(-(GRID**2) / 2) / math.sqrt(2 * math.pi)
CEILING = 1.0
SHAPE_TEXT = (
    "b = {b:d}, peaks of width {spread:.3g} (kurtosis {kurtosis:.3g}): to leading order a batch "
    "adds {leading:.3g}, for a Gaussian {gaussian:.3g} (exactly {exact:.3g})."
)
FOUND = " Monte Carlo: {found:.3g}, {word:s} than the Gaussian."
BATCH = Parameter.count("b", "b", "values in a batch", 16, (2, 128), (2, 512), log=True)
SPREAD = Parameter(
    name="spread",
    symbol=r"\tau",
    meaning="width of each of two peaks; 1 is one Gaussian",
    default=0.3,
    domain=(0, 1),
    typical=(0.05, 0.99),
)
BATCHES = np.unique(np.geomspace(2, 128, 50).round()).astype(int)
NORMAL_OFFSETS = np.array([batch_offset(b) for b in BATCHES])
ROUNDS = 8


def _density(law):
    """Density on the grid, and the heights of atoms at -1 and 1."""
    atoms = np.full(3, np.nan)
    x = GRID
    if law in ("normal", COPIES):
        return NORMAL, atoms
    if law == "logistic":
        s = math.sqrt(3) / math.pi
        return 1 / (4 * s * np.cosh(x / (2 * s)) ** 2), atoms
    if law == "Laplace":
        return np.exp(-math.sqrt(2) * np.abs(x)) / math.sqrt(2), atoms
    if law == "semicircle":
        return np.sqrt(np.clip(4 - x * x, 0, None)) / (2 * math.pi), atoms
    if law == "uniform":
        return np.where(np.abs(x) <= math.sqrt(3), 1 / (2 * math.sqrt(3)), 0.0), atoms
    if law == "exponential":
        return np.where(x >= -1, np.exp(-np.maximum(x, -1) - 1), 0.0), atoms
    return np.full(x.shape, np.nan), np.array([0.5, 0.0, 0.5])


@explorer(
    "What the standardization loss does not see",
    "stdloss.gaussian-target stdloss.max-entropy",
    text="{law:s}: the loss is 0; the divergence from N(0, I) is {total:.3g} (shape {shape:.3g}, "
    "correlation {correlation:.3g}); a unit's entropy is {nats:.4g} of at most {most:.4g} nats.",
    presets={
        "two points": {"law": "two-point"},
        "flat": {"law": "uniform"},
        "equal units": {"law": COPIES},
    },
)
def standardization_blind_spots(law):
    """Distributions of mean 0 and variance 1: all cost nothing; what the divergence does."""
    if law == COPIES:
        parts, nats, shape, correlation = None, NORMAL_ENTROPY, 0.0, math.inf
    else:
        parts = divergence_parts(law)
        nats, shape, correlation = entropy(law), parts.shape, 0.0
    density, atoms = _density(law)
    numbers = {"total": shape + correlation, "shape": shape, "correlation": correlation}
    left = Panel.of(
        "a distribution of mean 0, variance 1",
        ("activation", -4, 4),
        ("density, or weight of an atom", 0, 1),
        Curve(GRID, NORMAL, **PRINTED, label="target", label_at=0.74),
        Fill(GRID, density, color="blue", alpha=0.3),
        Bars([-1.06, -0.94, 0.94, 1.06], atoms, color="blue", alpha=0.7),
    )
    bars = np.minimum([0.0, shape, correlation], CEILING)
    endless = [x for x, value in ((1, shape), (2, correlation)) if math.isinf(value)]
    right = Panel.of(
        "its divergence from N(0, I), by part",
        ("part", -0.5, 2.5),
        ("nats (arrow: infinite)", 0, 1.1),
        Bars([-0.3, 0.3, 0.7, 1.3, 1.7, 2.3], [bars[0], 0, bars[1], 0, bars[2]], color="blue"),
        Points(endless or [np.nan], [1.04] * max(len(endless), 1), color="blue", marker="^"),
        Points([0], [0.0], color="purple", size=9),
        xticks=((0, "loss"), (1, "shape"), (2, "correlation")),
    )
    return (left, right), numbers | {"nats": nats, "most": NORMAL_ENTROPY}


def _refine(view, b, spread):
    rng = np.random.default_rng(1)
    side = math.sqrt(1 - spread**2)

    def draw(rng, size):
        h = spread * rng.standard_normal((size, b))
        h += side * np.where(rng.random((size, b)) < 0.5, -1.0, 1.0)
        return -np.log(h.var(axis=1)) / 2

    for done in range(1, ROUNDS + 1):
        replicates = max(200_000 * done // (ROUNDS * b), 50)
        yield done / ROUNDS, view(b, spread, found=estimate(draw, rng, replicates=replicates))


@explorer(
    "Which shape a finite batch prefers",
    text={"": SHAPE_TEXT, "found": SHAPE_TEXT + FOUND},
    parameters=(BATCH, SPREAD),
    refine=_refine,
    presets={
        "smallest batch": {"b": 2, "spread": 0.3},
        "narrow peaks": {"b": 64, "spread": 0.1},
        "nearly Gaussian": {"b": 16, "spread": 0.95},
    },
)
def standardization_shapes(b, spread, found=None):
    """Two peaks against a Gaussian, both of mean 0 and variance 1: what a batch of b charges."""
    side = math.sqrt(1 - spread**2)
    # E x^4 of two peaks at +-side, each with standard deviation spread
    kurtosis = side**4 + 6 * side**2 * spread**2 + 3 * spread**4
    leading, normal = float(shape_cost(b, kurtosis)), batch_offset(b)
    numbers = {"kurtosis": kurtosis, "leading": leading, "exact": normal}
    numbers["gaussian"] = float(shape_cost(b, 3))
    where, bar = np.nan, np.full(2, np.nan)
    if found is not None:
        where = found.mean
        bar = np.maximum(where + THRESHOLD * found.standard_error * np.array([-1, 1]), 1e-3)
        numbers |= {"found": where, "word": "less" if where < normal else "more"}
    peaks = sum(
        np.exp(-(((GRID - m) / spread) ** 2) / 2) / (2 * spread * math.sqrt(2 * math.pi))
        for m in (-side, side)
    )
    left = Panel.of(
        "the two distributions",
        ("activation", -4, 4),
        ("density", 0, 2),
        Curve(GRID, NORMAL, color="grey", dash="--", label="Gaussian", label_at=0.78),
        Fill(GRID, np.minimum(peaks, 2.1), color="purple", alpha=0.3),
    )
    right = Panel.of(
        "what the batch adds to the loss",
        ("batch size $b$", 1.8, 140, "log"),
        ("expected loss at mean 0, variance 1", 0.003, 3, "log"),
        Curve(BATCHES, NORMAL_OFFSETS, color="grey", dash="--", label="Gaussian", label_at=0.5),
        Curve(
            BATCHES,
            shape_cost(BATCHES, kurtosis),
            color="purple",
            dash=":",
            label=r"$(\kappa+1)/4b$",
            label_at=0.97,
        ),
        Points([b], [normal], color="grey", size=8, drag={"x": "b"}),
        HLine([where], color="purple", dash="-.", width=1.0),
        Curve([b, b], bar, color="purple", width=4),
        Points([b], [where], color="purple", size=9, marker="D"),
        xticks=tuple((v, str(v)) for v in (2, 4, 8, 16, 32, 64, 128)),
    )
    return (left, right), numbers, "" if found is None else "found"
