"""PER, the energy distance, SIGReg and sliced W₁: what they see, where they push, what slices lose.

Activations are N(0, q²I) in d dimensions, a probe of length r among them. With P_d(r) PER of one
activation, K_d the kernel of the sphere, s SIGReg's bandwidth, and n times the gradient at the
probe, which points along it, the lengths of these gradients are

    PER              P'(r)
    energy distance  P'(r) - P'(r/q), as ½E_θE|⟨θ, h - z⟩| over z ~ N(0, q²I) is q·P(r/q)/2
    SIGReg           2√(2π/(s+q²)) d/dr K(r²/2(s+q²)) - 2√(2π/(s+1)) d/dr K(r²/2(s+1))
    sliced W₁        E|θ₁| inwards for q > 1, outwards for q < 1: the same for every probe

in the limit of many activations.
"""

from functools import lru_cache

import numpy as np
from scipy.special import erf

from normtheory.claims.claim import Parameter
from normtheory.explorers.explorer import explorer
from normtheory.figures.scene import Curve, HLine, Panel, Points, VLine
from normtheory.theory import (
    mean_projection,
    projected_energy,
    projected_error_loss,
    projected_error_of_norm,
    random_directions,
    scaled_normal_divergence,
    scaled_normal_energy,
    scaled_normal_error,
    scaled_normal_sliced_distance,
    sphere_divergence,
    sphere_kernel,
)

SCALES = np.geomspace(0.1, 10, 101)
LENGTHS = np.linspace(0.02, 4, 100)  # in units of √d
DIMENSIONS = (2, 4, 16, 64, 256, 1024)
SAMPLES = 32
LOOKS = {
    "PER": {"color": "green"},
    "energy distance": {"color": "blue", "dash": "--"},
    "SIGReg": {"color": "vermilion", "dash": "-."},
    "sliced W₁": {"color": "purple", "dash": ":"},
}
TEXT = (
    "Inward push of an activation of typical length at q = {q:.3g}, d = {d:d}, s = {s:.3g}, in "
    "E|θ₁|: PER {per_push:.3g}, energy distance {energy_push:.3g}, SIGReg {sigreg_push:.3g}, "
    "sliced W₁ {sliced_push:.3g}. Cosine with the exact gradient at d = 1024, number of slices "
    "{k:d}: {per_cosine:.2f} (PER), {energy_cosine:.2f} (energy distance), {sigreg_cosine:.2f} "
    "(SIGReg)."
)
_KNOBS = (
    Parameter.count("d", "d", "units", 64, (2, 1024), (2, np.inf), log=True),
    Parameter.positive("q", "q", "standard deviation of the activations", 2.0, (0.1, 10)),
    Parameter.positive("s", "s", "bandwidth of SIGReg", 1.0, (0.1, 10)),
    # each more takes its time: at 10,240 two seconds
    Parameter.count("k", "k", "slices", 256, (8, 1024), (1, 1024), log=True),
)


def seen(q, s):
    """The four distances of N(0, q²I) itself from N(0, I), the same in every dimension but for
    sliced W₁ and PER, which are taken per direction."""
    return {
        "PER": scaled_normal_error(q),
        "energy distance": scaled_normal_energy(q),
        "SIGReg": scaled_normal_divergence(q, s),
        "sliced W₁": scaled_normal_sliced_distance(q),
    }


def pushes(r, d, q, s):
    """Length of n times the gradient at probes of length r; positive pushes inwards."""
    per = projected_error_of_norm(r, d, gradient=True)[1] * r
    from_others = projected_error_of_norm(r / q, d, gradient=True)[1] * r / q
    near, far = (
        2 * np.sqrt(2 * np.pi / v) * sphere_kernel(r**2 / (2 * v), d, gradient=True)[1] * r / v
        for v in (s + q**2, s + 1)
    )
    return {
        "PER": per,
        "energy distance": per - from_others,
        "SIGReg": near - far,
        "sliced W₁": np.full_like(r, np.sign(q - 1) * mean_projection(d)),
    }


