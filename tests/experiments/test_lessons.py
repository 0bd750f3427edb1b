"""What lessons say, against the stored arrays: each phrase is recomputed, by numpy alone.

A lesson's numbers are findings; its other words are decided by nothing else. Every phrase here
must stand in the lesson and be true of the arrays, and some phrase of each lesson must be false
when the methods change places.
"""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from normtheory.experiments import stored
from normtheory.experiments.catalogue import experiment, ids
from normtheory.experiments.report import stored_path

arrays = cache(stored.arrays)
median = np.median


def _end(a, name, method):
    return a[name][..., -1][:, method]


def _octaves(a, method, first=0):
    spread = a["spread"][:, method, first:]
    return median(np.log2(spread.max(1) / spread.min(1)))


def _late(a, method):
    return a["loss"][:, method, -4:].mean(1)


def _first_lags(a, row):
    return median(a["autocorrelation"][:, row, 1:11])


def _band(a, *methods):
    return median((a["accuracy"][:, methods, -1] > 0.5).sum(-1).max(1))


def _cost(a, *methods):
    first, second = a["milliseconds"][:, methods].T
    return median(first / second)


def _points(a, name, first, second):
    return median(100 * (_end(a, name, first) - _end(a, name, second)))


def _own(a, size):
    """At a batch size, medians at the rate best on rows held out (samples and steps, methods)."""
    best = a["held"][:, :, size].argmax(2)[:, :, None]
    return median(np.take_along_axis(a["accuracy"][:, :, size], best, 2)[:, :, 0], axis=0).T


