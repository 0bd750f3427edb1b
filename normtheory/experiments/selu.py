"""Experiments for the note on self-normalizing networks (Klambauer et al. 2017): the map that one
layer makes of mean and variance, and what depth and dropout do to both.

Networks here are random, as at the start of training; none of these figures needs training.
"""

import numpy as np

from normtheory.experiments.effects import Effect, above, between
from normtheory.experiments.experiment import Difference, Experiment, Finding, Lesson, Scale
from normtheory.figures.selu import draw_depth, draw_dropout, draw_moment_map
from normtheory.theory.selu import ALPHA, LAMBDA, iterate_moments, moment_map, scaled_elu
from normtheory.theory.selu_constants import alpha_dropout_affine, fixed_point_constants

_SOURCE = "note on Self-Normalizing Neural Networks"


# -- the moment map -------------------------------------------------------------------------------

_MAP = {
    "panels": [[0.0, 1.0, 0.0], [0.0, 1.0, 1.0], [0.0, 4.0, 0.0]],  # target mean, variance, omega
    "mean": [-1.0, 1.0],
    "variance": [0.25, 2.5],  # of the target's variance
    "points": 9,
    "layers": 60,
}


def run_map(configuration, seed, device):
    """One step and many steps of the moment map from a grid of starts, for each panel.

    Gives ``panels`` (P, 3); ``start`` and ``step`` (P, points, points, 2); ``path`` (P, layers + 1,
    4, 2) from the grid's corners; ``distance`` (P,): largest distance from the target, relative to
    its standard deviation and variance, after all layers; ``constants`` (P, 2).
    """
    count = configuration["points"]
    starts, steps, paths, distances, constants = [], [], [], [], []
    for mean, variance, omega in configuration["panels"]:
        alpha, lam = fixed_point_constants(mean, variance)[:2]
        deviation = np.sqrt(variance)
        grid = np.meshgrid(
            mean + deviation * np.linspace(*configuration["mean"], count),
            variance * np.linspace(*configuration["variance"], count),
            indexing="ij",
        )
        law = {"alpha": alpha, "lam": lam, "omega": omega}
        starts.append(np.stack(grid, -1))
        steps.append(np.stack(moment_map(*grid, **law), -1))
        path = np.stack(iterate_moments(*grid, configuration["layers"], **law), -1)
        paths.append(path[:, :: count - 1, :: count - 1].reshape(len(path), 4, 2))
        gap = np.hypot((path[-1, ..., 0] - mean) / deviation, path[-1, ..., 1] / variance - 1)
        distances.append(gap.max())
        constants.append((alpha, lam))
    return {
        "panels": np.array(configuration["panels"]),
        "start": np.array(starts),
        "step": np.array(steps),
        "path": np.array(paths),
        "distance": np.array(distances),
        "constants": np.array(constants),
    }


def _printed_constants(arrays):
    return np.abs(arrays["constants"][0] / (ALPHA, LAMBDA) - 1).max()


def _arrives(name, panel, sentence, quantity, erratum=None):
    return Finding(
        name=name,
        sentence=sentence,
        quantity=f"{quantity}, largest relative distance from the target after 60 layers",
        exact=True,
        measure=lambda arrays: arrays["distance"][panel],
        region=between(0.0, 0.01, "a hundredth is nearer than any network of finite width"),
        erratum=erratum,
    )


# -- depth ----------------------------------------------------------------------------------------

ACTIVATIONS = ("SELU", "ELU", "ReLU", "ReLU+BN")
_DEPTH = {"width": 256, "depth": 50, "rows": 256}


def run_depth(configuration, seed, device):
    """Mean and variance of the activations, over units and inputs, after each layer.

    Gives ``mean``, ``variance`` (activations, depth + 1); layer 0 is the input.
    """
    layers = [lambda z, rng, name=name: _activated(name, z) for name in ACTIVATIONS]
    return _moments(layers, configuration, seed)


def _moments(layers, configuration, seed):
    """``mean`` and ``variance`` (layers, depth + 1) through random layers of each kind."""
    width, found = configuration["width"], []
    for layer in layers:
        rng = np.random.default_rng(seed)
        path = [rng.standard_normal((configuration["rows"], width))]
        for _ in range(configuration["depth"]):
            weights = rng.standard_normal((width, width)) / np.sqrt(width)
            path.append(layer(path[-1] @ weights, rng))
        found.append([(h.mean(), h.var()) for h in path])
    return dict(zip(("mean", "variance"), np.moveaxis(np.array(found), -1, 0), strict=True))


def _activated(name, z):
    if name == "SELU":
        return scaled_elu(z)
    if name == "ELU":
        return scaled_elu(z, 1.0, 1.0)
    if name == "ReLU":
        return np.maximum(z, 0)
    # what batch normalization holds is its own output, before the nonlinearity
    return np.maximum((z - z.mean(0)) / z.std(0), 0)


def _largest_fold(arrays, row):
    """Largest factor between the input's variance and a layer's, in powers of two."""
    return np.abs(np.log2(arrays["variance"][row, 1:])).max()


# -- dropout --------------------------------------------------------------------------------------

DROPOUTS = ("none", "alpha", "ordinary")
_DROPOUT = {"width": 256, "depth": 50, "rows": 256, "rate": 0.1}


