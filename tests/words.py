"""Rules of style that a machine can hold: what a reader should not meet, and why."""

import itertools
import math
import re

FIELD = {
    r"(?<!power )\b[Ll]aws?\b(?! of large)": "a law is one of nature",
    r"(?i)(?<!standard\s)(?<!absolute\s)\bdeviations?\b": "of what? a standard deviation",
    r"\bby now\b": "it never changes",
}
# in a sentence that is made of numbers
NUMBERS = {
    r"(?<![\w.])-0(\.0+)?(?![\w.])": "zero has no sign",
    # "layer 1 has", but not "1 layers"
    r"(?<![\w.,/^−-])(?<!layer )(?<!Algorithm )1 (?!is|has|as|times|scales)[a-z]+s\b": "no plural",
    r"\b(True|False|None|nan|inf)\b|[<>=]=|\b(kappa|sigma|beta)\b|\w_\w{2}": "a program's word",
}


def faults(text, rules):
    """What a text has that it should not: pairs of the place and the reason."""
    for pattern, why in rules.items():
        for found in re.finditer(pattern, text):
            yield f"{text[max(found.start() - 40, 0) : found.end() + 20]!r}: {why}"


def alike(said):
    """Pairs of numbers that differ, from one another or from one typed, and are printed alike."""
    parts = re.split(r"\{(\w+):[^{}]*\}", said.template)
    printed = re.fullmatch("(.*?)".join(map(re.escape, parts[::2])), said, re.DOTALL).groups()
    found = []
    for text, value in zip(printed, map(said.numbers.get, parts[1::2]), strict=True):
        if re.fullmatch(r"[-+]?\d.*", text) and not isinstance(value, str):
            percent = text.endswith("%")
            found.append((float(text.rstrip("%")), value * 100 if percent else value))
    typed = re.sub(
        r"\w+\. [\d.]+(-\d+)?|(Theorem|Algorithm) \d|[\w^.-]+\d|\$.*?\$", "", " ".join(parts[::2])
    )
    found += [(float(n), float(n)) for n in re.findall(r"\d+(?:\.\d+)?", typed)]
    for (one, a), (other, b) in itertools.combinations(found, 2):
        if one == other and not math.isclose(a, b, rel_tol=1e-8, abs_tol=1e-8):
            yield a, b
