"""Figure 1: four joint distributions of mean 0 and variance 1, and what statistics see of them.

What a statistic sees is how far it moves from its value on (a), N(0, I), in units of how far it
moves when x is stretched by a tenth: 0 is nothing, 1 is as much as that stretch.
"""

import numpy as np

from normtheory.experiments.effects import between
from normtheory.experiments.experiment import Difference, Experiment, Finding, Lesson, Scale
from normtheory.figures.per import draw_laws
from normtheory.theory.projected_error import projected_error_loss
from normtheory.theory.slices import random_directions
from normtheory.theory.standardization import batch_loss
from normtheory.theory.transport import sliced_wasserstein_to_normal

LAWS = ("a", "b", "c", "d")
STATISTICS = ("standardization", "whitening", "PER", "SW")
_TOY = {"n": 100000, "correlation": 0.8, "modes": 0.9, "shape": 2.0, "slices": 64, "points": 600}


def sample(law, n, rng, configuration):
    """n draws (n, 2) of distribution "a" to "d" of the figure."""
    x, y = rng.standard_normal((2, n))
    if law == "b":
        correlation = configuration["correlation"]
        x = correlation * y + np.sqrt(1 - correlation**2) * x
    elif law == "c":
        shape = configuration["shape"]
        x = (rng.gamma(shape, size=n) - shape) / np.sqrt(shape)
    elif law == "d":
        mode = configuration["modes"]
        x = mode * rng.choice([-1.0, 1.0], n) + np.sqrt(1 - mode**2) * x
    return np.stack([x, y], axis=1)


def statistics(h, theta):
    """The four statistics of a sample, in the order of `STATISTICS`."""
    return np.array(
        [
            np.sum(batch_loss(h)),
            np.linalg.norm(np.cov(h.T) - np.eye(2)),
            projected_error_loss(h),
            sliced_wasserstein_to_normal(h, theta).mean,
        ]
    )


def run(configuration, seed, device):
    """What statistics see of the distributions: ``seen`` (statistics, b-d); ``points`` to draw."""
    rng = np.random.default_rng(seed)
    theta = random_directions(2, configuration["slices"], rng)
    clouds = [sample(law, configuration["n"], rng, configuration) for law in LAWS]
    values = np.array([statistics(cloud, theta) for cloud in clouds])  # (laws, statistics)
    stretched = statistics(clouds[0] * [1.1, 1.0], theta)
    seen = np.abs((values[1:] - values[0]) / (stretched - values[0])).T
    return {
        "seen": seen,
        "points": np.array([cloud[: configuration["points"]] for cloud in clouds], np.float32),
    }


def _blind_finding(statistic, laws):
    row, columns = STATISTICS.index(statistic), [LAWS.index(law) - 1 for law in laws]
    names = ", ".join(f"({law})" for law in laws)
    return Finding(
        name=f"{statistic}-blind",
        sentence=f"{statistic} cannot differentiate (a), {names}",
        quantity="most that it sees of them, a stretch by a tenth being 1",
        measure=lambda arrays: arrays["seen"][row, columns].max(),
        region=between(0.0, 0.1, "a tenth of what a stretch by a tenth shows"),
    )


def _sees_finding(statistic, sentence, laws="bcd"):
    row, columns = STATISTICS.index(statistic), [LAWS.index(law) - 1 for law in laws]
    return Finding(
        name=f"{statistic}-sees",
        sentence=sentence,
        quantity="least that it sees of them, a stretch by a tenth being 1",
        measure=lambda arrays: arrays["seen"][row, columns].min(),
        region=between(0.1, np.inf, "a tenth of what a stretch by a tenth shows"),
    )


_OURS = Difference("the distributions' parameters", "", "correlation 0.8, modes at 0.9, shape 2")

EXPERIMENTS = (
    Experiment(
        id="per.fig1",
        title="Four distributions of zero mean and unit variance, and who can tell them apart",
        source="Joo, Kang & Kim 2020, Figure 1",
        says="Standardization cannot differentiate (a)-(d), whitening not (a), (c) and (d); PER "
        "considers all moments and the correlation.",
        scales={
            "smoke": Scale(
                {**_TOY, "n": 4000, "points": 100},
                (_OURS, Difference("draws", "", "4000")),
                seeds=5,
                seconds=0.1,
            ),
            "toy": Scale(_TOY, (_OURS,), seeds=10, seconds=2),
        },
        run=run,
        draw=draw_laws,
        size=(10.0, 6.0),
        findings=(
            _blind_finding("standardization", "bcd"),
            _blind_finding("whitening", "cd"),
            _sees_finding("whitening", "whitening sees (b)", "b"),
            # which moments it sees is another question: claim per.all-moments
            _sees_finding("PER", "PER's value differs from that of (a) at (b), (c), (d)"),
            _sees_finding("SW", "the sliced Wasserstein distance sees (b), (c) and (d)"),
        ),
        lesson=Lesson(
            "Standardization is blind to all three departures from N(0, I) and whitening to two; "
            "PER and the sliced Wasserstein distance see them all.",
            reproduced="standardization-blind whitening-blind PER-sees SW-sees",
        ),
    ),
)
