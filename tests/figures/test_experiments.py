"""What the experiments' figures draw is the data that they are given, medians, quartiles and every
seed, and beside them the documents' own numbers."""

import numpy as np
import pytest

from normtheory.experiments.per.language import EXPERIMENTS
from normtheory.figures import (
    cifar,
    equinorm,
    equinorm_training,
    per,
    per_language,
    per_training,
    selu,
    shattered,
    stdloss,
    timing,
    vcl,
    vcl_uci,
    weightnorm,
)
from normtheory.figures.picture import picture

RNG = np.random.default_rng(0)
same, exactly = np.testing.assert_allclose, np.testing.assert_array_equal


def random(*shape, low=0.0, high=1.0):
    return RNG.uniform(low, high, shape)


def named(*shape, names):
    return {name: random(*shape) for name in names.split()}


def drawn(draw, arrays, document=(), size=(9, 4)):
    """The axes of a figure."""
    with picture(size) as figure:
        draw(figure, arrays, dict(document))
    return figure.axes


def xs(lines, marker=None):
    return [line.get_xdata() for line in lines if marker in (None, line.get_marker())]


def ys(lines, marker=None):
    return [line.get_ydata() for line in lines if marker in (None, line.get_marker())]


def median(array):
    """Over the seeds."""
    return np.median(array, axis=0)


def test_cifar_subset_sizes_ours_above_the_papers():
    ours, printed = random(5, 3, 6, low=0.4, high=0.6), random(3, 6, low=0.06, high=0.08)
    document = {"normalizations": ["none", "BN", "GN"], "n": [2, 5, 9], "error": printed.tolist()}
    axes = drawn(cifar.draw_subset_sizes, {"error": ours}, document, (10, 6))
    for axis, errors in zip(axes, 100 * np.concatenate([median(ours), printed]), strict=True):
        same([level[0] for level in ys(axis.lines[:3])], errors[:3])
        exactly(axis.lines[-1].get_xdata(), document["n"])
        same(axis.lines[-1].get_ydata(), errors[3:])
    same(ys(axes[1].lines[3:-1]), 100 * ours[:, 1, 3:])


def test_cifar_methods_have_their_dots_their_median_and_the_papers_figures():
    ours = random(5, 3, 2, low=0.4, high=0.6)
    document = {"methods": ["none", "PER"], "error": [[8.0, 7.0], [6.0, 5.0], [4.0, 3.0]]}
    document["quoted"] = [[8.1, None], [6.1, None], [4.1, None]]
    left, right = drawn(cifar.draw_methods, {"error": ours}, document, (9, 5))
    same(xs(left.lines, "."), 100 * ours.reshape(5, 6).T)
    # lines between activation functions run over the whole width, which is 0 to 1 for them
    same([x[0] for x in xs(left.lines, "None") if x[0] == x[1]], 100 * median(ours).ravel())
    same([x[0] for x in xs(right.lines, "x")], np.ravel(document["error"]))
    same([x[0] for x in xs(right.lines, "o")], [8.1, 6.1, 4.1])
    labels = [tick.get_text() for tick in left.get_yticklabels()]
    assert labels[:2] == ["ReLU vanilla", "ReLU PER"]


def test_equinorm_tables_and_totals():
    arrays = {name: RNG.normal(size=(4, 3, 3)) for name in ("image", "kernel", "balanced")}
    arrays |= {name: RNG.normal(size=(4, 6, 2)) for name in ("raw", "normalized")}
    *tables, totals = drawn(equinorm.draw_balance, arrays, {"total": 9.0})
    for axes, name in zip(tables, ("image", "kernel", "balanced"), strict=True):
        exactly(axes.images[0].get_array(), arrays[name][0])
        texts = [text.get_text() for text in axes.texts]
        assert texts == [f"{value:.2f}" for value in arrays[name][0].ravel()]
    sides = [arrays[name][:, :, part] for name in ("raw", "normalized") for part in (0, 1)]
    exactly(ys(totals.lines[:16]), np.concatenate(sides))
    exactly(totals.lines[16].get_ydata(), [9.0, -9.0])


