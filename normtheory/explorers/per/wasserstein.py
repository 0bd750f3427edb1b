"""The chain between the sliced Wasserstein distance, PER and the Wasserstein distance."""

import functools
import math
from dataclasses import replace

import numpy as np
from scipy.special import ndtr, ndtri

from normtheory.claims.claim import Parameter
from normtheory.claims.per.minkowski import along_one_axis
from normtheory.claims.per.sliced_equivalence import sliced_equivalence as claim
from normtheory.explorers.explorer import explorer
from normtheory.figures.scene import Curve, Fill, Panel, Points, VLine
from normtheory.figures.style import PRINTED, PRINTED_POINT, TRUE, TRUE_POINT
from normtheory.theory.error_function_loss import inner_integral
from normtheory.theory.radial_laws import (
    scaled_normal_distance,
    scaled_normal_error,
    scaled_normal_sliced_distance,
    sphere_distance,
)
from normtheory.theory.sliced_gap import (
    nearest_point_bound,
    ripple_distance,
    ripple_sliced_distance,
    sample_sliced_bound,
)
from normtheory.theory.sphere_average import mean_projection, projected_error_of_norm
from normtheory.theory.transport import wasserstein_to_normal

SIZES = np.linspace(0, 3, 121)
ANGLES = np.linspace(0, math.pi / 2, 61)
LINE = np.linspace(-4, 4, 401)
SAMPLES = 2 ** np.arange(13)
WAVES = np.linspace(0.5, 39.5, 21)
_LINE = (
    "On a line in dimension {d:d}, number of points {points:d}: SW₁ = {sliced:.4f}, PER = "
    "{bound:.4f}; "
)
SLICES_TEXTS = {
    "one": _LINE + "with one unit the line is the only slice.",
    "more": _LINE + "along the slice at {angle:.3g}° W₁ = {near:.4f} and the inner integral "
    "{far:.4f}.",
}
ANGLE = Parameter(
    name="angle",
    symbol=r"\angle(\theta,h)",
    meaning="angle of the shown slice to the line of the points, degrees",
    default=30.0,
    domain=(0, 90),
    closed=True,
)
WAVE = Parameter(
    "wave", "k", "wave number of the rippled distribution", 5.0, (0, 40), typical=(0.5, 39.5)
)


@explorer(
    "Does PER bound the Wasserstein distance?",
    "per.wasserstein-bound per.gaussian-measure per.rectified",
    text="{nu:s} of size {size:.3g}, dimension {d:d}: W₁ = {distance:.4g}, PER = {error:.4g}, and "
    "{factor:.4g} times PER = {bound:.4g}.",
    size=(700, 400),
    presets={
        "collapsed, two units": {"d": 2, "size": 0.0},
        "at the target": {"nu": "normal", "size": 1.0},
        "sphere of radius √d": {"nu": "sphere", "size": 1.0},
    },
)
def wasserstein_bound(nu, size, d):
    """W1 to N(0, I), PER and the corrected bound for three radial distributions, all exact."""
    root = math.sqrt(d)

    def exact(s):
        """W1 and PER at sizes s, and the sliced distance where it has a closed form."""
        if nu == "normal":
            sliced = scaled_normal_sliced_distance(s)
            error = np.broadcast_to(scaled_normal_error(s), np.shape(s))
            return scaled_normal_distance(s, d), error, sliced
        error = projected_error_of_norm(s * root, d)
        if nu == "sphere":
            return sphere_distance(s * root, d), error, np.full(np.shape(s), np.nan)
        # one atom has one coupling, and so has each of its projections
        return error / mean_projection(d), error, error

    distance, error, sliced = exact(SIZES)
    here = [float(v) for v in exact(np.array(size))]
    factor = 1 / mean_projection(d)
    top = next(
        t for t in (2, 5, 10, 20, 50, 100, 200, 500, 1000, 1e9) if distance.max() <= 0.95 * t
    )
    numbers = {"distance": here[0], "error": here[1], "factor": factor, "bound": factor * here[1]}
    panel = Panel.of(
        "distance to N(0, I), and what PER says of it",
        (r"size ($\|h\|/\sqrt{d}$, radius$/\sqrt{d}$ or std)", 0, 3),
        ("distance", 0, top),
        VLine([size], dash=":", width=1.2),
        Curve(SIZES, distance, **TRUE, label="$W_1$"),
        Curve(SIZES, error, **PRINTED, label="PER"),
        Curve(SIZES, factor * error, "purple", "-.", label=r"PER$/\mathbb{E}|\theta_1|$"),
        Curve(SIZES, sliced, color="vermilion", dash=":", label="$SW_1$ (closed form)", width=3),
        Points([size], [here[0]], **TRUE_POINT, size=8, drag={"x": "size"}),
        Points([size], [here[1]], **PRINTED_POINT, size=8),
        legend="upper left",
    )
    return (panel,), numbers


_whole = functools.lru_cache(maxsize=256)(along_one_axis)


