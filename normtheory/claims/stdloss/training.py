"""Standardization loss, Sec. 4.1 and 4.5: a test for regularizers, a rule for learning rates."""

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import ndtr

from normtheory.claims import Claim, Later, sp

regularizer_test = Claim(
    id="stdloss.regularizer-test",
    source="Sec. 4.1, Fig. 2",
    says="If the loss acted as a regularizer that improves the accuracy, the points would be "
    "shifted upward, to a better accuracy at the same cross entropy. We observe no shift against "
    "the baseline, so that most of the gain is due to accelerated training",
    verdict="refuted",
)


def _cross_entropy(mean, scale):
    """E log(1 + exp(-m)) for a margin m ~ scale * N(mean, 1), by quadrature."""

    def integrand(z):
        return np.logaddexp(0, -scale * (mean + z)) * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)

    return quad(integrand, -9, 9, epsabs=1e-12)[0]


def accuracy(distance, noise):
    """Of a linear classifier of two Gaussian classes at +-distance along the first axis, whose
    weights are 1 there and have a random part of that length across."""
    return float(ndtr(distance / np.sqrt(1 + noise**2)))


def _quiet(distance=2.0, noise=1.0, kept=0.5):
    """(accuracy, least cross entropy) of a noisy classifier and of one with half the noise."""
    found = []
    for rest in (noise, kept * noise):
        mean = distance / np.sqrt(1 + rest**2)
        # calibrated where the scale is twice the mean: the log odds of two Gaussian classes
        found.append((accuracy(distance, rest), _cross_entropy(mean, 2 * mean)))
    return tuple(found)


@regularizer_test.counterexample("numeric")
def along_the_curve(noisy=Later(lambda: _quiet()[0]), halved=Later(lambda: _quiet()[1])):
    r"""Two Gaussian classes and a linear classifier, calibrated: halving the random part of its
    weights, which is what a regularizer is for, takes accuracy and cross entropy from
    {noisy[0]:.3f} and {noisy[1]:.3f} to {halved[0]:.3f} and {halved[1]:.3f}."""
    right = True
    for (share, cost), rest in ((noisy, 1.0), (halved, 0.5)):
        mean = 2 / np.sqrt(1 + rest**2)
        z = np.linspace(-9, 9, 200_001) + mean
        density = np.exp(-((z - mean) ** 2) / 2) / np.sqrt(2 * np.pi)
        own = np.trapezoid(density * (z > 0), z), np.trapezoid(density * np.log1p(
            np.exp(-2 * mean * z)), z)  # fmt: skip
        right &= np.allclose((share, cost), own, rtol=1e-3)
    return right, "the margins' normal density integrated"


@regularizer_test.counterexample("numeric", rejects={"a shift of one point": 0.01})
def no_shift(shift=0.0):
    r"""Both lie on the one curve that all calibrated classifiers of two such classes lie on, better
    or worse: at the same cross entropy the accuracy is shifted by {shift:g}. The test does not see
    this regularizer."""
    gaps = []
    for share, cost in _quiet():
        # a baseline without noise that has this cross entropy earlier: closer classes
        mean = brentq(lambda m: _cross_entropy(m, 2 * m) - cost, 0.1, 5)  # noqa: B023
        gaps.append(share - accuracy(mean, 0.0))
    return np.allclose(gaps, shift, atol=1e-6), "against noiseless classifiers of nearer classes"


@regularizer_test.amendment("numeric")
def what_it_sees(costs=Later(lambda: tuple(_cross_entropy(1.5, 3 * c) for c in (1, 2, 0.5)))):
    r"""What it sees is calibration: logits times 2 or 1/2 keep every prediction, and take the cross
    entropy of a calibrated classifier from {costs[0]:.3f} to {costs[1]:.3f} and {costs[2]:.3f}, a
    shift at equal cross entropy without any change of accuracy."""
    z = np.linspace(-9, 9, 200_001)
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    own = [np.trapezoid(density * np.log1p(np.exp(-3 * c * (1.5 + z))), z) for c in (1, 2, 0.5)]
    return np.allclose(costs, own, rtol=1e-6) and own[0] == min(own), "margins of mean 1.5"


linear_scaling = Claim(
    id="stdloss.linear-scaling",
    source="Sec. 4.5; A.6",
    says="We trained MobileNet-v1 with RMSProp in batch sizes from 2 to 128, adopting the linear "
    "scaling rule of Goyal et al. for adjusting the learning rate",
    verdict="amended",
)


def _moments():
    """Slope, noise, b, and mean and mean square of an average gradient, integrated."""
    g, s, b, z = sp.symbols("g sigma b z", positive=True)
    density = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    drawn = g + s / sp.sqrt(b) * z
    both = [sp.integrate(sp.expand(drawn**k) * density, (z, -sp.oo, sp.oo)) for k in (1, 2)]
    return (g, s, b), both


@linear_scaling.amendment("proof")
def mean_step(
    step=lambda slope, noise, b, root: slope / root(slope**2 + noise**2 / b),
    *,
    moments=Later(_moments),
):
    r"""RMSProp divides the gradient by its root mean square. With mean $g$ and noise of standard
    deviation $\sigma$ an example this is $\sqrt{g^2+\sigma^2/b}$ in batches of $b$, so that the
    mean step is the rate times $g/\sqrt{g^2+\sigma^2/b}$."""
    symbols, (mean, square) = moments
    gap = sp.cancel(mean**2 / square - step(*symbols, sp.sqrt) ** 2)
    return gap == 0, f"square of the mean over the mean square minus this: {gap}"


def _progress(b, power, noise=1e6):
    """Mean movement that one example brings about at a rate of b^power, slope 1."""
    gradients = 1 + noise / np.sqrt(b) * np.array([-1.0, 1.0])
    return b**power * gradients.mean() / np.sqrt((gradients**2).mean()) / b


@linear_scaling.amendment("numeric")
def the_root_of_the_batch(power=0.5, sgd=1.0, fold=8.0, less=np.sqrt(8), *, between=4.0):
    r"""Where noise dominates, equal progress for each example needs a rate proportional to
    $\sqrt b$ (power {power:g}). The linear rule (power {sgd:g}) is that of plain gradient descent,
    whose step is rate times slope; with RMSProp it makes an example move the weights {fold:g} times
    as far in a batch of 128 as in one of 2, where noise dominates, and {less:.2f} times as far
    where an example's noise is {between:g} times the slope. So small batches are trained less
    where there is noise, whatever the normalization."""
    adaptive = [_progress(b, power) for b in (2, 16, 128)]
    plain = [b**sgd / b for b in (2, 16, 128)]
    right = np.ptp(np.log(adaptive)) < 1e-3 and np.allclose(plain, 1)
    for noise, more in ((1e6, fold), (between, less)):
        right &= abs(_progress(128, 1, noise) / _progress(2, 1, noise) / more - 1) < 1e-3
    return right, "noise of ±σ"


@linear_scaling.range("numeric")
def where_noise_is_small(power=1.0):
    r"""Where the slope dominates, RMSProp's step does not depend on the batch, and the linear rule
    (power {power:g}) gives equal progress for each example."""
    found = [_progress(b, power, noise=1e-3) for b in (2, 16, 128)]
    return np.allclose(found, found[0], rtol=1e-4), "batches of 2, 16 and 128"
