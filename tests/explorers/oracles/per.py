"""Joo, Kang & Kim (2020): integrals over the sphere and over distribution functions."""

import math

import numpy as np
from scipy import integrate, special, stats

from normtheory.theory.joint_laws import draw_joint  # the draws themselves are what is shown
from oracles import Near, legendre, point, sphere

normal = stats.norm()


def one(x):
    """E|x - Z|, PER of one number."""
    return x * slope(x) + math.sqrt(2 / math.pi) * np.exp(-(x**2) / 2)


def slope(x):
    return 2 * special.ndtr(x) - 1


def unit(d):
    """E|θ₁| of a uniform direction."""
    return math.exp(special.gammaln(d / 2) - special.gammaln((d + 1) / 2)) / math.sqrt(math.pi)


def over_sphere(f, r, d, power=0, count=300):
    """E c^power f(r c) for the first coordinate c of a direction."""
    c, weight = sphere(d, count)
    return f(np.multiply.outer(r, c)) @ (weight * c**power)


def halfnormal(variance):
    """E|x| for x ~ N(0, variance)."""
    return np.sqrt(2 * variance / math.pi)


def projected_error(r, d, b, s):
    lengths = np.linspace(0, 20, 101)
    rng = np.random.default_rng(20)
    first = rng.standard_normal(s)
    c = first / np.sqrt(first**2 + (rng.chisquare(d - 1, s) if d > 1 else 0))
    draws = one(np.outer(lengths, c))
    mean, error = draws.mean(axis=1), np.sqrt((draws.var(axis=1)) / s)
    exact = Near(over_sphere(one, lengths, d), 1e-8)
    along = over_sphere(slope, np.r_[lengths[1:], r], d, 1)
    left = [(lengths, mean - error, mean + error), (lengths, mean), (lengths, exact)]
    here = float(over_sphere(one, r, d))
    left += [(lengths, unit(d) * lengths), point(r, here, 1e-8)]
    right = [(lengths[1:], Near(along[:-1], 1e-7)), (lengths[1:], Near(along[:-1] / b, 1e-7))]
    right += [point(r, max(along[-1] / k, 1e-9), 1e-7) for k in (b, 1)]
    numbers = {"value": Near(here, 1e-8), "length": Near(along[-1], 1e-7)}
    return numbers | {"own": Near(along[-1] / b, 1e-7)}, [left, right]


