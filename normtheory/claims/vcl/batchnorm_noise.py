"""Littwin & Wolf, Sec. 2.3: is batchnorm's noise that of the mean or of the variance?"""

import math
from fractions import Fraction
from functools import partial

import numpy as np

from normtheory.claims import Claim, Later, Parameter, sp
from normtheory.claims.vcl.sample_variance import SIZE
from normtheory.theory.batchnorm_noise import inverse_deviation_variance
from normtheory.theory.montecarlo import estimate

batchnorm_noise = Claim(
    id="vcl.batchnorm-noise",
    source="Sec. 2.3",
    says="Since the sample mean is a much more reliable statistic than the sample variance, "
    "most of batchnorm's randomness is caused by the variance of the sample variance",
    verdict="refuted",
    breaks={"n": 20, "kappa": 3.0},
    parameters=(SIZE, Parameter("kappa", r"\kappa", "kurtosis", 3.0, (1, np.inf), True, (1, 12))),
)


def inverse_moments(n, lowest=-60.0):
    """E q and E q² of q = σ/σ_s for n normal draws, by quadrature in log s² from `lowest` on."""
    y = np.arange(lowest, 4, 2e-3)
    half = (n - 1) / 2
    density = np.exp(np.maximum(half * (1 + y - np.exp(y)), -300))
    return (density @ np.exp(-y / 2)) / density.sum(), (density @ np.exp(-y)) / density.sum()


def _variance_alone(n):
    first, second = inverse_moments(n)
    return second - first**2


def two_point_output(n, weight, z, most):
    """n Var((z - m) q) of a two-point distribution: all counts of the atom of that weight with q
    below `most`. Over all batches it is infinite: without spread q is."""
    from scipy.special import gammaln, xlogy

    ones = np.arange(1, n)
    logs = gammaln(n + 1) - gammaln(ones + 1) - gammaln(n - ones + 1)
    logs += xlogy(ones, weight) + xlogy(n - ones, 1 - weight)
    chance = np.exp(np.maximum(logs, -300))
    sigma = math.sqrt(weight * (1 - weight))
    q = sigma * np.sqrt(n * (n - 1) / (ones * (n - ones)))
    chance *= q < most
    chance /= chance.sum()
    output = (z - (ones / n - weight) / sigma) * q
    return n * (chance @ output**2 - (chance @ output) ** 2)


@batchnorm_noise.counterexample("numeric")
def normal_distribution(mean=1 / 20, spread=inverse_deviation_variance(20), *, n=20):
    r"""Normal distribution, $n={n:d}$, an input that is not in the batch: the mean alone gives its
    output the variance {mean:.4f} over batches, the sample variance alone {spread:.4f}."""
    exact = _variance_alone(n)
    right = abs(mean * n - 1) < 1e-12 and abs(spread / exact - 1) < 1e-9
    return right and exact < 1 / n, f"by quadrature of the chi-square distribution {exact:.6f}"


