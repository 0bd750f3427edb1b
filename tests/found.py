"""The numbers that the evidence of each claim tells."""

import re

import digests

from normtheory.claims import ledger

NAMES = [claim.id for claim in ledger.claims()]
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def numbers(row):
    """The numbers in a row's details, in order; what is next to nothing is nothing."""
    found = (float(each) for e in row.sentences for each in NUMBER.findall(e.detail))
    return [each if abs(each) > 1e-6 else 0.0 for each in found]


def told(id):
    found = numbers(ledger.check(ledger.claim(id), mutants=False))
    return " ".join(f"{each:.6g}" for each in found)


def stored(id):
    """The stored numbers of a claim; none of a new one."""
    return [float(each) for each in digests.stored(__file__).get(id, "").split()]
