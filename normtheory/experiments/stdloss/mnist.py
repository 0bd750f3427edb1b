"""Figures 1, 2 and 3: the CNN of A.1 and the MLP of A.2 on MNIST, 1000 steps at a low rate."""

from functools import partial

import numpy as np

from normtheory.experiments.devices import trains
from normtheory.experiments.effects import LOSS, POINT, above, between
from normtheory.experiments.experiment import Difference, Experiment, Finding, Images, Lesson, Scale
from normtheory.figures.stdloss import draw_training, draw_weights

METHODS = ("none", "BN", "standardization")
_A1 = {
    "network": "cnn",
    "rate": 1e-3,
    "decay": 4e-5,
    "batch": 128,
    "steps": 1000,
    "every": 50,
    "rows": 1000,
}
_A2 = {**_A1, "network": "mlp"}
_SWEEP = {**_A1, "weights": [0.001, 0.1, 1.0, 10.0, 100.0]}
_DECADES = {"weights": [0.001, 0.01, 0.1, 1.0, 10.0, 100.0]}
# the side of the kernels is missing from our copy of the text; of 3 and 5, of two other starts,
# ranges of the inputs, momenta and rates it is the one change that moves all three printed
# accuracies to what we find, on three seeds
_SIDE = "missing from our copy of the text"


@trains
def run(configuration, seed, device):
    """Train without, with batch normalization and with the standardization loss, the latter once
    more with each of "weights".

    Gives ``step`` (points,); ``train``, ``test`` (methods, points): cross entropies; ``accuracy``
    (methods, points): on the first test images; ``final`` (methods,): on all of them; where there
    are weights, ``weight`` and ``swept`` (weights,): final accuracies. With "right" in the
    configuration ``final right`` and ``swept right`` (..., test images) say which.
    """
    from normtheory.experiments.stdloss.networks import trained
    from normtheory.experiments.training import on_device

    tensors = on_device("mnist", configuration, device)
    curves, final = zip(
        *[trained(method, configuration, tensors, seed) for method in METHODS], strict=True
    )
    step, train, test, accuracy = np.moveaxis(np.array(curves), -1, 0)
    arrays = {
        "step": step[0],
        "train": train,
        "test": test,
        "accuracy": accuracy,
        **_shares("final", final, configuration),
    }
    if weights := configuration.get("weights"):
        # of the swept runs only the end counts, and weight 1 has been run
        quick = {**configuration, "every": configuration["steps"]}
        row = METHODS.index("standardization")
        swept = [
            final[row] if each == 1 else trained("standardization", quick, tensors, seed, each)[1]
            for each in weights
        ]
        arrays |= {"weight": np.array(weights), **_shares("swept", swept, configuration)}
    return arrays


def _shares(name, right, configuration):
    """Shares of test images, and where the configuration says so the images behind them."""
    shares = {name: np.mean(right, axis=-1)}
    return shares | ({f"{name} right": np.array(right)} if configuration.get("right") else {})


def _order_finding(name, sentence, first, second, quantity):
    rows = METHODS.index(first), METHODS.index(second)
    return Finding(
        name=name,
        sentence=sentence,
        quantity=quantity,
        region=above(POINT),
        measure=lambda arrays: 100 * (arrays["final"][rows[0]] - arrays["final"][rows[1]]),
    )


def _number_finding(method, number, margin, because):
    row = METHODS.index(method)
    return Finding(
        name=f"number-{method}",
        sentence=f"{method} ends at {number} %",
        quantity=f"test accuracy, within {margin} of the paper's",
        unit="%",
        measure=lambda arrays: 100 * arrays["final"][row],
        region=between(number - margin, number + margin, because),
        document=number,
        beyond={
            "toy": "our design: 3 x 3 kernels, where 5 x 5 gave all three numbers on three seeds"
        },
    )


def _orders(what):
    return (
        _order_finding(
            "above-baseline",
            "the standardization loss ends above the baseline",
            "standardization",
            "none",
            f"test accuracy of the {what}, standardization loss less baseline",
        ),
        _order_finding(
            "below-BN",
            "the standardization loss does not accelerate training as fast as BN",
            "BN",
            "standardization",
            f"test accuracy of the {what}, BN less standardization loss",
        ),
    )


_ENTROPY = Finding(
    name="cross-entropy",
    sentence="the standardization loss accelerates the primary objective",
    quantity="test cross entropy after 1000 steps, baseline less standardization loss",
    region=above(LOSS),
    measure=lambda arrays: arrays["test"][0, -1] - arrays["test"][2, -1],
)


def _shift(arrays):
    """Mean difference of accuracy at equal test cross entropy, standardization loss less BN."""
    rows = [METHODS.index(method) for method in ("standardization", "BN")]
    entropies, accuracies = arrays["test"][rows], arrays["accuracy"][rows]
    grid = np.linspace(entropies.min(axis=1).max(), entropies.max(axis=1).min(), 20)
    at = []
    for entropy, accuracy in zip(entropies, accuracies, strict=True):
        order = np.argsort(entropy)
        at.append(np.interp(grid, entropy[order], accuracy[order]))
    return 100 * float(np.mean(at[0] - at[1]))


def _swept(arrays, weight):
    return arrays["swept"][int(np.argmin(np.abs(np.log(arrays["weight"] / weight))))]


