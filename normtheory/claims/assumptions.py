r"""What claims assume of activations, decided on a batch of them.

An assumption is a function: its docstring is what is assumed, the decorator names the claims that
assume it, its settings are the numbers in it, the body returns where it holds (one answer for each
unit, or one for the layer; None where the batch cannot tell) and what was measured.

A sample's mean, variance and so on are *near* a number when they are within the stated distance and
three of their standard errors. Dead units are no exception: they have the moments that they have.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from normtheory.claims.sentence import filled
from normtheory.theory.activations import ActivationStatistics

# E||Z| - 1|: how far the normal distribution is from two balanced points
NORMAL_TO_TWO_POINTS = (
    2 * math.erf(math.sqrt(0.5)) - 1 + math.sqrt(8 / math.pi) * (math.exp(-0.5) - 0.5)
)
SURE = 3


class Finding(NamedTuple):
    """Where one assumption holds in one layer.

    Attributes
    ----------
    name, assumed : str
        The assumption, in short and in words.
    claims : tuple of str
        Ids of the claims that assume it.
    share : float or None
        Share of the units in which it holds; 0 or 1 where it is about the layer as a whole; None
        where the batch cannot tell.
    measured : str
        What that was read from.
    """

    name: str
    assumed: str
    claims: tuple[str, ...]
    share: float | None
    measured: str

    @property
    def answer(self):
        """The share in a word or a percentage that rounds neither to none nor to all."""
        if self.share is None:
            return "cannot tell"
        if self.share in (0, 1):
            return "holds" if self.share else "no"
        return f"in {min(max(round(100 * self.share), 1), 99)} %"


@dataclass(frozen=True)
class Assumption:
    """What some claims assume of a layer's activations; called on their statistics."""

    name: str
    claims: tuple[str, ...]
    decide: Callable

    @property
    def says(self):
        """What is assumed, as one line."""
        settings = self.decide.__kwdefaults__ or {}
        return " ".join(filled(self.decide.__doc__, settings).split())

    def __call__(self, layer):
        with np.errstate(invalid="ignore"):
            holds, measured = self.decide(layer)
        share = None if holds is None else float(np.mean(holds))
        return Finding(self.name, self.says, self.claims, share, measured)


ASSUMPTIONS = []


def assumed_by(*claims):
    """Decorates a function that decides an assumption of these claims."""

    def add(decide):
        ASSUMPTIONS.append(Assumption(decide.__name__.replace("_", " "), claims, decide))
        return decide

    return add


def findings(layer):
    """Where each assumption holds in a layer.

    Parameters
    ----------
    layer : ActivationStatistics
        Of a batch of its activations, from `normtheory.theory.activation_statistics`.

    Returns
    -------
    list of Finding

    Raises
    ------
    TypeError
        For anything else.

    Examples
    --------
    >>> import numpy as np
    >>> from normtheory.theory import activation_statistics
    >>> rng = np.random.default_rng(0)
    >>> coin = rng.choice([-1.0, 1.0], (1000, 4))
    >>> found = findings(activation_statistics(coin, rng))
    >>> found[0].name, found[0].answer, found[0].measured
    ('two balanced modes', 'holds', 'kurtosis 1')
    """
    if not isinstance(layer, ActivationStatistics):
        raise TypeError(f"layer must be an ActivationStatistics, got {layer!r}")
    return [assumption(layer) for assumption in ASSUMPTIONS]


def _near(values, target, distance, error):
    return np.abs(values - target) <= distance + SURE * error


def _variance_error(layer):
    # of a constant unit the variance is known, but no kurtosis
    excess = np.nan_to_num(layer.kurtosis, nan=1) - 1
    return layer.variance * np.sqrt(excess.clip(min=0) / layer.samples)


def _median(name, values):
    values = values[np.isfinite(values)]
    return f"{name} {np.median(values):.3g}" if len(values) else f"{name} undefined"


def _standardized(layer, mean, low, high):
    variance, slack = layer.variance, SURE * _variance_error(layer)
    inside = (variance >= low - slack) & (variance <= high + slack) & (variance > 0)
    measured = f"{_median('mean', layer.mean)}, {_median('variance', variance)}"
    return _near(layer.mean, 0, mean, np.sqrt(variance / layer.samples)) & inside, measured


@assumed_by("vcl.two-point-minimizer", "vcl.near-two-modes")
def two_balanced_modes(layer, *, distance=NORMAL_TO_TWO_POINTS, least=1 + NORMAL_TO_TWO_POINTS**2):
    """A unit is nearer to two points of equal weight than the normal distribution is, by the bound
    √(κ - 1) < {distance:.3f} standard deviations: κ < {least:.3f}."""
    return layer.kurtosis < least, _median("kurtosis", layer.kurtosis)


