"""EquiNorm, Sec. 6.3 and 6.5: GroupNorm's default, and error bars of two standard deviations."""

import numpy as np
from scipy.special import stdtr, stdtrit

from normtheory.claims import Claim
from normtheory.theory.group_normalization import group_normalize

group_size = Claim(
    id="equinorm.group-size",
    source="Sec. 6.3 (and A.6 of the standardization-loss paper)",
    says="GroupNorm appears inferior, although this may be due to the default group-size of 32 "
    "being suboptimal here",
    verdict="refuted",
)


@group_size.counterexample("table")
def groups_of_resnet(sizes=(2, 4, 8, 16), *, groups=32, widths=(64, 128, 256, 512)):
    r"""Wu and He (2018) set {groups:d} groups by default, not groups of {groups:d}: in the stages
    of a ResNet of {widths[0]:d} to {widths[3]:d} planes a group holds {sizes[0]:d}, {sizes[1]:d},
    {sizes[2]:d} or {sizes[3]:d} channels."""
    rng, right = np.random.default_rng(0), True
    for width, size in zip(widths, sizes, strict=True):
        y = group_normalize(rng.standard_normal((1, width)), groups)[0]
        # a group is what adds up to 0
        right &= abs(y[:size].sum()) < 1e-9 and all(abs(y[:k].sum()) > 1e-6 for k in range(1, size))
    return right, "the first channels that add up to 0"


@group_size.amendment("simulation")
def where_both_agree(channels=1024, *, number=32):
    r"""{number:d} groups and groups of {number:d} are the same for {channels:d} channels only."""
    same = [c for c in range(number, 8193, number) if c // number == number]
    return same == [channels], "multiples of 32 up to 8192"


@group_size.amendment("numeric")
def narrow_layers(groups=1, size=1, *, channels=32, rng):
    r"""The two differ most in narrow layers: {channels:d} channels, as at the input of MobileNet,
    are {groups:d} group of 32, that is layer normalization, but 32 groups of {size:d}, that is
    instance normalization."""
    h = rng.standard_normal((3, channels))
    if groups < 1 or channels % groups or channels // 32 != size:
        return False, "no such groups"
    layer = (h - h.mean(axis=1, keepdims=True)) / h.std(axis=1, keepdims=True)
    return np.allclose(group_normalize(h, groups), layer, rtol=1e-9), "3 examples"


error_bars = Claim(
    id="equinorm.error-bars",
    source="Sec. 6.5",
    says="Two-standard-deviation bars based on a normal assumption can show values both below and "
    "above actually seen data (such as >100% accuracy), and are not supported by statistical "
    "theory for small samples such as the ten used here",
    verdict="amended",
)


@error_bars.amendment("numeric")
def beyond_the_data(upper=99.9 + 2 * np.sqrt(0.1), most=9 / np.sqrt(10)):
    r"""They can: nine runs of 100 % and one of 99 % have a bar up to {upper:.2f} %. Of ten values
    one can also lie {most:.2f} standard deviations from the mean, outside of the bar."""
    runs = np.array([100.0] * 9 + [99.0])
    bar = runs.mean() + 2 * runs.std(ddof=1)
    far = (runs.mean() - runs.min()) / runs.std(ddof=1)
    return abs(bar / upper - 1) < 1e-4 and abs(far / most - 1) < 1e-9 and bar > 100, f"{bar:.3f} %"


def _share_inside(rng, n=10, samples=400_000):
    x = rng.standard_normal((samples, n + 1))
    mean, spread = x[:, 1:].mean(axis=1), x[:, 1:].std(axis=1, ddof=1)
    return float((np.abs(x[:, 0] - mean) < 2 * spread).mean())


@error_bars.amendment("numeric")
def theory_for_ten_runs(
    inside=1 - 2 * stdtr(9, -2 / np.sqrt(1.1)), factor=stdtrit(9, 0.975) * np.sqrt(1.1)
):
    r"""Theory for small samples exists: if the runs are normal, a further run falls into the bar
    of two standard deviations around the mean of ten with probability {inside:.3f}, and 95 % need
    {factor:.2f} standard deviations. What the bars lack is the assumption."""
    from scipy.integrate import quad
    from scipy.special import gammaln

    constant = np.exp(gammaln(5) - gammaln(4.5)) / np.sqrt(9 * np.pi)

    def within(bar):
        return 2 * constant * quad(lambda x: (1 + x * x / 9) ** -5, 0, bar / np.sqrt(1.1))[0]

    right = abs((1 - within(2)) / (1 - inside) - 1) < 1e-6 and abs(within(factor) - 0.95) < 1e-6
    return right, f"Student's density integrated: {within(2):.4f}"