def pseudo_huber_loss(x, delta, p):
    grid = np.linspace(-6, 6, 241)

    def losses(x):
        """Values and slopes of all four; slopes of the two smooth ones by Fourier's trick of a
        complex step."""
        step = 1e-20j
        root = np.sqrt((x + step) ** 2 + delta**2)
        huber = np.where(np.abs(x) > 1, np.abs(x) - 0.5, x * x / 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            power = np.abs(x) ** p
            steep = np.where(x == 0, np.nan, p * power / x)
        return (
            (one(x) - one(0.0), slope(x)),
            (root.real - delta, root.imag / 1e-20),
            (huber, np.clip(x, -1, 1)),
            (power, steep),
        )

    values, slopes = ([(grid, pair[k]) for pair in losses(grid)] for k in (0, 1))
    here = losses(np.array([x]))
    gaps = [(grid, values[1][1] - values[0][1]), (grid, slopes[1][1] - slopes[0][1])]
    wide = np.r_[np.linspace(0, 40, 40_001), np.geomspace(40, 1e7, 2000)]
    per, other = losses(wide)[:2]
    most, steepest = (np.abs(per[k] - other[k]).max() for k in (0, 1))
    numbers = {"value": here[0][0][0], "slope": here[0][1][0], "other_value": here[1][0][0]}
    numbers |= {"other_slope": here[1][1][0], "most": Near(most, 1e-4)}
    numbers["steepest"] = Near(steepest, 1e-4)
    marked = ([x], point(x, here[0][0][0])), ([x], point(x, here[0][1][0])), ([x],)
    return numbers, [
        [*marks, *curves] for marks, curves in zip(marked, (values, slopes, gaps), strict=True)
    ]


def collapse(start, steps, scale):
    times, scales = np.linspace(0, 20, 161), np.geomspace(0.02, 6, 121)
    at = np.unique(np.r_[times, steps])

    def fall(t, x):
        return [-64 * float(over_sphere(slope, math.exp(x[0]), 64, 1, 40)) / math.exp(x[0])]

    flow = integrate.solve_ivp(
        fall, (0, max(20, steps)), [math.log(8 * start)], t_eval=at, rtol=1e-10
    )
    reached = dict(zip(at, np.exp(flow.y[0]) / 8, strict=True))
    value = halfnormal(1 + np.r_[scales, scale] ** 2)
    energy = value - (halfnormal(2 * np.r_[scales, scale] ** 2) + halfnormal(2)) / 2
    numbers = {"reached": Near(reached[steps], 1e-5), "value": value[-1]}
    numbers["energy"] = Near(energy[-1], 1e-8, 1e-12)
    left = [
        [1],
        (times, Near([reached[t] for t in times], 1e-5)),
        point(steps, reached[steps], 1e-5),
    ]
    right = [[1], (scales, value[:-1]), (scales, Near(energy[:-1], 1e-8, 1e-12))]
    right += [point(scale, value[-1]), point(scale, energy[-1], 1e-8, 1e-12)]
    return numbers, [left, right]


def kernel_slope(x, v):
    """Derivative of ∫ exp(-v t²/2) cos(t x) dt."""
    return -x / v * np.sqrt(2 * np.pi / v) * np.exp(-(x**2) / (2 * v))


def pushes(r, d, q, s):
    """Derivatives along a probe of length r, among draws of N(0, q²I)."""
    per = over_sphere(slope, r, d, 1)
    energy = per - over_sphere(lambda x: slope(x / q), r, d, 1)
    kernel = over_sphere(lambda x: kernel_slope(x, s + q * q) - kernel_slope(x, s + 1), r, d, 1)
    return per, energy, 2 * kernel, np.full(np.shape(r), np.sign(q - 1) * unit(d))


def gradients(h, s):
    """PER, energy distance and SIGReg: sums over directions between the points, each of a length
    that is an integral over the sphere."""
    d = h.shape[1]
    apart = h[:, None] - h
    far = np.sqrt((apart**2).sum(-1))
    between = apart / np.where(far > 0, far, 1)[..., None]
    norm = np.sqrt((h**2).sum(-1))
    own = h / norm[:, None]
    per = over_sphere(slope, norm, d, 1)[:, None] * own
    energy = per - unit(d) * between.mean(axis=1)
    pulled = over_sphere(lambda x: kernel_slope(x, s), far, d, 1)[..., None] * between
    kernel = 2 * pulled.mean(axis=1)
    kernel -= 2 * over_sphere(lambda x: kernel_slope(x, s + 1), norm, d, 1)[:, None] * own
    return per, energy, kernel


def sliced(h, theta, s):
    c = h @ theta.T
    per = slope(c)
    energy = per - (2 * c.argsort(axis=0).argsort(axis=0) + 1 - len(h)) / len(h)  # by ranks
    kernel = 2 * kernel_slope(c[:, None] - c, s).mean(axis=1) - 2 * kernel_slope(c, s + 1)
    return [each @ theta for each in (per, energy, kernel)]


def repulsion(d, q, s, k):
    scales, lengths = np.geomspace(0.1, 10, 101), np.linspace(0.02, 4, 100)
    every = np.r_[scales, q]
    value = halfnormal(1 + every**2)
    energy = value - (halfnormal(2 * every**2) + halfnormal(2)) / 2
    t, weight = legendre(0, 40, 1500)
    gap = np.exp(-np.outer(every**2, t**2) / 2) - np.exp(-(t**2) / 2)
    sigreg = 2 * gap**2 @ (weight * np.exp(-s * t**2 / 2))
    seen = [value, energy, sigreg, np.abs(every - 1) * halfnormal(1)]
    left = [[q], *((scales, Near(row[:-1], 1e-6, 1e-9)) for row in seen)]
    left.append(([q] * 4, Near([max(row[-1], 1e-9) for row in seen], 1e-6, 1e-9)))
    found = np.array(pushes(math.sqrt(d) * np.r_[lengths, q], d, q, s)) / unit(d)
    middle = [[0], [q], *((lengths, Near(row[:-1], 1e-5, 1e-7)) for row in found)]
    near = []
    for dimension in (2, 4, 16, 64, 256, 1024):
        rng = np.random.default_rng(dimension)
        h = q * rng.standard_normal((32, dimension))
        theta = rng.standard_normal((k, dimension))
        theta /= np.linalg.norm(theta, axis=1)[:, None]
        pairs = zip(sliced(h, theta, s), gradients(h, s), strict=True)
        near.append([cosine(a, b) for a, b in pairs])
    near = np.array(near).T
    right = [((2, 4, 16, 64, 256, 1024), Near(row, 1e-3, 1e-4)) for row in near]
    names = ("per", "energy", "sigreg", "sliced")
    numbers = {f"{n}_push": Near(v, 1e-5, 1e-7) for n, v in zip(names, found[:, -1], strict=True)}
    numbers |= {
        f"{n}_cosine": Near(v, 1e-3, 1e-4) for n, v in zip(names, near[:, -1], strict=False)
    }
    return numbers, [left, middle, right]


def cosine(a, b):
    return (a * b).sum() / math.sqrt((a * a).sum() * (b * b).sum())


def joint_laws(law, n, rho, d):
    h = draw_joint(law, n, np.random.default_rng(4))
    x = h[:, 0]
    shrink = (n - 1) / n
    found = [x.mean(), x.var() / shrink, np.cov(h.T)[0, 1]]
    found += [stats.skew(x), stats.kurtosis(x, fisher=False)]
    found.append(over_sphere(one, np.hypot(*h.T), 2).mean())

    def correlated(rho):
        """Along a direction with cosine c to the diagonal the variance is 1 - ρ + dρc²."""
        if d == 1 or rho < -1 / (d - 1):
            return np.nan
        c, weight = sphere(d)
        return float(weight @ halfnormal(1 + np.maximum(0, 1 - rho + d * rho * c**2)))

    rhos = np.linspace(-0.98, 0.98, 50)
    names = ("m", "var", "cov", "skew", "kurt", "per")
    here = correlated(rho)
    numbers = dict(zip(names, found, strict=True)) | {"value": Near(here, 1e-8)}
    numbers["per"] = Near(found[-1], 1e-8)
    bars = [([k - 0.3, k + 0.3], Near([v], 1e-8, 1e-9)) for k, v in enumerate(found)]
    curve = Near([correlated(r) for r in rhos], 1e-6)
    right = [[halfnormal(2)], (rhos, curve), point(rho, here, 1e-6)]
    return numbers, [[tuple(h[:400].T)], [[0], *bars], right]


BATCHES = {
    "normal": normal.ppf(np.arange(1, 128, 2) / 128),
    "two values": np.tile([3.0, -1, -1, -1], 16),
    "one outlier": np.r_[-63.0, np.ones(63)],
    "constant": np.full(64, 0.7),
}


def lp_normalization(p, gamma, beta, batch):
    h = BATCHES[batch]

    def norm(x, p):
        return np.linalg.norm(x, p) / len(x) ** (1 / p)

    def normed(p):
        centred = h - h.mean()
        return np.full(64, np.nan) if batch == "constant" else centred / norm(centred, p)

    powers, bound = np.linspace(0.25, 4, 61), abs(gamma) + abs(beta)
    norms = [norm(gamma * normed(power) + beta, power) for power in powers]
    psi = gamma * normed(p) + beta
    ranks, here = np.arange(1, 65), norm(psi, p)
    numbers = {"xi": norm(normed(p), p), "value": here, "bound": bound}
    left = [(ranks, np.sort(h)), (ranks, np.sort(psi))]
    return numbers, [left, [[bound], (powers, norms), point(p, here)]]


def fisher_blocks(d, spread):
    """Eigenvalues between 1/√spread and √spread, evenly in their logarithms."""
    ends = math.log(spread) / 2
    share = np.linspace(0, 1, 101)
    return {}, [[[1], (share, np.exp(np.linspace(-ends, ends, 101)))]]


def projection_cost(b, d, s):
    """Two operations for each product of a slice's matrix, forward and back; the others unit by
    unit, and example by example the error functions of the closed form."""

    def counts(d):
        per_unit = (2 * b * s + 2 * b * s, 8 * b + 2, 4 * b + 7)
        return [d * count for count in per_unit] + [3 * b * d + 117 * b]

    units = np.exp(np.linspace(0, math.log(4096), 25))
    here = counts(d)
    curves = [(units, row) for row in counts(units)]
    numbers = dict(zip(("projections", "bn", "vcl", "closed"), here, strict=True))
    return numbers, [[*curves, [d], point(d, here[0])]]
