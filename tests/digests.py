"""What no computation finds changes on purpose alone: a digest of each is stored beside its test.

After a change that is meant, ``python tests/digests.py tests/explorers/test_looks.py`` stores all
that the named file says with ``told(name)`` of its ``NAMES``; names behind it, such as
``vcl.few-modes``, restrict that to these and to what is new.
"""

import hashlib
import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def file(test):
    """Where a test's digests are stored: ``looks.txt`` beside ``test_looks.py``."""
    return Path(test).with_name(Path(test).stem.removeprefix("test_") + ".txt")


def stored(test):
    """What is stored, by name."""
    lines = file(test).read_text(encoding="utf-8").splitlines()
    return {name: rest for name, _, rest in (line.partition(" ") for line in lines)}


def changes_on_purpose(test, name, told):
    """Assert that what a test tells of a name is what is stored."""
    __tracebackhide__ = True
    path = Path(test).relative_to(ROOT).as_posix()
    assert told == stored(test).get(name), f"if meant: python tests/digests.py {path}"


if __name__ == "__main__":
    given = [each for each in sys.argv[1:] if not each.endswith(".py")]
    for test in sys.argv[1:]:
        if test in given:
            continue
        module = runpy.run_path(test)
        kept = {k: v for k, v in stored(test).items() if given and k not in given}
        made = {name: kept.get(name) or module["told"](name) for name in module["NAMES"]}
        lines = (f"{name} {told}".rstrip() + "\n" for name, told in made.items())
        file(test).write_text("".join(lines), encoding="utf-8")
