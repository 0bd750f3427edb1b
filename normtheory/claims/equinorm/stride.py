"""EquiNorm, Sec. 5.2: what a stride does to the balance."""

import numpy as np

from normtheory.claims import Claim, Later, Parameter
from normtheory.claims.equinorm.cases import SIZE, SMALL
from normtheory.theory.equinorm import contributions, normalize, target_total
from normtheory.theory.equinorm_statistics import stride_magnitude, strided_imbalance

strided = Claim(
    id="equinorm.stride",
    source="Sec. 5.2, Non-strided convolutions; Sec. 4.1, r",
    says="With a strided convolution the contributions from positive and negative weights are no "
    "longer exactly balanced; the violation is small if the output of the non-strided version is "
    "smooth",
    verdict="amended",
    breaks={"stride": 2, "smoothness": 0.0, "size": 8},
    parameters=(
        Parameter.count("stride", "k", "stride", 2, (1, 4), (1, 4)),
        Parameter("smoothness", r"\ell", "blur of the input in pixels", 1.0, (0, 3), True),
        SIZE,
    ),
)


@strided.counterexample("numeric", rejects={"balanced": {"positive": 1.0}})
def a_chequerboard(positive=0.0, negative=-4 / 3):
    r"""A rough output is unbalanced by a stride: an 8x8 chequerboard under 12 in the centre, -2 at
    the sides and -1 in the corners, stride 2: an output gets {positive:g} from the positive
    weights and {negative:.2f} from the negative ones, instead of 1 and -1."""
    x = np.indices((8, 8)).sum(axis=0)[None, None] % 2 * 1.0
    w = np.array([[[[-1.0, -2, -1], [-2, 12, -2], [-1, -2, -1]]]])
    weights = normalize(x, w, stride=2).weights
    moved = normalize(x, w + 1, stride=2).weights
    found = [float(part[0]) / 16 for part in contributions(x, weights, stride=2)]
    # the samples are dark and see four bright sides; s = r / (32 * 12) with r = 4 * 16
    own = (0.0, -4 * 2 * 64 / (32 * 12))
    right = np.allclose([found, own], (positive, negative), rtol=1e-9, atol=1e-9)
    right &= np.allclose(moved, weights, rtol=1e-9) and target_total(1, 8, 8, 2) == 64
    return right, "b = 0, s = 1/6; the same with all weights moved by 1"


@strided.counterexample("numeric")
def size_7(magnitude=stride_magnitude(7, 2), wave=1 / (8 * np.cos(np.pi / 7))):
    r"""A smooth output is not enough: at size 7 and stride 2 the positive weights contribute
    {magnitude:.2f} an output instead of 1 to a flat one, and the smoothest wave, which has no mean
    before, has one of {wave:.1%} of its amplitude where it starts worst."""
    x, w = np.ones((1, 1, 7, 7)), np.arange(9.0).reshape(1, 1, 3, 3)
    above = contributions(x, normalize(x, w, stride=2).weights, stride=2)[0][0] / 4**2
    # the largest of Re(e^(is) z) over all starts s is |z|
    left = abs(np.exp(2j * np.pi * np.arange(0, 7, 2) / 7).mean())
    right = abs(above / magnitude - 1) < 1e-9 and abs(left / wave - 1) < 1e-9
    return right, "4 of 7 rows and columns are sampled"


