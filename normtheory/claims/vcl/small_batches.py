"""Littwin & Wolf, Sec. 1, 2.3 and 2.4: what a low kurtosis does for small batches."""

import math

import numpy as np

from normtheory.claims import Claim, Later, Parameter, sp
from normtheory.claims.vcl.batchnorm_noise import two_point_output
from normtheory.claims.vcl.beta_force import rule
from normtheory.claims.vcl.patterns import spread
from normtheory.claims.vcl.sample_variance import SIZE
from normtheory.theory.two_batch_loss import expected_loss, loss_deviation

KAPPA = Parameter("kappa", r"\kappa", "kurtosis", 3.0, (1, np.inf), True, (1, 12))

favours_small_n = Claim(
    id="vcl.favours-small-n",
    source="Sec. 2.4",
    says="When the sample size n is large, the bound on the probability in the RHS of Eq. 12 is "
    "high regardless of the kurtosis. This favors small n for the VCL method",
    verdict="amended",
    breaks={"n": 20, "kappa": 3.0},
    parameters=(SIZE, KAPPA),
)


@favours_small_n.counterexample("numeric")
def normal_against_two_points(small=2.0, large=20.0):
    r"""The normal distribution's loss is {small:g} times the least at $n=2$, and {large:g} times at
    $n=20$: beside its least value the loss prefers more in large batches, not less."""
    found = [spread(n, 3.0) / spread(n, 1.0) for n in (2, 20)]
    return np.allclose((small, large), found, rtol=1e-9), "Eq. 6 at κ = 3 and κ = 1"


@favours_small_n.amendment("proof")
def ratio_and_difference(
    ratio=lambda n, kappa: 1 + (kappa - 1) * (n - 1) / 2,
    difference=lambda n, kappa: (kappa - 1) / n,
):
    r"""$L_s(\kappa)/L_s(1)=1+\frac{(\kappa-1)(n-1)}2$ grows with $n$. The difference
    $L_s(\kappa)-L_s(1)=\frac{\kappa-1}n$ falls: under a fixed weight of the loss small batches do
    pull harder."""
    n, k = sp.symbols("n kappa", positive=True)

    def loss(kappa):
        return kappa / n - (n - 3) / (n * (n - 1))

    gaps = loss(k) / loss(1) - ratio(n, k), loss(k) - loss(1) - difference(n, k)
    gaps = tuple(map(sp.simplify, gaps))
    return gaps == (0, 0), f"ratio and difference minus these: {gaps}"


@favours_small_n.amendment("numeric")
def the_premise(limit=1.0):
    r"""The premise is true: for any kurtosis the bound tends to {limit:g} as $n$ grows."""
    found = [(1 - spread(10**9, kappa) / 0.01) ** 2 for kappa in (1.0, 3.0, 30.0)]
    return np.allclose(found, limit, atol=1e-4), "n = 10⁹, ε = 1/10, κ = 1, 3, 30"


@favours_small_n.badge(
    fails="small batches are favoured: not beside the least loss, of which κ = {kappa:.3g} has "
    "{ratio:.3g} times at n = {n:d} and {small:.3g} times at n = 2",
    silent="at n = 2 or κ = 1 there is nothing to compare",
)
def ratio_at(n, kappa):
    ratio, small = 1 + (kappa - 1) * (n - 1) / 2, 1 + (kappa - 1) / 2
    return ("silent" if n == 2 or kappa == 1 else False), {"ratio": ratio, "small": small}


stable_batchnorm = Claim(
    id="vcl.stable-batchnorm",
    source="end of Sec. 2.3",
    says="Under mild assumptions, a low value for the kurtosis leads to a stable application of "
    "batchnorm",
    verdict="amended",
    parameters=(KAPPA,),
)


