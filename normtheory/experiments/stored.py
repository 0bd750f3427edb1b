"""The project's stored results: a figure with its findings, opened at once instead of run."""

import html
import io

from normtheory.experiments import report
from normtheory.experiments.catalogue import experiment, match
from normtheory.experiments.effects import NOT, OPEN, counted
from normtheory.experiments.findings import KINDS

_DPI = 110


def arrays(id, directory=None):
    """The arrays of a stored result, with a leading axis over seeds.

    Parameters
    ----------
    id : str
        Of an experiment.
    directory : path-like, optional
        Where the results are; by default the project's own.

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    ValueError
        If there is no such experiment, nothing is stored for it, or its files are damaged.

    Examples
    --------
    >>> arrays("vcl.fig2")["angle_lda"].shape[0]  # seeds
    36
    """
    _require(id)
    stored = report.load(id, directory)
    if stored is None:
        raise ValueError(f"nothing is stored for {id}: {_command(id)}")
    return stored[1]


def show(id, directory=None):
    """The stored result of an experiment: picture, differences from the document, findings.

    Parameters
    ----------
    id : str
        Of an experiment.
    directory : path-like, optional
        Where the results are; by default the project's own.

    Returns
    -------
    StoredFigure
        Shown as picture and table in a notebook, and as text elsewhere. If nothing is stored, it
        says which command makes it.

    Raises
    ------
    ValueError
        If there is no such experiment, or its files are damaged.

    Examples
    --------
    >>> print(show("vcl.fig2"))  # doctest: +ELLIPSIS
    A linear unit trained with VCL alone (vcl.fig2)
    ...
    """
    _require(id)
    stored = report.load(id, directory)
    return NothingStored(id) if stored is None else StoredFigure(*stored)


class NothingStored:
    """An experiment without a stored result: one sentence that says how to make it."""

    def __init__(self, id):
        self.id = id

    def __repr__(self):
        return f"Nothing is stored for {self.id}: {_command(self.id)}"


class StoredFigure:
    """A stored result: `content` is its record, `arrays` what the picture is drawn from."""

    def __init__(self, content, arrays):
        self.content, self.arrays = content, arrays
        self._entry = experiment(content["experiment"])

    @property
    def alt(self):
        """One line in place of the picture."""
        return f"{self.content['title']}: {self.content['says']}"

    @property
    def document(self):
        """The document's own numbers, and the names of what was compared."""
        return self._entry.document

    def picture(self, dpi=_DPI):
        """The picture as the bytes of a PNG file."""
        from normtheory.figures.picture import picture

        out = io.BytesIO()
        with picture(self._entry.size) as figure:
            self._entry.draw(figure, self.arrays, self._entry.document)
            figure.savefig(out, dpi=dpi, metadata={"Software": None})
        return out.getvalue()

    def _ipython_display_(self):
        from IPython.display import display

        look = {"alt": self.alt, "width": round(96 * self._entry.size[0])}
        shown = {"image/png": self.picture(), "text/plain": self.alt}
        display(shown, metadata={"image/png": look}, raw=True)
        display({"text/plain": repr(self), "text/markdown": self._repr_markdown_()}, raw=True)

    def __repr__(self):
        lines = [f"{self.content['title']} ({self.content['experiment']})", self.content["caption"]]
        for finding in self.content["findings"]:
            lines.append(f"{_answer(finding)}: {finding['sentence']}")
            lines.append(f"    {finding['quantity']}: {_numbers(finding)}")
        return "\n".join([*lines, self._provenance()])

    def _repr_markdown_(self):
        parts = [*self.setting(), "", *table(self.content["findings"]), "", self._provenance()]
        return "\n".join(parts)

    def lesson(self):
        """What to take away, in a sentence; of an earlier configuration, that it is so."""
        if self.is_earlier():
            return f"Stored is a result of an earlier configuration: {_command(self._entry.id)}"
        try:
            return _cell(self._entry.lesson.told(self.content))
        except ValueError as error:
            return f"Nothing: {_cell(str(error))}."

    def is_earlier(self):
        """Whether the configuration of the result is no longer the experiment's."""
        return self.content["fingerprint"] != self._entry.fingerprint(self.content["scale"])

    def setting(self):
        """Lines of Markdown: source, scale, data, and a table of what differs from the document."""
        content = self.content
        scale = content["scale"] + " scale"
        stated = any(each["document"] for each in content["deviations"])
        if self._entry.is_the_documents(content["scale"]) and not stated:
            scale += ", which is the document's own"
        seeds = len(content["seeds"])
        about = [content["source"], scale, f"{seeds} seed{'s' * (seeds != 1)}"]
        lines = [f"*{_cell('; '.join([*about, *content['notes']]))}.*"]
        if content["deviations"]:
            lines += ["", "| | the document | ours |", "|---|---|---|"]
        for each in content["deviations"]:
            cells = each["what"], each["document"] or "not stated", each["ours"]
            lines.append(f"| {' | '.join(map(_cell, cells))} |")
        return lines

    def _provenance(self):
        content = self.content
        seeds = len(content["seeds"])
        parts = [
            f"{content['scale']} scale",
            f"{seeds} seed{'s' * (seeds != 1)}",
            content["device"],
            *(f"data {print_}" for print_ in content["data"].values()),
            f"configuration {content['fingerprint']}",
        ]
        if self.is_earlier():
            parts.append(f"of an earlier configuration: {_command(content['experiment'])}")
        return f"Stored result: {', '.join(parts)}."


