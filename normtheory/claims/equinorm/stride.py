"""EquiNorm, Sec. 5.2: what a stride does to the balance."""

import numpy as np

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.claims.equinorm.cases import SIZE, SMALL, within
from normtheory.theory.convolution import named_image
from normtheory.theory.equilibrium import contributions, normalize, target_total
from normtheory.theory.equilibrium_statistics import stride_magnitude, strided_imbalance
from normtheory.theory.montecarlo import THRESHOLD, estimate

STRIDE_KNOB = Parameter(
    name="stride",
    symbol="k",
    meaning="stride",
    default=2,
    domain=(1, 4),
    closed=True,
    integer=True,
)
SMOOTHNESS = Parameter(
    name="smoothness",
    symbol=r"\ell",
    meaning="blur of the input in pixels",
    default=1.0,
    domain=(0, 3),
    closed=True,
)


def _strided_mean_bounded(constant, rng):
    closest = 0.0
    for trial in range(300):
        stride = int(rng.integers(2, 5))
        size = stride * int(rng.integers(1, 5))
        steps = rng.uniform(0, 1, 2)
        # sawteeth, one tooth a block, are the worst outputs; noise on them only helps the bound
        tooth = np.arange(size) % stride
        y = steps[0] * tooth[:, None] + steps[1] * tooth
        if trial % 2:
            y = y + rng.standard_normal((size, size)) ** 3
        y = y - y.mean()
        blocks = y.reshape(size // stride, stride, size // stride, stride)
        down, across = (np.abs(np.diff(blocks, axis=axis)).max() for axis in (1, 3))
        bound = constant(stride) * (down + across)
        closest = max(closest, abs(y[::stride, ::stride].mean()) / bound)
    return Outcome(
        abs(closest - 1) <= 1e-9,
        f"largest strided mean over (k - 1)/2 x (steps down + across) in 300 outputs: "
        f"{closest:.4g}",
    )


def _aliased_power(formula, rng):
    size, stride = 6, 2

    def excess(rng, count, smoothness):
        blur = np.exp(-((2 * np.pi * np.fft.fftfreq(size) * smoothness) ** 2) / 2)
        matrix = np.fft.ifft(blur[:, None] * np.fft.fft(np.eye(size), axis=0), axis=0).real
        x = matrix @ rng.standard_normal((count, size, size)) @ matrix.T
        w = rng.standard_normal((count, 3, 3))
        w -= w.mean(axis=(1, 2), keepdims=True)
        y = sum(
            w[:, i, j, None, None] * np.roll(x, (1 - i, 1 - j), axis=(1, 2))
            for i in range(3)
            for j in range(3)
        )
        mean = y[:, ::stride, ::stride].mean(axis=(1, 2))
        return mean**2 - formula(size, stride, smoothness) ** 2 * (y**2).mean(axis=(1, 2))

    worst = 0.0
    for smoothness in (0.0, 0.4):
        found = estimate(
            lambda rng, count, s=smoothness: excess(rng, count, s), rng, replicates=200_000
        )
        worst = max(worst, found.deviation(0.0))
    return Outcome(
        worst <= THRESHOLD,
        f"white and blurred noise through random kernels, size 6, stride 2: {worst:.1f} standard "
        "errors",
    )


def _rough_output_is_unbalanced(image, rng):
    x = named_image(image, size=8) if isinstance(image, str) else image
    w = np.zeros((1, 1, 3, 3))
    w[0, 0] = [[-1, -2, -1], [-2, 12, -2], [-1, -2, -1]]
    above, below = (
        4 * part[0] for part in contributions(x, normalize(x, w, stride=2).weights, stride=2)
    )
    gap = abs(above + below) / (above - below)
    return Outcome(
        gap > SMALL,
        f"stride 2: positive {above:.4g}, negative {below:.4g} where r = 64",
    )


def _indivisible(size, rng):
    magnitude = stride_magnitude(size, 2)
    x = named_image("flat", size=size)
    w = np.arange(9.0).reshape(1, 1, 3, 3)
    above = contributions(x, normalize(x, w, stride=2).weights, stride=2)[0][0]
    outputs = (-(-size // 2)) ** 2
    wave = np.cos(2 * np.pi * np.arange(size) / size)
    left = abs(wave[::2].mean())
    return Outcome(
        abs(magnitude - above / outputs) <= 1e-9 and magnitude > 1 + SMALL and left > SMALL,
        f"size {size}, stride 2: the positive weights contribute {above / outputs:.4g} an output "
        f"instead of 1; the smoothest wave keeps a mean of {left:.3g} of its amplitude",
    )


def _divisible(sizes, rng):
    worst = 0.0
    for size, stride in sizes:
        x = named_image("flat", size=size)
        w = np.arange(9.0).reshape(1, 1, 3, 3)
        above = contributions(x, normalize(x, w, stride=stride).weights, stride=stride)[0][0]
        worst = max(worst, abs(above * stride**2 / target_total(1, size, size, stride) - 1))
        worst = max(worst, abs(stride_magnitude(size, stride) - 1))
        for frequency in range(1, size // stride):
            wave = np.cos(2 * np.pi * frequency * np.arange(size) / size)
            worst = max(worst, abs(wave[::stride].mean()))
    return Outcome(
        worst <= 1e-9,
        f"{len(sizes)} sizes and strides: magnitude 1 and every wave below size / stride cycles "
        f"balanced, error {within(worst, 1e-9)}",
    )


def _stride_standing(stride, smoothness, size):
    left = strided_imbalance(size, stride, smoothness)
    over = stride_magnitude(size, stride)
    if over > 1 + SMALL:
        return Standing(
            "fails",
            f"{stride} does not divide {size}: magnitude {over:.3g} instead of 1, mean "
            f"{100 * left:.3g} % of the output",
        )
    return Standing(
        "holds" if left <= SMALL else "fails",
        f"mean of the strided output {round(100 * left, 4):.3g} % of its size (5 % allowed)",
    )


STRIDE = Claim(
    id="equinorm.stride",
    source="Sec. 5.2, Non-strided convolutions; Sec. 4.1, r",
    statement="with a strided convolution the contributions from positive and negative weights "
    "are no longer exactly balanced; the violation is small if the output of the non-strided "
    "version is smooth",
    verdict="amended",
    parameters=(STRIDE_KNOB, SMOOTHNESS, SIZE),
    at=_stride_standing,
    amendment=r"if the stride $k$ divides height and width: the strided mean is at most "
    r"$\frac{k-1}2$ times the largest steps down and across between neighbouring outputs, and "
    r"exactly zero when the output has no wave of $H/k$ or more cycles. If it does not divide "
    r"them, $r=\ldots\times\mathrm{stride}^2$ overstates the magnitude by "
    r"$(\lceil H/k\rceil k/H)^2$ (1.31 for $7\to4$) however smooth the output, and even the "
    r"smoothest wave keeps an imbalance (12.5 % of its amplitude at size 7).",
    derivation=(
        r"Each sample stands for its $k\times k$ block; within the block the output moves by at "
        r"most $i\,\delta_\downarrow+j\,\delta_\rightarrow$, on average "
        r"$\frac{k-1}2(\delta_\downarrow+\delta_\rightarrow)$. Block means average to zero.",
        r"In frequencies: sampling every $k$-th output aliases to the mean exactly the waves whose "
        r"cycles are multiples of $H/k$.",
        r"A flat image contributes $s\,w'^+$ to each output; with $r=\lceil H/k\rceil^2k^2$ and "
        r"$v=H^2$ that is $(\lceil H/k\rceil k/H)^2$.",
    ),
    remark="Smoothness is sufficient, not necessary: on a large map the strided mean of white "
    "noise is small as well (5.5 % of the output's size at 32x32, stride 2). Five per cent is "
    "this ledger's mark for 'small'.",
    evidence=(
        Evidence(
            kind="numeric",
            shows="a rough output is unbalanced by a stride",
            check=_rough_output_is_unbalanced,
            subject=np.indices((8, 8)).sum(axis=0)[None, None] % 2 * 1.0,
            mutant="flat",
            mutation="a flat image instead of a chequerboard",
        ),
        Evidence(
            kind="numeric",
            shows="a smooth output is not enough when the stride does not divide the size",
            check=_indivisible,
            subject=7,
            mutant=8,
            mutation="a size that the stride divides",
        ),
        Evidence(
            kind="numeric",
            shows="the bound by neighbouring steps holds and is attained",
            check=_strided_mean_bounded,
            subject=lambda stride: (stride - 1) / 2,
            mutant=lambda stride: 0.98 * (stride - 1) / 2,
            mutation="a bound 2 % smaller",
            about="amendment",
        ),
        Evidence(
            kind="simulation",
            shows="the strided mean's size is the aliased power",
            check=_aliased_power,
            subject=strided_imbalance,
            mutant=lambda *setting: 1.02 * strided_imbalance(*setting),
            mutation="an imbalance 2 % larger",
            about="amendment",
        ),
        Evidence(
            kind="numeric",
            shows="when the stride divides the size, magnitude and slow waves stay balanced",
            check=_divisible,
            subject=((8, 2), (12, 3), (12, 2), (16, 4)),
            mutant=((8, 2), (12, 3), (12, 2), (15, 4)),
            mutation="a size of 15 with a stride of 4",
            about="amendment",
        ),
    ),
)
