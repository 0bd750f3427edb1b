"""What the VCL figures draw is the data they are given."""

import numpy as np

from normtheory.figures.picture import picture
from normtheory.figures.vcl import draw_histograms, draw_unit


def unit_arrays(seeds=3):
    rng = np.random.default_rng(0)
    shape = (seeds, 2, 2)
    return {
        "p": np.tile([0.1, 0.25], (seeds, 1)),
        "n": np.tile([10, 50], (seeds, 1)),
        "merges": np.tile([True, False], (seeds, 1)),
        "theta": rng.normal(size=(*shape, 2)),
        "angle_lda": rng.uniform(0, 90, shape),
        "angle_merging": rng.uniform(0, 90, shape),
        "edges": np.tile(np.linspace(-3, 3, 7), (seeds, 1)),
        "counts": rng.integers(1, 50, (*shape, 2, 6)),
        "points": rng.normal(size=(seeds, 2, 30, 2)),
        "minority": rng.random((seeds, 2, 30)) < 0.3,
        "lda": np.tile([[1.0, -0.6]], (seeds, 2, 1)),
        "merging": np.tile([[0.0, 1.0]], (seeds, 2, 1)),
    }


def test_unit_shows_every_seed_and_the_typical_seeds_activations():
    arrays = unit_arrays()
    with picture((9, 6)) as figure:
        draw_unit(figure, arrays, {})
        axes = np.array(figure.axes).reshape(2, 3)
    for row, target in ((0, "angle_merging"), (1, "angle_lda")):
        cloud, histogram, angles = axes[row]
        typical = np.argsort(arrays[target][:, row, 1])[1]
        drawn = np.concatenate([line.get_xydata() for line in cloud.lines[:2]])
        points = arrays["points"][typical, row]
        np.testing.assert_allclose(np.sort(drawn, axis=0), np.sort(points, axis=0))
        # a line through the centre along each seed's direction, then both theoretical ones
        slopes = [np.diff(line.get_xydata(), axis=0)[0] for line in cloud.lines[2:5]]
        for slope, theta in zip(slopes, arrays["theta"][:, row, 1], strict=True):
            np.testing.assert_allclose(
                np.cross(np.append(slope, 0), np.append(theta, 0)), 0, atol=1e-9
            )
        stacked = [patch.get_data() for patch in histogram.patches]
        counts = arrays["counts"][typical, row, 1]
        np.testing.assert_array_equal(stacked[0].values, counts[0])
        np.testing.assert_array_equal(stacked[1].values - stacked[1].baseline, counts[1])
        medians = [line.get_ydata() for line in angles.lines if line.get_linestyle() == "-"]
        np.testing.assert_allclose(medians[0], np.median(arrays["angle_lda"][:, row], axis=0))
        np.testing.assert_allclose(medians[1], np.median(arrays["angle_merging"][:, row], axis=0))


def test_histograms_show_bn_and_vcl_and_the_kurtosis_of_all():
    rng = np.random.default_rng(1)
    arrays = {
        "edges": np.tile(np.linspace(-4, 4, 6), (3, 1)),
        "counts": rng.integers(1, 50, (3, 3, 2, 2, 5)),
        "kurtosis": rng.uniform(1, 6, (3, 3, 2, 8)),
    }
    with picture((9, 5)) as figure:
        draw_histograms(figure, arrays, {})
        axes = figure.axes
    assert len(axes) == 2 * 2 * 2 + 1
    for index, row in ((0, 1), (4, 2)):
        values = [axis.patches[0].get_data().values for axis in axes[index : index + 4]]
        np.testing.assert_array_equal(values, arrays["counts"][0, row].reshape(4, 5))
    medians = np.median(np.median(arrays["kurtosis"], axis=-1), axis=0)
    drawn = [line.get_ydata() for line in axes[-1].lines if line.get_marker() == "o"]
    np.testing.assert_allclose(drawn, medians)
