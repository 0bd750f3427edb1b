"""The note's constants: every printed digit, and what they do."""

import numpy as np

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.theory.montecarlo import Estimate
from normtheory.theory.precision import TOLERANCE
from normtheory.theory.selu import ALPHA, LAMBDA, moment_map, scaled_elu
from normtheory.theory.selu_constants import constants_expression

MEAN = Parameter(
    name="mean",
    symbol=r"\mu",
    meaning="mean of the activations",
    default=0.0,
    typical=(-2.0, 2.0),
)
VARIANCE = Parameter(
    name="variance",
    symbol=r"\nu",
    meaning="variance of the activations",
    default=1.0,
    domain=(0, np.inf),
    typical=(0.05, 8.0),
    log=True,
)
PRINTED = ("1.6732632423543772848170429916717", "1.0507009873554804934193349852946")


def _constants_solve(expressions, rng):
    import sympy as sp

    z, alpha = sp.symbols("z alpha", positive=True)
    density = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    # z < 0 enters by its modulus
    left = sp.exp(-z) - 1
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
    found, lam = expressions
    mean, square = (
        sp.simplify(e.subs(alpha, found).subs(letters)) for e in (first, lam**2 * second)
    )
    return Outcome(
        mean == 0 and square == 1,
        f"E f = {sp.N(mean, 3)}, E f^2 = {sp.N(square, 6)}, integrated symbolically",
    )


def _digits_agree(printed, rng):
    import sympy as sp

    exact = [sp.N(e, 60) for e in constants_expression(1)]
    wrong = [
        p
        for p, e in zip(printed, exact, strict=True)
        if abs(sp.Rational(p) - sp.Rational(str(e)))
        > sp.Rational(1, 2 * 10 ** len(p.split(".")[1]))
    ]
    digits = [len(p.replace(".", "")) for p in printed]
    return Outcome(
        not wrong,
        f"{digits[0]} and {digits[1]} printed digits against 60 exact ones: "
        f"alpha = {str(exact[0])[:36]}..., lambda = {str(exact[1])[:36]}...",
    )


def _moments_simulated(constants, rng):
    replicates = 4_000_000
    sums = np.zeros(4)
    for _ in range(40):
        f = scaled_elu(rng.standard_normal(replicates // 40), *constants)
        square = f * f
        sums += f.sum(), square.sum(), (f * square).sum(), (square * square).sum()
    m = sums / replicates
    mean = Estimate(m[0], float(np.sqrt((m[1] - m[0] ** 2) / replicates)), replicates)
    square = Estimate(m[1], float(np.sqrt((m[3] - m[1] ** 2) / replicates)), replicates)
    return Outcome(
        mean.agrees(0) and square.agrees(1),
        f"E f within {mean.deviation(0):.1f} and E f^2 within {square.deviation(1):.1f} "
        f"standard errors of 0 and 1, {replicates:.0e} draws",
    )


def _constants_at(mean, variance):
    new_mean, new_variance = (float(x) for x in moment_map(mean, variance))
    moved = max(abs(new_mean - mean), abs(new_variance - variance))
    if moved < TOLERANCE["float64"]:
        return Standing("holds", "one layer leaves mean 0 and variance 1 where they are")
    if abs(new_mean) < 1e-6:
        new_mean = 0.0  # whatever rounding has left of it
    return Standing(
        "fails",
        f"these constants are for (0, 1): one layer takes ({mean:.3g}, {variance:.3g}) to "
        f"({new_mean:.3g}, {new_variance:.3g})",
    )


CONSTANTS = Claim(
    id="selu.constants",
    source="Self-Normalizing Neural Networks",
    statement=r"$\alpha = 1.6732632423543772848170429916717$ and "
    r"$\lambda = 1.0507009873554804934193349852946$ make mean 0 and variance 1 a fixed point",
    verdict="holds",
    parameters=(MEAN, VARIANCE),
    derivation=(
        r"For $z \sim N(0, 1)$: $E[z; z>0] = 1/\sqrt{2\pi}$ and "
        r"$E[e^{kz}; z<0] = \frac12 e^{k^2/2}\mathrm{erfc}(k/\sqrt2)$.",
        r"Mean 0: $\alpha = \frac{1}{\sqrt{2\pi}} / (\frac12 - \frac12 e^{1/2}"
        r"\mathrm{erfc}(1/\sqrt2))$; $\lambda$ drops out.",
        r"Variance 1: $\lambda^{-2} = \frac12 + \alpha^2(\frac12 - e^{1/2}\mathrm{erfc}(1/\sqrt2)"
        r" + \frac12 e^2\mathrm{erfc}(\sqrt2))$.",
    ),
    remark="All 32 printed digits of both are right. They belong to inputs that are normal, to "
    "weight sum 0 (or mean 0) and to squared weight norm 1.",
    evidence=(
        Evidence(
            kind="proof",
            shows="the closed forms of both constants give mean 0 and variance 1 exactly",
            check=_constants_solve,
            subject=constants_expression(1),
            mutant=constants_expression("51/50"),
            mutation="the constants of variance 1.02",
        ),
        Evidence(
            kind="numeric",
            shows="every printed digit is that of the closed form, correctly rounded",
            check=_digits_agree,
            subject=PRINTED,
            mutant=(PRINTED[0], PRINTED[1][:-1] + "7"),
            mutation="the last digit of lambda raised by one",
        ),
        Evidence(
            kind="simulation",
            shows="normal draws through the activation have mean 0 and variance 1",
            check=_moments_simulated,
            subject=(ALPHA, LAMBDA),
            mutant=(0.98 * ALPHA, LAMBDA),
            mutation="alpha 2 % too small",
        ),
    ),
    at=_constants_at,
)
