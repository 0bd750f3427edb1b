"""Rules of style that a machine can hold: what a reader should not meet, and why."""

import re

FIELD = {
    r"(?<!power )\b[Ll]aws?\b(?! of large)": "a law is one of nature",
    r"(?i)(?<!standard\s)(?<!absolute\s)\bdeviations?\b": "of what? a standard deviation",
    r"\bby now\b": "it never changes",
}
# in a sentence that is made of numbers
NUMBERS = {
    r"(?<![\w.])-0(?![\w.])": "zero has no sign",
    # "layer 1 has", but not "1 layers"
    r"(?<![\w.,/^−-])(?<!layer )(?<!Algorithm )1 (?!is|has|as|times|scales)[a-z]+s\b": "no plural",
    r"\b(True|False|None|nan|inf)\b|[<>=]=|\b(kappa|sigma|beta)\b|\w_\w{2}": "a program's word",
}


def faults(text, rules):
    """What a text has that it should not: pairs of the place and the reason."""
    for pattern, why in rules.items():
        for found in re.finditer(pattern, text):
            yield f"{text[max(found.start() - 40, 0) : found.end() + 20]!r}: {why}"
