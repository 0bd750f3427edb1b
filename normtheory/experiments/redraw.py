"""What other test images of the same kind could have shown: the part of the error that seeds miss.

All seeds and methods are judged by the same test images, so no number of seeds averages their
choice out. Where a result holds which images each network got right, images are drawn anew, the
same ones for all seeds and methods. Where it holds shares only, these move by their binomial
errors, the same in all seeds and independent between methods: too much, as networks mostly get
the same images wrong.
"""

from dataclasses import dataclass

import numpy as np

DRAWS = 100


@dataclass(frozen=True)
class Images:
    """Shares of so many test images (a tuple runs along the first axis); of a `curve` all points
    along the last axis, which runs through one training, move together."""

    images: int | tuple[int, ...]
    curve: bool = False


def redrawn(arrays, tested, draws=DRAWS):
    """`arrays` as other test images could have shown them: a list of draws, and in each the seeds'
    arrays; empty without `tested`, which names shares in `arrays`.

    The arrays have a leading axis over seeds. Beside shares ``x``, ``x right`` or ``x wrong`` has
    one axis more, over images: which of them are counted. Of a curve it may be that of the last
    point, with which all points then move.

    >>> arrays = {"accuracy": np.array([[0.5], [0.7]])}
    >>> (first, second), *_ = redrawn(arrays, {"accuracy": Images(100)})
    >>> bool(abs(first["accuracy"][0] - 0.5) < 0.2)
    True
    """
    rng = np.random.default_rng(0)
    found = []
    for _ in range(draws if tested else 0):
        moved = {name: _moved(arrays, name, each, rng) for name, each in tested.items()}
        changed = {**arrays, **moved}
        count = len(next(iter(arrays.values())))
        found.append([{name: changed[name][i] for name in changed} for i in range(count)])
    return found


def _moved(arrays, name, tested, rng):
    shares = arrays[name]
    counted = arrays.get(f"{name} right", arrays.get(f"{name} wrong"))
    if counted is not None:
        images = counted.shape[-1]
        weights = rng.multinomial(images, np.full(images, 1 / images)) / images
        moves = counted @ weights - counted.mean(-1)
        return shares + moves.reshape(*moves.shape, *(1,) * (shares.ndim - moves.ndim))
    images = np.asarray(tested.images, dtype=float)
    images = images.reshape(-1, *(1,) * (shares.ndim - 2)) if images.ndim else images
    noise = rng.standard_normal((*shares.shape[1:-1], 1 if tested.curve else shares.shape[-1]))
    return shares + np.sqrt(np.clip(shares * (1 - shares), 0, None) / images) * noise