@stable_batchnorm.amendment("numeric")
def averaged_over_inputs(total=lambda kappa: 1 + (kappa - 1) / 4, *, least=2):
    r"""Averaged over inputs that are not in the batch, $n$ times the variance of the output over
    the batches of $\sigma_s>\sigma/{least:d}$ tends to $1+\frac{\kappa-1}4$ for a finite $\kappa$:
    the 1, which the batch's mean adds, stays whatever the kurtosis."""
    right = True
    for weight in (0.5, 0.4, 0.3, 0.1):
        alpha = weight * (1 - weight)
        # inputs from the distribution itself, its two points
        places = math.sqrt((1 - weight) / weight), -math.sqrt(weight / (1 - weight))
        mass = weight, 1 - weight
        coarse, fine = (
            np.dot(mass, [two_point_output(n, weight, at, least) for at in places])
            for n in (20_000, 40_000)
        )
        right &= abs((2 * fine - coarse) / total(1 / alpha - 3) - 1) < 3e-3
    return right, "two points of four weights, all counts"


@stable_batchnorm.amendment("numeric")
def a_third(share=1 / 3):
    r"""From the normal distribution's $\kappa=3$ to the least, 1, a third of that variance goes."""
    found = 1 - (1 + (1 - 1) / 4) / (1 + (3 - 1) / 4)
    return abs(found / share - 1) < 1e-9, f"{found:.4f}"


stable_batchnorm.rests_on(
    "vcl.batchnorm-approximation",
    "So it is at one input; averaged over inputs the skewness drops out with their mean.",
)


@stable_batchnorm.badge(
    holds="low kurtosis, stable batch normalization: n times the noise is {total:.3g} to leading "
    "order in 1/n; at κ = 1 it still is 1"
)
def noise_at(kappa):
    return True, {"total": 1 + (kappa - 1) / 4}


same_activation = Claim(
    id="vcl.same-activation",
    source="Sec. 1",
    says="A distribution with few modes would lead to more stable batches: the representation of a "
    "given sample would not vary along different batches",
    verdict="refuted",
    breaks={"n": 20},
    parameters=(SIZE,),
)


def _upper_mode(n):
    """Mean and standard deviation of the output of a draw at +1, n draws from two balanced points,
    the draw among them (biased standard deviation; no spread gives 0)."""
    if n > 1000:
        return 1 - 1 / (2 * n), 1 / math.sqrt(n)  # to leading order: the sum has too many terms
    mean = square = 0.0
    for j in range(n):
        chance = math.comb(n - 1, j) / 2 ** (n - 1)
        ones = j + 1
        output = math.sqrt((n - ones) / ones)
        mean, square = mean + chance * output, square + chance * output**2
    return mean, math.sqrt(square - mean**2)


def _all_batches():
    """The same of 20 and of 2 draws, from the outputs of all batches."""
    found = []
    for n in (20, 2):
        counts = np.arange(2 ** (n - 1))
        ones = 1 + np.array([bin(c).count("1") for c in counts])
        x = np.zeros(counts.size)
        inside = ones < n
        share = ones[inside] / n
        # activations ±1 less their mean, over their root mean square
        x[inside] = (1 - (2 * share - 1)) / np.sqrt(1 - (2 * share - 1) ** 2)
        found.append((x.mean(), x.std()))
    return found


@same_activation.counterexample("simulation")
def two_balanced_modes(twenty=_upper_mode(20), two=_upper_mode(2), *, found=Later(_all_batches)):
    r"""Two balanced modes, the sample one of the batch, which is divided by its biased standard
    deviation (without spread it gives 0): at $n=20$ the sample at $+1$ is mapped to
    {twenty[0]:.3f} with standard deviation {twenty[1]:.3f}, at $n=2$ to {two[0]:.1f} with
    {two[1]:.1f}."""
    return np.allclose((twenty, two), found, rtol=1e-9), "all batches counted, 524,288 at n = 20"


def _normal_sample(n):
    """The standard deviation of the output of a normal draw at 1, by quadrature over the others'
    mean and sum of squares."""
    x, w = np.polynomial.hermite_e.hermegauss(60)
    t = math.sqrt((n - 1) / n) * (1 - x / math.sqrt(n - 1))
    y = np.linspace(-8, math.log(n + 80), 1500)
    density = np.exp((n - 2) / 2 * y - np.exp(y) / 2)
    weights = np.outer(w / w.sum(), density / density.sum())
    output = t[:, None] * math.sqrt(n - 1) / np.sqrt(np.exp(y) + t[:, None] ** 2)
    return math.sqrt((weights * output**2).sum() - (weights * output).sum() ** 2)


