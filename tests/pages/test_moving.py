"""The README's picture moves, is small, and is what its command draws."""

import itertools
from pathlib import Path

import numpy as np
from PIL import Image

from normtheory.pages import moving

ROOT = Path(__file__).parents[2]
STORED = ROOT / "docs" / "explorer.webp"


def pixels(image):
    return np.asarray(image.convert("RGB"), float)


def test_the_stored_picture_moves_is_small_and_stands_in_the_readme():
    assert STORED.stat().st_size < 2_000_000
    assert "](docs/explorer.webp)" in (ROOT / "README.md").read_text()
    assert "normtheory.pages.moving docs/explorer.webp" in (ROOT / "Makefile").read_text()
    stored = Image.open(STORED)
    assert stored.n_frames == 2 * len(moving.STOPS) - 2
    seen, pauses = [], []
    for k in range(stored.n_frames):
        stored.seek(k)
        seen.append(pixels(stored))
        pauses.append(stored.info["duration"])
    down = len(moving.STOPS)
    assert all((a != b).any() for a, b in itertools.pairwise(seen[:down]))
    assert {k: pause for k, pause in enumerate(pauses) if pause != moving.STEP} == {
        0: moving.PAUSE,
        down - 1: moving.PAUSE,
    }


def test_the_stored_frames_are_what_the_command_draws_now():
    stored = Image.open(STORED)
    for k, drawn in zip((0, 20), moving.frames([moving.STOPS[0], moving.STOPS[20]]), strict=True):
        stored.seek(k)
        # another FreeType may shade the letters otherwise, but makes no ink of paper
        assert np.abs(pixels(stored) - pixels(drawn)).max() < 128
        stored.seek(10)
        assert np.abs(pixels(stored) - pixels(drawn)).max() > 128
