"""``normtheory data``: list the data sets, fetch them ahead, check what is here."""

import sys

DESCRIPTION = (
    "List the data sets and where each is; get them into the cache, for a machine that will have "
    "no network; check the files against the published checksums. What NORMTHEORY_DATA holds is "
    "not fetched again. Exit code 1 when a set could not be had or is damaged."
)
_WELL, _NOT = 0, 1


def add_arguments(parser):
    """Add the options of ``normtheory data`` to an argparse parser."""
    parser.add_argument("action", metavar="get|list|check", choices=("get", "list", "check"))
    parser.add_argument("names", nargs="*", metavar="NAME", help="as `list` prints it (all)")


def main(arguments):
    """Run the command on parsed arguments and return its exit code."""
    from normtheory.data.registry import SOURCES

    for name in arguments.names:
        if name not in SOURCES:
            raise ValueError(f"NAME must be one of {', '.join(SOURCES)}, got {name!r}")
    chosen = dict.fromkeys(arguments.names or SOURCES)
    return {"get": _get, "list": _list, "check": _check}[arguments.action](chosen)


def _list(names):
    from normtheory.data.registry import SOURCES, found

    width = max(map(len, names))
    for name in names:
        source, here = SOURCES[name], found(name)
        place = here[1] if here else "missing"
        print(f"{name:{width}}  {source.size:10}  {place} ({source.text}, {source.licence})")
    return _WELL


def _get(names):
    import pooch

    from normtheory.data import load
    from normtheory.data.registry import SOURCES, found
    from normtheory.data.sources import may_download

    missing = [name for name in names if not found(name)]
    if missing and not may_download():
        raise ValueError(
            f"get needs the network, which NORMTHEORY_OFFLINE forbids, for {', '.join(missing)}"
        )
    # what it says of every file is for who writes such a command
    pooch.get_logger().setLevel("WARNING")
    failed = 0
    for number, name in enumerate(missing, 1):
        source = SOURCES[name]
        print(f"{number} of {len(missing)}: {name}, {source.size}, {source.text}", flush=True)
        # two sets can share their files
        failed += not found(name) and not _goes_well(name, load, name, source.network)
    print(f"{len(names) - failed} of {len(names)} data sets are here")
    return _NOT if failed else _WELL


def _check(names):
    from normtheory.data.registry import check, found

    damaged = 0
    for name in names:
        here = found(name)
        if not here:
            print(f"{name}: missing")
        elif _goes_well(name, check, name):
            print(f"{name}: whole, {here[1]}", flush=True)
        else:
            damaged += 1
    return _NOT if damaged else _WELL


def _goes_well(name, function, *arguments):
    """Whether a data set could be read; every loader compares checksums."""
    from normtheory import data

    try:
        function(*arguments)
    except ValueError as error:
        print(f"{name}: {' '.join(str(error).split())}", file=sys.stderr)
        return False
    finally:
        data.load.cache_clear()
    return True