def run_dropout(configuration, seed, device):
    """Mean and variance after each layer of a SELU network without, with alpha and with ordinary
    dropout after each activation.

    Gives ``mean``, ``variance`` (dropouts, depth + 1), ``rate``.
    """
    rate = configuration["rate"]
    scale, shift = alpha_dropout_affine(rate)[:2]

    def layer(name):
        def dropped(z, rng):
            h = scaled_elu(z)
            kept = rng.random(h.shape) >= rate
            if name == "alpha":
                return scale * np.where(kept, h, -ALPHA * LAMBDA) + shift
            return kept * h / (1 - rate) if name == "ordinary" else h

        return dropped

    return {**_moments(map(layer, DROPOUTS), configuration, seed), "rate": np.array(rate)}


def _kept_finding(name, sentence, quantity, row):
    return Finding(
        name=name,
        sentence=sentence,
        quantity=f"{quantity}, largest |log2 variance| over the layers",
        measure=lambda arrays: _largest_fold(arrays, row),
        region=between(0.0, 0.25, "near: within a fifth of the variance"),
    )


_SMALL = {"width": 64, "depth": 10, "rows": 64}
_SMALLER = (Difference("width and depth", "", "64 and 10"),)
_OURS = (Difference("width, depth, inputs", "", "256, 50, standard normal"),)

EXPERIMENTS = (
    Experiment(
        id="selu.moment-map",
        title="What one SELU layer does to mean and variance",
        source=_SOURCE,
        says="Any value passing the activation is contracted to the defined mean and variance.",
        scales={
            "smoke": Scale({**_MAP, "points": 5}, (Difference("grid", "", "5 x 5"),), seeds=1),
            "toy": Scale(_MAP, seeds=1),
        },
        run=run_map,
        draw=draw_moment_map,
        size=(10.5, 4.2),
        findings=(
            Finding(
                name="constants",
                sentence="the scaling values are 1.67326324... and 1.05070098...",
                quantity="relative difference of the solved constants",
                exact=True,
                measure=_printed_constants,
                region=between(0.0, 1e-12, "what rounding leaves of a zero"),
            ),
            _arrives(
                "omega-0", 0, "any passing value is contracted to mean 0, variance 1", "ω = 0"
            ),
            _arrives(
                "omega-1",
                1,
                "any passing value is contracted to mean 0, variance 1",
                "ω = 1 (one sd of weight sums)",
                "selu.contraction",
            ),
            _arrives("target-0-4", 2, "the values can be any of your choice: 0 and 4", "ω = 0"),
        ),
        lesson=Lesson(
            "While the weights of each unit sum to zero, the layers contract to (0, 1), or with "
            "other constants to (0, 4); they leave it where these sum to one standard deviation of "
            "such sums.",
            reproduced="omega-0 target-0-4",
            not_reproduced="omega-1",
        ),
    ),
    Experiment(
        id="selu.depth",
        title="Mean and variance through 50 random layers",
        source=_SOURCE,
        says="SELU keeps activations near mean 0 and variance 1 on the fly.",
        scales={
            "smoke": Scale(_SMALL, _SMALLER, seeds=5, seconds=0.1),
            "toy": Scale(_DEPTH, _OURS, seeds=10, seconds=0.5),
        },
        run=run_depth,
        draw=draw_depth,
        size=(8.4, 3.8),
        findings=(
            _kept_finding("selu-variance", "SELU keeps the variance near 1", "SELU", 0),
            Finding(
                name="selu-mean",
                sentence="SELU keeps the mean near 0",
                quantity="SELU, largest |mean| over the layers",
                measure=lambda arrays: np.abs(arrays["mean"][0, 1:]).max(),
                region=between(0.0, 0.25, "near: a quarter of a standard deviation"),
            ),
            Finding(
                name="elu-variance",
                sentence="without the scaling factors the variance is not kept",
                quantity="ELU, largest |log2 variance| over the layers",
                measure=lambda arrays: _largest_fold(arrays, 1),
                region=between(1.0, np.inf, "not kept: beyond a factor of two"),
            ),
        ),
        lesson=Lesson(
            "Fifty random SELU layers keep the variance within {selu-variance} octaves of one; "
            "without the two constants it moves by {elu-variance}.",
            reproduced="selu-variance elu-variance",
        ),
    ),
    Experiment(
        id="selu.dropout",
        title="Dropout in a 50-layer SELU network",
        source=_SOURCE,
        says="Alpha dropout randomizes the network without degrading its mean and variance.",
        scales={
            "smoke": Scale({**_SMALL, "rate": 0.1}, _SMALLER, seeds=5, seconds=0.1),
            "toy": Scale(_DROPOUT, _OURS, seeds=10, seconds=0.5),
        },
        run=run_dropout,
        draw=draw_dropout,
        size=(8.4, 3.8),
        findings=(
            _kept_finding("alpha", "alpha dropout keeps the variance near 1", "alpha dropout", 1),
            Finding(
                name="ordinary",
                sentence="alpha dropout degrades the moments less than ordinary dropout does",
                quantity="last layer's |log2 variance|, ordinary less alpha dropout",
                measure=lambda arrays: np.diff(np.abs(np.log2(arrays["variance"][1:, -1])))[0],
                region=above(
                    Effect(0.25, "within a fifth of the variance, as near is meant above")
                ),
            ),
        ),
        lesson=Lesson(
            "Alpha dropout leaves the moments of fifty SELU layers where they are, within {alpha} "
            "octaves; ordinary dropout moves the variance by {ordinary} octaves more.",
            reproduced="alpha ordinary",
        ),
    ),
)