def trained(systems):
    """Curves of EquiNorm's training."""
    names = ("train", "test", "accuracy")
    return {name: random(5, systems, 8, low=0.3, high=0.6) for name in names}


@pytest.mark.parametrize(
    ("draw", "names"),
    [
        (equinorm_training.draw_losses, ("train", "test")),
        (equinorm_training.draw_spread, ("accuracy", "test")),
    ],
)
def test_equinorm_curves_are_medians_with_quartiles_and_the_spread_stands_beside(draw, names):
    given = trained(3)
    axes = drawn(draw, given)
    for axis, name in zip(axes, names, strict=True):
        values = given[name] * (100 if name == "accuracy" else 1)
        same(ys(axis.lines[:3]), median(values))
        for row, band in enumerate(axis.collections):
            low, high = np.quantile(values[:, row], (0.25, 0.75), axis=0)
            heights = band.get_paths()[0].vertices[:, 1]
            same([heights.min(), heights.max()], [low.min(), high.max()])
    if "accuracy" in names:
        low, middle, high = np.quantile(100 * given["accuracy"][:, 2, -1], (0.25, 0.5, 0.75))
        texts = [text.get_text() for text in axes[0].texts]
        assert f"EquiNorm\n{middle:.1f} (IQR {high - low:.1f})" in texts


@pytest.mark.parametrize(
    ("draw", "systems", "first", "document", "marks"),
    [
        (equinorm_training.draw_quarter, 3, "test", {"BN": 94.7, "quarter": 95.8}, [0.0, 1.1]),
        (
            *(equinorm_training.draw_short, 2, "accuracy"),
            *({"BN": [93.3, 0.77], "EquiNorm": [94.0, 0.22]}, [0.0, 0.7]),
        ),
    ],
)
def test_equinorm_ends_stand_beside_the_papers(draw, systems, first, document, marks):
    given = trained(systems)
    left, right = drawn(draw, given, document)
    same(ys(left.lines[:systems]), median(given[first] * (100 if first == "accuracy" else 1)))
    last = 100 * given["accuracy"][:, :, -1]
    same(xs(right.lines, "."), (last - np.median(last[:, 0])).T)
    same([x[0] for x in xs(right.lines, "x")], marks, atol=1e-12)


def test_equinorm_mixup_shows_each_run_and_the_medians():
    given = trained(6)
    axes = drawn(equinorm_training.draw_mixup, given)
    for axis, values in zip(axes, (100 * given["accuracy"], given["test"]), strict=True):
        same(ys(axis.lines, "o"), median(values[:, :, -1]).reshape(2, 3))
        # three lines for each run of BN, then of EquiNorm
        last = values[:, :, -1].reshape(5, 2, 3).swapaxes(0, 1)
        same(ys(axis.lines, "."), last.reshape(10, 3))


def test_per_laws_show_the_clouds_and_the_medians():
    arrays = {"points": random(5, 4, 20, 2), "seen": random(5, 4, 3, low=0.01)}
    axes = drawn(per.draw_laws, arrays, size=(9, 6))
    same([axis.lines[0].get_xydata() for axis in axes[:4]], arrays["points"][0])
    same(ys(axes[4].lines[:4]), median(arrays["seen"]))


def test_per_flow_shows_the_frames_and_the_medians():
    names = "mean variance distance"
    arrays = {"at": np.tile([0, 3, 9], (5, 1)), "frames": random(5, 2, 3, 20, 2)}
    arrays |= named(5, 2, 10, names=names)
    axes = drawn(per.draw_flow, arrays, size=(9, 6))
    frames = [axis.lines[2].get_xydata() for axis in axes[:6]]
    same(frames, arrays["frames"][0].reshape(6, 20, 2))
    for axis, name in zip(axes[6:], names.split(), strict=True):
        same(ys(axis.lines[:2]), median(arrays[name]))


