"""Other test images: binomial errors of shares, and less where it is known which images differ."""

import numpy as np
import pytest

from normtheory.experiments.effects import Effect, above
from normtheory.experiments.findings import Finding
from normtheory.experiments.redraw import Images, redrawn


def gap(arrays):
    return np.mean(arrays["share"][0] - arrays["share"][1])


def judged(arrays, tested, draws=400, measure=gap):
    """What a finding on a difference, or on another number, becomes."""
    names = {"name": "gap", "sentence": "it is positive", "quantity": "difference"}
    finding = Finding(**names, measure=measure, region=above(Effect(0.01, "a point")))
    seeds = [dict(zip(arrays, each, strict=True)) for each in zip(*arrays.values(), strict=True)]
    return finding.judge(seeds, redrawn(arrays, {"share": tested}, draws))


def test_shares_move_by_their_binomial_errors_alike_in_all_seeds():
    arrays = {"share": np.tile([[0.9], [0.5]], (6, 1, 1))}
    expected = np.sqrt((0.09 + 0.25) / 400)
    assert judged(arrays, Images(400)).error == pytest.approx(expected, rel=0.1)
    # however many seeds there are
    many = {"share": np.tile([[0.9], [0.5]], (60, 1, 1))}
    assert judged(many, Images(400)).error == pytest.approx(expected, rel=0.1)


def test_points_of_a_curve_move_together():
    arrays = {"share": np.full((6, 2, 50), 0.5)}
    together = judged(arrays, Images(100, curve=True)).error
    assert together == pytest.approx(np.sqrt(0.5 / 100), rel=0.1)
    assert judged(arrays, Images(100)).error == pytest.approx(together / np.sqrt(50), rel=0.1)


def test_images_per_set_run_along_the_first_axis():
    arrays = {"share": np.full((6, 2, 1), 0.5)}
    one = judged(arrays, Images((100, 10**9))).error
    assert one == pytest.approx(np.sqrt(0.25 / 100), rel=0.1)


def test_pairs_have_the_error_of_what_differs_alone():
    rng = np.random.default_rng(1)
    first = rng.random(1000) < 0.6
    second = first.copy()
    second[:50] = ~second[:50]
    right = np.tile([[first], [second]], (6, 1, 1, 1))
    arrays = {"share": right.mean(-1), "share right": right}
    paired = judged(arrays, Images(1000)).error
    difference = first.astype(float) - second
    assert paired == pytest.approx(difference.std() / np.sqrt(1000), rel=0.1)
    assert paired < 0.5 * judged({"share": right.mean(-1)}, Images(1000)).error


def test_a_curve_moves_with_the_images_of_its_last_point_and_errors_with_what_is_wrong():
    rng = np.random.default_rng(1)
    right = np.tile(rng.random((2, 1000)) < [[0.6], [0.5]], (6, 1, 1))
    last = right.mean(-1, keepdims=True)
    curve = {"share": np.concatenate([last - 0.3, last], axis=-1), "share right": right}
    wrong = {"share": 1 - last, "share wrong": ~right[:, :, None]}
    difference = (1.0 * right[0, 0] - right[0, 1]).std() / np.sqrt(1000)
    for arrays in (curve, wrong):
        assert judged(arrays, Images(1000)).error == pytest.approx(difference, rel=0.1)
    (draw,) = redrawn(curve, {"share": Images(1000)}, draws=1)
    moved = draw[0]["share"] - curve["share"][0]
    np.testing.assert_allclose(moved[:, 0], moved[:, 1])
    assert np.all(moved)


def test_the_interval_holds_both_errors():
    arrays = {"share": np.array([[[0.6 + s], [0.5]] for s in (0.0, 0.01, 0.02, 0.03, 0.04)])}
    alone = judged(arrays, Images(10**9))
    both = judged(arrays, Images(60))
    assert alone.verdict == "reproduced" and alone.interval == pytest.approx((0.1, 0.14))
    half = np.hypot(0.02, 1.6449 * both.error)
    assert both.interval == pytest.approx((0.12 - half, 0.12 + half)) and both.verdict == "open"


def test_what_does_not_look_at_the_images_has_no_error_of_theirs():
    arrays = {"share": np.full((6, 2, 1), 0.5), "loss": np.ones((6, 1))}
    assert judged(arrays, Images(10), measure=lambda arrays: arrays["loss"][0]).error == 0
    assert redrawn(arrays, {}) == []
