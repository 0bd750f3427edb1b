"""All experiments by id, found without importing any until it is asked for."""

import difflib
import fnmatch
from importlib import import_module

# module -> the ids it defines, in the documents' order
_MODULES = {
    "vcl.histograms": ("vcl.fig1",),
    "vcl.unit": ("vcl.fig2",),
    "vcl.uci": ("vcl.fig3",),
    "vcl.cifar": ("vcl.table2",),
    "per.laws": ("per.fig1",),
    "per.flow": ("per.fig2",),
    "per.curves": ("per.fig3",),
    "per.training": ("per.fig4", "per.fig5"),
    "per.cifar": ("per.table3",),
    "per.language": ("per.table4",),
    "timing": ("vcl.table1", "per.timing"),
    "equinorm.balance": ("equinorm.fig1",),
    "equinorm.training": (
        "equinorm.fig2",
        "equinorm.quarter-batch",
        "equinorm.fig3",
        "equinorm.fig4",
        "equinorm.mixup",
    ),
    "stdloss.mnist": ("stdloss.fig1", "stdloss.fig2", "stdloss.fig3"),
    "stdloss.evolution": ("stdloss.fig4",),
    "stdloss.speed_up": ("stdloss.fig5",),
    "stdloss.batch_size": ("stdloss.fig7",),
    "selu": ("selu.moment-map", "selu.depth", "selu.dropout"),
    "shattered.line": ("shattered.fig1", "shattered.autocorrelation"),
    "shattered.coactivation": ("shattered.coactivation",),
    "weightnorm": ("weightnorm.training",),
    # of no single document
    "side_by_side": ("suite.side-by-side",),
    "atlas": ("suite.atlas",),
    "suite.deep": ("suite.depths", "suite.cnn"),
    "suite.batch_size": ("suite.batch-size",),
    "suite.loss_weights": ("suite.loss-weights",),
    "suite.inference": ("suite.inference",),
    "suite.transformer": ("suite.transformer",),
}
_HOME = {id: f"normtheory.experiments.{module}" for module, ids in _MODULES.items() for id in ids}


def ids():
    """Ids of all experiments.

    Examples
    --------
    >>> "vcl.fig2" in ids()
    True
    """
    return tuple(_HOME)


def experiment(id):
    """The `Experiment` called `id`; where there is none, a ValueError that names the nearest."""
    if id not in _HOME:
        raise ValueError(_unknown(id))
    module = import_module(_HOME[id])
    return next(entry for entry in module.EXPERIMENTS if entry.id == id)


def match(patterns):
    """Ids that match any of `patterns` (ids or globs), in catalogue order; all if there is none.
    Where a pattern matches nothing, a ValueError names the nearest id.

    >>> match(["vcl.fig[12]"])
    ('vcl.fig1', 'vcl.fig2')
    """
    if not patterns:
        return ids()
    for pattern in patterns:
        if not fnmatch.filter(_HOME, pattern):
            raise ValueError(_unknown(pattern))
    return tuple(id for id in _HOME if any(fnmatch.fnmatchcase(id, glob) for glob in patterns))


def _unknown(id):
    near = difflib.get_close_matches(id, _HOME, n=3, cutoff=0.3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(_HOME)}"
    return f"id must name an experiment, got {id!r}: {hint}"
