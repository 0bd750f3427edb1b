"""What gradients along a line of inputs look like: white noise, Brownian motion, or between."""

import numpy as np
from scipy import integrate, optimize

from normtheory.claims import Claim, Later
from normtheory.claims.shattered.decay import DEPTH
from normtheory.claims.shattered.kernels import derivative, kernels
from normtheory.theory.gradient_correlation import (
    circle_kernel,
    derivative_kernel,
    plain_peak_frequency,
    spectral_exponent,
    spectrum,
)
from normtheory.theory.montecarlo import Estimate
from normtheory.theory.rectifier_networks import autocorrelation, circle_derivative

POINTS = 256
NEXT = 2 * np.pi / POINTS
# this ledger's marks for what "looks like": the note gives none
WHITE, BROWNIAN = 0.1, 0.75  # correlation of neighbours, at most and at least

noise_colour = Claim(
    id="shattered.noise-colour",
    source="The Shattered Gradients Problem",
    says="Gradients of deep networks resemble white noise for nearby data points, those of shallow "
    "networks and resnets Brownian motion",
    verdict="amended",
    breaks={"depth": 24},
    parameters=(DEPTH,),
)


def _neighbours(network, depth, rng, *, beta=1.0, networks=32, width=96):
    """Correlation of the gradients at neighbouring points, over random networks."""
    options = {"rng": rng, "network": network, "beta": beta}
    slopes = [circle_derivative(POINTS, depth, width, **options) for _ in range(networks)]
    found = np.array([autocorrelation(each)[1] for each in slopes])
    return Estimate(float(found.mean()), float(found.std(ddof=1) / np.sqrt(networks)), networks)


def _neighbour(network, depth, beta=1.0):
    return float(circle_kernel(POINTS, depth, network=network, beta=beta)[1])


def _exponent(network, depth, beta=1.0):
    kernel = circle_kernel(POINTS, depth, network=network, beta=beta)
    return float(spectral_exponent(spectrum(kernel)))


def _own_exponent(depth, beta=None):
    """The same from differences of the output's kernel."""
    angle = NEXT * np.minimum(np.arange(POINTS), POINTS - np.arange(POINTS))
    kernel = derivative(angle, depth, beta)
    kernel[0] = 1.0  # the corner, where the slope of the map is 1 in every layer
    power = np.fft.rfft(kernel).real
    k = np.arange(3, 65)
    k = k[power[k] > 3e-5 * power.max()]
    return np.polyfit(np.log(k), np.log(power[k]), 1)[0]


@noise_colour.counterexample("simulation")
def plain_is_not_white(
    plain=_neighbour("plain", 24),
    skips=_neighbour("residual", 50),
    *,
    run=Later(_neighbours, "plain", 24),
):
    r"""24 plain layers without BN, 256 points on a circle: neighbouring gradients correlate
    {plain:.2f} (white noise: 0), and 50 residual blocks with $\beta = 1$ have {skips:.2f}."""
    found = derivative(NEXT, 24), derivative(NEXT, 50, 1.0)
    right = np.allclose((plain, skips), found, rtol=3e-3) and run.interval()[0] > WHITE
    # what is measured of the networks, on a wave that is known
    wave = np.cos(NEXT * np.arange(POINTS))
    right &= abs(autocorrelation(wave[:, None])[1] / np.cos(NEXT) - 1) < 1e-9
    right &= abs(spectrum(wave)[0] / (POINTS / 2) - 1) < 1e-9
    return right, f"random networks of width 96: {run}"


@noise_colour.amendment("numeric")
def shallow_and_plain(
    shallow=_exponent("plain", 1),
    plain=_exponent("plain", 24),
    *,
    found=Later(lambda: [_own_exponent(d) for d in (1, 24)]),
):
    r"""Shallow: Brownian, with spectral exponent {shallow:.2f} where -2 is exact. Plain without BN:
    {plain:.2f} at 24 layers, on 256 points."""
    return np.allclose((shallow, plain), found, rtol=1e-2), "differences of the output's kernel"


