"""What the SELU figures draw is the data they are given."""

import numpy as np

from normtheory.figures.picture import picture
from normtheory.figures.selu import draw_depth, draw_dropout, draw_moment_map


def test_map_draws_every_step_and_path():
    rng = np.random.default_rng(0)
    arrays = {
        "panels": np.array([[[0.0, 1.0, 0.0], [0.0, 4.0, 0.0]]]),
        "start": rng.random((1, 2, 3, 3, 2)),
        "step": rng.random((1, 2, 3, 3, 2)),
        "path": rng.random((1, 2, 5, 4, 2)),
    }
    with picture((8, 4)) as figure:
        draw_moment_map(figure, arrays, {})
        for index, axes in enumerate(figure.axes):
            (arrows,) = axes.collections
            step = arrays["step"][0, index] - arrays["start"][0, index]
            np.testing.assert_allclose(arrows.U, step[..., 0].ravel())
            np.testing.assert_allclose(arrows.V, step[..., 1].ravel())
            paths = np.array([line.get_xydata() for line in axes.lines[:4]])
            np.testing.assert_allclose(paths, np.moveaxis(arrays["path"][0, index], 1, 0))
            np.testing.assert_allclose(axes.lines[4].get_xydata(), [arrays["panels"][0, index, :2]])


def test_moments_are_drawn_as_medians_with_their_quartiles():
    rng = np.random.default_rng(0)
    for draw, rows in ((draw_depth, 4), (draw_dropout, 3)):
        arrays = {name: rng.random((5, rows, 7)) for name in ("mean", "variance")}
        arrays["rate"] = np.full(5, 0.1)
        with picture((8, 4)) as figure:
            draw(figure, arrays, {})
            for axes, name in zip(figure.axes, ("mean", "variance"), strict=True):
                lines = [line.get_ydata() for line in axes.lines[:rows]]
                np.testing.assert_allclose(lines, np.median(arrays[name], axis=0))
                band = axes.collections[0].get_datalim(axes.transData)
                quartiles = np.quantile(arrays[name][:, 0], (0.25, 0.75), axis=0)
                np.testing.assert_allclose(
                    [band.y0, band.y1], [quartiles[0].min(), quartiles[1].max()]
                )