COLUMNS = ("answer", "the document", "measured", "ours", "its number", "smallest effect")


def table(findings, link=str):
    """Lines of a Markdown table of findings, each as in a stored record; `link` makes one of the id
    of a claim."""
    lines = [f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
    for finding in findings:
        answer, *rest = map(_cell, cells(finding, link))
        verdict = finding["verdict"]
        lines.append(f"| {' | '.join([f'**{verdict}**{answer[len(verdict) :]}', *rest])} |")
    return lines


def cells(finding, link=str):
    """What a table says of a finding in each of `COLUMNS`."""
    return (
        _answer(finding, link),
        finding["sentence"],
        finding["quantity"],
        _ours(finding),
        _document(finding),
        _effect(finding),
    )


def _answer(finding, link=str):
    """The answer, and what it says of the document or asks for."""
    answer = finding["verdict"]
    if answer == NOT:
        why = finding["why"]
        words = KINDS[why["kind"]]
        said = link(why["claim"]) if "claim" in why else why.get("words")
        return f"{answer}; {words}" + (f": {said}" if said else "")
    if answer != OPEN or finding["seen"] is None:
        return answer
    effect = counted(f"{finding['seen']:.2g}", finding["unit"])
    seen = f"an effect of {effect} would have been seen"
    if finding["needed"]:
        return f"{answer}; {seen}; {finding['needed']} seeds are likely to decide"
    larger = "more test images" if finding["test error"] else "a larger scale"
    return f"{answer}; {seen}; no number of seeds is likely to decide, but {larger}"


def _effect(finding):
    """The smallest effect, or the region that a number has to lie in, with the reason."""
    if finding["matters"]:
        size = counted(f"{finding['matters']:g}", finding["unit"])
    else:
        low, high = finding["region"]
        size = f"at least {low:g}" if high is None else f"at most {high:g}"
        if None not in (low, high):
            size = f"{low:.3g} to {high:.3g}"
    return f"{size}: {finding['because']}"


def _require(id):
    if match([id]) != (id,):
        raise ValueError(f"id must name one experiment, got {id!r}")


def _command(id):
    return f"`normtheory figures {id} --scale toy --out results` makes it."


def _ours(finding):
    low, high = finding["interval"]
    text = counted(f"{finding['value']:.3g}", finding["unit"])
    if finding["statistic"] == "exact":
        return f"{text} (exact)"
    return text if low is None else f"{text} [{low:.3g}, {high:.3g}]"


def _document(finding):
    return "" if finding["document"] is None else f"{finding['document']:.3g}"


def _numbers(finding):
    stated = _document(finding)
    return _ours(finding) + (f" (document: {stated})" if stated else "")


def _cell(text):
    # a bar would end the cell, a star would end the emphasis
    return html.escape(text, quote=False).replace("|", r"\|").replace("*", r"\*")