@batchnorm_noise.amendment("numeric")
def leading_order(part=lambda kappa: (kappa - 1) / 4, even=5.0, *, least=2):
    r"""For an input that is not in the batch, averaged over inputs, over the batches of
    $\sigma_s>\sigma/{least:d}$ and to leading order in $1/n$, the mean adds $\frac1n$ to the
    output's variance and the sample variance $\frac{\kappa-1}{4n}$, which is more only for
    $\kappa>{even:g}$. Over all batches the variance is infinite where a batch can be without
    spread."""
    out = partial(two_point_output, most=least)
    right, n = True, 40_000
    for weight in (0.4, 0.3, 0.1, 0.03):
        alpha = weight * (1 - weight)
        # the mean's part is the output's variance at z = 0; at ±z the skewness drops out
        coarse, fine = (
            (out(k, weight, 2) + out(k, weight, -2)) / 2 - out(k, weight, 0) for k in (n // 2, n)
        )
        right &= abs((2 * fine - coarse) / 4 / part(1 / alpha - 3) - 1) < 2e-3
        right &= abs(out(n, weight, 0) - 1) < 3e-3
    coarse, fine = (k * _variance_alone(k) for k in (1000, 2000))
    right &= abs((2 * fine - coarse) / part(3.0) - 1) < 1e-3
    return right and abs(part(even) - 1) < 1e-9, "two points of four weights, and normal"


@batchnorm_noise.amendment("numeric")
def small_batches(last=8, finite=4, *, largest=500):
    r"""For the normal distribution the sample variance adds more for
    ${finite:d}\leq n\leq{last:d}$, and less for every larger $n$ up to {largest:d}; for
    smaller $n$ what it adds has no bound."""
    sizes = [*range(4, 40), *range(40, largest + 1, 20)]
    larger = [n for n in sizes if _variance_alone(n) * n > 1]
    # what the integral still gains from the smallest variances
    grows = [n for n in (2, 3, 4, 5) if inverse_moments(n, -45)[1] > inverse_moments(n, -30)[1] + 1]
    right = larger == list(range(4, last + 1)) and grows == list(range(2, finite))
    return right, f"n Var(q) at n = 8 and 9: {8 * _variance_alone(8):.4f}, " + (
        f"{9 * _variance_alone(9):.4f}"
    )


def _in_batch(n):
    """Variance over batches of an input's output, averaged over inputs, if it is one of n normal
    draws: by quadrature over the input, the others' mean and their sum of squares."""
    x, w = np.polynomial.hermite_e.hermegauss(80)
    w = w / w.sum()
    # t² (n - 1) / n is the input's share of the sum of squares
    t = math.sqrt((n - 1) / n) * (x[:, None] - x / math.sqrt(n - 1))
    if n == 2:
        mean = np.array([math.erf(z / math.sqrt(2)) for z in x]) / math.sqrt(2)
    else:
        y = np.linspace(-40, math.log(n + 60), 1200)
        density = np.exp(np.maximum((n - 2) / 2 * y - np.exp(y) / 2, -300))
        density /= density.sum()
        # row by row: all at once are 120 MB
        root = [(density / np.sqrt(np.exp(y) + s[:, None] ** 2)).sum(axis=-1) for s in t]
        mean = (n - 1) / math.sqrt(n) * (t * root) @ w
    return (n - 1) / n - w @ mean**2


def _drawn(n, rng):
    """The same from pairs of batches that share one draw."""

    def replicate(rng, size):
        x = rng.standard_normal((2, n, size), np.float32)
        x[1, 0] = x[0, 0]
        output = (x[:, 0] - x.mean(axis=1)) / x.std(axis=1, ddof=1)
        return (output[0] - output[1]) ** 2 / 2

    return estimate(replicate, rng, replicates=1_200_000)


@batchnorm_noise.amendment("simulation")
def in_training(
    variances=Later(lambda: tuple(_in_batch(n) for n in (2, 3, 4, 8, 20))),
    *,
    drawn=Later(lambda rng: [_drawn(n, rng) for n in (2, 3, 4, 8, 20)]),
):
    r"""In training the input is one of the $n$ draws, and nothing is unbounded: its output varies
    with variance {variances[0]:.4f}, {variances[1]:.4f}, {variances[2]:.4f}, {variances[3]:.4f},
    {variances[4]:.4f} for $n=2, 3, 4, 8, 20$ normal draws, averaged over inputs."""
    right = all(found.deviation(v) < 6.4 for found, v in zip(drawn, variances, strict=True))
    return right, "pairs of batches that share one draw: " + "; ".join(map(str, drawn))


@batchnorm_noise.amendment("simulation")
def bounded(most=lambda n: (n - 1) / math.sqrt(n), biased=lambda n: n / (n - 1), *, rng):
    r"""There the output is at most $(n-1)/\sqrt n$, attained by one outlier among equal draws; with
    the biased deviation that libraries divide by in training all variances are $n/(n-1)$ times
    these."""
    right = True
    for n in (2, 3, 5, 20):
        batches = np.array([np.eye(n)[0], *rng.standard_cauchy((2000, n))])
        outputs = (batches[:, 0] - batches.mean(axis=1)) / batches.std(axis=1, ddof=1)
        right &= abs(outputs[0] / most(n) - 1) < 1e-9 and outputs.max() < most(n) * (1 + 1e-9)
        x = batches[1]
        right &= abs((x.std(ddof=1) / x.std()) ** 2 / biased(n) - 1) < 1e-9
    return right, "8,004 batches of four sizes"


@batchnorm_noise.amendment("numeric")
def between_training_and_test(
    shares=tuple(math.atan(1 / math.sqrt(n - 1)) / math.pi for n in (2, 10, 128)),
):
    r"""Such noise does set training and test apart: where the class is the sign of a normal unit,
    the sign after batch normalization is another one for {shares[0]:.1%}, {shares[1]:.1%} and
    {shares[2]:.1%} of the inputs in batches of 2, 10 and 128, and for none of them at test time,
    with the distribution's own mean."""
    # it is another one where an input lies between 0 and the mean of the n - 1 others
    x, found = np.arange(0, 9, 1e-3), []
    for n in (2, 10, 128):
        beyond = [math.erfc(each * math.sqrt((n - 1) / 2)) / 2 for each in x]
        found.append(2 * np.trapezoid(np.exp(-(x**2) / 2) * beyond, x))
    found = np.array(found) / math.sqrt(2 * math.pi)
    return np.allclose(shares, found, rtol=1e-4), "over the input, by the others' mean"


@batchnorm_noise.range("numeric")
def relative_errors(ratio=lambda kappa: math.sqrt(kappa - 1), normal=math.sqrt(2), even=2.0):
    r"""In units of $\sigma^2$ and $\sigma$ the sample variance's error is $\sqrt{\kappa-1}$ times
    the mean's to leading order, more for $\kappa>{even:g}$, {normal:.2f} for the normal
    distribution; but batch normalization divides by its root, which halves the error."""
    n = 10**7
    found = [math.sqrt(n * (k / n - (n - 3) / (n * (n - 1)))) for k in (1.8, even, 3.0, 6.0)]
    claimed = [ratio(1.8), 1.0, normal, ratio(6.0)]
    return np.allclose(found, claimed, rtol=1e-5), "Eq. 1 at ten million draws"


batchnorm_noise.by_hand(
    r"The output is $(z-m)q$ with $m=(\mu_s-\mu)/\sigma$ and $q=\sigma/\sigma_s$: the mean alone "
    "varies $m$, the sample variance alone $q$."
)


@batchnorm_noise.derivation("proof")
def half_the_error(slope=Fraction(-1, 2)):
    r"""$q=(\sigma_s^2/\sigma^2)^{-1/2}\approx1-\frac12(\sigma_s^2/\sigma^2-1)$, so
    $\mathrm{Var}(q)\approx\frac14\mathrm{Var}(\sigma_s^2/\sigma^2)\approx\frac{\kappa-1}{4n}$."""
    u = sp.symbols("u", positive=True)
    return sp.diff(u ** sp.Rational(-1, 2), u).subs(u, 1) == slope, "slope at 1 is -1/2"


@batchnorm_noise.derivation("numeric")
def exactly(
    variance=lambda n: (
        (n - 1) / (n - 3)
        - (n - 1) / 2 * math.exp(2 * math.lgamma((n - 2) / 2) - 2 * math.lgamma((n - 1) / 2))
    ),
    code=inverse_deviation_variance,
):
    r"""Normal distribution, exactly: $\mathrm{Var}(q)=\frac{n-1}{n-3}-\frac{n-1}2\big(\Gamma(
    \frac{n-2}2)/\Gamma(\frac{n-1}2)\big)^2$."""
    sizes = (4, 5, 8, 9, 20, 60, 200)
    exact = [_variance_alone(n) for n in sizes]
    found = [[f(n) for n in sizes] for f in (variance, code)]
    return np.allclose(found, exact, rtol=1e-8), f"by quadrature at {len(sizes)} sizes"


def variance_part(n, kappa):
    """What the sample variance alone adds, and how: exact for the normal kurtosis 3."""
    if kappa == 3:
        return (inverse_deviation_variance(n) if n > 3 else math.inf), "exact for normal draws"
    return (kappa - 1) / (4 * n), "to leading order"


@batchnorm_noise.badge(
    holds="most of the noise is the sample variance's: {share:.0%}, {how:s}, input not in the "
    "batch",
    holds_infinite="most of the noise is the sample variance's: its part is infinite at n = {n:d} "
    "for normal draws, input not in the batch",
    fails="most of the noise is the sample variance's: not here, {share:.0%}, {how:s}, input "
    "not in the batch",
    undecided="n = {n:d} is too small for the leading order in 1/n",
)
def noise_at(n, kappa):
    part, how = variance_part(n, kappa)
    if part == math.inf:
        return "holds_infinite", {}
    share = part / (part + 1 / n)
    if kappa != 3 and n < 20:
        return None, {}
    return share > 0.5, {"share": share, "how": how}
