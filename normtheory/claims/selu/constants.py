"""The note's constants: every printed digit, and what they do."""

import numpy as np

from normtheory.claims import Claim, Later, Parameter, sp
from normtheory.claims.selu.quadrature import expect, layer
from normtheory.theory.montecarlo import Estimate
from normtheory.theory.precision import TOLERANCE
from normtheory.theory.selu import ALPHA, LAMBDA, moment_map, scaled_elu
from normtheory.theory.selu_constants import constants_expression

MEAN = Parameter("mean", r"\mu", "mean of the activations", 0.0, typical=(-2.0, 2.0))
VARIANCE = Parameter.positive("variance", r"\nu", "variance of the activations", 1.0, (0.05, 8.0))
PRINTED = ("1.6732632423543772848170429916717", "1.0507009873554804934193349852946")

constants = Claim(
    id="selu.constants",
    source="Self-Normalizing Neural Networks",
    says=r"$\alpha = 1.6732632423543772848170429916717$ and "
    r"$\lambda = 1.0507009873554804934193349852946$ make mean 0 and variance 1 a fixed point",
    verdict="holds",
    parameters=(MEAN, VARIANCE),
)


def _integrals():
    """(E f, E f²) for lam = 1 and a symbol alpha, integrated symbolically, and that symbol."""
    z, alpha = sp.symbols("z alpha", positive=True)
    density = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    left = sp.exp(-z) - 1  # z < 0 enters by its modulus
    first, second = (
        sp.integrate(sp.expand(right * density), (z, 0, sp.oo))
        + alpha**k * sp.integrate(sp.expand(left**k * density), (z, 0, sp.oo))
        for k, right in ((1, z), (2, z**2))
    )
    # erf and erfc at one point become one letter, so that only rational algebra is left
    e1, e2 = sp.symbols("e1 e2", positive=True)
    letters = {
        sp.erfc(sp.sqrt(2) / 2): e1,
        sp.erf(sp.sqrt(2) / 2): 1 - e1,
        sp.erfc(sp.sqrt(2)): e2,
        sp.erf(sp.sqrt(2)): 1 - e2,
    }
    return first, second, alpha, letters


@constants.shown("proof")
def closed_forms(
    alpha=Later(lambda: constants_expression(1)[0]),
    lam=Later(lambda: constants_expression(1)[1]),
    *,
    integrals=Later(_integrals),
):
    r"""The closed forms below give mean 0 and variance 1 exactly."""
    first, second, letter, letters = integrals
    mean, square = (e.subs(letter, alpha).subs(letters) for e in (first, lam**2 * second))
    zero, one = sp.simplify(mean) == 0, sp.cancel(sp.expand(square)) == 1
    return zero and one, "E f = 0 and E f² = 1, integrated symbolically"


def _by_quadrature():
    """Both constants in balls of far more digits than are printed, from rigorous quadrature."""
    from flint import acb, arb, ctx

    with ctx.workprec(200):
        density = lambda z: (-z * z / 2).exp() / (2 * acb.pi()).sqrt()  # noqa: E731
        once, twice = (
            acb.integral(lambda z, _, k=k: ((-z).exp() - 1) ** k * density(z), 0, 20).real
            for k in (1, 2)
        )
        # what is beyond 20 is less than the density there
        once, twice = (x + arb(0, 1e-80) for x in (once, twice))
        alpha = -1 / (2 * arb.pi()).sqrt() / once
        return alpha, 1 / (arb(1) / 2 + alpha**2 * twice).sqrt()


@constants.shown(
    "certified", rejects={"the last digit of lambda raised": (PRINTED[0], PRINTED[1][:-1] + "7")}
)
def printed_digits(printed=PRINTED, digits=32, *, exact=Later(_by_quadrature)):
    r"""All {digits:d} printed digits of both are right, the last one rounded."""
    from flint import arb, ctx

    with ctx.workprec(200):
        half = arb(10) ** (1 - digits) / 2
        right = [abs(arb(p) - e) < half for p, e in zip(printed, exact, strict=True)]
    right += [len(p) == digits + 1 for p in printed]
    alpha, lam = (e.str(40, radius=False) for e in exact)
    return all(right), f"α = {alpha}, λ = {lam} by rigorous quadrature"