@noise_colour.amendment("simulation", rejects={"batch normalization left out": "plain"})
def plain_with_bn_is_white(network="plain+BN", *, rng):
    r"""Plain with BN: all but white by 24 layers, neighbours of 256 points on a circle correlate by
    less than a tenth."""
    found = _neighbours(network, 24, rng)
    low, high = found.interval()
    return -WHITE < low and high < WHITE, f"width 96: neighbours correlate {found}"


def _peaks():
    """Frequency of the largest power on a grid much finer than 1/L, by depth."""
    found = {}
    for depth in (400, 800):
        power = spectrum(circle_kernel(1 << 14, depth))
        peak = int(power.argmax())
        # a parabola through the three largest
        a, b, c = power[peak - 1 : peak + 2]
        rising = (np.diff(power[: peak + 1]) > 0).all()
        found[depth] = peak + 1 + (a - c) / (a - 2 * b + c) / 2, rising
    tail = spectral_exponent(spectrum(circle_kernel(1 << 15, 24)), (480, 1920))
    return found, tail


@noise_colour.amendment("numeric")
def brown_above_blue_below(
    frequency=plain_peak_frequency, share=plain_peak_frequency(1), tail=-2.0, *, peaks=Later(_peaks)
):
    r"""It is brown far above the frequency ${share:.3f}L$, where the power is largest (exponent
    {tail:g}), and blue below, down to none at frequency 0."""
    found, slope = peaks
    right = abs(slope / tail - 1) < 0.007
    for depth, (peak, rises) in found.items():
        right &= rises and abs(peak / frequency(depth) - 1) < 0.008
        right &= abs(peak / (share * depth) - 1) < 0.008
    told = ", ".join(f"{peak:.1f} at L = {depth}" for depth, (peak, _) in found.items())
    return right, f"largest power at {told}; exponent {slope:.2f} from 20 L to 80 L at L = 24"


@noise_colour.amendment("numeric", rejects={"a fine grid": {"points": 4096}})
def undersampling(points=16):
    r"""Only undersampling makes it look white, grid points much farther apart than $1/L$: 1000
    layers on {points:d} points."""
    if points % 2:
        return False, "the grid has an even number of points"
    power = spectrum(circle_kernel(points, 1000))
    flat = float(power.min() / power.max())
    return flat > 0.98, f"least power {flat:.3f} of the largest"


@noise_colour.amendment("numeric")
def skips(
    small=_exponent("residual", 50, 0.2),
    one=_exponent("residual", 50),
    *,
    beta=0.2,
    found=Later(lambda: [_own_exponent(50, b) for b in (0.2, 1.0)]),
):
    r"""Skips keep gradients Brownian if $\beta$ is small: {small:.2f} at 50 blocks,
    $\beta = {beta:g}$. With $\beta = 1$ and no BN it is {one:.2f}, about as with 24 plain
    layers."""
    return np.allclose((small, one), found, rtol=1e-2), "differences of the output's kernel"


@noise_colour.amendment("simulation", rejects={"no skips": "plain+BN"})
def skips_with_bn(network="residual+BN", *, beta=0.2, rng):
    r"""50 residual blocks with BN and $\beta={beta:g}$ stay near Brownian, too."""
    found = _neighbours(network, 50, rng, beta=beta, networks=12)
    return found.interval()[0] > BROWNIAN, f"neighbours correlate {found}"


@noise_colour.derivation("numeric")
def kernel_of_the_derivative(kernel=lambda angle, depth: derivative_kernel([0.0, angle], depth)[1]):
    r"""The output along a circle of inputs is a Gaussian process with the composed kernel
    $K = \kappa_1(\kappa_1(\dots\cos t))$; its derivative has the kernel $-K''$."""
    angles = (0.05, 0.5, 2.0)
    found = [derivative(t, d) / kernel(t, d) - 1 for t in angles for d in (1, 3, 10)]
    return np.abs(found).max() < 5e-3, "differences of K at 3 angles and 3 depths"


