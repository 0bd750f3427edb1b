"""Single values, moved by the variance of their sample variance while somebody watches."""

import numpy as np

from normtheory.experiments.live import SEED, LiveRun, knob
from normtheory.figures.scene import Bars, Curve, HLine, Panel, Points, Scene
from normtheory.theory.laws import law as make_law
from normtheory.theory.sample_variance import variance_constancy

_VALUES = 1000
_STEPS = 600
_PICTURES = 60
_DRAWS = 6000  # in a step, whatever the size of a batch: small batches are noisy
_RATE = 0.02
_REACH = 0.2  # farthest move of a value in one step: the gradient of a far one is its cube
_LAWS = ("normal", "laplace", "uniform", "mixture")
_EDGES = np.linspace(-4.05, 4.05, 82)  # two peaks at -1 and 1 lie in the middle of a bin


def law_run():
    """Theorem 1 of Littwin & Wolf (2018), learnt: 1000 values of variance 1 go down Eq. 3.

    Every step draws batches of n of the values, takes the gradient of (1 - s^2)^2 and sets the
    mean back to 0 and the variance to 1. Nothing tells the values that they should form two peaks.

    Returns
    -------
    LiveRun

    Examples
    --------
    >>> run = law_run()
    >>> fraction, scene = next(run.train(law="uniform", n=10, seed=0, steps=10))
    >>> scene.text
    'Step 0 of 10: kurtosis 1.83, Var(s²) by Eq. 1 0.106, by the batches 0.0992.'
    """
    return LiveRun(
        title="A distribution learns to keep its sample variance",
        knobs=(
            knob(
                "law", r"p_\rho", "distribution of the values at the start", "normal", choices=_LAWS
            ),
            knob("n", "n", "sample size", 10, domain=(2, 50), closed=True, integer=True),
            SEED,
        ),
        picture=_idle,
        points=_points,
        draw=_draw,
        steps=_STEPS,
        call="experiments.law_run()",
        what=f"{_VALUES} values",
        recorded={"law": _LAWS, "n": (2, 10, 50), "seed": (0,)},
        brief={"steps": 60},
    )


def _idle(law, n, seed):
    values = _start(law, np.random.default_rng(seed))
    text = f"Not started: {_VALUES} values of the {law} distribution wait."
    return _scene(_heights(values), np.full((1, 4), np.nan), n, _STEPS, text)


def _points(steps, law, n, seed):
    rng = np.random.default_rng(seed)
    values = _start(law, rng)
    every = max(1, steps // _PICTURES)
    for step in range(steps + 1):
        drawn = rng.integers(_VALUES, size=(_DRAWS // n, n))
        deviation = values[drawn] - values[drawn].mean(1, keepdims=True)
        gap = 1 - (deviation**2).sum(1) / (n - 1)
        if step % every == 0:
            yield {
                "step": step,
                "heights": _heights(values),
                "kurtosis": np.mean(values**4),
                "measured": np.mean(gap**2),
            }
        gradient = np.zeros(_VALUES)
        np.add.at(gradient, drawn, -4 * gap[:, None] * deviation / (n - 1))
        # on average a batch adds 4 (z^3 - kappa z - skewness) / (n * values): without these factors
        # one rate serves all sizes; it falls to 0, which settles the values
        rate = _RATE * (1 - step / (steps + 1)) * n * _VALUES / (4 * len(drawn))
        move = rate * gradient
        values = _standardized(values - move * min(1.0, _REACH / np.abs(move).max()))


def _draw(found, steps, law, n, seed):
    kurtosis, measured = found["kurtosis"], found["measured"]
    formula = variance_constancy(n, kurtosis)
    rows = np.column_stack([found["step"], kurtosis, formula, measured])
    text = (
        f"Step {found['step'][-1]} of {steps}: kurtosis {kurtosis[-1]:.2f}, Var(s²) by Eq. 1 "
        f"{formula[-1]:.3g}, by the batches {measured[-1]:.3g}."
    )
    return _scene(found["heights"][-1], rows, n, steps, text)


def _heights(values):
    return np.histogram(np.clip(values, -4.0, 4.0), _EDGES)[0] / _VALUES


def _start(law, rng):
    return _standardized(make_law(law).draw(rng, _VALUES))


def _standardized(values):
    return (values - values.mean()) / values.std()


def _scene(heights, rows, n, steps, text):
    step, kurtosis, formula, measured = rows.T
    least = variance_constancy(n, 1.0)
    return Scene(
        (
            Panel.of(
                f"{_VALUES} values of variance 1",
                (r"value $\rho$", -4, 4),
                ("share", 0, 0.6),
                Bars(_EDGES, heights, color="blue", alpha=0.6),
            ),
            Panel.of(
                "their kurtosis",
                ("step", 0, steps),
                (r"$\kappa$", 0.5, 8),
                HLine([3.0], color="grey", dash=":", label="normal", label_at=0.8),
                HLine([1.0], color="grey", dash="--", label="two points", label_at=0.8),
                Curve(step, kurtosis, color="vermilion"),
            ),
            Panel.of(
                rf"$\mathrm{{Var}}(s^2)/\sigma^4$ of batches of {n}",
                ("step", 0, steps),
                (r"$\mathrm{Var}(s^2)/\sigma^4$", least / 2, 30 * max(least, 0.1), "log"),
                HLine([least], color="grey", dash="--"),
                Curve(step, formula, color="blue", label="Eq. 1"),
                Points(step, measured, color="orange", size=4, label="batches"),
                legend="upper right",
            ),
        ),
        text,
        size=(920, 330),
    )
