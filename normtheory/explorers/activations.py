"""Activations through the layers of a network: their statistics, and which claims speak of them."""

from functools import lru_cache

import numpy as np

from normtheory.claims.assumptions import ASSUMPTIONS
from normtheory.claims.claim import Parameter
from normtheory.claims.inspection import Inspection, inspect_activations
from normtheory.claims.sentence import filled
from normtheory.explorers.explorer import Explorer
from normtheory.figures.scene import Band, Curve, HLine, Panel, Points, Scene, VLine
from normtheory.theory import arguments as require
from normtheory.theory.selu import scaled_elu

SAMPLES, UNITS, LAYERS = 128, 32, 6
TEXT = (
    "{statistic:s} in layer {first:s}: {first_value:.3g}, in layer {last:s}: {last_value:.3g} "
    "(N(0, I): {target:g}). {assumption:s}: {first_answer:s} in the first, {last_answer:s} in the "
    "last ({claims:s})."
)
NONLINEARITIES = {
    "ReLU": lambda h: h.clip(min=0),
    "tanh": np.tanh,
    "SELU": scaled_elu,
    "none": lambda h: h,
}
# statistic -> one number for each unit or one for the layer, its scale, its value for N(0, I)
STATISTICS = {
    "mean": (lambda layer: layer.mean, "linear", 0.0),
    "variance": (lambda layer: layer.variance, "log", 1.0),
    "skewness": (lambda layer: layer.skewness, "linear", 0.0),
    "kurtosis": (lambda layer: layer.kurtosis, "log", 3.0),
    "share of dead units": (lambda layer: layer.dead.mean(), "linear", 0.0),
    "sliced W₁ to N(0, I)": (lambda layer: layer.sliced_distance, "linear", 0.0),
    "sphere divergence": (lambda layer: layer.divergence, "linear", 0.0),
    "effective rank / units": (lambda layer: layer.effective_rank / layer.units, "linear", 1.0),
}
_LADDER = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)
_KNOBS = (
    Parameter(
        "statistic", "q", "what is drawn of each layer", "variance", choices=tuple(STATISTICS)
    ),
    Parameter(
        "assumption",
        "A",
        "what claims assume",
        "near the fixed point",
        choices=tuple(each.name for each in ASSUMPTIONS),
    ),
)
_NETWORK = (
    Parameter("nonlinearity", r"\phi", "between the layers", "SELU", choices=tuple(NONLINEARITIES)),
    Parameter.positive(
        "tau", r"\tau", "expected squared norm of a unit's weights", 1.0, (0.25, 4.0)
    ),
)


def network_activations(inspection=None, **values):
    """Statistics of pre-activations by layer, and in how many units an assumption of claims holds.

    Parameters
    ----------
    inspection : Inspection, optional
        Of your own network: ``record.inspect()``, or `normtheory.claims.inspect_activations`. By
        default a network of random weights.
    **values
        Where the sliders start.

    Returns
    -------
    Explorer
    """
    if inspection is None:
        return _explorer(
            lambda statistic, assumption, nonlinearity, tau: _picture(
                random_network(nonlinearity, tau), statistic, assumption
            ),
            (*_KNOBS, *_NETWORK),
            {"He's start": {"nonlinearity": "ReLU", "tau": 2.0}, "tanh": {"nonlinearity": "tanh"}},
            values,
        )
    require.instance("inspection", inspection, Inspection)
    return _explorer(
        lambda statistic, assumption: _picture(inspection, statistic, assumption),
        _KNOBS,
        {"distance": {"statistic": "sliced W₁ to N(0, I)", "assumption": "normal units"}},
        values,
        given="inspection",
    )


def _explorer(view, parameters, presets, values, **spec):
    explorer = Explorer(
        name="network_activations",
        title="Activations by layer, and which claims speak of them",
        view=view,
        parameters=parameters,
        presets=presets,
        values=values,
    )
    explorer.spec = {**explorer.spec, **spec}
    return explorer


@lru_cache(maxsize=256)
def random_network(nonlinearity, tau):
    """Inspection of the pre-activations of a network with weights N(0, tau / width), whose inputs
    are N(0, I)."""
    rng = np.random.default_rng(7)
    h, layers = rng.standard_normal((SAMPLES, UNITS)), {}
    for layer in range(1, LAYERS + 1):
        weights = rng.standard_normal((UNITS, UNITS)) * np.sqrt(tau / UNITS)
        layers[str(layer)] = h @ weights
        h = NONLINEARITIES[nonlinearity](layers[str(layer)])
    return inspect_activations(layers)


def _picture(inspection, statistic, assumption):
    of, scale, target = STATISTICS[statistic]
    place = np.arange(1, len(inspection.statistics) + 1)
    low, middle, high = np.array(
        [_quartiles(of(layer)) for layer in inspection.statistics.values()]
    ).T
    found = [
        next(one for one in layer if one.name == assumption)
        for layer in inspection.findings.values()
    ]
    share = [np.nan if one.share is None else 100 * one.share for one in found]
    names = list(inspection.statistics)
    numbers = {"statistic": statistic, "assumption": assumption, "target": target}
    for place_of, k in (("first", 0), ("last", -1)):
        numbers |= {place_of: names[k], f"{place_of}_value": middle[k]}
        numbers[f"{place_of}_answer"] = found[k].answer
    text = filled(TEXT, numbers | {"claims": ", ".join(found[0].claims)})
    xlim = (0.5, len(place) + 0.5)
    left = Panel.of(
        "median and quartiles of the units",
        ("layer", *xlim),
        (statistic, *_limits(np.concatenate([low, high, [target]]), scale), scale),
        HLine([target], dash=":", label="N(0, I)", label_at=0.9),
        Band(place, low, high, color="blue"),
        Curve(place, middle, color="blue"),
        Points(place, middle, color="blue", size=7),
    )
    right = Panel.of(
        "where the assumption holds",
        ("layer", *xlim),
        ("share of the units [%]", -5, 105),
        VLine(place[[one.share is None for one in found]], dash=":"),  # cannot be told
        Curve(place, share, color="green"),
        Points(place, share, color="green", size=7),
    )
    return Scene((left, right), text)


def _quartiles(values):
    values = np.atleast_1d(values)
    values = values[np.isfinite(values)]
    return np.quantile(values, (0.25, 0.5, 0.75)) if len(values) else np.full(3, np.nan)


def _limits(values, scale):
    """Limits from a ladder: they jump seldom while a slider moves."""
    values = values[np.isfinite(values)]
    if scale == "log":
        positive = values[values > 0]
        ends = np.floor(np.log10(positive.min())), np.ceil(np.log10(positive.max()) + 1e-9)
        return 10.0 ** ends[0], 10.0 ** max(ends[1], ends[0] + 1)
    least, most = values.min(), values.max()
    high = next((step for step in _LADDER if most <= step), 1.1 * most)
    low = 0 if least >= 0 else -next((step for step in _LADDER if -least <= step), -1.1 * least)
    return low - 0.02 * (high - low), high * 1.02
