"""A page of all stored findings: the document's sentence, our number over the seeds, a verdict."""

from collections import Counter

from normtheory.experiments import stored
from normtheory.experiments.catalogue import experiment, ids
from normtheory.experiments.findings import VERDICTS

_HEAD = """# Findings

What became of the documents' figures: every sentence that a figure should show, the number that
decides it over the seeds, and the verdict. `normtheory figures` runs the experiments and
`normtheory figures --summary docs/findings.md` writes this page from what is stored in `results/`,
where each figure's record also has its seeds, configuration, versions and seconds.
"""


def page(directory=None):
    """The findings of all stored results as Markdown.

    Parameters
    ----------
    directory : path-like, optional
        Where the results are; by default the project's own.

    Examples
    --------
    >>> print(page().splitlines()[0])
    # Findings
    """
    counts, sections = Counter(), []
    for id in ids():
        result = stored.show(id, directory)
        if isinstance(result, stored.NothingStored):
            sections.append(f"## {id}: {experiment(id).title}\n\n{result}\n")
            continue
        content = result.content
        counts.update(finding["verdict"] for finding in content["findings"])
        sections.append(
            f"## {id}: {content['title']}\n\n{content['caption']}\n\n"
            + "\n".join(stored.table(content["findings"]))
            + "\n"
        )
    total = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS)
    return "\n".join([_HEAD, f"{counts.total()} findings: {total}.\n", *sections])