def test_per_curves_show_values_and_gradients():
    arrays = {"x": random(1, 9), **named(1, 3, 9, names="value gradient")}
    for axis, name in zip(drawn(per.draw_curves, arrays), ("value", "gradient"), strict=True):
        exactly(ys(axis.lines[:3]), arrays[name][0])


@pytest.mark.parametrize("count", [1, 4])
def test_per_language_changes_medians_crosses_and_curves(count):
    document, names = EXPERIMENTS[0].document, ["LSTM", "RE-LSTM", "VD-LSTM", "RE-VD-LSTM"]
    test, curve = (random(6, count, 5, *k, low=90, high=110 + 190 * len(k)) for k in ((), (7,)))
    arrays = {"model": np.array([names[:count]] * 6), "test": test, "curve": curve}
    left, right = drawn(per_language.draw_perplexities, arrays, document, (10, 5))
    change = (100 * (test / test[:, :, :1] - 1))[:, :, 1:]
    same(ys(left.lines, "."), change.reshape(6, -1).T)
    bars = [line.get_ydata()[0] for line in left.lines if line.get_linewidth() == 3]
    same(bars, median(change).flatten())
    stated = np.array(document["WikiText2"]["test"])[:count]
    expected = 100 * (stated / stated[:, :1] - 1)[:, 1:]
    same([y[0] for y in ys(left.lines, "x")], expected.flatten())
    same(ys(right.lines), median(curve[:, 0]))
    assert [text.get_text() for text in left.texts] == (names if count == 4 else [])


def test_per_evolution_shows_the_first_seeds_quartiles_and_all_seeds_medians():
    arrays = named(5, 3, 9, 6, names="mean variance")
    arrays["quantiles"] = np.sort(random(5, 3, 3, 6, 3))
    axes = drawn(per_training.draw_evolution, arrays, size=(11, 6))
    middle = arrays["quantiles"][0, ..., 1].swapaxes(0, 1)
    exactly([axis.lines[0].get_ydata() for axis in axes[:9]], middle.reshape(9, 6))
    for axis, name in zip(axes[9:], ("mean", "variance"), strict=True):
        same(ys(axis.lines[:3]), median(np.median(arrays[name], axis=2)))


def test_per_closeness_shows_the_maps_and_their_means():
    distance = random(5, 3, 9, 6)
    *maps, last = drawn(per_training.draw_closeness, {"distance": distance}, size=(11, 5))[:4]
    exactly([axis.images[0].get_array() for axis in maps], median(distance))
    same(ys(last.lines[:3]), median(distance.mean(2)))


def test_selu_map_draws_every_step_and_path():
    arrays = {"panels": np.array([[[0.0, 1.0, 0.0], [0.0, 4.0, 0.0]]])}
    arrays |= {**named(1, 2, 3, 3, 2, names="start step"), "path": random(1, 2, 5, 4, 2)}
    for index, axis in enumerate(drawn(selu.draw_moment_map, arrays, size=(8, 4))):
        (arrows,) = axis.collections
        step = arrays["step"][0, index] - arrays["start"][0, index]
        same([arrows.U, arrows.V], np.moveaxis(step, -1, 0).reshape(2, -1))
        paths = np.array([line.get_xydata() for line in axis.lines[:4]])
        same(paths, np.moveaxis(arrays["path"][0, index], 1, 0))
        same(axis.lines[4].get_xydata(), [arrays["panels"][0, index, :2]])


@pytest.mark.parametrize(("draw", "rows"), [(selu.draw_depth, 4), (selu.draw_dropout, 3)])
def test_selu_moments_are_drawn_as_medians_with_their_quartiles(draw, rows):
    arrays = {**named(5, rows, 7, names="mean variance"), "rate": np.full(5, 0.1)}
    for axis, name in zip(drawn(draw, arrays, size=(8, 4)), ("mean", "variance"), strict=True):
        same(ys(axis.lines[:rows]), median(arrays[name]))
        band = axis.collections[0].get_datalim(axis.transData)
        low, high = np.quantile(arrays[name][:, 0], (0.25, 0.75), axis=0)
        same([band.y0, band.y1], [low.min(), high.max()])


