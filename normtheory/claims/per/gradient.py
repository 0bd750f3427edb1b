"""Joo et al., Eq. 6 and Algorithm 1: the gradient of PER and what the algorithm adds."""

import numpy as np
import sympy as sp
from scipy.special import erf, roots_legendre

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.theory.error_function_loss import inner_integral_expression
from normtheory.theory.montecarlo import THRESHOLD, estimate
from normtheory.theory.precision import TOLERANCE
from normtheory.theory.projected_error import projected_error_loss
from normtheory.theory.slices import random_directions
from normtheory.theory.sphere_average import projected_error_of_norm

R = Parameter(
    name="r",
    symbol=r"\|h\|",
    meaning="length of the activation vector",
    default=1.0,
    domain=(0, np.inf),
    closed=True,
    typical=(0.0, 20.0),
)
D = Parameter(
    name="d",
    symbol="d",
    meaning="dimension, the number of units",
    default=64,
    domain=(1, 65536),
    closed=True,
    typical=(1, 1024),
    integer=True,
    log=True,
)
B = Parameter(
    name="b",
    symbol="b",
    meaning="batch size",
    default=128,
    domain=(1, np.inf),
    closed=True,
    typical=(1, 512),
    integer=True,
    log=True,
)
SLICES = Parameter(
    name="s",
    symbol="s",
    meaning="slices, the directions drawn",
    default=256,
    domain=(1, np.inf),
    closed=True,
    typical=(1, 1024),
    integer=True,
    log=True,
)


def _slope(c):
    return erf(c / np.sqrt(2))


def _derived(claimed, rng):
    x = sp.Symbol("x", real=True)
    gap = sp.simplify(sp.diff(inner_integral_expression(False), x) - claimed)
    return Outcome(gap == 0, f"derivative of the integral less the claimed slope: {gap}")


def _averaged(slope, rng):
    """E[slope(⟨θ, h⟩)θ] along h by quadrature in the angle, against the closed form."""
    nodes, weights = roots_legendre(300)
    angle = np.pi / 2 * (nodes + 1)
    worst, where = 0.0, ""
    for d in (2, 3, 10, 200):
        density = weights * np.sin(angle) ** (d - 2)
        cosine = np.cos(angle)
        for r in (1e-3, 1.0, 8.0, 30.0):
            along = density @ (slope(r * cosine) * cosine) / density.sum()
            claimed = r * projected_error_of_norm(r, d, gradient=True)[1]
            error = abs(along / claimed - 1)
            if error >= worst:
                worst, where = error, f"d = {d}, r = {r:g}"
    return Outcome(
        worst < 10 * TOLERANCE["float64"],
        f"16 settings, largest relative gap to the closed form {worst:.1e} ({where})",
    )


def _differenced(gradient, rng):
    """The claimed gradient along a direction, by Monte Carlo, against a difference of the loss."""
    worst = 0.0
    for b, d in ((1, 2), (4, 5), (3, 20)):
        h = rng.standard_normal((b, d)) * 1.5
        # along h the derivative is largest, so that 2 % are seen
        move = h + 0.3 * rng.standard_normal((b, d))
        step = 1e-4
        change = projected_error_loss(h + step * move) - projected_error_loss(h - step * move)
        wanted = change / (2 * step)

        def draw(rng, size, h=h, move=move, d=d):
            theta = random_directions(d, size, rng)
            return np.sum(gradient(theta @ h.T, len(h)) * (theta @ move.T), axis=1)

        pilot = estimate(draw, rng, replicates=4000)
        spread = pilot.standard_error * np.sqrt(4000) / abs(wanted)
        replicates = max(int((spread * (THRESHOLD + 5) / 0.02) ** 2), 20_000)
        found = estimate(draw, rng, replicates=replicates)
        if not found.agrees(wanted):
            return Outcome(False, f"b = {b}, d = {d}: {found}, difference of the loss {wanted:.5f}")
        worst = max(worst, found.deviation(wanted))
    return Outcome(True, f"three batches agree, worst {worst:.2f} SE")


def _gradient_standing(r, d):
    length = r * float(projected_error_of_norm(r, d, gradient=True)[1])
    return Standing("holds", f"it points along h and has length {length:.4g}/b")


GRADIENT = Claim(
    id="per.gradient",
    source="Eq. 6",
    statement=r"$\nabla_{h_i}\mathcal{L}_{per}=\frac1b\,\mathbb{E}_\theta\left[\mathrm{erf}"
    r"(\langle\theta,h_i\rangle/\sqrt2)\,\theta\right]$",
    verdict="holds",
    parameters=(R, D),
    at=_gradient_standing,
    derivation=(
        r"$\frac{d}{dx}\left(x\,\mathrm{erf}(x/\sqrt2)+\sqrt{2/\pi}\,e^{-x^2/2}\right)="
        r"\mathrm{erf}(x/\sqrt2)$: the two exponentials cancel.",
        r"The loss is the mean over the batch, hence $1/b$, and the derivative of "
        r"$\langle\theta,h_i\rangle$ is $\theta$; both are bounded, so expectation and derivative "
        "may be exchanged.",
        r"By symmetry the expectation points along $h_i$: it is $g(\|h_i\|)\,h_i$ with "
        r"$g(r)=\frac{\sqrt{2/\pi}}{d}\,{}_1F_1(\frac12;\frac d2+1;-\frac{r^2}2)$.",
    ),
    remark="g is positive and decreasing: every activation is drawn to 0, never away from it.",
    evidence=(
        Evidence(
            kind="proof",
            shows="the inner integral, integrated from its definition, has slope erf(x/√2)",
            check=_derived,
            subject=sp.erf(sp.Symbol("x", real=True) / sp.sqrt(2)),
            mutant=sp.erf(sp.Symbol("x", real=True)),
            mutation="erf(x)",
        ),
        Evidence(
            kind="numeric",
            shows="the average over the sphere, by quadrature, is the closed form g(r)·r",
            check=_averaged,
            subject=_slope,
            mutant=lambda c: erf(c / np.sqrt(2.001)),
            mutation="2.001 under the root",
        ),
        Evidence(
            kind="simulation",
            shows="Monte Carlo of Eq. 6 agrees with differences of the loss, factor 1/b included",
            check=_differenced,
            subject=lambda c, b: _slope(c) / b,
            mutant=lambda c, b: 1.02 * _slope(c) / b,
            mutation="2 % more",
        ),
    ),
)


