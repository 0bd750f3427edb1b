"""``normtheory verify``: run the evidence, show the ledger, tell whether it stands."""

import json
import os
import sys
from concurrent.futures.process import BrokenProcessPool

from normtheory.cli.options import (
    MOST_JOBS,
    MOST_SEED,
    between,
    check_docstrings,
    check_number,
    check_writable,
    place,
    write,
)
from normtheory.extras import require

DESCRIPTION = (
    "Run the evidence of the claims, show every check a wrong answer that it must reject, and "
    "print the ledger. Exit code 0 when all evidence supports its verdict, 1 when some does not, "
    "2 on wrong usage."
)
_SUPPORTED, _NOT_SUPPORTED, _INTERRUPTED = 0, 1, 130
BEGIN, END = "<!-- ledger: written by normtheory verify --summary -->", "<!-- /ledger -->"

# what is written where it is asked for: option -> its help; the last three alone run no evidence
FILES = {
    "json": "also write the results as JSON",
    "ledger": "also write the ledger as versioned JSON, with claims/ledger-1.schema.json",
    "errata": "also write the errata as Markdown",
    "summary": "also bring the ledger in a Markdown file up to date",
    "coverage": "also write which claim or finding decides each sentence of the documents, as "
    "Markdown; alone, runs no evidence",
    "theorems": "also write the results that are new as Markdown; alone, runs no evidence",
    "map": "also write the functions, explorers and notebooks of each claim as Markdown; "
    "alone, runs no evidence",
}


def add_arguments(parser):
    """Add the options of ``normtheory verify`` to an argparse parser."""
    parser.add_argument("ids", nargs="*", metavar="ID", help="id or glob, such as 'vcl.*' (all)")
    parser.add_argument("--list", action="store_true", help="name the claims and stop")
    parser.add_argument(
        "--explain",
        action="store_true",
        help="print the claims in full: statement, derivation, numbers, counterexample, amendment",
    )
    parser.add_argument(
        "--perturb",
        action="store_true",
        help="make each function that the claims use 1.5 %% wrong, and tell which checks notice",
    )
    for name, told in FILES.items():
        parser.add_argument(f"--{name}", type=place, metavar="FILE", help=told)
    parser.add_argument("--seed", type=int, metavar="N", help="master seed of all simulations")
    parser.add_argument("--jobs", type=int, metavar="N", help="processes (one for each core)")


def main(arguments):
    """Run the command on parsed arguments and return its exit code."""
    check_docstrings()
    one_thread_each()
    from normtheory.claims import ledger

    chosen = ledger.select(arguments.ids)
    seed = ledger.MASTER_SEED if arguments.seed is None else arguments.seed
    jobs = cores() if arguments.jobs is None else arguments.jobs
    check_number("seed", seed, 0, MOST_SEED)
    check_number("jobs", jobs, 1, MOST_JOBS)
    for option in FILES:
        check_writable(option, getattr(arguments, option))
    if arguments.summary:
        between("summary", arguments.summary, (BEGIN, END), "")
    told = arguments.coverage or arguments.theorems or arguments.map
    run_too = arguments.summary or arguments.errata or arguments.ledger
    if arguments.ids and (told or run_too):
        raise ValueError("such pages are of all claims: name no ids with them")
    if arguments.list:
        width = max(len(each.id) for each in chosen)
        for each in chosen:
            print(f"{each.id:{width}}  {each.source}")
        return _SUPPORTED
    if arguments.perturb:
        return _perturb(chosen, seed)
    if arguments.coverage:
        write(arguments.coverage, _coverage(chosen))
    if arguments.theorems:
        from normtheory.claims import theorems

        write(arguments.theorems, theorems.page(chosen))
    if arguments.map:
        require("lab", "normtheory verify --map")
        from normtheory.cli.lab import home
        from normtheory.pages.map import overview

        write(arguments.map, overview(home()))
    if told and not (run_too or arguments.json or arguments.explain):
        return _SUPPORTED
    return _verify(chosen, seed, jobs, arguments)


def run(chosen, seed, jobs):
    """Run the evidence of the chosen claims behind a progress bar, yielding each `Row`."""
    from normtheory.claims.ledger import verify

    rows = verify([each.id for each in chosen], seed=seed, workers=jobs)
    try:
        from tqdm import tqdm
    except ImportError:
        # the ledger needs the core alone
        yield from rows
        return
    tqdm.monitor_interval = 0  # its thread would be there when the workers are forked
    # no bar unless somebody watches
    with tqdm(total=len(chosen), unit="claim", leave=False, disable=None) as bar:
        for row in rows:
            bar.set_postfix_str(row.id)
            bar.update()
            yield row


def one_thread_each():
    """Claims run side by side: a second thread for each would only get in the others' way."""
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")


def cores():
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _perturb(chosen, seed):
    from normtheory.claims.perturb import perturb

    missed = 0
    for claim in chosen:
        print(claim.id)
        for each in perturb(claim, seed):
            sign = "+" if each.up else "-"
            told = f"noticed by {each.noticed}" if each.noticed else "NOT NOTICED"
            told = f"not to be noticed: {each.reason}" if each.reason and not each.noticed else told
            print(f"  {each.function} {sign}1.5 %: {told}", flush=True)
            missed += not (each.noticed or each.reason)
    return _NOT_SUPPORTED if missed else _SUPPORTED


def _coverage(claims):
    require("experiments", "normtheory verify --coverage")
    from normtheory.claims import coverage
    from normtheory.experiments import report
    from normtheory.experiments.catalogue import ids

    findings = {}
    for id in ids():
        content, _ = report.load(id) or ({"title": "", "findings": []}, None)
        found = {each["name"]: each["verdict"] for each in content["findings"]}
        findings[id] = content["title"], found
    return coverage.page(claims, findings)


def _verify(chosen, seed, jobs, arguments):
    from normtheory.claims import report

    found, stopped = {}, None
    try:
        for row in run(chosen, seed, jobs):
            found[row.id] = row
    except KeyboardInterrupt:
        stopped = "interrupted"
    except BrokenProcessPool:
        stopped = "a process died (out of memory, or killed)"
    pairs = [(each, found[each.id]) for each in chosen if each.id in found]
    rows = [row for _, row in pairs]
    if arguments.explain:
        print("\n\n\n".join(report.explanation(*pair) for pair in pairs))
    elif rows:
        print(report.ledger(rows))
    if stopped:
        print(f"{stopped}: {len(rows)} of {len(chosen)} claims were finished", file=sys.stderr)
        return _INTERRUPTED if stopped == "interrupted" else _NOT_SUPPORTED
    if arguments.json:
        table = [report.as_json(*pair) for pair in pairs]
        write(arguments.json, json.dumps(table, indent=1, ensure_ascii=False) + "\n")
    if arguments.ledger:
        from normtheory.claims import published

        write(arguments.ledger, published.text(chosen, found))
    if arguments.errata:
        from normtheory.claims.errata import errata

        write(arguments.errata, errata(chosen, found))
    if arguments.summary:
        text = report.summary(chosen)
        write(arguments.summary, between("summary", arguments.summary, (BEGIN, END), text))
    return _SUPPORTED if all(row.supported for row in rows) else _NOT_SUPPORTED