@functools.lru_cache(maxsize=64)
def _by_angle(points):
    """The points on the line, and W₁ and the inner integral along each of `ANGLES`."""
    x = ndtri((np.arange(points) + 0.5) / points)
    cosines = np.cos(ANGLES)
    cosines[-1] = 0.0
    near = np.array([float(wasserstein_to_normal(c * x)) for c in cosines])
    return x, near, inner_integral(cosines[:, None] * x).mean(axis=1)


@explorer(
    "SW₁ and PER, slice by slice",
    "per.minkowski-bound",
    text=SLICES_TEXTS,
    parameters=(ANGLE,),
    presets={
        "one point": {"points": 1},
        "one unit": {"d": 1},
        "many points, two units": {"points": 512, "d": 2},
    },
)
def sliced_wasserstein(points, d, angle):
    """SW1 <= PER slice by slice, for points on a line at the normal distribution's quantiles."""
    x, near, far = _by_angle(points)
    # how the directions crowd by their angle; with one unit there is no other direction
    crowd = 0.3 * np.sin(ANGLES) ** (d - 2) if d > 1 else np.full(ANGLES.shape, np.nan)
    sliced, error = _whole(points, d)
    c = math.cos(math.radians(angle)) if angle < 90 else 0.0
    here = float(wasserstein_to_normal(c * x)), float(inner_integral(c * x).mean())
    numbers = {"sliced": sliced, "bound": error, "near": here[0], "far": here[1]}
    left = Panel.of(
        "the slice: distribution functions",
        (r"projection $\langle\theta,h\rangle$", -4, 4),
        ("share below", 0, 1.05),
        Curve(LINE, ndtr(LINE), color="black", label="N(0, 1)", label_at=0.75),
        Curve(
            LINE,
            np.searchsorted(c * x, LINE, side="right") / points,
            color="vermilion",
            width=1.6,
            label="points",
            label_at=0.3,
        ),
    )
    degrees = np.degrees(ANGLES)
    right = Panel.of(
        "every slice, by its angle to the line",
        ("angle (degrees)", 0, 90),
        ("distance", 0, 1.4),
        Fill(degrees, crowd, color="grey", alpha=0.2, width=0.8, label="directions",
             label_at=0.9),
        Curve(degrees, far, color="green", label="inner integral", label_at=0.4),
        Curve(degrees, near, color="vermilion", dash="--", label="$W_1$", label_at=0.3),
        VLine([angle], dash=":", width=1.2, drag={"x": "angle"}),
        Points([angle], [here[1]], color="green", size=7),
        Points([angle], [here[0]], color="vermilion", marker="s", size=7),
    )  # fmt: skip
    return (left, right), numbers, "one" if d == 1 else "more"


@functools.lru_cache(maxsize=128)
def _in_dimension(d):
    """The curves that depend on the dimension alone: they take longer than a frame."""
    far = np.array([nearest_point_bound(int(k), d) for k in SAMPLES])
    return far, np.array([_ripple_ratio(k, d) for k in WAVES])


def _ripple_ratio(wave, d):
    """W1 over SW1 of the rippled distribution: with one unit there is one direction."""
    return ripple_distance(wave) / ripple_sliced_distance(wave, d) if d > 1 else 1.0


@explorer(
    "Is the sliced distance equivalent to W₁?",
    "per.sliced-equivalence",
    text="A sample of size {n:d} in dimension {d:d} has W₁ at least {ratio:.3g} times a bound on "
    "its mean SW₁; the distribution rippled at k = {wave:.3g} has W₁ {ripple:.3g} times its SW₁.",
    # in more dimensions a sample's nearest point is lost in floating point
    parameters=(
        WAVE,
        *claim.parameters[:1],
        replace(claim.parameter("d"), domain=(1, 1024)),
    ),
    presets={"two units": {"d": 2}, "fine ripple": {"d": 2, "wave": 30.0}},
)
def sliced_equivalence(n, d, wave):
    """How much further W1 can be than SW1: samples of N(0, I), and a rippled one."""
    far, ratio = _in_dimension(d)
    near = np.array([sample_sliced_bound(int(k)) for k in SAMPLES])
    here = nearest_point_bound(n, d) / sample_sliced_bound(n)
    ripple = _ripple_ratio(wave, d)
    left = Panel.of(
        r"a sample of $N(0, I)$ and $N(0, I)$",
        ("sample size $n$", 1, 4096, "log"),
        ("distance", 0.01, 100, "log"),
        Curve(SAMPLES, far, color="black", label="$W_1$, at least", label_at=0.5),
        Curve(SAMPLES, near, "vermilion", "--", label="mean $SW_1$, at most", label_at=0.5),
        Points([n], [nearest_point_bound(n, d)], color="black", size=8, drag={"x": "n"}),
        Points([n], [sample_sliced_bound(n)], color="vermilion", marker="s", size=7),
    )
    right = Panel.of(
        "a rippled normal distribution",
        ("wave number $k$", 0, 40),
        ("$W_1/SW_1$", 1, 1e8, "log"),
        Curve(WAVES, ratio, color="blue"),
        Points([wave], [ripple], color="blue", size=8, drag={"x": "wave"}),
    )
    return (left, right), {"ratio": here, "ripple": ripple}