def _algorithm(h, coefficient, slices, size, rng, *, divide_by=1):
    """Algorithm 1 line by line for one sample: what it adds to the gradient of the loss, in `size`
    independent runs, (size, d)."""
    g = np.zeros((size, len(h)))
    for _ in range(slices):
        v = rng.standard_normal((size, len(h)))
        theta = v / np.linalg.norm(v, axis=1, keepdims=True)
        projected = theta @ h
        g += erf(projected / np.sqrt(2))[:, None] * theta / slices
    return coefficient * g / divide_by


def _added(algorithm, factor, rng):
    """What the algorithm adds along h_0, over factor(b)·λ·gradient of Eq. 6."""
    worst, ratios = 0.0, []
    for b, d in ((2, 3), (16, 3), (64, 8)):
        h = rng.standard_normal((b, d)) + 0.5
        slope = projected_error_loss(h, gradient=True)[1][0]
        once = 0.1 * (slope @ h[0])

        def draw(rng, size, h=h, b=b):
            return algorithm(h[0], 0.1, 4, size, rng, b) @ h[0]

        found = estimate(draw, rng, replicates=60_000)
        if not found.agrees(factor(b) * once):
            return Outcome(False, f"b = {b}: adds {found.mean / once:.3f} times Eq. 6")
        ratios.append(found.mean / once)
        worst = max(worst, found.deviation(factor(b) * once))
    shown = ", ".join(f"{r:.1f}" for r in ratios)
    return Outcome(True, f"adds {shown} times λ·Eq. 6 at b = 2, 16, 64; worst {worst:.2f} SE")


def _contradicted(algorithm, rng):
    """Passes when the algorithm adds something else than λ·Eq. 6."""
    agrees, detail = _added(algorithm, lambda b: 1.0, rng)
    return Outcome(not agrees, detail)


def _without(h, coefficient, slices, size, rng, b):
    return _algorithm(h, coefficient, slices, size, rng)


def _with(h, coefficient, slices, size, rng, b):
    return _algorithm(h, coefficient, slices, size, rng, divide_by=b)


def _algorithm_standing(b, s):
    state = "holds" if b == 1 else "fails"
    return Standing(state, f"adds {b} times λ·Eq. 6 on average, from {s} slices")


ALGORITHM = Claim(
    id="per.algorithm",
    source="Algorithm 1",
    statement=r"The backward pass under PER returns $\nabla_{h_i}\mathcal{L}+\lambda g$, $g$ being "
    r"a Monte Carlo estimate of $\nabla_{h_i}\mathcal{L}_{per}$ (Eq. 6)",
    verdict="amended",
    parameters=(B, SLICES),
    at=_algorithm_standing,
    amendment=r"The expectation of $g$ is $b\,\nabla_{h_i}\mathcal{L}_{per}$: line 7 lacks the "
    r"factor $1/b$ of Eq. 6. With $\theta/(s\,b)$ in line 7 the algorithm is unbiased for every "
    r"$s\geq1$; as printed its coefficient is $b\lambda$ when $\mathcal{L}$ is the mean over the "
    r"batch, and $\lambda$ when each sample's loss is differentiated alone and averaged later.",
    derivation=(
        r"$v/\|v\|$ is uniform on the sphere, so $\mathbb{E}\,g=\mathbb{E}_\theta[\mathrm{erf}"
        r"(\langle\theta,h_i\rangle/\sqrt2)\,\theta]$ for every $s$.",
        r"Eq. 6 is that divided by $b$.",
    ),
    remark="Regularization coefficients tuned with the algorithm as printed depend on the batch "
    "size by this factor. Everything else in the algorithm is exact on average; the noise of 256 "
    "slices exceeds the gradient itself for a few hundred units.",
    evidence=(
        Evidence(
            kind="simulation",
            shows="run line by line the algorithm as printed does not add Eq. 6",
            check=_contradicted,
            subject=_without,
            mutant=_with,
            mutation="1/b in line 7, with which the statement is right",
        ),
        Evidence(
            kind="simulation",
            shows="run line by line the algorithm adds b times Eq. 6",
            check=lambda factor, rng: _added(_without, factor, rng),
            subject=lambda b: 1.0 * b,
            mutant=lambda b: 1.02 * b,
            mutation="2 % more than b times",
            about="amendment",
        ),
        Evidence(
            kind="simulation",
            shows="with 1/b in line 7 it adds Eq. 6",
            check=lambda algorithm, rng: _added(algorithm, lambda b: 1.0, rng),
            subject=_with,
            mutant=_without,
            mutation="the algorithm as printed",
            about="amendment",
        ),
    ),
)
