"""What is installed with an extra, and the sentence for the one that is not."""

import re
from importlib import metadata


class MissingExtra(ImportError):
    """Something needs packages that come with an extra."""


def require(extra, user):
    """Raise MissingExtra, with the command that mends it, unless an extra is installed.

    Parameters
    ----------
    extra : str
        Its name in ``pip install 'normtheory[extra]'``.
    user : str
        What needs it, for the sentence.
    """
    for name in _names(extra):
        try:
            metadata.version(name)
        except metadata.PackageNotFoundError:
            raise MissingExtra(
                f"{user} needs {name}, which is not installed: pip install 'normtheory[{extra}]'"
            ) from None


def _names(extra):
    try:
        requirements = metadata.requires("normtheory") or ()
    except metadata.PackageNotFoundError:
        return  # run from its source, not installed: an import will say what is missing
    for each in requirements:
        named, _, condition = each.partition(";")
        if re.search(rf"extra == ['\"]{extra}['\"]", condition):
            name, inner = re.match(r"([\w.-]+)(?:\[([\w,-]+)\])?", named).groups()
            if name == "normtheory":
                yield from (found for part in inner.split(",") for found in _names(part))
            else:
                yield name
