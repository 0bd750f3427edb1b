"""The table of all measurements.

    normtheory bench [NAME ...] [--json FILE] [--markdown FILE]

Everything runs in this one process, on one thread; contestants of one row are interleaved.
"""

import argparse
import importlib
import json
import os
import platform
import sys
import time
from pathlib import Path

# name -> (module, what it measures, module it needs beyond ours)
GROUPS = {
    "simulation": ("benchmarks.simulation", "the variance of variance by simulation", None),
    "transport": ("benchmarks.transport", "sliced Wasserstein distances", "ot"),
    "projected-error": ("benchmarks.projected_error", "exact PER in numpy", None),
    "losses": ("benchmarks.losses", "exact PER in torch", None),
    "steps": ("benchmarks.steps", "training steps", None),
    "training": ("benchmarks.training", "the experiments' training loop", None),
    "startup": ("benchmarks.startup", "imports and proofs", None),
    "gpu": ("benchmarks.gpu", "losses on a GPU", None),
}
HEADS = ("what", "against", "median [quartiles]", "target", "", "ours")
# between which a page of the documentation has its table
MARKS = "<!-- measured -->", "<!-- end of what was measured -->"


def collect(names, *, rounds=None, report=print):
    """Rows of the named groups, and the names of peers that are not installed."""
    table, absent = [], []
    for name in names:
        module, meaning, peer = GROUPS[name]
        if peer and importlib.util.find_spec(peer) is None:
            absent.append(peer)
            continue
        report(f"measuring {meaning} ...")
        started = time.monotonic()
        module = importlib.import_module(module)
        found = module.rows(**({} if rounds is None else {"rounds": rounds}))
        table += [_row(each) for each in found]
        if hasattr(module, "accuracy"):
            table += [_row(each) for each in module.accuracy()]
        report(f"  {time.monotonic() - started:.0f} s")
    return table, absent


def _row(found):
    from benchmarks.row import Row, ratio_row

    if isinstance(found, Row):
        return found
    found = dict(found)
    if "error" in found:
        return Row(
            found["what"], "mpmath", found["error"], None, None, "at most", found["target"], ""
        )
    return ratio_row(
        found["what"],
        found["against"],
        found["ratio"],
        sense="at least",
        target=found["target"],
        milliseconds=found["milliseconds"],
    )


def text(rows):
    """The table, in columns."""
    lines = [HEADS, *(row.cells() for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADS))]
    return "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def markdown(rows):
    """The table as Markdown, with where it comes from and how many targets are met."""
    met = [row.met for row in rows if row.met is not None]
    where = machine()
    lines = [
        f"Python {where['python']}, NumPy {where['numpy']}, PyTorch {where['torch']}, "
        f"{where['system']}, {where['cores']} cores, load {where['load']:.1f}, "
        f"{'GPU ' + where['gpu'] if where['gpu'] else 'no GPU'}. "
        f"{met.count(True)} targets are met, {met.count(False)} missed.",
        "",
        *(f"| {' | '.join(cells)} |" for cells in (HEADS, ["---"] * len(HEADS))),
    ]
    for row in rows:
        *cells, verdict, cost = row.cells()
        verdict = "**missed**" if verdict == "missed" else verdict
        lines.append(f"| {' | '.join([*cells, verdict, cost])} |")
    return "\n".join(lines)


def rewrite(file, rows):
    """Put the table between the two marks of a file, instead of the one that is there."""
    text = Path(file).read_text(encoding="utf-8")
    before, _, rest = text.partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    if not end:
        raise ValueError(f"markdown must name a file with the marks {MARKS}, got {str(file)!r}")
    table = f"{before}{MARKS[0]}\n\n{markdown(rows)}\n\n{MARKS[1]}{after}"
    Path(file).write_text(table, encoding="utf-8")


def machine():
    """Where the numbers come from."""
    import numpy
    import torch

    return {
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "torch": torch.__version__,
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    }


def main(arguments=None):
    """Measure, print the table, write it where asked."""
    parser = argparse.ArgumentParser(prog="normtheory bench")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--markdown", metavar="FILE")
    parser.add_argument("--rounds", type=int, metavar="N")
    options = parser.parse_args(arguments)
    import torch

    torch.set_num_threads(1)
    names = options.names or GROUPS
    rows, absent = collect(
        names, rounds=options.rounds, report=lambda line: print(line, file=sys.stderr, flush=True)
    )
    print(text(rows))
    for peer in absent:
        print(f"not installed: {peer}; its rows are left out (pip install 'normtheory[bench]')")
    if "gpu" in names and not torch.cuda.is_available():
        print("no GPU: its rows, milliseconds as batch and dimension grow, are left out")
    if options.markdown:
        rewrite(options.markdown, rows)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"machine": machine(), "rows": [r.record() for r in rows]}, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