@assumed_by("vcl.few-modes", "vcl.more-than-two-peaks", "vcl.stable-batchnorm")
def low_kurtosis(layer, *, normal=3):
    """A unit's sample variance varies less than the normal distribution's: κ < {normal:d}."""
    return layer.kurtosis < normal, _median("kurtosis", layer.kurtosis)


@assumed_by("vcl.batchnorm-noise")
def noise_of_the_variance(layer, *, least=5):
    """Most of batch normalization's noise comes from the sample variance, to leading order in 1/n:
    κ > {least:d}."""
    return layer.kurtosis > least, _median("kurtosis", layer.kurtosis)


@assumed_by("per.pushes-to-normal", "per.variance-to-one")
def length_of_the_target(layer, *, within=0.1):
    """The mean of ‖h‖² is that of N(0, I), d, within {within:.0%}: PER moves activations towards it
    from above and away from it below."""
    near = _near(layer.square, 1, within, layer.square_error)
    side = "" if near else ", below" if layer.square < 1 else ", above"
    return near, f"‖h‖²/d = {layer.square:.3g}{side}"


@assumed_by("per.fisher-blocks")
def white_second_moments(layer, *, within=0.1):
    """The mean of hhᵀ is I: its eigenvalues lie where those of b samples of N(0, I) do, between
    (1 ± √(d/b))², and their mean near 1, both within {within:g}."""
    low, high = layer.second_moments
    if layer.samples <= layer.units:
        return None, f"{layer.samples} samples for {layer.units} units"
    reach = math.sqrt(layer.units / layer.samples)
    # the edges are those of large matrices: a small one's eigenvalues err as variances do
    slack = within + SURE * math.sqrt(2 / layer.samples)
    inside = low >= (1 - reach) ** 2 - slack and high <= (1 + reach) ** 2 + slack
    near = inside and low > 0 and _near(layer.square, 1, within, layer.square_error)
    return near, f"eigenvalues {low:.2g} to {high:.2g}"


@assumed_by("per.rectified", "equinorm.zero-mean", "equinorm.positive-sum", "equinorm.full-case")
def not_negative(layer):
    """No activation is negative and no unit dark in the whole batch: an EquiNorm layer can read
    it, and N(0, I) is out of reach."""
    return (layer.least >= 0) & (layer.positive > 0), f"least {layer.least.min():.3g}"


@assumed_by("equinorm.batch-noise", "stdloss.gaussian-target")
def uncorrelated_units(layer, *, within=0.1):
    """Units are uncorrelated: the root mean square of their correlations is below {within:g}."""
    if math.isnan(layer.correlation):
        return None, "fewer than two units vary"
    pairs = layer.units * (layer.units - 1) / 2
    slack = SURE * math.sqrt(2 / pairs) / (layer.samples - 1)
    return layer.correlation**2 < within**2 + slack, f"correlation {layer.correlation:.2g}"


@assumed_by("stdloss.gaussian-target", "selu.contraction", "shattered.coactivation-depth")
def normal_units(layer, *, skewness=0.2, kurtosis=0.5):
    """A unit's skewness is near 0, within {skewness:g}, and its kurtosis near 3, within
    {kurtosis:g}."""
    near = _near(layer.skewness, 0, skewness, math.sqrt(6 / layer.samples))
    near &= _near(layer.kurtosis, 3, kurtosis, math.sqrt(24 / layer.samples))
    return near, f"{_median('skewness', layer.skewness)}, {_median('kurtosis', layer.kurtosis)}"


@assumed_by("selu.constants", "selu.contraction", "selu.initialisation")
def near_the_fixed_point(layer, *, mean=0.1, low=0.8, high=1.5):
    """A unit's mean is near 0, within {mean:g}, and its variance near [{low:g}, {high:g}], the
    domain of the self-normalizing networks' theorem."""
    return _standardized(layer, mean, low, high)


@assumed_by("weightnorm.init", "weightnorm.replaces-variance", "stdloss.kl")
def standardized_units(layer, *, within=0.1):
    """A unit's mean is near 0 and its variance near 1, both within {within:g}: what data-dependent
    initialization leaves, and where the standardization loss is 0."""
    return _standardized(layer, within, 1 - within, 1 + within)


@assumed_by("shattered.batchnorm-quarter")
def half_of_the_inputs(layer, *, within=0.05):
    """A unit is above 0 for half of the inputs, within {within:.0%} of them."""
    error = math.sqrt(0.25 / layer.samples)
    return _near(layer.positive, 0.5, within, error), _median("positive share", layer.positive)