def _rises(name, weight, least):
    return Finding(
        name=name,
        sentence="accuracy increases with the weight over [0.001, 10]",
        quantity=f"test accuracy at weight 10 less at {least}",
        measure=lambda arrays: 100 * (_swept(arrays, 10) - _swept(arrays, weight)),
        region=above(POINT),
    )


_START = Difference("initialisation", "", "Glorot's")
_THREE, _FIVE = (
    Difference("side of the kernels", _SIDE, side)
    for side in ("3", "5, inferred: it alone gave all three accuracies of Figure 1, on three seeds")
)


def _scales(toy, *, seeds, seconds, smoke=(), paper=(), cnn=True):
    """The schedule of A.1 and A.2 at both larger scales; the paper's looks at all test images."""
    small = {**toy, "steps": 20, "every": 10, "rows": 100, **dict(smoke)}
    stored = (_START, *([_THREE] if cnn else []))
    kernel, right = ({"kernel": 5} if cnn else {}), (_START, *([_FIVE] if cnn else []))
    tested = dict.fromkeys(("final", "swept") if "weights" in toy else ("final",), Images(10_000))
    on_curves = {"accuracy": Images(1000, curve=True)} if "weights" in toy else {}
    return {
        "smoke": Scale(small, (*stored, Difference("smaller", "1000 steps", "20 steps"))),
        "toy": Scale(
            toy,
            (*stored, Difference("curves", "", "first 1000 test images")),
            seeds=seeds,
            seconds=seconds,
            tested=tested | on_curves,
        ),
        "core": Scale(
            {**toy, **kernel, "right": True, **dict(paper)},
            (*right, Difference("curves", "", "first 1000 test images")),
            seeds=10,
            seconds=1.5 * seconds,
            tested=tested | on_curves,
        ),
        "paper": Scale(
            {**toy, **kernel, "right": True, "rows": 10_000, **dict(paper)},
            right,
            seeds=10,
            seconds=3 * seconds,
            tested=tested,
        ),
    }


_mnist = partial(Experiment, run=run, size=(10.0, 4.2), data=("mnist",))

EXPERIMENTS = (
    _mnist(
        id="stdloss.fig1",
        title="A small CNN on MNIST with a small budget",
        source="Standardization Loss paper, Figure 1 and A.1",
        says="After 1000 steps at rate 0.001: baseline 24.6 ± 6.5 %, standardization loss "
        "75.2 ± 2.6 %, BN 85.6 %.",
        scales=_scales(_A1, seeds=10, seconds=35),
        draw=draw_training,
        document={"none": [24.6, 6.5], "BN": [85.6, None], "standardization": [75.2, 2.6]},
        findings=(
            *_orders("CNN"),
            _ENTROPY,
            _number_finding("none", 24.6, 6.5, "the paper's own standard deviation"),
            # the paper gives no standard deviation here
            _number_finding("BN", 85.6, 2.6, "the paper's standard deviation for the loss"),
            _number_finding("standardization", 75.2, 2.6, "the paper's own standard deviation"),
        ),
        lesson=Lesson(
            "The order is as printed: the loss ends {above-baseline} above nothing and {below-BN} "
            "below batchnorm. With 5 x 5 kernels, which are inferred, all three end where the "
            "paper has them.",
            reproduced="above-baseline below-BN number-none number-BN number-standardization",
            scales=("core",),
        ),
    ),
    _mnist(
        id="stdloss.fig2",
        title="Regularizer or accelerator, and the weight of the loss",
        source="Standardization Loss paper, Figure 2",
        says="At equal cross entropy a slight gain over BN; accuracy rises with the weight from "
        "0.001 to 10 and collapses beyond.",
        scales=_scales(
            _SWEEP,
            seeds=5,
            seconds=90,
            smoke={"weights": [0.001, 1.0, 10.0, 100.0]},
            paper=_DECADES,
        ),
        draw=draw_weights,
        findings=(
            Finding(
                name="shift",
                sentence="a slight upward shift with respect to BN at equal cross entropy",
                quantity="mean difference of test accuracy, standardization loss less BN",
                measure=_shift,
                region=above(POINT),
            ),
            _rises("rises", 0.001, "0.001 (the ends only)"),
            _rises("rises-to-the-end", 1, "1"),
            Finding(
                name="collapses",
                sentence="beyond a particular weight the performance collapses",
                quantity="test accuracy at weight 100 (guessing: about 10)",
                unit="%",
                measure=lambda arrays: 100 * _swept(arrays, 100),
                region=between(0.0, 20.0, "guessing, and as much again"),
            ),
        ),
        lesson=Lesson(
            "At equal cross entropy the loss is {shift} above batchnorm, as printed. Its weight "
            "matters over decades, {rises} from one end of the paper's range to the other, and ten "
            "times its end ruins the network ({collapses}).",
            reproduced="shift rises collapses",
            scales=("core",),
        ),
    ),
    _mnist(
        id="stdloss.fig3",
        title="A small MLP on MNIST with a small budget",
        source="Standardization Loss paper, Figure 3 and A.2",
        says="The standardization loss trains faster than the baseline, but not as fast as BN.",
        scales=_scales(_A2, seeds=10, seconds=10, cnn=False),
        draw=draw_training,
        findings=(*_orders("MLP"), _ENTROPY),
        lesson=Lesson(
            "With an MLP, too, the loss trains faster than nothing, by {above-baseline} after 1000 "
            "steps, and much more slowly than batchnorm, by {below-BN}.",
            reproduced="above-baseline below-BN",
            scales=("toy", "core"),
        ),
    ),
)