def test_shattered_gradients_of_the_first_seed_and_everyones_autocorrelation():
    arrays = {"line": np.tile(np.arange(8.0), (5, 1)), "gradient": random(5, 6, 8)}
    arrays["lag1"] = random(5, 6)
    axes = drawn(shattered.draw_gradients, arrays, size=(9, 6))
    exactly([axis.lines[0].get_ydata() for axis in axes[::2]], arrays["gradient"][0])
    exactly([axis.lines[0].get_xdata() for axis in axes[1::2]], arrays["lag1"].T)
    exactly([axis.lines[1].get_xdata()[0] for axis in axes[1::2]], median(arrays["lag1"]))


def test_shattered_autocorrelation_medians():
    arrays = {"autocorrelation": random(5, 6, 11)}
    (axis,) = drawn(shattered.draw_autocorrelation, arrays, size=(7, 4))
    same(ys(axis.lines[:6]), median(arrays["autocorrelation"]))


def test_shattered_coactivation_medians_and_the_notes_numbers():
    arrays = named(5, 2, 6, names="active coactive correlation")
    # from the fourth layer on there is only noise
    arrays["correlation"][:, 1, 3:] -= 2
    *shares, last = drawn(shattered.draw_coactivation, arrays, {"active": 0.25, "slope": -1.0})
    for axis, name in zip(shares, ("coactive", "active"), strict=True):
        same(ys(axis.lines[:2]), median(arrays[name]))
        exactly(axis.lines[2].get_ydata(), 0.25)
    plain, batchnorm, stated = ys(last.lines)
    same(plain, median(arrays["correlation"][:, 0]))
    assert len(batchnorm) == 3
    exactly(stated, 0.5 ** np.arange(1, 7))


def training_arrays():
    step = np.tile(np.arange(0, 60, 10), (4, 1))
    return {"step": step, **named(4, 3, 6, names="train test accuracy"), "final": random(4, 3)}


def test_stdloss_training_shows_means_and_the_papers_numbers():
    arrays = training_arrays()
    document = {"none": [24.6, 6.5], "BN": [85.6, None]}
    entropy, accuracy = drawn(stdloss.draw_training, arrays, document)
    same(ys(entropy.lines[:3]), arrays["test"].mean(0))
    same(ys(accuracy.lines[:3]), 100 * arrays["accuracy"].mean(0))
    assert [y[0] for y in ys(accuracy.lines, "x")] == [24.6, 85.6]
    same(accuracy.collections[-1].get_offsets()[:, 1], 100 * arrays["final"].mean(0))


def test_stdloss_weights_show_every_point_and_the_sweep():
    arrays = training_arrays()
    arrays |= {"weight": np.tile([0.1, 1.0, 10.0], (4, 1)), "swept": random(4, 3)}
    left, right = drawn(stdloss.draw_weights, arrays)
    same(xs(left.lines[:3]), arrays["test"].swapaxes(0, 1).reshape(3, -1))
    same(ys(left.lines[:3]), 100 * arrays["accuracy"].swapaxes(0, 1).reshape(3, -1))
    same(right.lines[0].get_ydata(), 100 * arrays["swept"].mean(0))
    same(right.lines[1].get_ydata(), 100 * arrays["final"][:, 0].mean())


def test_stdloss_batch_sizes_show_medians_and_every_seed():
    values = random(5, 3, 3)
    arrays = {"size": np.tile([2, 8, 128], (5, 1)), "accuracy": values}
    (axis,) = drawn(stdloss.draw_batch_sizes, arrays, size=(6, 4))
    # for each method a median, then one line of dots a seed
    expected = 100 * np.concatenate([median(values)[None], values]).swapaxes(0, 1)
    same(ys(axis.lines[:18]), expected.reshape(18, 3))


