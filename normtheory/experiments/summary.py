"""A page of all stored findings: what became of the documents' sentences, and what to take away."""

from collections import Counter

from normtheory.experiments import stored
from normtheory.experiments.catalogue import experiment, ids
from normtheory.experiments.effects import ANSWERS, NOT, OPEN
from normtheory.experiments.experiment import CORE_HOURS
from normtheory.experiments.findings import KINDS
from normtheory.experiments.plan import next_runs, told
from normtheory.experiments.rule import LEVEL

_HEAD = f"""# Findings

What became of the documents' figures: every sentence that a figure should show, the number that
decides it over the seeds, and the answer. `normtheory figures` runs the experiments and
`normtheory figures --summary docs/findings.md` writes this page from what is stored in `results/`,
where each figure's record also has its seeds, configuration, versions and seconds.

Each finding names the smallest effect that would matter, and why not a smaller one. The interval
holds the medians over seeds that a sign test leaves possible at {100 * LEVEL:.0f} %, however often
it was looked at, widened by the standard error of the test images where accuracies are compared
(the stored runs hold no losses of single images: there it is the seeds' alone). It answers:
*reproduced*, *not reproduced*, *no difference that matters* (the interval lies within the smallest
effect on either side), or *open*, with the effect that would have been seen and the seeds that are
likely to decide. A tie counts for neither side. Most of the seeds stored here were run before these
effects were declared; their reasons refer to no result.
"""
_WIDTH = "| | |\n|---|--:|"


def page(directory=None):
    """The findings of all results stored in `directory`, or the project's own, as Markdown.

    >>> print(page().splitlines()[0])
    # Findings
    """
    shown = [stored.show(id, directory) for id in ids()]
    kept = [each for each in shown if isinstance(each, stored.StoredFigure)]
    contents = [each.content for each in kept]
    return "\n".join([_HEAD, *_split(contents), "", *_lessons(kept), "", *map(_section, shown)])


def _split(contents):
    """Lines of the table of answers, how many may be chance, and what the open ones would take."""
    findings = [finding for content in contents for finding in content["findings"]]
    counts = Counter(finding["verdict"] for finding in findings)
    kinds = Counter(finding["why"]["kind"] for finding in findings if finding["verdict"] == NOT)
    yield f"{len(findings)} findings:\n"
    yield _WIDTH
    for answer in ANSWERS:
        yield f"| **{answer}** | {counts[answer]} |"
        if answer == NOT:
            yield from (f"| – {words} | {kinds[kind]} |" for kind, words in KINDS.items())
    runs = Counter()
    for content in contents:
        runs.update(next_runs(content))
    cheap = {run: count for run, count in runs.items() if run.is_cheap()}
    yield f"| – the next run takes at most {CORE_HOURS} core-hours | {sum(cheap.values())} |"
    yield f"| – it takes more, or a GPU | {runs.total() - sum(cheap.values())} |"
    chance = [each for each in findings if each["statistic"] != "exact"]
    decided = sum(finding["verdict"] != OPEN for finding in chance)
    yield (
        f"\n{len(chance)} of them rest on seeds, and {decided} of these are decided. An interval "
        f"misses the median with probability {100 * (1 - LEVEL):.0f} % at most, half of it on "
        f"either side: **{(1 - LEVEL) * len(chance):.0f} misses are to be expected at most, and no "
        "more answers that are chance.**"
    )
    if cheap:
        hours = sum(run.hours for run in cheap)
        yield (
            f"\nNot all that could be decided has been: {len(cheap)} next runs of at most "
            f"{CORE_HOURS} core-hours each, {hours:.0f} in all, were not made: their commands "
            "stand below the tables. What seeds then disagree about asks for more."
        )


def _lessons(kept):
    yield "## What to take away\n"
    for each in kept:
        id = each.content["experiment"]
        place = anchor(f"{id}: {each.content['title']}")
        yield f"- [{id}](#{place}): {each.lesson()}"


def anchor(heading):
    """The place of a heading in a page of Markdown, as links have it.

    Examples
    --------
    >>> anchor("vcl.fig1: Hidden units")
    'vclfig1-hidden-units'
    """
    kept = (letter for letter in heading.lower() if letter.isalnum() or letter in " -_")
    return "".join(kept).replace(" ", "-")


def _erratum(claim):
    return f"[{claim}](errata.md#{claim.replace('.', '')})"


def _section(shown):
    if isinstance(shown, stored.NothingStored):
        return f"## {shown.id}: {experiment(shown.id).title}\n\n{shown}\n"
    content = shown.content
    lines = [f"## {content['experiment']}: {content['title']}", "", *shown.setting(), ""]
    lines += [*stored.table(content["findings"], _erratum), ""]
    if runs := next_runs(content):
        lines += [f"Open: {told(runs)}.", ""]
    return "\n".join(lines)