@same_activation.amendment("simulation")
def normal_modes(normal=Later(_normal_sample, 20), *, rng):
    r"""That is less than for a normal sample at one standard deviation, {normal:.3f} at $n=20$, but
    far from none."""
    x = rng.standard_normal((20, 400_000), np.float32)
    x[0] = 1
    found = float(((x[0] - x.mean(axis=0)) / x.std(axis=0)).std())
    right = abs(found / normal - 1) < 0.007 and _upper_mode(20)[1] < normal
    return right, f"400,000 batches: {found:.4f} ± {found / math.sqrt(8e5):.4f}"


same_activation.by_hand(
    "However few the modes, the batch's shares of them vary, and with them its mean."
)


@same_activation.badge(
    fails="few modes, the same output in every batch: not here, {mean:.3g} with standard deviation "
    "{deviation:.3g} for two balanced modes"
)
def output_at(n):
    mean, deviation = _upper_mode(n)
    return False, {"mean": mean, "deviation": deviation}


small_n_unstable = Claim(
    id="vcl.small-n-unstable",
    source="Sec. 2.4",
    says="When n is very small, training becomes unstable due to increasing random variations in "
    "sample statistics. This instability is minimized by VCL, which increases its overall "
    "influence",
    verdict="amended",
)
SIZES = (2, 3, 5, 10, 20)


def _reward(n):
    """By how much two balanced points have less loss than the normal distribution, at σ² = β."""
    return float(expected_loss("normal", n, 1.0) - expected_loss("two-point", n, 1.0))


def _noise(n):
    """Standard deviation of a term, for normal activations at σ² = β."""
    return float(loss_deviation("normal", n, 1.0))


def _integrated(name, n):
    """Mean and standard deviation of a term at σ² = β, both batches integrated."""
    u, w = rule(name, n)

    def moment(order):
        return sum(
            math.comb(order, k) * (w @ (-u) ** k) * (w @ (1 + u) ** -float(k))
            for k in range(order + 1)
        )

    return moment(2), math.sqrt(moment(4) - moment(2) ** 2)


@small_n_unstable.amendment("numeric")
def its_own_noise(errors=tuple(_noise(n) / float(expected_loss("normal", n, 1.0)) for n in SIZES)):
    r"""The subsets of $n$ are the loss's alone, so what varies in small ones is the loss itself:
    the standard deviation of a term, for normal activations at $\sigma^2=\beta$, is {errors[0]:.2f}
    of its mean at $n=2$, {errors[1]:.2f}, {errors[2]:.2f}, {errors[3]:.2f} and {errors[4]:.2f} at
    3, 5, 10, 20."""
    pairs = [_integrated("normal", n) for n in SIZES]
    found = [deviation / mean for mean, deviation in pairs]
    return np.allclose(errors, found, rtol=2e-3), "both batches integrated"


@small_n_unstable.amendment("numeric")
def its_influence(rewards=tuple(_reward(n) for n in (2, 10)), size=6):
    r"""Its influence does increase: two balanced points have {rewards[0]:.3f} less loss than the
    normal distribution at $n=2$, {rewards[1]:.3f} at $n=10$. Beside its noise it is largest at
    $n={size:d}$."""
    normal = {n: _integrated("normal", n) for n in (2, 3, 4, 5, 6, 7, 8, 10)}
    found = {n: mean - _two_points(n) for n, (mean, _) in normal.items()}
    beside = {n: found[n] / normal[n][1] for n in normal}
    right = np.allclose(rewards, (found[2], found[10]), rtol=2e-3)
    told = ", ".join(f"{beside[n]:.3f}" for n in (5, 6, 7))
    return right and max(beside, key=beside.get) == size, f"n = 5, 6, 7: {told}"


def _two_points(n):
    """The mean of a term for two balanced points at σ² = β, batches written out."""
    s = np.tril(2 * np.ones((n + 1, n)), -1).var(axis=1, ddof=1)
    weights = np.array([math.comb(n, k) / 2**n for k in range(n + 1)])
    return weights @ (1 - s[:, None] / (s + 1)) ** 2 @ weights
