"""Experiment for the note on weight normalization (Salimans & Kingma 2016): a small network on
MNIST with weight normalization, with and without its data-dependent start, with mean-only batch
normalization on top, with batch normalization, with nothing, and with nothing but the weights that
the data-dependent start gives, to tell the start from the parametrization.
"""

from functools import partial

import numpy as np

from normtheory.experiments.devices import trains
from normtheory.experiments.effects import LOSS, OCTAVE, STEP_TIME, Effect, above, between
from normtheory.experiments.experiment import Difference, Experiment, Finding, Lesson, Scale
from normtheory.figures.weightnorm import draw_training

METHODS = ("none", "BN", "WN", "WN+init", "WN+init+mean", "none+init")
# "none+init" is run where the configuration has a "control", and with it He's weights stand in for
# those of `spread` where there is no data-dependent start
_TOY = {
    "width": 100,
    "layers": 3,
    "spread": 0.05,
    "rate": 0.03,
    "momentum": 0.9,
    "batch": 128,
    "steps": 1000,
    "bin": 25,
    "rounds": 5,
    "timed": 40,
}


@trains
def run(configuration, seed, device):
    """Train one network for each method, then time all of them side by side.

    Gives ``loss`` (methods, bins): mean training loss of the `bin` steps up to ``step`` (bins,);
    ``final`` (methods,): test accuracy; ``variance`` (methods,): of the first layer's units on the
    test rows after training, median over units; ``milliseconds`` (methods,): median of a training
    step, the only numbers here that the seed does not decide.
    """
    import torch

    from normtheory.experiments.training import accuracy, batches, on_device, step, timed
    from normtheory.experiments.weightnorm_network import started

    x_train, y_train, x_test, y_test = on_device("mnist", configuration, device)
    size = configuration["batch"]
    steps, losses, final, variance = [], [], [], []
    for method in METHODS if configuration.get("control") else METHODS[:-1]:
        generator = torch.Generator().manual_seed(seed)
        model = started(method, configuration, x_train, generator)
        rate, momentum = configuration["rate"], configuration["momentum"]
        optimizer = torch.optim.SGD(model.parameters(), rate, momentum, fused=True)
        steps.append(partial(step, model, optimizer))
        drawn = batches(x_train, y_train, size, configuration["steps"], generator)
        found = torch.stack([steps[-1](x, y) for x, y in drawn]).cpu().numpy()
        losses.append(found.reshape(-1, configuration["bin"]).mean(1))
        final.append(accuracy(model, x_test, y_test))
        with torch.no_grad():
            model.eval()
            hidden = model[: 3 if method in ("BN", "WN+init+mean") else 2](x_test[:2000])
            model.train()
        variance.append(hidden.var(0).median().item())
    rounds, count = configuration["rounds"], configuration["timed"]
    milliseconds = timed(steps, x_train[:size], y_train[:size], rounds, count)
    return {
        "step": np.arange(configuration["bin"], configuration["steps"] + 1, configuration["bin"]),
        "loss": np.array(losses),
        "final": np.array(final),
        "variance": np.array(variance),
        "milliseconds": np.median(milliseconds, axis=0),
    }


_NATS = Effect(
    0.005, "five thousandths of a nat: half a percent of the probability of the right class"
)


def _pair(arrays):
    """Rows of the network without normalization and of weight normalization with its start."""
    control = len(arrays["loss"]) == len(METHODS)
    return [METHODS.index("none+init" if control else "none"), METHODS.index("WN+init")]


def _less(name, sentence, quantity, better, worse, bins, region, **options):
    """A finding that the loss of `better` lies below that of `worse` over a slice of bins."""
    rows = METHODS.index(worse), METHODS.index(better)
    return Finding(
        name=name,
        sentence=sentence,
        quantity=quantity,
        region=region,
        measure=lambda arrays: np.subtract(*arrays["loss"][list(rows), bins].mean(1)),
        unit="nats",
        **options,
    )


_OURS = (
    Difference("network, data, rates", "CIFAR-10", "3 layers of 100 units on MNIST, rate 0.03"),
    Difference(
        "weights before a start",
        "",
        "N(0, 0.05²): He's in the first layer, a third of its scale later",
    ),
)
_CONTROLLED = (
    _OURS[0],
    Difference("weights before a start", "", "He's; directions of WN N(0, 0.05²)"),
    Difference("control", "none", "plain weights from WN's data-dependent start"),
)
_CORE = {**_TOY, "control": True, "rounds": 50}
_EARLY, _LATE = slice(0, 4), slice(-4, None)

EXPERIMENTS = (
    Experiment(
        id="weightnorm.training",
        title="Weight normalization, its data-dependent start, and batch normalization",
        source="note on Weight Normalization",
        says="Weight normalization speeds up SGD, BN progresses better at first but is 16 % "
        "slower; the start makes variance normalization unnecessary.",
        scales={
            "smoke": Scale(
                {**_TOY, "control": True, "steps": 10, "bin": 5, "rounds": 1, "timed": 3},
                (*_CONTROLLED, Difference("steps", "", "10")),
            ),
            "toy": Scale(_TOY, _OURS, seeds=5, seconds=27),
            "paper": Scale(_CORE, _CONTROLLED, seeds=10, seconds=80),
        },
        run=run,
        draw=draw_training,
        size=(11.0, 4.2),
        data=("mnist",),
        document={"BN over WN": 1.16},
        findings=(
            Finding(
                name="faster",
                sentence="weight normalization gives faster convergence",
                quantity="training loss of the last 100 steps, none less WN with its start; none "
                "has the same start where there is a control",
                measure=lambda arrays: np.subtract(*arrays["loss"][_pair(arrays), _LATE].mean(1)),
                unit="nats",
                region=above(_NATS),
            ),
            _less(
                "faster-without-start",
                "weight normalization gives faster convergence without its start, too",
                "training loss of the last 100 steps, none less WN without its start",
                "WN",
                "none",
                _LATE,
                above(_NATS),
            ),
            _less(
                "initial",
                "BN yields better progress especially for initial iterations",
                "training loss of the first 100 steps, WN with its start less BN",
                "BN",
                "WN+init",
                _EARLY,
                above(_NATS),
            ),
            _less(
                "skipped",
                "variance normalization can be skipped: training does not suffer",
                "training loss of the last 100 steps, mean-only BN less BN",
                "BN",
                "WN+init+mean",
                _LATE,
                between(-np.inf, LOSS.size, LOSS.because),
            ),
            Finding(
                name="variance",
                sentence="variance normalization can be skipped: the start already applied it",
                quantity="log2 variance of first-layer units after training, mean-only BN",
                unit="octaves",
                measure=lambda arrays: np.log2(arrays["variance"][METHODS.index("WN+init+mean")]),
                region=between(-OCTAVE.size, OCTAVE.size, OCTAVE.because),
                erratum="weightnorm.replaces-variance",
            ),
            Finding(
                name="cost",
                sentence="BN is slower than WN",
                quantity="time of a step, BN over WN",
                measure=lambda arrays: arrays["milliseconds"][1] / arrays["milliseconds"][2],
                region=above(STEP_TIME, 1.0),
                document=1.16,
            ),
        ),
        lesson=Lesson(
            "With its start weight normalization ends {faster} below the plain network, without it "
            "{faster-without-start}, and a plain network with the same start is run at scale core, "
            "not here; the variance that the start sets does not last ({variance} in the end), and "
            "training without variance normalization loses {skipped}.",
            reproduced="faster skipped",
            not_reproduced="variance",
            same="faster-without-start",
        ),
    ),
)