def test_stdloss_evolution_shows_the_median_law_of_each_method():
    quantile = np.sort(RNG.normal(size=(5, 3, 4, 25)), axis=-1)
    arrays = {"step": np.tile([0, 10, 20, 30], (5, 1)), "quantile": quantile}
    axes = drawn(stdloss.draw_evolution, arrays, size=(11, 4))
    assert len({axis.get_ylim() for axis in axes}) == 1
    for axis, law in zip(axes, median(quantile), strict=True):
        same(axis.lines[-1].get_xydata(), np.stack([arrays["step"][0], law[:, 12]], axis=1))
        # bands from the 2 to the 98 % level inwards
        for band, low in zip(axis.collections, (0, 3, 6), strict=True):
            corners = set(np.round(band.get_paths()[0].vertices[:, 1], 9))
            assert set(np.round(law[:, [low, 24 - low]], 9).ravel()) <= corners
        # and the standard normal law's 2, 14, 26, 74, 86 and 98 % quantiles
        targets = sorted(y[0] for y in ys(axis.lines[:-1]))
        same(targets, [-2.0537, -1.0803, -0.6433, 0.6433, 1.0803, 2.0537], atol=1e-3)


def test_stdloss_speed_ups_show_every_run_the_median_and_the_papers_tables():
    reached = random(5, 3, 4, low=10, high=100)
    reached[0, 2, 3] = np.inf
    arrays = {"step": np.tile([0, 10, 20], (5, 1)), "accuracy": random(5, 3, 3)}
    arrays |= {"share": np.tile([0.4, 0.6, 0.8, 1.0], (5, 1)), "reached": reached}
    document = {
        "PointNet": {"none": [26.6, None], "BN": [6.1, 4.4], "standardization": [12.1, 2.2]},
        "other": {"none": [10, None], "BN": [1, 10.0], "standardization": [5, 2.0]},
    }
    left, middle, right = drawn(stdloss.draw_speed_ups, arrays, document, (11, 4.4))
    same(ys(left.lines), 100 * arrays["accuracy"].mean(0))
    for row, lines in ((1, middle.lines[:6]), (2, middle.lines[6:12])):
        speed = reached[:, 0] / reached[:, row]
        same(ys(lines), [*speed, median(speed)])
    assert [y[0] for y in ys(right.lines, "x")] == [4.4, 2.2, 10.0, 2.0]
    assert middle.get_ylim() == right.get_ylim() and right.get_ylim()[1] > 10


def test_timing_ratios_to_the_plain_step_and_the_papers():
    arrays = {"milliseconds": random(5, 3, low=1, high=3)}
    # the paper did not time the second
    document = {"names": ["none", "BN", "VCL"], "ratio": [1.0, None, 1.1]}
    (axis,) = drawn(timing.draw_times, arrays, document, (6, 4))
    ratio = arrays["milliseconds"] / arrays["milliseconds"][:, :1]
    same(xs(axis.lines[:6:2]), ratio.T)
    same([x[0] for x in xs(axis.lines[1:6:2])], median(ratio))
    exactly(axis.lines[6].get_xdata(), [1.0, np.nan, 1.1])
    assert axis.get_title("right") == ""
    arrays["load"] = np.array([1.0, 2.0, 3.5, 9.0, 2.5])
    (axis,) = drawn(timing.draw_times, arrays, document, (6, 4))
    assert axis.get_title("right").startswith("2.5 processes")


