"""Joo et al., Sec. 3 and 4: what 256 slices see of the gradient, and one coefficient of layers."""

import math
from fractions import Fraction

import numpy as np
from scipy.special import erf

from normtheory.claims import Claim, Later, sp
from normtheory.claims.per.gradient import SLICES as COUNT
from normtheory.claims.per.gradient import D
from normtheory.claims.per.quadrature import directions, over_sphere

SLICES = 256
# the first and the last hidden layer of the 11-layer network: 192 filters at 32 by 32, and 300
FIRST, LAST = 192 * 32**2, 300

slices = Claim(
    id="per.slices",
    source="Sec. 3 and 4",
    says=r"The expectation over the sphere is approximated by the Monte Carlo method with $s$ "
    "samples; throughout all experiments, 256 slices are used",
    verdict="amended",
    breaks={"d": 1024, "s": 256},
    parameters=(D, COUNT),
)


def _cosine(d, s=SLICES):
    """Share of the sliced gradient's root mean square that is the gradient's, within 1 %."""
    return 1 / math.sqrt(1 + math.pi * (d - 1) / (3 * s))


def _moments(d, s=SLICES):
    """At an activation of length √d: the gradient's length, and its share of the estimate's."""
    r = math.sqrt(d)
    mean = over_sphere(lambda u: erf(r * u / math.sqrt(2)) * u, d)
    square = over_sphere(lambda u: erf(r * u / math.sqrt(2)) ** 2, d)
    return mean, mean / math.sqrt(square / s + (1 - 1 / s) * mean**2)


SIZES = (64, 256, 2048, 16384)


@slices.amendment("numeric")
def cosine(cosines=tuple(_cosine(d) for d in SIZES), *, s=SLICES):
    r"""At $\|h\|^2=d$ the gradient's length is about $(1+\frac{\pi(d-1)}{3s})^{-1/2}$ of the root
    mean square of its estimate from $s$ slices, and with many slices so is the cosine of the two:
    with {s:d} {cosines[0]:.2f}, {cosines[1]:.2f}, {cosines[2]:.3f} and {cosines[3]:.3f} at 64,
    256, 2048 and 16384 units."""
    exact = [_moments(d, s)[1] for d in SIZES]
    return np.allclose(cosines, exact, rtol=3e-3), "by quadrature on the sphere, within 0.3 %"


@slices.range("numeric")
def few_units(of=_cosine, worst=0.0097):
    r"""That is exact for one unit, whose slices are all alike, and {worst:.2%} off at most for any
    number of units and of slices."""
    cases = [(d, s) for d in (2, 3, 4, 5, 16, 64, 1024) for s in (1, 2, 16, 256)]
    found = max(abs(of(d, s) / _moments(d, s)[1] - 1) for d, s in cases)
    right = abs(worst / found - 1) < 0.01 and all(of(1, s) == 1 for s in (1, 16))
    return right, f"{len(cases)} pairs by quadrature: {found:.3%}"


def _drawn(rng, d=256, s=32, runs=4000):
    """(d, s, the gradient's length over the root mean square of its estimates, their cosine)."""
    squares, cosines = [], []
    for _ in range(runs):
        theta = directions(d, s, rng)
        g = erf(theta[:, 0] * math.sqrt(d / 2)) @ theta / s
        squares.append(g @ g)
        cosines.append(g[0] / math.sqrt(g @ g))
    return d, s, _moments(d)[0] / math.sqrt(np.mean(squares)), np.mean(cosines)


@slices.amendment("simulation")
def drawn(of=_cosine, *, s=32, found=Later(_drawn)):
    r"""Gradients drawn with {s:d} slices have this length beside their mean's, and this cosine."""
    d, count, *shares = found
    right = count == s and np.allclose(shares, of(d, s), rtol=0.01)
    return right, f"{count} slices at d = {d}: {shares[0]:.3f} and {shares[1]:.3f}"


