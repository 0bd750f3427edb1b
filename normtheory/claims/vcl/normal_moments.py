"""Littwin & Wolf, Eq. 8: the moments of a Gaussian, from which those of the mixture are taken."""

from normtheory.claims import Claim, sp

normal_moments = Claim(
    id="vcl.normal-moments",
    source="Eq. 8 and the line after it",
    says=r"For a Gaussian with mean $\mu$ and variance $\sigma^2$ the non-centered fourth and "
    r"second moments are $\mu^4+6\mu^2\sigma^2+3\sigma^4$ and $\sigma^2+\mu^2$; "
    r"$\mu_1-\mu=(1-p)(\mu_1-\mu_2)$ and $\mu_2-\mu=p(\mu_2-\mu_1)$",
    verdict="holds",
)


@normal_moments.shown("proof")
def of_a_gaussian(fourth=lambda m, v: m**4 + 6 * m**2 * v + 3 * v**2, second=lambda m, v: m**2 + v):
    """They are the derivatives of its moment generating function at zero."""
    t, m = sp.symbols("t mu", real=True)
    v = sp.Symbol("v", positive=True)
    generating = sp.exp(m * t + v * t**2 / 2)
    gaps = [
        sp.expand(sp.diff(generating, t, k).subs(t, 0) - claimed(m, v))
        for k, claimed in ((4, fourth), (2, second))
    ]
    return gaps == [0, 0], f"derivatives minus these: {gaps}"


@normal_moments.shown("proof")
def from_the_mean(first=lambda p: 1 - p, second=lambda p: -p):
    r"""With $\mu=p\mu_1+(1-p)\mu_2$ both distances are those parts of $\mu_1-\mu_2$."""
    p, one, two = sp.symbols("p mu_1 mu_2")
    mean = p * one + (1 - p) * two
    parts = (one, first), (two, second)
    gaps = [sp.expand(each - mean - part(p) * (one - two)) for each, part in parts]
    return gaps == [0, 0], f"differences: {gaps}"