def _at_3000_layers():
    """-K'' at four small angles, in units of 1/a."""
    a = 3000 / (3 * np.pi)
    angles = (0.1, 0.25, 1.0, 2.0)
    found = derivative(np.array(angles) / a, 3000, step=1e-5)
    return dict(zip(angles, found.tolist(), strict=True))


@noise_colour.derivation("numeric")
def small_angles(
    kernel=lambda t, a: (1 - 2 * a * t) / (1 + a * t) ** 4,
    primitive=lambda t, a: t / (1 + a * t) ** 3,
    peak=3 * np.pi * plain_peak_frequency(1),
    *,
    found=Later(_at_3000_layers),
):
    r"""For small angles $-K'' \approx (1 - 2at)/(1 + at)^4$ with $a = L/3\pi$: a corner at 0, that
    is Brownian at frequencies well above $L$. It is the derivative of $t/(1 + at)^3$, so its
    integral, the power at frequency 0, is none; the power is largest at ${peak:.3f}a$."""
    a = 3000 / (3 * np.pi)
    gaps = [found[x] - kernel(x / a, a) for x in found]
    gaps.append((primitive(1.001, 1.0) - primitive(0.999, 1.0)) / 0.002 - kernel(1.0, 1.0))

    def power(x):
        return -integrate.quad(lambda t: kernel(t, 1.0), 0, np.inf, weight="cos", wvar=x)[0]

    most = optimize.minimize_scalar(power, bounds=(0.5, 4), method="bounded").x
    right = np.abs(gaps).max() < 8e-4 and abs(most / peak - 1) < 5e-3
    return right, f"differences at 3000 layers; largest power at {most:.3f} a"


@noise_colour.derivation("numeric")
def with_bn_angles_grow(growth=np.pi / (np.pi - 1), fold=(np.pi / (np.pi - 1)) ** 12):
    r"""With BN the squared angle of nearby inputs grows by {growth:.3f} a layer instead: 24 layers
    stretch the angle {fold:.0f}-fold."""
    near = 1 - 1e-8
    after = (kernels(near)[1] - 1 / np.pi) / (1 - 1 / np.pi)
    found = (1 - after) / (1 - near)
    return np.allclose((growth, fold), (found, found**12), rtol=8e-3), f"by {found:.3f}"


@noise_colour.range("numeric")
def colour_is_a_matter_of_the_grid(value=float(derivative_kernel([0.0, 1e-3], 100)[1])):
    r"""Colour is a matter of the grid: at spacing $1/(10L)$ neighbours correlate {value:.2f} at
    every large depth."""
    found = [float(derivative(0.1 / d, d, step=1e-2 / d)) for d in (100, 400)]
    return np.allclose(found, value, rtol=1e-2), f"{found[0]:.3f} and {found[1]:.3f} at 100 and 400"


noise_colour.by_hand(
    "From which correlation of neighbours on this circle something counts as white or Brownian is "
    "this ledger's mark; the note gives none. Batch normalization on a line of inputs has no "
    "limit in closed form, so those networks are simulated.",
    role="range",
)


@noise_colour.badge(
    holds="deep gradients are white, with skips Brownian: neighbours of 256 points correlate "
    "{plain:.2f} in a plain network, {skips:.2f} with skips at β = 1",
    holds_shallow="shallow gradients are Brownian: neighbours of 256 points correlate {plain:.2f} "
    "in a plain network, {skips:.2f} with skips at β = 1",
    fails="deep gradients are white, with skips Brownian: not here, neighbours of 256 points "
    "correlate {plain:.2f} in a plain network without BN, {skips:.2f} with skips at β = 1",
)
def noise_colour_at(depth):
    kernels = [derivative_kernel([0.0, NEXT], depth, network=n) for n in ("plain", "residual")]
    plain, skips = (float(each[1]) for each in kernels)
    found = {"plain": plain, "skips": skips}
    if depth <= 2:
        return "holds_shallow", found
    return abs(plain) < WHITE and skips > BROWNIAN, found