@slices.amendment("numeric")
def in_the_network(first=_cosine(FIRST), last=_cosine(LAST), sizes=(FIRST, LAST)):
    r"""In the 11-layer network, whose first hidden layer has {sizes[0]:,d} units and whose last has
    {sizes[1]:d}, it is {first:.3f} in the one and {last:.2f} in the other: at the bottom the
    estimate is all but noise."""
    right = tuple(sizes) == (192 * 32 * 32, 300)
    for d, claimed in zip((192 * 32 * 32, 300), (first, last), strict=True):
        right &= abs(_moments(d)[1] / claimed - 1) < 3e-3
    return right, "by quadrature on the sphere"


@slices.derivation("proof")
def limits(square=Fraction(1, 3), along=lambda pi: 1 / pi):
    r"""In many units $\sqrt d\,\theta_1$ is nearly normal, and $\mathbb E\,\mathrm{erf}(Z/\sqrt2)^2
    =\frac13$, since $\mathrm{erf}(Z/\sqrt2)$ is uniform on $(-1,1)$; $\mathbb
    E\,Z\,\mathrm{erf}(Z/\sqrt2)=1/\sqrt\pi$."""
    u, z = sp.symbols("u z", real=True)
    spread = sp.integrate(u**2 / 2, (u, -1, 1))
    # by parts: the mean of the slope of erf(z/√2)
    slope = sp.diff(sp.erf(z / sp.sqrt(2)), z)
    normal = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    product = sp.integrate(slope * normal, (z, -sp.oo, sp.oo)) ** 2
    gaps = sp.simplify(spread - sp.Rational(square)), sp.simplify(product - along(sp.pi))
    return gaps == (0, 0), f"square and squared product minus these: {gaps}"


@slices.badge(
    holds="slices approximate the gradient: with s = {s:d}, at ‖h‖² = d = {d:d}, its length is "
    "{share:.3f} of their estimate's",
    fails="slices approximate the gradient: not with s = {s:d} at ‖h‖² = d = {d:d}, where its "
    "length is {share:.3f} of their estimate's",
)
def slices_at(d, s):
    share = min(_moments(d, s)[1], 1.0)
    return share > 0.95, {"share": share}  # this ledger's mark: within 18°


same_coefficient = Claim(
    id="per.same-coefficient",
    source="Sec. 4",
    says="The same regularization coefficient is used for the regularization losses computed in "
    "each layer",
    verdict="amended",
)


@same_coefficient.amendment("numeric")
def pull_on_a_unit(
    constant=1 / math.sqrt(math.pi), ratio=FIRST / LAST, one=math.erf(1 / math.sqrt(2))
):
    r"""The same coefficient is not the same strength: at units of size 1 the loss pulls on a single
    unit with {one:.3f}, and on each of many, $d$, with ${constant:.3f}/d=1/(\sqrt\pi\,d)$,
    {ratio:.0f} times less in the first layer of the 11-layer network than in the last."""
    pulls = {d: _moments(d)[0] / math.sqrt(d) for d in (64, LAST, 2048, FIRST)}
    right = all(abs(pull * d / constant - 1) < 0.6 / d + 1e-6 for d, pull in pulls.items())
    right &= abs(_moments(1)[0] / one - 1) < 1e-6
    # 1.5 % at 64 units is the rest of order 1/d
    return right and abs(pulls[LAST] / pulls[FIRST] / ratio - 1) < 5e-3, "4 sizes by quadrature"


@same_coefficient.amendment("numeric")
def whole_layer(length=lambda d: (math.pi * d) ** -0.5):
    r"""The length of a wide layer's whole gradient falls like the root, $1/\sqrt{\pi d}$."""
    off = [_moments(d)[0] / length(d) - 1 for d in (1, 2048, 4 * 2048)]
    right = max(map(abs, off[1:])) < 1e-3 and abs(off[0]) > 0.1
    return right, f"{off[1]:+.1e} at 2048 units and {off[2]:+.1e} at 8192, {off[0]:+.1%} at one"