# (experiment, phrase) -> whether the arrays say so
PHRASES = {
    ("vcl.fig1", "lower the kurtosis, a little"): lambda a: (
        0.8 < median(a["kurtosis"][:, 2]) / median(a["kurtosis"][:, 0]) < 0.97
    ),
    ("vcl.fig2", "separates the clusters where n is large"): lambda a: (
        median(a["angle_lda"][:, 1, 3]) < 15
    ),
    ("vcl.fig2", "fails at n = 5"): lambda a: median(a["angle_lda"][:, 1, 0]) > 30,
    ("vcl.fig2", "and at the n = 10"): lambda a: median(a["angle_lda"][:, 1, 1]) > 30,
    ("vcl.fig3", "no winner can be told"): lambda a: (
        np.ptp(np.sign(np.diff(a["accuracy"].mean((1, 2)), axis=1)), axis=0) > 0
    ).all(),
    ("vcl.table2", "over ReLU and ELU taken together"): lambda a: (
        (a["error"][:, [0, 2], 1] < a["error"][:, [0, 2], 0]).mean() > 0.5
        and not (a["error"][:, [0, 2], 1] < a["error"][:, [0, 2], 0]).all()
    ),
    ("vcl.table2", "VCL is behind batchnorm"): lambda a: (
        (a["error"][:, :, 4] - a["error"][:, :, 1]).max(1) > 0
    ).all(),
    ("vcl.table2", "One of five ELU networks without normalization collapses to guessing"): (
        lambda a: len(a["error"]) == 5 and (np.abs(a["error"][:, 2, 0] - 0.9) < 0.02).sum() == 1
    ),
    ("vcl.table2", "no other network does"): lambda a: (a["error"] > 0.65).sum() == 1,
    ("vcl.table2", "and widens the intervals of what is compared with it"): lambda a: all(
        np.ptp(gain) > 2 * np.ptp(np.delete(gain, a["error"][:, 2, 0].argmax()))
        for gain in (
            a["error"][:, 2, 0] - a["error"][:, 2, 4],
            (a["error"][:, [0, 2], 0] - a["error"][:, [0, 2], 1]).mean(1),
        )
    ),
    ("per.fig1", "all three departures from N(0, I)"): lambda a: (
        (a["seen"][:, 2:] > 0.1).all() and (a["seen"][:, 0] < 0.1).all()
    ),
    ("per.fig2", "takes every cloud to a single point"): lambda a: (
        np.linalg.norm(a["frames"][:, 1, -1], axis=-1).max() < 0.05
    ),
    ("per.fig3", "a smooth Huber loss"): lambda a: (
        np.abs(np.diff(a["gradient"][0, 0], 2)).max()
        < np.abs(np.diff(a["gradient"][0, 1], 2)).max()
    ),
    ("per.fig4", "they move away from it"): lambda a: (
        median(a["variance"][:, 2, :, -5:]) < median(a["variance"][:, 2, :, :5]) < 1
    ),
    ("per.fig5", "not yet near the target"): lambda a: median(a["distance"][:, 2, :, -5:]) > 0.16,
    ("per.fig5", "batchnorm is nearer at once"): lambda a: (
        a["distance"][:, 1, :, 0].mean() < a["distance"][:, 2, :, -5:].mean()
    ),
    ("per.table3", "cannot rank PER"): lambda a: (
        np.ptp(np.sign(a["error"][..., 3] - a["error"][..., :3].min(-1)), axis=0) > 0
    ).any(),
    ("per.table4", "trains fastest, recurrent batchnorm"): lambda a: (
        a["curve"][:, 0].mean(0)[:, 0].argmin() == 3
    ),
    ("vcl.table1", "a step with batchnorm takes"): lambda a: 1 < _cost(a, 1, 2) < _cost(a, 2, 0),
    ("vcl.table1", "the plain one"): lambda a: 1.2 < _cost(a, 2, 0) < 1.5,
    ("per.timing", "adds less than a half"): lambda a: 1 < _cost(a, 3, 0) < 1.5,
    ("per.timing", "256 slices"): lambda a: _cost(a, 4, 0) > 5,
    ("equinorm.fig1", "exact"): lambda a: (
        np.allclose(a["normalized"], [9, -9], rtol=1e-12) and np.abs(a["raw"].sum(-1)).max() > 1
    ),
    ("equinorm.fig2", "falls more slowly"): lambda a: (
        median(a["train"][:, 2, 1:15]) > median(a["train"][:, 0, 1:15])
    ),
    ("equinorm.quarter-batch", "lessen the overfitting"): lambda a: (
        median(np.diff(a["test"][..., -1] - a["test"].min(-1), axis=1)[:, 1]) < 0
    ),
    ("equinorm.fig3", "less than a thousand test images tell apart"): lambda a: (
        0 < _points(a, "accuracy", 1, 0) < 100 * np.sqrt(2 * 0.25 / 1000)
    ),
    ("equinorm.fig4", "neither sameness nor speed"): lambda a: (
        np.abs(_points(a, "accuracy", 2, 0)) < np.std(100 * a["accuracy"][:, 2, -1])
    ),
    ("equinorm.mixup", "manifold mixup lowers the test loss"): lambda a: (
        median(a["test"][:, [2, 5], -1] - a["test"][:, [0, 3], -1], axis=0) < 0
    ).all(),
    ("equinorm.mixup", "to accuracy cannot be told"): lambda a: (
        np.ptp(np.sign(_end(a, "accuracy", [2, 5]) - _end(a, "accuracy", [0, 3])), axis=0) > 0
    ).all(),
    ("stdloss.fig1", "above nothing"): lambda a: (np.diff(a["final"][:, [0, 2, 1]]) > 0).all(),
    ("stdloss.fig2", "ruins the network"): lambda a: median(100 * a["swept"][:, -1]) < 12,
    ("stdloss.fig3", "much more slowly than batchnorm"): lambda a: (
        np.diff(a["final"][:, [0, 2, 1]]) > 0
    ).all(),
    ("stdloss.fig4", "widen by"): lambda a: (a["spread"][:, 0].argmax(1) > 40).all(),
    ("stdloss.fig4", "batchnorm holds them at one scale"): lambda a: _octaves(a, 1) < 0.1,
    ("stdloss.fig4", "the loss takes them there early in training"): lambda a: (
        _octaves(a, 2) > 2 and _octaves(a, 2, 2) < 0.5 and np.ptp(a["spread"][:, 1:, 5:]) < 0.25
    ),
    ("stdloss.fig5", "ahead of nothing all the way"): lambda a: (
        a["reached"][:, 1] < a["reached"][:, 0]
    ).all(),
    ("stdloss.fig7", "batchnorm loses"): lambda a: (
        median(np.ptp(a["accuracy"][:, 0], axis=-1)) > median(np.ptp(a["accuracy"][:, 2], axis=-1))
    ),
    ("selu.moment-map", "to (0, 1), or with other constants to (0, 4)"): lambda a: (
        np.allclose(a["path"][0, 0, -1], [0, 1], atol=1e-5)
        and np.allclose(a["path"][0, 2, -1], [0, 4], atol=1e-5)
    ),
    ("selu.moment-map", "leave it"): lambda a: np.abs(a["path"][0, 1, -1]).max() > 10,
    ("selu.depth", "without the two constants"): lambda a: (
        median(a["variance"][:, 1, -1]) < 0.01 < 0.9 < median(a["variance"][:, 0, -1])
    ),
    ("selu.dropout", "where they are"): lambda a: np.abs(a["mean"][:, 1]).max() < 0.05,
    ("selu.dropout", "ordinary dropout moves the variance"): lambda a: (
        a["variance"][:, 2, -1] > 1.4
    ).all(),
    ("shattered.fig1", "it is batchnorm that turns gradients white"): lambda a: (
        abs(median(a["lag1"][:, 2])) < 0.1 and median(a["lag1"][:, 1]) > 0.7
    ),
    ("shattered.fig1", "lies between"): lambda a: (
        median(a["lag1"][:, 2]) < median(a["lag1"][:, 3]) < median(a["lag1"][:, 1])
    ),
    ("shattered.autocorrelation", "a small β keeps most of it"): lambda a: _first_lags(a, 5) > 0.5,
    ("shattered.autocorrelation", "than 24 plain layers with batchnorm"): lambda a: (
        _first_lags(a, 3) < _first_lags(a, 4) < _first_lags(a, 2)
    ),
    ("shattered.coactivation", "much more slowly"): lambda a: (
        median(a["correlation"][:, 1, 7]) < 0.1 * median(a["correlation"][:, 0, 7])
    ),
    ("weightnorm.training", "does not last"): lambda a: median(a["variance"][:, 4]) > 2,
    ("weightnorm.training", "With its start weight normalization ends"): lambda a: (
        _late(a, 3) < np.minimum(_late(a, 0), _late(a, 2))
    ).all(),
    ("suite.side-by-side", "but not near it"): lambda a: (
        0.16 < median(_end(a, "distance", 4)) < median(_end(a, "distance", 0))
    ),
    ("suite.atlas", "neither its data-dependent start alone"): lambda a: (
        max(_band(a, 1), _band(a, 0)) + 3 < _band(a, 2)
    ),
    ("suite.atlas", "nor a loss on the activations"): lambda a: (
        _band(a, 6, 7, 8, 9) + 3 < _band(a, 2)
    ),
    ("suite.depths", "SELU alone learns there, at the least rate"): lambda a: (
        median(a["accuracy"][:, :, 1], axis=0)[12, 0] > 0.5
        and (median(a["accuracy"][:, :12, 1], axis=0) < 0.5).all()
        and (median(a["accuracy"][:, 12, 1, 1:], axis=0) < 0.5).all()
    ),
    ("suite.cnn", "and furthest at the most seeds"): lambda a: (
        (a["accuracy"][:, :, 0].max(-1).argmax(1) == 12).mean() > 0.5
    ),
    ("suite.batch-size", "With two SELU is ahead of all"): lambda a: (
        _own(a, 0).argmax(-1) == 12
    ).all(),
    ("suite.batch-size", "with 256 and as many steps it is not"): lambda a: (
        _own(a, 4)[1].argmax() != 12
    ),
    ("suite.loss-weights", "a weight of 10 costs accuracy with every loss"): lambda a: (
        a["accuracy"][..., -1].mean((0, 2, 3)) + 0.1 < a["plain"].mean()
    ).all(),
    ("suite.transformer", "than after each part without a warm-up"): lambda a: (
        np.diff((a["test"][:, [2, 0, 1]] < 14).sum(-1), axis=1).min() >= 0
        and ((a["test"][:, 1] < 14).sum(-1) > (a["test"][:, 0] < 14).sum(-1)).all()
    ),
    ("suite.inference", "by stored ones, folded into the weights, it costs nothing"): lambda a: (
        abs(median(a["inference cost"][:, 2, 0, 1]) - 1) < 0.1
        and median(a["inference cost"][:, 2, 0, 0]) > 1.5
    ),
    ("suite.inference", "as EquiNorm and weight normalization"): lambda a: (
        np.abs(median(a["inference cost"][:, 10:12, 0, 1], axis=0) - 1) < 0.1
    ).all(),
    ("suite.inference", "more than networks with a loss do"): lambda a: (
        median(a["accuracy"][:, 2, 0] - a["accuracy"][:, 2, 4])
        > median(a["accuracy"][:, 6:10, 0] - a["accuracy"][:, 6:10, 4])
    ),
}