def _saws(rng):
    """(stride, strided mean over the steps between neighbours) of rough and of saw-toothed
    outputs."""
    found = []
    for trial in range(300):
        stride = int(rng.integers(2, 5))
        size = stride * int(rng.integers(1, 5))
        steps, tooth = rng.uniform(0, 1, 2), np.arange(size) % stride
        # sawteeth, one tooth a block, are the worst outputs
        y = steps[0] * tooth[:, None] + steps[1] * tooth
        if trial % 2:
            y = y + rng.standard_normal((size, size)) ** 3
        y = y - y.mean()
        blocks = y.reshape(size // stride, stride, size // stride, stride)
        down, across = (np.abs(np.diff(blocks, axis=axis)).max() for axis in (1, 3))
        found.append((stride, abs(y[::stride, ::stride].mean()) / (down + across)))
    return found


@strided.amendment("simulation")
def bound_by_steps(constant=lambda stride: (stride - 1) / 2, *, saws=Later(_saws)):
    r"""If the stride $k$ divides height and width, the strided mean is at most $\frac{k-1}2$ times
    the largest steps down and across between neighbouring outputs of a block, which sawteeth
    attain."""
    most = {k: max(part for stride, part in saws if stride == k) / constant(k) for k in (2, 3, 4)}
    return all(abs(x - 1) < 1e-9 for x in most.values()), f"{len(saws)} outputs, strides 2 to 4"


@strided.amendment("numeric")
def slow_waves(cycles=lambda size, stride: size // stride, magnitude=stride_magnitude):
    r"""Then the strided mean is exactly zero where the output has no wave of $H/k$ or more cycles,
    and the magnitude is right. If $k$ does not divide $H$, $r=\dots\times\mathrm{stride}^2$
    overstates it by $(\lceil H/k\rceil k/H)^2$, however smooth the output."""
    right = True
    for size, stride in ((8, 2), (12, 3), (12, 2), (16, 4)):
        at = 2j * np.pi * np.arange(0, size, stride) / size
        waves = [abs(np.exp(f * at).mean()) for f in range(1, size)]
        first = 1 + next(f for f, left in enumerate(waves) if left > 1e-9)
        right &= first == cycles(size, stride)
    for size, stride in ((8, 2), (12, 3), (7, 2), (9, 4)):
        x, w = np.ones((1, 1, size, size)), np.arange(9.0).reshape(1, 1, 3, 3)
        above = contributions(x, normalize(x, w, stride=stride).weights, stride=stride)[0][0]
        outputs = (-(-size // stride)) ** 2
        right &= abs(above / outputs / magnitude(size, stride) - 1) < 1e-9
        own = (outputs**0.5 * stride / size) ** 2
        right &= abs(magnitude(size, stride) / own - 1) < 1e-9
    return right, "4 sizes and strides each"


def _strided_means(rng, size=6, stride=2, count=100_000):
    """(blur, squares of strided means, of outputs) for random kernels on blurred noise."""
    found = []
    for smoothness in (0.0, 0.4):
        blur = np.exp(-((2 * np.pi * np.fft.fftfreq(size) * smoothness) ** 2) / 2)
        matrix = np.fft.ifft(blur[:, None] * np.fft.fft(np.eye(size), axis=0), axis=0).real
        x = matrix @ rng.standard_normal((count, size, size)) @ matrix.T
        w = rng.standard_normal((count, 3, 3))
        w -= w.mean(axis=(1, 2), keepdims=True)
        places = np.ndindex(3, 3)
        y = sum(w[:, i, j, None, None] * np.roll(x, (1 - i, 1 - j), (1, 2)) for i, j in places)
        mean = y[:, ::stride, ::stride].mean(axis=(1, 2))
        found.append((smoothness, mean**2, (y**2).mean(axis=(1, 2))))
    return found


@strided.derivation("simulation")
def aliased_power(imbalance=strided_imbalance, *, drawn=Later(_strided_means)):
    r"""In frequencies: sampling every $k$-th output aliases to the mean the waves whose cycles are
    multiples of $H/k$; their power is the strided mean's square."""
    worst = 0.0
    for smoothness, square, power in drawn:
        gap = square - imbalance(6, 2, smoothness) ** 2 * power
        worst = max(worst, abs(gap.mean()) / (gap.std() / np.sqrt(gap.size)))
    return worst < 4, "100000 random kernels on white and on blurred noise, size 6, stride 2"


strided.by_hand(
    "Each sample stands for its block, within which the output moves by the steps down and across; "
    "the means of all blocks add up to zero."
)


@strided.range("numeric")
def white_noise(share=strided_imbalance(32, 2, 0.0), by_parity=np.sqrt(7) / 48):
    r"""Smoothness is sufficient, not necessary: on a large map what random kernels make of white
    noise has a small strided mean as well, {share:.1%} of its size at 32x32 and stride 2."""
    # the weights that a pixel meets in the samples: by its row's and column's parity 1, 2, 2 or 4
    met = (1, 2, 2, 4)
    square = sum(c * (1 - c / 9) for c in met) / 16**2 / (9 - 1)
    right = abs(np.sqrt(square) / share - 1) < 1e-9 and abs(by_parity / share - 1) < 1e-9
    return right, "√7/48, by the parity of rows and columns"


@strided.badge(
    holds="the violation is small: the strided output's mean is {strided:.3g} % of its size (5 % "
    "allowed)",
    fails="the violation is small: not here, the strided output's mean is {strided:.3g} % of its "
    "size (5 % allowed)",
    fails_indivisible="the violation is small: not here, stride {stride:d} does not divide "
    "{size:d}: magnitude {magnitude:.3g} instead of 1, mean {strided:.3g} % of the output's size",
)
def stride_at(stride, smoothness, size):
    strided = round(100 * strided_imbalance(size, stride, smoothness), 4)
    magnitude = stride_magnitude(size, stride)
    if magnitude > 1 + SMALL:
        return "fails_indivisible", {"strided": strided, "magnitude": magnitude}
    return strided <= 100 * SMALL, {"strided": strided}
