"""Joo et al., Sec. 5: a pretrained network's activations as PER's target."""

from functools import cache

import numpy as np

from normtheory.claims import Claim, Later
from normtheory.claims.per.minimiser import pushes_to_normal

pretrained_target = Claim(
    id="per.pretrained-target",
    source="Sec. 5",
    says="The empirical distribution of activations computed by a pretrained network can also be "
    "used as a target distribution to prevent catastrophic forgetting: the activations do not "
    "drift away from it",
    verdict="refuted",
    breaks={"steps": 2.0},
    parameters=(pushes_to_normal.parameter("steps"),),
)
# activations of the pretrained network, and the mean length of a projection in the plane, 2/π
CORNERS = np.array([(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)])
PLANE = 2 / np.pi
PACE = 2 * PLANE  # of the flow down the mean distances, where PER's has the units of d = 2 for time


def _mean_distance(x, y):
    """The mean distance of the points of x to those of y."""
    return float(np.linalg.norm(x[:, None] - y, axis=2).mean())


@pretrained_target.counterexample("numeric")
def at_its_own_target(
    kept=PLANE * _mean_distance(CORNERS, CORNERS), erased=PLANE * np.sqrt(2), *, angles=3600
):
    r"""Let the pretrained network's activations be $(\pm1,\pm1)$. Where they are, the loss is
    {kept:.3f}; all of them at 0 it is {erased:.3f}."""
    turn = np.pi * (np.arange(angles) + 0.5) / angles
    theta = np.stack([np.cos(turn), np.sin(turn)])
    target = CORNERS @ theta
    found = [abs((h @ theta)[:, None] - target).mean() for h in (CORNERS, 0 * CORNERS)]
    return np.allclose((kept, erased), found, rtol=1e-4), f"{angles} projections"


def _speed(r):
    """Of a point at (r, r), r up to 1, towards the middle along either axis: the pull of the target
    behind it is gone as it leaves the one at (1, 1)."""
    return r / np.hypot(1 + r, 1 - r) / 2


@cache
def _times():
    """Places of a point from (1, 1) on, and when the flow of the mean distances is there."""
    fall = np.linspace(0, 20, 20_001)
    pace = np.exp(-fall) / _speed(np.exp(-fall))
    return fall, np.concatenate([[0], np.cumsum((pace[1:] + pace[:-1]) / 2 * np.diff(fall))])


def _flowed(way, step=2e-3):
    """The corners after flowing so long down their mean distances to the four targets."""
    h = CORNERS.copy()
    for _ in range(round(way / step)):
        away = h[:, None] - CORNERS
        length = np.linalg.norm(away, axis=2, keepdims=True)
        h -= step * (away / np.maximum(length, 1e-9)).mean(axis=1)
    return h


@pretrained_target.counterexample("numeric")
def they_drift(left=Later(lambda: float(abs(_flowed(PACE * 11)).max())), *, time=11):
    r"""Starting at their own target they flow to the middle: they are at
    $(\pm{left:.3f},\pm{left:.3f})$ by the time {time:d} in units of $d$, and on their way to 0."""

    r = 1.0
    for _ in range(round(PACE * time / 2e-3)):
        middle = r - 1e-3 * _speed(r)
        r -= 2e-3 * _speed(middle)
    return abs(r / left - 1) < 5e-3, f"by the midpoint rule {r:.4f}"


@pretrained_target.amendment(
    "numeric", rejects={"less the activations' half alone": PLANE * np.sqrt(2)}
)
def with_the_repulsion(gain=PLANE * (np.sqrt(2) - _mean_distance(CORNERS, CORNERS) / 2)):
    r"""Less half the mean distances of the activations and of the target, each among themselves,
    the loss does keep them: it is 0 at the target, more if an activation moves on its own, and
    {gain:.3f} at the middle."""

    def energy(h):
        pairs = (h, CORNERS), (h, h), (CORNERS, CORNERS)
        cross, own, target = (_mean_distance(*pair) for pair in pairs)
        return PLANE * (cross - own / 2 - target / 2)

    right = abs(energy(0 * CORNERS) / gain - 1) < 1e-9 and abs(energy(CORNERS)) < 1e-12
    for turn in np.linspace(0, 2 * np.pi, 24, endpoint=False):
        moved = CORNERS.copy()
        moved[0] += 1e-3 * np.array([np.cos(turn), np.sin(turn)])
        right &= energy(moved) > 1e-5
    return right, "24 moves of one activation"


@pretrained_target.badge(
    fails="a target keeps the activations of a pretrained network: not here, by time {steps:.3g} "
    "(±1, ±1) have moved by {moved:.3g} along either axis, to ±{left:.3g}",
    silent="a target keeps the activations of a pretrained network: at time 0 they are where they "
    "were",
)
def pretrained_at(steps):
    fall, times = _times()
    # near the middle the rate is all but constant
    beyond = max(PACE * steps - times[-1], 0) / 2**1.5
    fallen = float(np.interp(PACE * steps, times, fall) + beyond)
    numbers = {"moved": -np.expm1(-fallen), "left": np.exp(-fallen)}
    return ("fails", numbers) if steps else ("silent", {})


pretrained_target.rests_on(
    "per.any-target",
    "Whatever the target, its geometric median is where the loss draws every activation.",
)
