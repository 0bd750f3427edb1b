"""EquiNorm, Sec. 5.2: inputs of both signs, and whether normalizing the inputs is redundant."""

import numpy as np
from scipy.special import ndtri

from normtheory.claims import Claim, Later
from normtheory.claims.equinorm.cases import equilibrium_weights
from normtheory.theory.equinorm import shift

positive_inputs = Claim(
    id="equinorm.positive-inputs",
    source="Sec. 5.2",
    says="That inputs are positive is not necessary for the implementation of our method, rather "
    "it ensures that the output is more constrained than it otherwise would be",
    verdict="refuted",
)


@positive_inputs.counterexample("numeric")
def tails_of_the_scale(
    negative=1 / 2,
    twentieth=float(ndtri(0.75) / ndtri(0.525)),
    thousandth=float(ndtri(0.75) / ndtri(0.5005)),
):
    r"""Pixels standardized over the data set: the sum $v$ of a batch is about normal with mean 0,
    and $s=r/(v\,w'^+)$ has no expectation. In {negative:.0%} of the batches it turns the kernel's
    sign over, and $|s|$ is {twentieth:.1f} times its median in one batch in 20, {thousandth:.0f}
    times in one in 1000."""
    z = np.linspace(0, 3, 300_001)
    area = np.concatenate([[0], np.cumsum((np.exp(-(z**2) / 2))[:-1] + np.exp(-(z[1:] ** 2) / 2))])
    area *= (z[1] - z[0]) / 2 / np.sqrt(np.pi / 2)  # P(|v| < z)
    median, low, least = (float(np.interp(p, area, z)) for p in (0.5, 0.05, 0.001))
    flipped = float(np.mean([np.sign(1 / v) < 0 for v in (-2.0, -0.1, 0.1, 2.0)]))
    right = np.allclose((twentieth, thousandth), (median / low, median / least), rtol=1e-3)
    return right and abs(flipped - negative) < 1e-9, "the normal density integrated"


def _shifts(rng, channels=8, batches=1_000_000):
    """Quartiles of b over random channel sums of mean 0, and the kernel's channel means."""
    means = rng.standard_normal(channels) + 3
    v = rng.standard_normal((batches, channels))
    b = -(v @ means) / v.sum(axis=1)
    w = means.reshape(1, -1, 1, 1)
    if abs(shift(w, v[0])[0] - b[0]) > 1e-9 * abs(b[0]):
        raise ValueError("b is not that of the update")
    return np.quantile(b, (0.25, 0.5, 0.75)), means


@positive_inputs.counterexample("simulation")
def shifts_are_cauchy(
    place=lambda means: -means.mean(), width=lambda means: means.std(), *, found=Later(_shifts)
):
    r"""Several channels with independent normal sums of mean 0 and equal variance: $b$ follows a
    Cauchy distribution around $-\bar w$, as wide as the standard deviation of the channels' mean
    weights, with no mean and no variance."""
    (low, middle, high), means = found
    at, half = (high + low) / 2, (high - low) / 2
    right = abs(half / width(means) - 1) < 0.0075
    right &= max(abs(at - place(means)), abs(middle - place(means))) < 0.01 * means.std()
    return right, f"10⁶ batches: half the distance of the quartiles {half / means.std():.3f}"


@positive_inputs.counterexample("numeric", rejects={"a dim batch": 0.01})
def standardized_images(total=0.0, *, rng):
    r"""Every image standardized by itself: $v={total:g}$, and neither $s$ nor, with several
    channels, $b$ exists."""
    v = np.resize([1.0, -2.0, 3.0, -2.0], (4, 3, 6, 6)).sum(axis=(0, 2, 3))
    refused = False
    try:
        shift(rng.standard_normal((1, 3, 3, 3)), v)
    except ValueError:
        refused = True
    return refused and np.allclose(v, total, atol=1e-12), "4 images of 3 channels"


positive_inputs.rests_on(
    "equinorm.denominator",
    "It is enough that no channel's sum is negative and that their total stays away from zero; "
    "single inputs may be negative. Sums that only keep their signs are not enough.",
    "range",
)

input_normalization = Claim(
    id="equinorm.input-normalization",
    source="Sec. 5.2",
    says="We recommend that pre-normalization of the input is removed, as it is unnecessary when "
    "normalization happens immediately inside the first convolution",
    verdict="amended",
)


def _trained(x, steps=60, rate=0.1):
    """Losses of a linear layer with batch normalization behind it, trained with momentum."""
    rng = np.random.default_rng(0)
    w, target = rng.standard_normal((x.shape[1], 3)), rng.standard_normal((len(x), 3))
    velocity, losses = 0.0, []
    for _ in range(steps):
        a = x @ w
        y = (a - a.mean(axis=0)) / a.std(axis=0)
        losses.append(float(((y - target) ** 2).mean()))
        back = 2 * (y - target) / target.size
        back = (back - back.mean(axis=0) - y * (back * y).mean(axis=0)) / a.std(axis=0)
        velocity = 0.9 * velocity - rate * (x.T @ back)
        w = w + velocity
    return np.array(losses)


@input_normalization.amendment("numeric")
def behind_batch_normalization(kept=1.0, *, rng):
    r"""Batch normalization right behind a linear layer: the gradients of its outputs add up to 0
    over the batch, so $\partial L/\partial W=\sum_ig_i(x_i-\bar x)^\top$, and a shift of the
    inputs, another for every feature, changes no step of training (every loss is {kept:g} times
    what it was), nor does a common scale. Another scale for every feature does."""
    x = rng.standard_normal((40, 5))
    plain = _trained(x)
    same = [_trained(each) / plain for each in (x + np.arange(5.0), 7 * x)]
    apart = np.abs(_trained(x * np.array([1, 3, 1, 0.3, 1])) / plain - 1).max()
    return np.allclose(same, kept, rtol=1e-6) and apart > 0.01, "60 steps with momentum"


def _outputs(x, w):
    """Of a one-channel layer on a torus."""
    w = equilibrium_weights(x, w)[0, 0]
    return sum(w[k] * np.roll(x, np.subtract(1, k), axis=(2, 3)) for k in np.ndindex(3, 3))


@input_normalization.amendment("numeric")
def inside_equinorm(scaled=1.0, brighter=lambda mean, c: mean / (mean + c), *, rng):
    r"""EquiNorm ignores a common scale of the inputs, too (the output stays {scaled:g} times what
    it was), but not a shift: by $c$ for inputs of mean $m$ it multiplies all outputs of a
    one-channel layer by $m/(m+c)$."""
    right = True
    for c in (0.3, 2.0):
        x, w = rng.uniform(0, 1, (3, 1, 5, 5)), rng.standard_normal((1, 1, 3, 3))
        y, larger, lighter = (_outputs(each, w) for each in (x, 7 * x, x + c))
        right &= np.allclose(larger, scaled * y, rtol=1e-9)
        right &= np.allclose(lighter, brighter(x.mean(), c) * y, rtol=1e-9)
    return right, "3 images, shifts 0.3 and 2"


@input_normalization.range("numeric")
def weight_normalization(output=7.0, *, rng):
    r"""Weight normalization does not divide by the input's norm: inputs 7 times as large give
    outputs {output:g} times as large, as Sec. 5.1 says."""
    x, v = rng.standard_normal((4, 9)), rng.standard_normal(9)
    y, larger = (each @ v / np.linalg.norm(v) for each in (x, 7 * x))
    return np.allclose(larger, output * y, rtol=1e-9), "a unit of 9 inputs"