def sliced_gradients(h, theta, s):
    """The gradients of PER, the energy distance and SIGReg with directions `theta` for all."""
    b = len(h)
    c = h @ theta.T  # (b, slices)
    per = erf(c / np.sqrt(2))
    below = c.argsort(axis=0).argsort(axis=0)
    energy = per - (below - (b - 1 - below)) / b
    pushed = np.zeros_like(c)
    for i in range(1, b):  # each pair once: the other way it has the other sign
        apart = c[:i] - c[i]
        kernel = apart * apart
        kernel *= -1 / (2 * s)
        np.exp(kernel, out=kernel)
        kernel *= apart
        pushed[:i] += kernel
        pushed[i] -= kernel.sum(axis=0)
    sigreg = -2 * np.sqrt(2 * np.pi / s) / s * pushed / b
    sigreg += 2 * np.sqrt(2 * np.pi / (s + 1)) / (s + 1) * np.exp(-(c**2) / (2 * (s + 1))) * c
    found = np.stack([per, energy, sigreg]) @ theta / (len(theta) * b)
    return dict(zip(("PER", "energy distance", "SIGReg"), found, strict=True))


@lru_cache(maxsize=32)
def _drawn(d, k):
    """Activations at q = 1, and k directions."""
    rng = np.random.default_rng(d)
    return rng.standard_normal((SAMPLES, d)), random_directions(d, k, rng)


@lru_cache(maxsize=64)
def _exact_gradients(d, q):
    """Those of PER and the energy distance over all directions."""
    h = q * _drawn(d, 1)[0]
    return projected_error_loss(h, gradient=True)[1], projected_energy(h, gradient=True)[1]


@lru_cache(maxsize=64)
def _exact_divergence(d, q, s):
    """SIGReg's gradient over all directions."""
    return sphere_divergence(q * _drawn(d, 1)[0], s, gradient=True)[1]


@lru_cache(maxsize=256)  # the page's grid has 216
def cosines(q, s, k):
    """Cosine of the gradients of k slices with the exact ones, for each of `DIMENSIONS`."""
    found = {"PER": [], "energy distance": [], "SIGReg": []}
    for d in DIMENSIONS:
        h, theta = _drawn(d, k)
        exact = (*_exact_gradients(d, q), _exact_divergence(d, q, s))
        for (name, sliced), true in zip(
            sliced_gradients(q * h, theta, s).items(), exact, strict=True
        ):
            lengths = np.linalg.norm(sliced) * np.linalg.norm(true)
            found[name].append(float((sliced * true).sum() / lengths))
    return found


@explorer(
    "Four distances to N(0, I): what they see, where they push",
    text=TEXT,
    size=(980, 340),
    parameters=_KNOBS,
    presets={
        "collapsed": {"q": 0.3},
        "at the target": {"q": 1.0},
        "far bandwidth": {"s": 10.0},
        "few slices": {"k": 16},
    },
)
def repulsion(d, q, s, k):
    """What four distances to N(0, I) see of a scale, where they push an activation, and how near
    gradients of k slices come to the exact ones."""
    distances, here = seen(SCALES, s), seen(q, s)
    lengths = np.sqrt(d) * np.append(LENGTHS, q)  # the last one is typical
    unit = mean_projection(d)
    forces = pushes(lengths, d, q, s)
    near = cosines(q, s, k)
    numbers = {}
    for name, short in zip(LOOKS, ("per", "energy", "sigreg", "sliced"), strict=True):
        numbers[f"{short}_push"] = float(forces[name][-1]) / unit
        numbers[f"{short}_cosine"] = near[name][-1] if name in near else None
    left = Panel.of(
        "what they see of N(0, q²I)",
        ("standard deviation $q$", 0.1, 10, "log"),
        ("value", 1e-5, 20, "log"),
        VLine([q], dash=":", drag={"x": "q"}),
        *(Curve(SCALES, distances[name], label=name, **look) for name, look in LOOKS.items()),
        Points([q] * 4, [max(float(here[name]), 1e-9) for name in LOOKS], color="grey", size=5),
        legend="lower right",
    )
    middle = Panel.of(
        "where they push an activation",
        (r"its length, in units of $\sqrt{d}$", 0, 4),
        (r"push inwards, in $\mathbb{E}|\theta_1|$", -1.25, 1.25),
        HLine([0], width=0.8, dash="-"),
        VLine([q], dash=":", drag={"x": "q"}),
        *(Curve(LENGTHS, forces[name][:-1] / unit, **look) for name, look in LOOKS.items()),
    )
    right = Panel.of(
        "sliced beside exact gradients",
        ("units $d$", 1.7, 1200, "log"),
        ("cosine of the two", 0, 1.05),
        *tuple(Curve(DIMENSIONS, near[name], **LOOKS[name]) for name in near),
    )
    return (left, middle, right), numbers
