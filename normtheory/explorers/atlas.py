"""The atlas: in which network, at which learning rate and batch size each method learns, as it was
measured."""

import numpy as np

from normtheory.claims.claim import Parameter
from normtheory.claims.sentence import filled
from normtheory.explorers.explorer import Explorer
from normtheory.figures.scene import Curve, HLine, Panel, Points, Scene, Text, VLine

TEXT = (
    "{method:s}, {network:s}, rate 2^{octave:.0f}: {share:.0f} % of the test rows, place {place:d} "
    "of {count:d}; more than half are right at {learns:d} of {rates:d} rates, most at "
    "2^{best:.0f}. At the rate best on rows held out, batches of {size:d}: {steps:.0f} % at equal "
    "steps, {samples:.0f} % at equal samples."
)
_LEARNS = 50.0
_FIRST = "BN"


def atlas(sizes, *maps, **values):
    """Where a method trains: accuracy by learning rate, by method, and by batch size.

    Parameters
    ----------
    sizes : object with `arrays`, `content` and `document`
        ``experiments.show("suite.batch-size")``.
    *maps : the same
        Of "suite.atlas", "suite.depths" and "suite.cnn", in any number.
    **values
        Where the sliders start: `method`, `network`, `rate`, `batch`.

    Notes
    -----
    Medians over seeds. Between the rates and sizes that were measured, the nearest is shown.
    """
    names, networks = _names(sizes, *maps), _networks(maps)
    batches = _batches(sizes)
    rates = sorted({rate for each, _ in networks.values() for rate in each})
    ids = ", ".join(f'"{each.content["experiment"]}"' for each in (sizes, *maps))

    def view(method, network, rate, batch):
        return _picture(names, networks[network], batches, method, network, rate, int(batch))

    explorer = Explorer(
        name="atlas",
        title="Where does each method train?",
        view=view,
        parameters=(
            Parameter("method", "m", "method", _FIRST, choices=tuple(names)),
            Parameter("network", "L", "hidden layers", next(iter(networks)), choices=(*networks,)),
            Parameter(
                name="rate",
                symbol=r"\eta",
                meaning="learning rate, the nearest that was measured",
                default=2.0**-5,
                domain=(rates[0], rates[-1]),
                closed=True,
                log=True,
            ),
            Parameter(
                "batch", "b", "batch size", "64", choices=tuple(str(size) for size in batches[0])
            ),
        ),
        presets={
            "the deepest without convolutions": {"network": _deepest(networks)},
            "a batch of two": {"batch": "2"},
        },
        values=values,
    )
    explorer.spec = {**explorer.spec, "given": f"*map(experiments.show, ({ids}))"}
    return explorer


def _names(*results):
    """The methods, which all results must share."""
    found = {tuple(each.document.get("names", ())) for each in results}
    if len(found) != 1:
        raise ValueError(f"maps must be of the methods of sizes, got {sorted(found)}")
    return found.pop()


def _networks(maps):
    """By name of a network, rates and median accuracy in points (methods, rates)."""
    found = {}
    for each in maps:
        if "depth" not in each.arrays:
            raise ValueError(f"maps must have depths, got {each.content['experiment']}")
        kind = "convolutions" if each.content["configuration"].get("side") else "layers"
        accuracy = 100 * np.median(each.arrays["accuracy"], axis=0)
        for row, depth in enumerate(each.arrays["depth"][0]):
            found[kind, int(depth)] = each.arrays["rate"][0], accuracy[:, row]
    if not found:
        raise ValueError("maps must hold at least one result, got ()")
    order = sorted(found, key=lambda place: (place[0] != "layers", place[1]))
    return {f"{depth} {kind}": found[kind, depth] for kind, depth in order}


def _deepest(networks):
    return [name for name in networks if name.endswith("layers")][-1]


def _batches(sizes):
    """Sizes, and median accuracy in points (methods, sizes, 2) at equal samples and steps, each
    seed at the rate that is best on rows held out."""
    if "size" not in sizes.arrays:
        raise ValueError(f"sizes must have batch sizes, got {sizes.content['experiment']}")
    best = sizes.arrays["held"].argmax(3, keepdims=True)
    accuracy = np.take_along_axis(sizes.arrays["accuracy"], best, 3)[:, :, :, 0]
    return sizes.arrays["size"][0], 100 * np.median(accuracy, axis=0)


def _picture(names, measured, batches, method, network, rate, batch):
    rates, accuracy = measured
    sizes, by_size = batches
    row, column = names.index(method), int(np.argmin(np.abs(np.log2(rates / rate))))
    order = np.argsort(accuracy[:, column], kind="stable")
    size = int(np.argmin(np.abs(sizes - batch)))
    own = accuracy[row]
    numbers = {
        "method": method,
        "network": network,
        "octave": np.log2(rates[column]),
        "share": own[column],
        "place": int(len(names) - np.flatnonzero(order == row)[0]),
        "count": len(names),
        "learns": int((own > _LEARNS).sum()),
        "rates": len(rates),
        "best": np.log2(rates[own.argmax()]),
        "size": int(sizes[size]),
        "samples": by_size[row, size, 0],
        "steps": by_size[row, size, 1],
    }
    share, ticks = ("test accuracy (%)", 0, 100), np.array([-10, -8, -6, -4, -2])
    others = (Curve(rates, each, color="grey", width=0.7) for each in accuracy)
    dots = []
    for line, other in enumerate(order):
        ink = "vermilion" if other == row else "grey"
        dots += [
            Points([accuracy[other, column]], [line], color=ink, size=7),
            Text([-88], [line], label=names[other], color=ink),
        ]
    curves = (
        Curve(sizes, by_size[row, :, equal], color="vermilion", dash=dash, label=f"equal {name}")
        for equal, name, dash in ((1, "steps", "-"), (0, "samples", "--"))
    )
    return Scene(
        (
            Panel.of(
                "by learning rate, batches of 64",
                ("learning rate", 2.0**-10.3, 2.0**-1.7, "log"),
                share,
                HLine([_LEARNS], dash=":"),
                *others,
                Curve(rates, own, color="vermilion", width=2.5),
                Points([rates[column]], [own[column]], size=9, drag={"x": "rate"}),
                xticks=tuple((2.0**tick, f"$2^{{{tick}}}$") for tick in ticks),
            ),
            Panel.of(
                "all methods, at this rate",
                ("test accuracy (%)", -90, 102),
                ("", -0.5, len(names) - 0.5),
                HLine([int(np.flatnonzero(order == row)[0])], dash=":"),
                *dots,
                xticks=tuple((float(at), str(at)) for at in (0, 50, 100)),
                yticks=tuple((float(line), "") for line in range(len(names))),
            ),
            Panel.of(
                "by batch size, 6 layers",
                ("batch size", 1.7, 300, "log"),
                share,
                VLine([sizes[size]], dash=":"),
                Curve(sizes, by_size[:, :, 1].max(0), color="grey", width=0.7, label="the best"),
                *curves,
                xticks=tuple((float(each), str(each)) for each in sizes),
                legend="lower right",
            ),
        ),
        filled(TEXT, numbers),
        widths=(1.2, 1.1, 1.1),
        size=(980, 380),
    )
