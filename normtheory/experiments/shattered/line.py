"""Gradients of random networks with respect to their input, along a line of inputs.

Layers are rectified, of width 200, with He's weights; biases are N(0, 1) in the first layer, which
a one-dimensional input needs to have more than one kink, and 0 above. A residual layer is
v + beta W relu(BN(v)). With batch normalization the derivative goes through the batch statistics.
"""

import numpy as np

from normtheory.experiments.devices import trains
from normtheory.experiments.effects import CORRELATION, above, between
from normtheory.experiments.experiment import Difference, Experiment, Finding, Lesson, Scale
from normtheory.figures.shattered import draw_autocorrelation, draw_gradients

_SOURCE = "note on The Shattered Gradients Problem"
_LINE = {"width": 200, "points": 256, "span": 2.0}


def gradients(kind, depth, beta, configuration, seed, device):
    """Derivative of a random network's output with respect to its input, at points on a line:
    (points,). `beta` scales the branch of "resnet"."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    width, span = configuration["width"], configuration["span"]

    def weights(rows, columns):
        drawn = torch.randn(rows, columns, generator=generator, dtype=torch.float64)
        return (drawn * (2 / rows) ** 0.5).to(device)

    line = torch.linspace(-span, span, configuration["points"], dtype=torch.float64)
    x = line.to(device)[:, None].requires_grad_()
    bias = torch.randn(width, generator=generator, dtype=torch.float64).to(device)
    v = x @ weights(1, width) + bias
    for _ in range(depth - 1):
        if kind == "resnet":
            v = v + beta * torch.relu(_normalized(v)) @ weights(width, width)
        elif kind == "BN":
            v = torch.relu(_normalized(v)) @ weights(width, width)
        else:
            v = torch.relu(v) @ weights(width, width)
    output = torch.relu(v) @ weights(width, 1)
    return torch.autograd.grad(output.sum(), x)[0][:, 0].cpu().numpy()


def _normalized(v):
    return (v - v.mean(0)) / (v.var(0, unbiased=False) + 1e-5).sqrt()


def autocorrelation(values, lags):
    """Sample autocorrelation of a sequence at lags 0 to `lags`.

    Examples
    --------
    >>> import numpy as np
    >>> autocorrelation(np.array([1.0, -1.0, 1.0, -1.0]), 1)
    array([ 1.  , -0.75])
    """
    centred = values - values.mean()
    count = len(centred)
    products = [centred[: count - lag] @ centred[lag:] for lag in range(lags + 1)]
    return np.array(products) / products[0]


@trains
def run_gradients(configuration, seed, device):
    """Gradients of four networks along a line, and two kinds of noise; each with its lag-1
    autocorrelation: ``gradient`` (6, points), ``lag1`` (6,), ``line`` (points,)."""
    rng = np.random.default_rng(seed)
    points = configuration["points"]
    rows = [
        gradients(*network, configuration, seed, device) for network in configuration["networks"]
    ]
    rows += [np.cumsum(rng.standard_normal(points)), rng.standard_normal(points)]
    rows = [(row - row.mean()) / row.std() for row in rows]
    return {
        "line": np.linspace(-configuration["span"], configuration["span"], points),
        "gradient": np.array(rows),
        "lag1": np.array([autocorrelation(row, 1)[1] for row in rows]),
    }


@trains
def run_autocorrelation(configuration, seed, device):
    """Autocorrelation of the gradient by lag, ``autocorrelation`` (networks, lags + 1)."""
    return {
        "depth": np.array([depth for _, depth, _ in configuration["networks"]]),
        "autocorrelation": np.array(
            [
                autocorrelation(
                    gradients(*network, configuration, seed, device), configuration["lags"]
                )
                for network in configuration["networks"]
            ]
        ),
    }


# of the controls on the grid of 256 points
_WHITE = between(-1.0, 0.5, "white noise lies inside, and Brownian motion outside")
_HALF = between(0.5, 1.0, "Brownian motion lies inside, and white noise outside")
_BROWNIAN = between(0.9, 1.0, "99 draws of Brownian motion in 100 lie inside, and no white noise")


def _colour_finding(name, sentence, row, region, erratum=None):
    return Finding(
        name=name,
        sentence=sentence,
        quantity="autocorrelation at lag 1 (white noise 0, Brownian motion nearly 1)",
        measure=lambda arrays: arrays["lag1"][row],
        region=region,
        erratum=erratum,
    )


def _mean_correlation(arrays, row):
    return arrays["autocorrelation"][row, 1:11].mean()


def _slower_finding(name, sentence, slower, faster, quantity, **options):
    return Finding(
        name=name,
        sentence=sentence,
        quantity=f"mean autocorrelation at lags 1 to 10, {quantity}",
        region=above(CORRELATION),
        measure=lambda arrays: (
            _mean_correlation(arrays, slower) - _mean_correlation(arrays, faster)
        ),
        **options,
    )


_OURS = (
    Difference("width, weights, biases", "", "200, He's, N(0, 1) in the first layer"),
    Difference("resnets", "", "with batch normalization in the branch"),
)
_SHORT = {**_LINE, "width": 50, "points": 64}
_FEWER = Difference("smaller", "", "width 50, 64 points")
_LINES = [["plain", 1, 1.0], ["plain", 24, 1.0], ["BN", 24, 1.0], ["resnet", 50, 1.0]]
# in the order of figures.shattered
_NETWORKS = [
    ["plain", 2, 1.0],
    ["plain", 10, 1.0],
    ["plain", 24, 1.0],
    ["BN", 24, 1.0],
    ["resnet", 50, 1.0],
    ["resnet", 50, 0.1],
]


def _scales(toy, smoke, change, seeds, seconds):
    same = Scale(toy, _OURS, seeds=seeds, seconds=seconds)
    small = Scale(smoke, (*_OURS, change), seeds=5, seconds=0.2)
    return {"smoke": small, "toy": same}


EXPERIMENTS = (
    Experiment(
        id="shattered.fig1",
        title="Gradients along a line of inputs",
        source=_SOURCE,
        says="Deep plain networks' gradients look like white noise, shallow and residual "
        "networks' like Brownian motion.",
        scales=_scales(
            {**_LINE, "networks": _LINES}, {**_SHORT, "networks": _LINES}, _FEWER, 20, 0.3
        ),
        run=run_gradients,
        draw=draw_gradients,
        size=(9.0, 6.0),
        findings=(
            _colour_finding("shallow", "shallow gradients resemble Brownian motion", 0, _BROWNIAN),
            _colour_finding(
                "deep",
                "gradients of 24 plain layers resemble white noise",
                1,
                _WHITE,
                "shattered.noise-colour",
            ),
            _colour_finding(
                "batchnorm",
                "BN is more resilient to random gradients",
                2,
                _HALF,
                "shattered.noise-colour",
            ),
            _colour_finding(
                "resnet",
                "a resnet's gradients resemble Brownian motion",
                3,
                _BROWNIAN,
                "shattered.noise-colour",
            ),
        ),
        lesson=Lesson(
            "At this width and grid it is batchnorm that turns gradients white (neighbours "
            "correlate {batchnorm}); 24 plain layers do not ({deep}), and a resnet with batchnorm "
            "in its branch lies between ({resnet}).",
            reproduced="shallow",
            not_reproduced="deep batchnorm resnet",
        ),
    ),
    Experiment(
        id="shattered.autocorrelation",
        title="Autocorrelation of gradients",
        source=_SOURCE,
        says="The gradients' correlation decays with depth; skips slow that, β scaling further.",
        scales=_scales(
            {**_LINE, "networks": _NETWORKS, "lags": 20},
            {**_SHORT, "networks": _NETWORKS, "lags": 20},
            _FEWER,
            20,
            0.6,
        ),
        run=run_autocorrelation,
        draw=draw_autocorrelation,
        size=(7.0, 4.4),
        findings=(
            _slower_finding("depth", "depth decorrelates gradients", 0, 2, "2 less 24 layers"),
            _slower_finding(
                "batchnorm",
                "BN makes gradients resilient",
                3,
                2,
                "24 layers, BN - none",
                erratum="shattered.noise-colour",
            ),
            _slower_finding(
                "skip",
                "skip connections slow the decay, with BN in both networks",
                4,
                3,
                "resnet of 50 less plain of 24 layers",
            ),
            _slower_finding(
                "skip-plain",
                "skip connections slow the decay, against a plain network without BN",
                4,
                2,
                "resnet of 50 layers with BN in its branch less plain of 24 without",
                erratum="shattered.noise-colour",
            ),
            _slower_finding("beta", "β scaling slows it further", 5, 4, "resnet, β = 0.1 less 1"),
        ),
        lesson=Lesson(
            "A resnet of 50 layers with batchnorm keeps more correlation than 24 plain layers with "
            "batchnorm ({skip}) and less than 24 without ({skip-plain}); a small β keeps most of "
            "it.",
            reproduced="skip beta",
            not_reproduced="skip-plain batchnorm",
        ),
    ),
)
