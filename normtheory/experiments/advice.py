"""A page for whoever has a network to train: what this suite measured, what follows from it, and
where it stops."""

import numpy as np

from normtheory.experiments import stored
from normtheory.experiments.atlas import METHODS, bands
from normtheory.experiments.effects import OPEN
from normtheory.experiments.experiment import unstack
from normtheory.experiments.plan import next_runs, told
from normtheory.experiments.suite import batch_size, inference, transformer
from normtheory.experiments.summary import anchor

IDS = (
    "suite.atlas",
    "suite.depths",
    "suite.cnn",
    "suite.batch-size",
    "suite.loss-weights",
    "suite.transformer",
    "suite.inference",
    "suite.side-by-side",
)
_HEAD = """# What should I use?

What the atlas of this suite measured, and no more. Everything here is computed from `results/` by
`normtheory figures --advice docs/what-to-use.md`; each answer links to its findings, their seeds
and intervals. `explorers.atlas` in
[notebook 11]({notebook}) moves through the same numbers.
"""
_COLUMNS = """
Medians over seeds. *Learns*: octaves of the learning rate, of nine, at which more than half of the
test rows are right after 60 steps. *Batch*: test accuracy at equal steps. *Brighter*: points lost
where every pixel gains a quarter of the range, by stored statistics; SELU's input is standardized
pixel by pixel, which takes those that never changed in training far away. *One row*: time of
inference over that of *none*, with all folded into the weights that can be. *Perplexity*: of the
transformer, at the rate that validates best; its LN and RMSNorm stand before each part.
"""


def page(
    directory=None, finding="findings.md#{anchor}", notebook="../notebooks/11_side_by_side.ipynb"
):
    """The page as Markdown, of results in `directory` or the project's own. `finding` and
    `notebook` say where links lead: to an experiment's findings, by its `id` or `anchor`, and to
    notebook 11.

    >>> print(page().splitlines()[0])
    # What should I use?
    """
    shown = [stored.show(id, directory) for id in IDS]
    kept = [each for each in shown if isinstance(each, stored.StoredFigure)]
    links = [_link(each.content, finding) for each in kept]
    lines = [_HEAD.format(notebook=notebook), "## What follows\n", *map(_answer, kept, links), ""]
    lines += ["## Method by method", _COLUMNS, *_table(directory), ""]
    lines += ["## Where it stops\n", *_limits(kept, links), ""]
    return "\n".join(lines)


def _link(content, finding):
    id, title = content["experiment"], content["title"]
    return f"[{id}]({finding.format(id=id, anchor=anchor(f'{id}: {title}'))})"


def _answer(shown, link):
    content = shown.content
    title = content["title"] + "." * (not content["title"].endswith("?"))
    return f"- **{title}** {shown.lesson()} ({link})"


def _table(directory):
    """A line for each method, a column for each number."""
    columns = columns_of(directory)
    yield "| method | " + " | ".join(columns) + " |"
    yield "|---|" + "--:|" * len(columns)
    for row, method in enumerate(METHODS):
        yield f"| {method} | " + " | ".join(numbers[row] for numbers in columns.values()) + " |"


def columns_of(directory=None):
    """By heading, a number in words for each of the atlas's methods, from the results in
    `directory` or the project's own; empty where nothing is stored."""
    wide, sizes, used, text = (
        stored.arrays(id, directory)
        for id in ("suite.atlas", "suite.batch-size", "suite.inference", "suite.transformer")
    )
    learns = np.median(bands(wide["accuracy"]), axis=0)
    found = {
        f"learns, {depth} layers": [f"{octaves:.0f}" for octaves in learns[:, column]]
        for column, depth in enumerate(wide["depth"][0])
    }
    for size in (2, 256):
        found[f"batch {size} (%)"] = [
            _median(sizes, batch_size.own, [method], size, batch_size.STEPS) for method in METHODS
        ]
    found["brighter"] = [_median(used, inference.darkened, method) for method in METHODS]
    times = np.median(used["inference cost"], axis=0)[:, 0, 1]
    found["one row"] = [f"{time:.2f}" for time in times]
    names = {method: method for method in transformer.METHODS} | {"LN": "pre-LN"}
    found["perplexity"] = [
        _median(text, transformer.chosen, names[method]) if method in names else ""
        for method in METHODS
    ]
    return found


def _median(arrays, measure, *given):
    """Over seeds, of what `measure` finds in each."""
    seeds = unstack(arrays)
    return f"{np.median([measure(seed, *given) for seed in seeds]):.1f}"


def _limits(kept, links):
    """What was measured where, and what is open."""
    for shown, link in zip(kept, links, strict=True):
        content = shown.content
        setting = "; ".join(f"{each['what']}: {each['ours']}" for each in content["deviations"])
        yield f"- {link}, {len(content['seeds'])} seeds. {setting}."
        still = [each["sentence"] for each in content["findings"] if each["verdict"] == OPEN]
        if still:
            yield f"  Open: {'; '.join(still)}. {told(next_runs(content))}, may tell."
