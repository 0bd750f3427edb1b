"""Equilibrium normalization: scipy.ndimage's convolutions, covariances pixel by pixel, expectations
over scipy's distributions. Kernels and images are the theory room's: they are what is shown."""

import functools
import math

import numpy as np
from scipy import ndimage, stats

from normtheory.claims.equinorm.denominator import SETTINGS
from normtheory.theory.convolution import named_image, named_kernel
from oracles import Near, legendre, point

NORMAL = stats.norm()


def convolved(x, w):
    """A batch (b, c, h, w) with one kernel (c, kh, kw) on a torus, summed over channels."""
    if np.isnan(w).any():
        return np.full(x[:, 0].shape, np.nan)
    return np.array(
        [
            sum(ndimage.correlate(c, k, mode="wrap") for c, k in zip(image, w, strict=True))
            for image in x
        ]
    )


def balanced(x, w):
    """Shift and scale that let positive and negative weights contribute 1 and -1 to an output."""
    outputs = x[:, 0].size
    light = x.sum(axis=(0, 2, 3))
    shift = -(w.sum(axis=(1, 2)) @ light) / (w[0].size * light.sum()) if light.any() else np.nan
    total = light @ np.maximum(w + shift, 0).sum(axis=(1, 2))
    dark = not light.any() or np.ptp(w) == 0
    return (np.nan, np.nan) if dark else (shift, outputs / total)


def stairs(values, left, width):
    """Bars of their own, with gaps of height 0."""
    edges = [k + left + side for k in range(len(values)) for side in (0, width)]
    return edges, Near([h for v in values for h in (v, 0)][:-1], 1e-9, 1e-9)


def equilibrium(kernel, input):
    x, w = named_image(input), named_kernel(kernel)[0]
    shift, scale = balanced(x, w)
    weights = scale * (w + shift)

    def contributed(w):
        return [convolved(x, np.clip(w, *ends)).mean() for ends in ((0, None), (None, 0))]

    before, after = contributed(w), contributed(weights)
    plain, y = convolved(x, w).ravel(), convolved(x, weights).ravel()
    order = np.argsort(np.round(plain, 9), kind="stable")
    numbers = {"shift": shift, "scale": scale, "plain": plain.mean()}
    numbers |= {"positive": after[0], "negative": after[1]}
    numbers |= {"positive_before": before[0], "negative_before": before[1]}
    numbers = {name: Near(value, 1e-9, 1e-9) for name, value in numbers.items()}
    left = [stairs(w.ravel(), -0.4, 0.4), stairs(weights.ravel(), 0, 0.4), [0]]
    middle = [[-1, 1], stairs(before, -0.4, 0.4), stairs(after, 0, 0.4)]
    middle.append(([0.2, 1.2], Near(after, 1e-9, 1e-9)))
    right = [(range(36), Near(each[order], 1e-9, 1e-8)) for each in (plain, y)]
    right += [Near([each.mean()], 1e-9, 1e-9) for each in (plain, y)]
    return numbers, [left, middle, right]


def equilibrium_channels(channels, kernel):
    x = named_image("texture", channels=channels, batch=8)
    base = named_kernel(kernel)[0, 0]
    # a quarter turn more in each channel, and 1, 2, 3, 1, ... times as large
    w = np.array([(c % 3 + 1) * np.rot90(base, c % 4) for c in range(channels)])
    shift, scale = balanced(x, w)
    weights = scale * (w + shift)
    light = x.sum(axis=(0, 2, 3)) / 288
    shares = [s * light * np.maximum(s * weights, 0).sum(axis=(1, 2)) for s in (1, -1)]
    means = convolved(x, weights).mean(axis=(1, 2))
    numbers = {"mean": abs(means.mean()), "single": np.abs(means).max()}
    numbers |= {"positive": shares[0].sum(), "negative": shares[1].sum()}
    numbers = {name: Near(value, 1e-6, 1e-6) for name, value in numbers.items()}
    left = [[0], *(stairs(each, -0.35, 0.7) for each in shares)]
    left.append((range(channels), Near(shares[0] + shares[1], 1e-9, 1e-9)))
    return numbers, [left, [Near([means.mean()], 0, 1e-9), (range(8), Near(means, 1e-9, 1e-9))]]


