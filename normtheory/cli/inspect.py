"""``normtheory inspect``: which claims speak about the network whose activations are in a file."""

import json
from pathlib import Path

from normtheory.cli.options import (
    MOST_SEED,
    check_docstrings,
    check_number,
    check_writable,
    place,
    write,
)

DESCRIPTION = (
    "Print for each layer in a file of activations moments, dead units, distances to N(0, I) and "
    "effective rank, and which claims' assumptions hold there. An .npz holds an array (samples, "
    "units) for each layer (`handle.record().save(FILE)` writes one), a .csv a row for each sample."
)


def add_arguments(parser):
    """Add the options of ``normtheory inspect`` to an argparse parser."""
    parser.add_argument("file", type=place, metavar="FILE", help="activations, .npz or .csv")
    parser.add_argument(
        "--dim",
        type=int,
        metavar="N",
        help="axis of the units in arrays of more than two axes (1: feature maps, -1: tokens)",
    )
    parser.add_argument("--json", type=place, metavar="FILE", help="also write all of it as JSON")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of random directions (0)")


def main(arguments):
    """Run the command on parsed arguments and return its exit code."""
    check_docstrings()
    check_number("seed", arguments.seed, 0, MOST_SEED)
    check_writable("json", arguments.json)
    from normtheory.claims.inspection import inspect_activations
    from normtheory.claims.recorded import read_activations

    layers = read_activations(arguments.file, dim=arguments.dim)
    if arguments.json and Path(arguments.json).resolve() == Path(arguments.file).resolve():
        raise ValueError(f"json must be another file than the activations, got {arguments.json!r}")
    found = inspect_activations(layers, seed=arguments.seed)
    print(found)
    if arguments.json:
        write(arguments.json, json.dumps(found.as_json(), indent=1, ensure_ascii=False) + "\n")
    return 0