def _powers(rng, draws=4_000_000):
    """Means over normal draws of the powers 1, 2, 4 of both halves of the activation."""
    sums = np.zeros(6)
    for _ in range(40):
        z = rng.standard_normal(draws // 40)
        right, left = np.maximum(z, 0), np.expm1(np.minimum(z, 0))
        sums += [(x**k).sum() for k in (1, 2, 4) for x in (right, left)]
    return sums / draws, draws


@constants.shown("simulation")
def normal_draws(alpha=ALPHA, lam=LAMBDA, *, powers=Later(_powers)):
    r"""Normal draws through the activation have mean 0 and variance 1."""
    (r1, l1, r2, l2, r4, l4), draws = powers
    sides = (1, r1, l1), (2, r2, l2), (4, r4, l4)
    first, second, fourth = (lam**k * (right + alpha**k * left) for k, right, left in sides)
    mean = Estimate(first, float(np.sqrt((second - first**2) / draws)), draws)
    square = Estimate(second, float(np.sqrt((fourth - second**2) / draws)), draws)
    return mean.agrees(0) and square.agrees(1), f"{draws:,} draws: mean {mean}, square {square}"


@constants.range("numeric")
def what_they_belong_to(
    uniform=LAMBDA * (3**0.5 / 4 + ALPHA * ((1 - np.exp(-(3**0.5))) / (2 * 3**0.5) - 0.5)),
    norm=tuple(float(x) for x in moment_map(0.0, 1.0, tau=1.1)),
    sums=tuple(float(x) for x in moment_map(1.0, 1.0, omega=0.5)),
):
    r"""They belong to normal inputs, to squared weight norm 1, and to a weight sum or a mean of 0:
    with uniform inputs of mean 0 and variance 1 the mean comes out as {uniform:.4f}, with squared
    norm 11/10 the variance as {norm[1]:.3f}, with weight sum 1/2 and inputs of mean 1 the mean as
    {sums[0]:.3f}."""
    edges = np.linspace(-(3**0.5), 3**0.5, 100_001)
    found = (
        scaled_elu((edges[1:] + edges[:-1]) / 2).mean() / uniform - 1,
        *np.subtract(norm, layer(0.0, 1.0, ALPHA, LAMBDA, tau=1.1)),
        *np.subtract(sums, layer(1.0, 1.0, ALPHA, LAMBDA, omega=0.5)),
    )
    return np.abs(found).max() < 1e-4, "uniform by a sum, the layers by quadrature"


def _one_half():
    """E[z; z>0] and E[e^kz; z<0], integrated symbolically, and k."""
    z, k = sp.symbols("z k", positive=True)
    density = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    parts = [sp.integrate(x * density, (z, 0, sp.oo)) for x in (z, sp.exp(-k * z))]
    return *(sp.simplify(part.rewrite(sp.erfc)) for part in parts), k


def _claimed_half():
    k = sp.Symbol("k", positive=True)
    return sp.exp(k**2 / 2) * sp.erfc(k / sp.sqrt(2)) / 2


@constants.derivation("proof")
def both_halves(
    linear=1 / (2 * np.pi) ** 0.5, tilted=Later(_claimed_half), *, found=Later(_one_half)
):
    r"""For $z \sim N(0, 1)$: $E[z; z>0] = 1/\sqrt{2\pi}$ and
    $E[e^{kz}; z<0] = \frac12 e^{k^2/2}\mathrm{erfc}(k/\sqrt2)$."""
    first, second, _ = found
    right = abs(float(first) - linear) < 1e-15 and sp.expand((second - tilted).rewrite(sp.erf)) == 0
    return right, f"integrated symbolically: {first} and, for every k > 0, {second}"


@constants.derivation("numeric")
def what_follows(alpha=ALPHA, inverse_square=1 / LAMBDA**2):
    r"""Mean 0, from which $\lambda$ drops out:
    $\alpha = \frac{1}{\sqrt{2\pi}} / (\frac12 - \frac12 e^{1/2}\mathrm{erfc}(1/\sqrt2)) =
    {alpha:.4f}$. Variance 1: $\lambda^{-2} = \frac12 + \alpha^2(\frac12 -
    e^{1/2}\mathrm{erfc}(1/\sqrt2) + \frac12 e^2\mathrm{erfc}(\sqrt2)) = {inverse_square:.4f}$."""
    from math import e, erfc, pi

    once, twice = e**0.5 * erfc(0.5**0.5), e**2 * erfc(2**0.5)
    ours = 1 / (2 * pi) ** 0.5 / (1 / 2 - once / 2)
    square = 1 / 2 + ours**2 * (1 / 2 - once + twice / 2)
    mean = expect(lambda z: np.where(z > 0, z, ours * np.expm1(np.minimum(z, 0))), 1.0)
    right = np.allclose((ours, square), (alpha, inverse_square), rtol=1e-12) and abs(mean) < 1e-12
    return right, f"α = {ours:.12f}, λ⁻² = {square:.12f}"


@constants.badge(
    holds="the constants make mean 0 and variance 1 a fixed point: one layer leaves them where "
    "they are",
    outside="the constants are for mean 0 and variance 1: with ω = 0, τ = 1 one layer takes "
    "({mean:.3g}, {variance:.3g}) to ({new_mean:.3g}, {new_variance:.3g})",
)
def constants_at(mean, variance):
    new_mean, new_variance = (float(x) for x in moment_map(mean, variance))
    moved = max(abs(new_mean - mean), abs(new_variance - variance))
    if abs(new_mean) < 1e-6:
        new_mean = 0.0  # whatever rounding has left of it
    case = "holds" if moved < TOLERANCE["float64"] else "outside"
    return case, {"new_mean": new_mean, "new_variance": new_variance}
