"""The project's stored results: a figure with its findings, opened at once instead of run."""

import html
import io

from normtheory.experiments import report
from normtheory.experiments.catalogue import experiment, match

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
    10
    """
    _require(id)
    stored = report.load(id, directory)
    if stored is None:
        raise ValueError(f"nothing is stored for {id}: {_command(id)}")
    return stored[1]


def show(id, directory=None):
    """The stored result of an experiment: picture, deviations from the document, findings.

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
            lines.append(f"{finding['verdict']}: {finding['sentence']}")
            lines.append(f"    {finding['quantity']}: {_numbers(finding)}")
        return "\n".join([*lines, self._provenance()])

    def _repr_markdown_(self):
        caption = f"*{_cell(self.content['caption'])}*"
        return "\n".join([caption, "", *table(self.content["findings"]), "", self._provenance()])

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
        if content["fingerprint"] != self._entry.fingerprint(content["scale"]):
            parts.append(f"of an earlier configuration: {_command(content['experiment'])}")
        return f"Stored result: {', '.join(parts)}."


def table(findings):
    """Lines of a Markdown table of findings, each as in a stored record."""
    lines = ["| verdict | the document | measured | ours | its number |", "|---|---|---|---|---|"]
    for finding in findings:
        cells = (
            f"**{finding['verdict']}**",
            _cell(finding["sentence"]),
            _cell(finding["quantity"]),
            _cell(_ours(finding)),
            _document(finding),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _require(id):
    if match([id]) != (id,):
        raise ValueError(f"id must name one experiment, got {id!r}")


def _command(id):
    return f"`normtheory figures {id} --scale toy --out results` makes it."


def _ours(finding):
    low, high = finding["interval"]
    text = f"{finding['value']:.3g} {finding['unit']}".rstrip()
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