def _rate(scale):
    """The first rate, for each image of a batch."""
    configuration = experiment("vcl.table2").scale(scale).configuration
    return configuration["rates"][0][0] / configuration["batch"]


def _fan_ins():
    return np.array(
        [784, *[experiment("weightnorm.training").scale("toy").configuration["width"]] * 3]
    )


# (experiment, words of its setting) -> what they say, the number and what is to be taken for it
PARTS = {
    ("equinorm.fig2", "a hundredth of the weights"): (
        # three stages of a 3 x 3 convolution each and one more a block, of 16 planes and of 96
        lambda: _convolved(16, 1) / _convolved(96, 3),
        (1 / 150, 1 / 70),
    ),
    ("equinorm.fig2", "a fiftieth of the images"): (lambda: 1000 / 50_000, (1 / 55, 1 / 45)),
    ("vcl.table2", "at twice the rate for an image"): (
        lambda: _rate("toy") / _rate("paper"),
        (1.9, 2.1),
    ),
    ("weightnorm.training", "He's in the first layer"): (
        lambda: 0.05 / np.sqrt(2 / _fan_ins()[0]),
        (0.95, 1.05),
    ),
    ("weightnorm.training", "a third of its scale later"): (
        lambda: 0.05 / np.sqrt(2 / _fan_ins()[1]),
        (0.3, 0.37),
    ),
}


