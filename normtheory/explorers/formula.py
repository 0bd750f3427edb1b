"""Pictures that the browser computes: any setting at once, in a notebook and on a static page.

``formulas/<topic>.js`` holds one function for each explorer that declares it, of the explorer's
name. It answers with numbers alone: the picture's `arrays`, and for the `text` and each claim's
standing a case and the numbers that the case's sentence prints; the sentences are Python's. Python
stays the reference: `tests/browser/test_formulas.py` compares the two over random settings. `text`,
`arrays` and `standings` are functions: a track asks for standings alone.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from normtheory.explorers import wire

_HERE = Path(__file__).parent / "formulas"
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./numbers\.js";\n', re.MULTILINE)


@dataclass(frozen=True)
class Formula:
    """Where the browser finds an explorer's picture.

    Attributes
    ----------
    topic : str
        Name of the file in ``formulas``.
    looks : tuple of dict
        Settings whose pictures differ in axes or in labels; the function answers with the index
        of the one that its picture looks like.
    given : dict
        Numbers that the function takes from Python rather than repeat them.
    texts : dict
        Case -> the sentence under the picture: `explorer` hands on its own.
    """

    topic: str
    looks: tuple = ({},)
    given: dict = field(default_factory=dict)
    texts: dict = field(default_factory=dict)


def source(topic):
    """A topic's functions and the numbers they share, as one ES module that imports nothing."""
    shared, functions = ((_HERE / f"{n}.js").read_text("utf-8") for n in ("numbers", topic))
    return shared + _IMPORT.sub("", functions)


def describe(formula, scenes):
    """What the browser needs to know; `scenes` are the pictures of the formula's looks."""
    looks = [wire.picture(scene) for scene in scenes]
    return {
        "topic": formula.topic,
        "source": source(formula.topic),
        "given": formula.given,
        "texts": formula.texts,
        "looks": [{**look, "data": data} for look, data in looks],
    }