def test_vcl_unit_shows_every_seed_and_the_typical_seeds_activations():
    fixed = {"p": [0.1, 0.25], "n": [10, 50], "merges": [True, False]}
    fixed |= {"edges": np.linspace(-3, 3, 7), "lda": [[1.0, -0.6]] * 2, "merging": [[0.0, 1.0]] * 2}
    arrays = {name: np.array([value] * 3) for name, value in fixed.items()}
    arrays |= {name: random(3, 2, 2, high=90) for name in ("angle_lda", "angle_merging")}
    arrays |= {"theta": RNG.normal(size=(3, 2, 2, 2)), "points": RNG.normal(size=(3, 2, 30, 2))}
    arrays |= {"counts": RNG.integers(1, 50, (3, 2, 2, 2, 6)), "minority": random(3, 2, 30) < 0.3}
    axes = np.reshape(drawn(vcl.draw_unit, arrays, size=(9, 6)), (2, 3))
    for row, target in ((0, "angle_merging"), (1, "angle_lda")):
        cloud, histogram, angles = axes[row]
        typical = np.argsort(arrays[target][:, row, 1])[1]
        shown = np.concatenate([line.get_xydata() for line in cloud.lines[:2]])
        same(np.sort(shown, axis=0), np.sort(arrays["points"][typical, row], axis=0))
        # a line through the centre along each seed's direction, then both theoretical ones
        slopes = np.array([np.diff(line.get_xydata(), axis=0)[0] for line in cloud.lines[2:5]])
        theta = arrays["theta"][:, row, 1]
        same(slopes[:, 0] * theta[:, 1], slopes[:, 1] * theta[:, 0], atol=1e-9)
        stacked = [patch.get_data() for patch in histogram.patches]
        counts = arrays["counts"][typical, row, 1]
        exactly(stacked[0].values, counts[0])
        exactly(stacked[1].values - stacked[1].baseline, counts[1])
        medians = [line.get_ydata() for line in angles.lines if line.get_linestyle() == "-"]
        for line, name in zip(medians, ("angle_lda", "angle_merging"), strict=False):
            same(line, median(arrays[name][:, row]))


def test_vcl_histograms_show_bn_and_vcl_and_the_kurtosis_of_all():
    arrays = {"edges": np.tile(np.linspace(-4, 4, 6), (3, 1))}
    arrays["counts"] = RNG.integers(1, 50, (3, 3, 2, 2, 5))
    arrays["kurtosis"] = random(3, 3, 2, 8, low=1, high=6)
    *histograms, last = drawn(vcl.draw_histograms, arrays, size=(9, 5))
    values = [axis.patches[0].get_data().values for axis in histograms]
    exactly(values, arrays["counts"][0, 1:].reshape(8, 5))
    same(ys(last.lines, "o"), median(np.median(arrays["kurtosis"], axis=-1)))


def test_vcl_uci_profile_and_wins():
    accuracy = random(4, 3, 3, 3, low=0.5)
    document = {"sets": 44, "wins": [[9, 15, 27], [14, 16, 23], [11, 15, 28]]}
    left, right = drawn(vcl_uci.draw_profile, {"accuracy": accuracy}, document)
    profiles = np.reshape(ys(left.lines), (3, 3, -1))
    # at tau = 1 each set and seed is reached by its best pair alone
    same(profiles[..., 0].sum(), 1)
    # SELU with VCL at tau = 0.9
    column = np.argmin(np.abs(left.lines[0].get_xdata() - 0.9))
    share = accuracy[..., 2, 2] / accuracy.max(axis=(2, 3))
    same(profiles[2, 2, column], (share >= 0.9).mean())
    # without ties every set has one winner for each activation function
    same(np.reshape([bar.get_height() for bar in right.patches], (3, 3)).sum(0), 1)
    same(np.transpose(ys(right.lines, "x")), np.array(document["wins"]) / 44)


def test_weightnorm_losses_accuracies_and_times():
    arrays = {"step": np.tile(np.arange(1, 5) * 25, (4, 1)), "loss": random(4, 5, 4)}
    arrays |= named(4, 5, names="final milliseconds")
    loss, final, times = drawn(weightnorm.draw_training, arrays, {"BN over WN": 1.16}, (11, 4))
    same(ys(loss.lines), median(arrays["loss"]))
    exactly(ys(final.lines[:10:2]), 100 * arrays["final"].T)
    exactly(ys(times.lines[:10:2]), arrays["milliseconds"].T)
    same(times.lines[-1].get_ydata(), 1.16 * np.median(arrays["milliseconds"][:, 2]))
