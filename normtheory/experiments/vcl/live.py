"""One linear unit on two clusters, trained with VCL alone while somebody watches."""

import numpy as np

from normtheory.experiments.live import SEED, SEEDS, LiveRun, knob
from normtheory.figures.scene import Curve, HLine, Panel, Points, Scene
from normtheory.theory.mixture_directions import angle_between, lda_direction, merging_direction
from normtheory.theory.mixtures import mixture

_STEPS = 4000
_PICTURES = 40
_SHOWN = 300
_REACH = 6.0


def unit_run():
    """A linear unit that learns with the variance constancy loss and nothing else.

    The two clusters of the stored Figure 2. The unit should turn to the merging direction below
    the phase shift p = 0.2113 and to the LDA direction above it; small sets (n) may turn it wrong.

    Returns
    -------
    LiveRun

    Examples
    --------
    >>> run = unit_run()
    >>> fraction, scene = next(run.train(p=0.1, n=20, seed=0, steps=10))
    >>> scene.text
    'Step 0 of 10: 20° from the LDA direction, 79° from the merging direction.'
    """
    return LiveRun(
        title="A unit learns with VCL alone",
        knobs=(
            knob(
                "p",
                "p",
                "weight of the smaller cluster",
                0.1,
                domain=(0.0, 0.5),
                typical=(0.02, 0.49),
            ),
            knob(
                "n",
                "n",
                "samples in a set",
                20,
                domain=(2, 500),
                closed=True,
                typical=(2, 100),
                integer=True,
            ),
            SEED,
        ),
        picture=_idle,
        points=_points,
        draw=_draw,
        steps=_STEPS,
        call="experiments.unit_run()",
        what="the two clusters of the stored Figure 2",
        recorded={"p": (0.05, 0.1, 0.2, 0.35, 0.5), "seed": SEEDS},
        brief={"steps": 20},
    )


def _idle(p, n, seed):
    points, minority, lda, merging = _clouds(p, seed)
    empty = np.full((1, 3), np.nan)
    text = f"Not started: p = {p:.3g}, n = {n}; the unit waits for the start button."
    return _scene(points, minority, lda, merging, np.full(2, np.nan), empty, _STEPS, text)


def _points(steps, p, n, seed):
    import torch

    from normtheory.experiments.vcl.unit import TOY, sample_mixture
    from normtheory.nn import VarianceConstancyLoss

    generator = torch.Generator().manual_seed(seed)
    start = torch.randn(1, 2, generator=generator)
    theta = torch.nn.Parameter(start / start.norm())
    loss = VarianceConstancyLoss(1, n=n)
    parameters = [theta, *loss.parameters()]
    optimizer = torch.optim.SGD(parameters, lr=TOY["rate"], momentum=TOY["momentum"])
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(steps, 1))
    every = max(1, steps // _PICTURES)
    for step in range(0, steps + 1, every):
        yield {"step": step, "direction": theta.detach()[0].double().numpy().copy()}
        count = min(every, steps - step)
        stream, _ = sample_mixture({**TOY, "p": [p]}, max(count, 1) * 2 * n, generator)
        for batch in stream[0].view(-1, 2 * n, 2)[:count]:
            optimizer.zero_grad()
            loss(batch @ theta.T).backward()
            for parameter in parameters:
                torch.nn.utils.clip_grad_norm_(parameter, TOY["clip"])
            optimizer.step()
            schedule.step()


def _draw(found, steps, p, n, seed):
    points, minority, lda, merging = _clouds(p, seed)
    rows = np.array(
        [
            [step, *(np.degrees(angle_between(direction, other)) for other in (lda, merging))]
            for step, direction in zip(found["step"], found["direction"], strict=True)
        ]
    )
    step, to_lda, to_merging = rows[-1]
    text = (
        f"Step {step:.0f} of {steps}: {to_lda:.0f}° from the LDA direction, "
        f"{to_merging:.0f}° from the merging direction."
    )
    return _scene(points, minority, lda, merging, found["direction"][-1], rows, steps, text)


def _clouds(p, seed):
    """Points to draw, which of them are of the minority, and the two directions."""
    from normtheory.experiments.vcl.unit import TOY

    rng = np.random.default_rng(seed)
    mean, within = np.array(TOY["mean"]), np.array(TOY["covariance"])
    minority = rng.random(_SHOWN) < p
    points = rng.multivariate_normal(np.zeros(2), within, size=_SHOWN) + minority[:, None] * mean
    clouds = mixture(p, mean, np.zeros(2), within)
    return points, minority, lda_direction(clouds), merging_direction(clouds)


def _scene(points, minority, lda, merging, direction, rows, steps, text):
    middle = np.array([2.0, 0.0])
    layers = [
        Points(*points[~minority].T, color="sky", size=4, alpha=0.7),
        Points(*points[minority].T, color="orange", marker="^", size=5, alpha=0.8),
    ]
    for vector, color, dash, width, label in (
        (lda, "grey", "--", 1.5, "LDA"),
        (merging, "grey", ":", 1.5, "merging"),
        (direction, "vermilion", "-", 3.0, "unit"),
    ):
        half = _REACH * vector / np.linalg.norm(vector)
        ends = np.array([middle - half, middle + half])
        layers.append(Curve(*ends.T, color=color, dash=dash, width=width, label=label))
    angles = (
        HLine([0.0], color="grey", dash=":"),
        Curve(rows[:, 0], rows[:, 1], color="blue", dash="--", label="to LDA"),
        Curve(rows[:, 0], rows[:, 2], color="vermilion", label="to merging"),
    )
    return Scene(
        (
            Panel.of(
                "the unit's direction",
                ("first input", -4.5, 8.5),
                ("second input", -5.5, 5.5),
                *layers,
                equal=True,
                legend="upper left",
            ),
            Panel.of(
                "angles while it learns",
                ("step", 0, steps * 1.3),
                ("angle (degrees)", -5, 95),
                *angles,
            ),
        ),
        text,
    )