def _convolved(planes, blocks):
    """Weights of the 3 x 3 convolutions of three stages of so many blocks of two."""
    widths = [planes, planes, 2 * planes, 4 * planes]
    return 9 * sum(a * b + (2 * blocks - 1) * b * b for a, b in pairwise(widths))


@pytest.mark.parametrize(("id", "words"), PARTS, ids=[" ".join(each) for each in PARTS])
def test_a_part_of_the_documents_size_is_that_part(id, words):
    ours = experiment(id).scale("toy").deviations, experiment(id).findings
    assert words in str(ours)
    number, (low, high) = PARTS[id, words]
    assert low < number() < high


# an experiment that is not stored yet has no lesson
SHOWN = [each for each in PHRASES if stored_path(each[0]).exists()]


def test_every_lesson_has_a_phrase():
    assert {id for id in ids() if stored_path(id).exists()} <= {id for id, _ in PHRASES}


@pytest.mark.parametrize(("id", "phrase"), SHOWN, ids=[" ".join(each) for each in SHOWN])
def test_a_lesson_says_what_the_arrays_say(id, phrase):
    assert phrase in stored.show(id).lesson()
    assert PHRASES[id, phrase](arrays(id))


def _disturbed(a):
    """The arrays with methods that changed places, or that were set apart."""
    for axis in (1, 2, 3):
        for change in (
            lambda each, axis: np.flip(each, axis),
            lambda each, axis: np.roll(each, 1, axis),
            lambda each, axis: np.swapaxes(
                np.swapaxes(each, axis, -1) + np.arange(each.shape[axis]), axis, -1
            ),
        ):
            yield {
                name: change(each, axis)
                if each.dtype.kind == "f" and each.ndim > axis > 0
                else each
                for name, each in a.items()
            }


@pytest.mark.parametrize("id", dict.fromkeys(id for id, _ in SHOWN))
def test_a_phrase_is_false_of_methods_that_changed_places(id):
    phrases = [says for (own, _), says in PHRASES.items() if own == id]
    assert any(not says(other) for other in _disturbed(arrays(id)) for says in phrases)


def test_two_answers_about_one_ratio_that_differ_know_of_each_other():
    told = {}
    for id in ("vcl.table1", "per.timing"):
        for each in stored.show(id).content["findings"]:
            pair = frozenset(each["quantity"].rpartition(", ")[2].split(" over "))
            told.setdefault(pair, {})[id] = each["verdict"]
    apart = {tuple(pair) for pair, each in told.items() if len(set(each.values())) > 1}
    assert {frozenset(pair) for pair in apart} == {frozenset(("BN", "VCL"))}
    assert "in per.timing the two differ by less than matters" in stored.show("vcl.table1").lesson()
