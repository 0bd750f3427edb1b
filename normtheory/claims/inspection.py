"""Which claims speak about a network at hand: its activations, layer by layer, against what the
claims assume."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from normtheory.claims.assumptions import findings
from normtheory.theory import activation_statistics
from normtheory.theory import arguments as require
from normtheory.theory.activations import ActivationStatistics

# column -> the number that stands there
COLUMNS = {
    "samples": lambda layer: layer.samples,
    "units": lambda layer: layer.units,
    "dead": lambda layer: int(layer.dead.sum()),
    "mean": lambda layer: middle(layer.mean),
    "variance": lambda layer: middle(layer.variance),
    "skewness": lambda layer: middle(layer.skewness),
    "kurtosis": lambda layer: middle(layer.kurtosis),
    "SW1": lambda layer: layer.sliced_distance,
    "divergence": lambda layer: layer.divergence,
    "rank": lambda layer: layer.effective_rank,
}
LEGEND = (
    "Medians over units. dead: units above 0 in no sample, or constant; SW1 and divergence: sliced "
    "Wasserstein distance and sphere divergence to N(0, I); rank: effective rank of the centred "
    "batch."
)


class Inspection:
    """Statistics of layers, and where the claims' assumptions hold in them; printed as a table.

    Attributes
    ----------
    statistics : dict
        Layer -> `ActivationStatistics`.
    findings : dict
        Layer -> list of `Finding`, the same assumptions in each.
    """

    def __init__(self, statistics: Mapping[str, ActivationStatistics]) -> None:
        self.statistics = dict(statistics)
        self.findings = {name: findings(layer) for name, layer in self.statistics.items()}

    def __str__(self):
        return f"{self.table()}\n\n{self.assumptions()}"

    __repr__ = __str__

    def table(self) -> str:
        """One line for each layer, and a legend."""
        rows = [["layer", *COLUMNS]]
        for name, layer in self.statistics.items():
            rows.append([name, *(_figure(column(layer)) for column in COLUMNS.values())])
        return "\n".join([*_aligned(rows), *textwrap.wrap(LEGEND, 98)])

    def assumptions(self) -> str:
        """What each claim assumes, and in which layers that holds."""
        parts = []
        for each in zip(*self.findings.values(), strict=True):
            head = textwrap.wrap(f"{each[0].name} ({', '.join(each[0].claims)})", 98)
            words = textwrap.wrap(each[0].assumed, 96, initial_indent="  ", subsequent_indent="  ")
            rows = [
                [f"    {name}", found.answer, found.measured]
                for name, found in zip(self.findings, each, strict=True)
            ]
            parts.append("\n".join([*head, *words, *_aligned(rows, left=True)]))
        return "\n\n".join(parts)

    def lines(self) -> Iterator[str]:
        """One line for each layer, for a log: numbers, and the assumptions that hold throughout."""
        for name, layer in self.statistics.items():
            numbers = ", ".join(f"{key} {_figure(of(layer))}" for key, of in COLUMNS.items())
            holds = [found.name for found in self.findings[name] if found.share == 1]
            yield f"{name}: {numbers}; holds: {', '.join(holds) or 'nothing'}"

    def as_json(self) -> list[dict[str, Any]]:
        """Everything as plain values: statistics of each unit, and what the assumptions came to."""
        return [
            {
                "layer": name,
                "statistics": {key: _plain(value) for key, value in layer._asdict().items()},
                "assumptions": [found._asdict() for found in self.findings[name]],
            }
            for name, layer in self.statistics.items()
        ]


def inspect_activations(layers: Mapping[str, ArrayLike], *, seed: int = 0) -> Inspection:
    """Statistics of recorded activations, and which claims' assumptions hold in each layer.

    Parameters
    ----------
    layers : mapping of str to array_like, (b, d)
        For each layer one row a sample, one column a unit; as `read_activations` returns them.
    seed : int
        Of the random directions of the sliced distance.

    Returns
    -------
    Inspection
        Prints as a table; ``as_json()`` gives plain values.

    Raises
    ------
    ValueError
        If there is no layer, or one is not (b, d) with at least two samples, or not finite.
    TypeError
        If `layers` is no mapping from names.

    Examples
    --------
    >>> import numpy as np
    >>> h = np.random.default_rng(0).standard_normal((1000, 4))
    >>> found = inspect_activations({"hidden": h, "relu": h.clip(min=0)})
    >>> [[each.name for each in layer][5] for layer in found.findings.values()]
    ['not negative', 'not negative']
    >>> [layer[5].answer for layer in found.findings.values()]
    ['no', 'holds']
    """
    require.instance("layers", layers, Mapping)
    if not layers:
        raise ValueError("layers must hold at least one layer, got none")
    seed = require.integer("seed", seed, minimum=0)
    statistics = {}
    for name, h in layers.items():
        try:
            statistics[str(name)] = activation_statistics(h, np.random.default_rng(seed))
        except (ValueError, TypeError) as error:
            raise type(error)(f"layers[{str(name)!r}]: {error}") from None
    return Inspection(statistics)


def middle(values):
    """The median of what is defined, NaN where nothing is."""
    values = values[np.isfinite(values)]
    return float(np.median(values)) if len(values) else float("nan")


def _figure(number):
    if isinstance(number, int):
        return str(number)
    return "-" if np.isnan(number) else f"{number:.3g}"


def _aligned(rows, left=False):
    """Rows of cells as lines: the first column to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [
            (c.ljust if left else c.rjust)(w) for c, w in zip(row[1:], widths[1:], strict=True)
        ]
        yield "  ".join(cells).rstrip()


def _plain(value):
    """A statistic as JSON has it: null for what is undefined."""
    if isinstance(value, np.ndarray | tuple):
        return [_plain(each) for each in np.asarray(value).tolist()]
    if isinstance(value, bool):
        return value
    return None if value != value else value