def strided(size, stride, blur):
    """Root mean square of the strided mean over that of an output, from covariances at all
    distances; kernel weights have the covariances 1 - 1/9 and -1/9."""
    wave = np.arange(size)
    frequency = np.minimum(wave, size - wave) / size
    power = np.exp(-((2 * np.pi * frequency * blur) ** 2))
    near = np.cos(2 * np.pi * np.outer(wave, wave) / size) @ power / size
    wide = sum(np.roll(near, a - b) for a in (-1, 0, 1) for b in (-1, 0, 1))
    places = np.arange(0, size, stride)
    apart = (places[:, None] - places) % size
    total = 9 * near[apart].mean() ** 2 - wide[apart].mean() ** 2 / 9
    return math.sqrt(max(total, 0) / (9 * near[0] ** 2 - wide[0] ** 2 / 9))


def padded(size):
    """Zero padding: the mean output of a flat image, over what each sign contributes on average."""
    kept = np.ones((3, 3))
    kept[[0, 2]] *= 1 - 1 / size
    kept[:, [0, 2]] *= 1 - 1 / size
    # |w - mean(w)| has the mean √(8/9)·√(2/π)
    return math.sqrt(((kept - kept.mean()) ** 2).sum()) / (4.5 * math.sqrt(16 / (9 * np.pi)))


