"""Where a site may stand, and how a new one takes the place of a former one."""

import contextlib
import os
import tempfile
from pathlib import Path

# the file that tells a site of ours from whatever else may stand in a folder
MARK = ".normtheory-site"


def check(destination):
    """Raise ValueError if a site cannot stand there: it may be new, empty, or a former site."""
    if destination.exists() and not destination.is_dir():
        raise ValueError(f"destination must be a folder, got {destination}")
    if destination.exists() and any(destination.iterdir()) and not (destination / MARK).exists():
        raise ValueError(f"destination must be empty or hold a former site, got {destination}")
    above = next(each for each in destination.resolve().parents if each.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise ValueError(f"destination must be in a folder that can be written, got {destination}")


@contextlib.contextmanager
def replaced(destination):
    """A folder to work in, whose ``site`` takes the place of `destination` if nothing is raised."""
    # of a link, the folder that it leads to
    target = destination.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    # beside the destination, since a folder can be moved at once on the same disk only
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as work:
        work = Path(work)
        yield work
        (work / "site" / MARK).write_text("built by normtheory site\n", encoding="utf-8")
        _swap(work / "site", target, work / "former")


def _swap(site, destination, former):
    """Put `site` in the place of `destination`, which goes to `former`; both or neither."""
    if destination.exists():
        destination.rename(former)
    try:
        site.rename(destination)
    except BaseException:
        if former.exists():
            former.rename(destination)
        raise
