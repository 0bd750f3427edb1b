"""The variance of the sample variance of normal samples, simulated by compiled code.

Needs numba (the extra `bench`). One loop over many independent generators goes from random bits to
the sums of a sample, so that a compiler can take several at a time and a normal number never
leaves the registers. Ten to twenty-five times faster than plain numpy,
by docs/benchmarks.md.
"""

import functools
import math

import numpy as np

from normtheory.theory import arguments as require
from normtheory.theory.montecarlo import Estimate

# generators side by side; each gives two normals at a time
_WIDTH = 512


def simulate_compiled(
    n: int, rng: np.random.Generator, *, replicates: int, sigma: float = 1.0
) -> Estimate:
    """Monte Carlo mean of (s^2 - sigma^2)^2 over normal samples, in constant memory.

    Parameters
    ----------
    n : int
        Sample size, at least 2.
    rng : numpy.random.Generator
        Seeds the compiled generators (xoroshiro128+).
    replicates : int
        Number of independent samples of size n, rounded up to a multiple of 1024.
    sigma : float
        Standard deviation.

    Raises
    ------
    ImportError
        Without numba.

    Examples
    --------
    >>> simulate_compiled(5, np.random.default_rng(0), replicates=10**6).agrees(0.5)
    True
    """
    n = require.integer("n", n, minimum=2)
    replicates = require.integer("replicates", replicates, minimum=2)
    sigma = require.positive("sigma", sigma)
    state = require.rng(rng).integers(0, 1 << 64, (2, _WIDTH), dtype=np.uint64)
    blocks = -(-replicates // (2 * _WIDTH))
    total, squares = _kernel()(state, n, blocks)
    count = blocks * 2 * _WIDTH
    mean = total / count
    error = math.sqrt(max(squares / count - mean**2, 0.0) / (count - 1))
    return Estimate(mean * sigma**4, error * sigma**4, count)


def _terms(function, low, high, count):
    """A polynomial through `function` at Chebyshev's points, highest power first, float32."""
    series = np.polynomial.Chebyshev.interpolate(function, count - 1, domain=[low, high])
    powers = series.convert(kind=np.polynomial.Polynomial, domain=[-1, 1])
    return tuple(np.float32(c) for c in powers.coef[::-1])


@functools.cache
def _kernel():
    try:
        import numba
        from numba.extending import intrinsic
    except ImportError:
        raise ImportError(
            "compiled simulation needs numba: pip install 'normtheory[bench]'"
        ) from None

    def same_bits(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))

    @intrinsic
    def bits_of(typing, x):
        return numba.int32(numba.float32), same_bits

    @intrinsic
    def float_of(typing, x):
        return numba.float32(numba.int32), same_bits

    compiled = numba.njit(fastmath=True, error_model="numpy")
    one, half, log2 = np.float32(1), np.float32(0.5), np.float32(math.log(2))
    root, step = math.sqrt(0.5), np.float32(2.0**-31)
    turn, sign = np.float32(math.pi / 4 * 2.0**-23), np.int32(-(1 << 31))
    # -log(1 + x)/x, sin(y)/y and cos(y), the latter two in y² up to (pi/4)²: to 8e-8
    log_terms = _terms(lambda x: -np.log1p(x) / x, root - 1, 2 * root - 1, 8)
    sine_terms = _terms(lambda y: np.sinc(np.sqrt(y) / np.pi), 0, (math.pi / 4) ** 2, 4)
    cosine_terms = _terms(lambda y: np.cos(np.sqrt(y)), 0, (math.pi / 4) ** 2, 4)

    @compiled
    def polynomial(terms, x):
        value = terms[0]
        for term in terms[1:]:
            value = value * x + term
        return value

    @compiled
    def draw(a, b, sums, powers):
        """Add a pair of Box and Muller's from each generator to the sums of two samples."""
        for j in range(a.size):
            # xoroshiro128+ of Blackman & Vigna, 2018
            bits = a[j] + b[j]
            mixed = a[j] ^ b[j]
            turned = (a[j] << np.uint64(24)) | (a[j] >> np.uint64(40))
            a[j] = turned ^ mixed ^ (mixed << np.uint64(16))
            b[j] = (mixed << np.uint64(37)) | (mixed >> np.uint64(27))
            high, low = np.int32(bits >> np.uint64(32)), np.int32(bits)
            # u in (0, 1] is mantissa 2^power, the mantissa between sqrt(1/2) and sqrt(2)
            u = bits_of((np.float32(high & ~sign) + half) * step)
            power = (u - np.int32(0x3F3504F3)) >> np.int32(23)
            x = float_of(u - np.int32(power << np.int32(23))) - one
            radius = math.sqrt(x * polynomial(log_terms, x) - np.float32(power) * log2)
            # an angle in the first quadrant, measured from its middle; two more bits are the signs
            y = np.float32(low >> np.int32(8)) * turn
            sine, cosine = y * polynomial(sine_terms, y * y), polynomial(cosine_terms, y * y)
            first = float_of(bits_of(radius * (cosine + sine)) ^ (high & sign))
            second = float_of(bits_of(radius * (cosine - sine)) ^ ((low << np.int32(24)) & sign))
            sums[0, j] += first
            sums[1, j] += second
            powers[0, j] += first * first
            powers[1, j] += second * second

    @compiled
    def simulate(state, n, blocks):
        width = state.shape[1]
        sums, powers = np.empty((2, width), np.float32), np.empty((2, width), np.float32)
        total, squares = 0.0, 0.0
        for _ in range(blocks):
            sums[:], powers[:] = 0, 0
            for _ in range(n):
                draw(state[0], state[1], sums, powers)
            for k in range(2):
                for j in range(width):
                    mean = sums[k, j] / np.float32(n)
                    s2 = (powers[k, j] - mean * sums[k, j]) / np.float32(n - 1)
                    gap = np.float64((s2 - one) * (s2 - one))
                    total += gap
                    squares += gap * gap
        return total, squares

    return simulate