def equilibrium_edges(stride, smoothness, size, padding):
    wave, blurs, sizes = np.arange(size), np.linspace(0, 3, 31), np.arange(4, 65)
    signed = np.where(wave < size / 2, wave, wave - size) / size
    phases = 2 * np.pi * (0.6180339887 * wave % 1)
    strength = np.exp(-((2 * np.pi * signed * smoothness) ** 2) / 2) * (wave > 0)
    row = (strength * np.cos(2 * np.pi * np.outer(wave, wave) / size + phases)).sum(axis=1)
    row /= row.std()
    here = strided(size, stride, smoothness)
    numbers = {
        "strided": Near(100 * here, 1e-6, 1e-4),
        "magnitude": (-(-size // stride) * stride / size) ** 2,
    }
    kept = (1 - 1 / size) ** 2 if padding == "zero" else 1.0
    lost = padded(size) if padding == "zero" else 0.0
    left = [(wave / size, Near(row, 1e-7, 1e-8))]
    left += [(wave[::stride] / size, Near(row[::stride], 1e-7, 1e-8)), [0]]
    left.append(Near([row[::stride].mean()], 1e-7, 1e-8))
    curve = [max(strided(size, stride, blur), 1e-5) for blur in blurs]
    middle = [[0.05], (blurs, Near(curve, 1e-5)), point(smoothness, max(here, 1e-5), 1e-5)]
    right = [[0.05], (sizes, [padded(k) for k in sizes]), point(size, lost)]
    return numbers | {"corner": 100 * kept, "padded": 100 * lost}, [left, middle, right]


@functools.cache
def noises(correlation):
    """Conditional moments of a rectified unit given what all have in common, and its weights."""
    g, weight = legendre(-9, 9, 160)
    share, inner = legendre(0, 1, 80)
    common, own = math.sqrt(correlation) * g, math.sqrt(1 - correlation)
    low = np.clip(-common / own, -9, 9)[:, None]  # from where the unit is on
    z = low + (9 - low) * share
    mass = (9 - low) * inner * np.exp(-(z**2) / 2) / math.sqrt(2 * np.pi)
    moments = [(mass * (common[:, None] + own * z) ** k).sum(axis=1) for k in range(5)]
    return moments, weight * NORMAL.pdf(g)


def batch_noise(channels, correlation):
    """EquiNorm's shift and scale, BatchNorm's shift and scale, for half the weights 1, half -1."""
    angle = math.acos(correlation)
    both = (math.sqrt(1 - correlation**2) + correlation * (np.pi - angle)) / (2 * np.pi)
    square = channels * 0.5 + channels * (channels - 1) * both
    mean = channels / math.sqrt(2 * np.pi)
    (_, one, two, three, four), weight = noises(correlation)
    pair = 2 * (two - one**2)  # of one unit less another, given what they have in common
    fourth = 2 * four - 8 * three * one + 6 * two**2
    pairs = channels / 2
    top = pairs * (weight @ fourth) + 3 * pairs * (pairs - 1) * (weight @ pair**2)
    kurtosis = top / (pairs * (weight @ pair)) ** 2
    return square / mean**2, square / mean**2 - 1, 1.0, (kurtosis - 1) / 4


def equilibrium_noise(batch, channels, correlation):
    even = max(channels + channels % 2, 2)
    sizes = 2 * np.unique(np.geomspace(1, 256, 24).round())
    parts = np.array(batch_noise(even, correlation)) / batch
    own, other = parts[:2].sum(), parts[2:].sum()
    names = ("shift", "scale", "other_shift", "other_scale", "own", "other", "ratio")
    numbers = dict(zip(names, (*parts, own, other, own / other), strict=True))
    numbers = {name: Near(value, 1e-5) for name, value in numbers.items()} | {"even": even}
    by_size = np.array([batch_noise(c, correlation) for c in sizes])
    correlations = np.linspace(0, 0.95, 20)
    by_correlation = np.array([batch_noise(even, c) for c in correlations])

    def ratio(rows):
        return Near(rows[:, :2].sum(axis=1) / rows[:, 2:].sum(axis=1), 1e-5)

    places = np.arange(3)
    left = [(places - 0.12, Near([*parts[:2], own], 1e-5))]
    left.append((places + 0.12, Near([*parts[2:], other], 1e-5)))
    scales = Near(by_size[:, 1] / by_size[:, 3], 1e-5)
    middle = [[1], (sizes, ratio(by_size)), (sizes, scales), point(even, own / other, 1e-5)]
    right = [[1], (correlations, ratio(by_correlation)), point(correlation, own / other, 1e-5)]
    return numbers, [left, middle, right]


WEIGHTS = {
    "normal": NORMAL,
    "uniform": stats.uniform(-math.sqrt(3), 2 * math.sqrt(3)),
    "Laplace": stats.laplace(scale=math.sqrt(0.5)),
}


@functools.cache
def mean_deviation(n, law):
    """E|w - mean| of n weights: (1 - 1/n)·E|w - M| with M the mean of the others."""
    if law == "normal":
        return math.sqrt(2 / np.pi * (1 - 1 / n))
    if law == "uniform":  # E|w - M| = (3 + M²)/2√3 within the support
        apart = (3 + 1 / (n - 1)) / (2 * math.sqrt(3))
    else:  # E|w - M| = |M| + exp(-√2|M|)/√2, and M is a difference of two gamma variables
        t, weight = legendre(0, 1, 60)
        sums = stats.gamma(n - 1).ppf(t) / (n - 1)
        m = np.abs(sums[:, None] - sums) / math.sqrt(2)
        apart = weight @ (m + np.exp(-math.sqrt(2) * m) / math.sqrt(2)) @ weight
    return (1 - 1 / n) * apart


def positive_part(law, offset):
    """E (w - m) 1(w > 0) for weights of mean m."""
    ends = (-math.sqrt(3), math.sqrt(3)) if law == "uniform" else (-40, 40)
    low = min(max(-offset, ends[0]), ends[1])
    x, weight = legendre(low, ends[1], 1500)
    if low < 0 < ends[1]:  # Laplace has a kink
        x, weight = np.concatenate([legendre(low, 0, 800), legendre(0, ends[1], 800)], axis=1)
    return weight @ (x * WEIGHTS[law].pdf(x))


def one_pass(n, law, offset):
    return (1 - 1 / n) * positive_part(law, offset) / (mean_deviation(n, law) / 2)


def equilibrium_single_pass(fan_in, weight_law, offset):
    grid, offsets = np.linspace(-5, 5, 241), np.linspace(-3, 3, 61)
    sizes = np.unique(np.geomspace(2, 4608, 40).round()).astype(int)
    here = one_pass(fan_in, weight_law, offset)
    excess = 100 / here - 100 if here > 1e-6 else np.inf
    numbers = {"share": Near(100 * here, 1e-4, 1e-6), "excess": Near(excess, 1e-4, 1e-3)}
    density = Near(WEIGHTS[weight_law].pdf(grid - offset), 1e-9, 1e-9)
    centred, moved = ([one_pass(n, weight_law, t) for n in sizes] for t in (0, offset))
    middle = [[1], (sizes, Near(centred, 1e-4)), (sizes, Near(moved, 1e-4, 1e-8))]
    right = [[1]]
    for law in WEIGHTS:
        right.append((offsets, Near([one_pass(fan_in, law, t) for t in offsets], 1e-4, 1e-6)))
    mark = point(offset, here, 1e-4, 1e-8)
    middle.append(point(fan_in, here, 1e-4, 1e-8))
    return numbers, [[(grid, density), [0], [offset]], middle, [*right, mark]]


def equilibrium_denominator(weights, passes):
    (w, v), lit = SETTINGS[weights], np.repeat(SETTINGS[weights][1], 2)
    w = np.array(w, float)
    b = -(lit @ w) / lit.sum()
    values = [lit[chosen] @ (w + b)[chosen] for chosen in (w > 0, w + b > 0)]
    counted = (w, w + b)[passes - 1] > 0
    halves = [str(SETTINGS[weights][0][k : k + 2]) for k in (0, 2)]
    numbers = {"first": halves[0], "second": halves[1], "sums": str(v), "shift": b}
    numbers |= {"one": Near(values[0], 0, 1e-12), "two": values[1]}
    left = [[0], stairs(w, -0.4, 0.4), stairs(w + b, 0, 0.4)]
    left.append((np.arange(4) + 0.2, np.where(counted, lit * (w + b), np.nan)))
    chosen = [values[0], np.nan] if passes == 1 else [np.nan, values[1]]
    right = [[0], ([-0.3, 0.3, 0.7, 1.3], [values[0], 0, values[1]]), ([0, 1], chosen)]
    return numbers, [left, right]


def equilibrium_expressivity(kernel):
    frequencies, brightness = np.linspace(0, 0.5, 101), np.linspace(0, 2, 21)
    w = named_kernel(kernel)[0, 0]
    total = w.sum()

    def response(w):
        """Largest output for waves along a row, from a cosine's and a sine's."""
        turns = 2 * np.pi * np.outer(frequencies, [-1, 0, 1])
        return np.hypot(np.cos(turns) @ w.sum(axis=0), np.sin(turns) @ w.sum(axis=0))

    plain, shifted = response(w), response(w - total / 9)
    left = [(frequencies, Near(each, 1e-9, 1e-9)) for each in (plain, shifted)]
    left += [([0], [0]), point(0, abs(total), 0, 1e-12)]
    right = [(brightness, Near(total * brightness, 1e-9, 1e-12)), Near([1.5 * total], 1e-9, 1e-12)]
    right.append(([1, 2], Near([total, 2 * total], 1e-9, 1e-12)))
    return {"total": total, "least": abs(total / 2)}, [left, right]


def young_inequality(p, q):
    pairs = {
        "one pixel, one weight": ("identity", "one bright pixel"),
        "one weight, flat image": ("identity", "flat"),
        "mixed weights, one pixel": ("mixed signs", "one bright pixel"),
        "mixed weights, texture": ("mixed signs", "texture"),
        "blur, flat image": ("box blur", "flat"),
    }
    total = 1 / p + 1 / q
    numbers, ratios = {"total": total}, [np.nan] * 5
    if total >= 1 - 1e-12:
        r = np.inf if total < 1 + 1e-12 else 1 / (total - 1)
        ratios = []
        for kernel, image in pairs.values():
            w, x = named_kernel(kernel)[0], named_image(image)
            sizes = [
                np.linalg.norm(a.ravel(), k) for a, k in ((convolved(x, w), r), (w, p), (x, q))
            ]
            ratios.append(sizes[0] / (sizes[1] * sizes[2]))
        first = int(np.argmax(np.round(ratios, 9)))
        numbers |= {"r": r, "largest": max(ratios), "pair": list(pairs)[first]}
    left = [([0, 1], [1, 0], [1, 1]), ([0, 1], [1, 0]), ([1, 1, 0], [0, 1, 1])]
    left += [([1, 0.5], [1, 1]), point(1 / p, 1 / q)]
    return numbers, [left, [[1], (range(5), Near(ratios, 1e-8))]]
