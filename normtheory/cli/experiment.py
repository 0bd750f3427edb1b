"""``normtheory experiment new``: the skeleton of an experiment, where the catalogue finds it."""

from normtheory.cli import skeleton
from normtheory.cli.skeleton import add_arguments  # noqa: F401, of this command, too

DESCRIPTION = (
    "Write the skeleton of an experiment into a clone: its module, and its place in the catalogue. "
    "It runs, is drawn and is judged before you have changed a line."
)
NEXT = (
    "{module} is the experiment's module; it is in experiments/catalogue.py.\n"
    "normtheory figures {id} --scale smoke   # tries it in seconds\n"
    "normtheory figures {id} --scale toy --out results   # is stored; then\n"
    "make pages   # brings README, docs and notebooks up to date"
)
_SKELETON = '''"""{title}: what is trained, and what the document shows of it."""

import numpy as np

from normtheory.experiments.effects import Effect, above
from normtheory.experiments.experiment import Difference, Experiment, Finding, Lesson, Scale


def run_{name}(configuration, seed, device):
    """What is measured.

    Returns
    -------
    dict
        ``values`` (count,): what they are.
    """
    rng = np.random.default_rng(seed)
    return {{"values": rng.normal(1.0, 1.0, configuration["count"])}}


def draw_{name}(figure, arrays, document):
    """Draw `values` of all seeds."""
    axes = figure.subplots()
    axes.plot(arrays["values"].T, color="black")
    axes.set(xlabel="number", ylabel="value")


_FEWER = Difference("values", "1000", "100")

EXPERIMENTS = (
    Experiment(
        id="{id}",
        title="{title}",
        source="Figure 0",
        says="what the document shows there",
        scales={{
            "smoke": Scale(configuration={{"count": 100}}, seeds=2, deviations=(_FEWER,)),
            "toy": Scale(configuration={{"count": 100}}, seeds=5, deviations=(_FEWER,)),
            "paper": Scale(configuration={{"count": 1000}}, seeds=5),
        }},
        run=run_{name},
        draw=draw_{name},
        findings=(
            Finding(
                name="positive",
                sentence="the mean of the values is positive",
                quantity="mean of the values",
                measure=lambda arrays: arrays["values"].mean(),
                region=above(Effect(0.1, "a tenth of a standard deviation is not seen")),
                mutant=lambda arrays: {{"values": -arrays["values"]}},
            ),
        ),
        lesson=Lesson("The mean is {{positive}}.", reproduced="positive"),
    ),
)
'''


def new(id, root=skeleton.ROOT):
    """Write the skeleton of an experiment into the clone at `root` and return its module's path;
    ValueError if `id`, a permanent ``document.name``, or its module is there, or document or
    clone are not.
    """
    from normtheory.experiments import catalogue

    document, name = skeleton.named(id, root, "an experiment")
    listing = root / "normtheory" / "experiments" / "catalogue.py"
    if id in catalogue.ids():
        raise ValueError(f"ID must be new, and {id!r} is an experiment already")
    name = name if name.isidentifier() else f"experiment_{name}"
    dotted, module = skeleton.module(listing.parent, document, name)
    text = skeleton.listed(listing, document, f'"{dotted}": ("{id}",),')
    module.write_text(
        _SKELETON.format(id=id, name=name, title=skeleton.title(name)), encoding="utf-8"
    )
    listing.write_text(text, encoding="utf-8")
    return module


main = skeleton.command(new, NEXT)
