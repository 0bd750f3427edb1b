"""The numbers that the evidence of each claim tells, stored in tests/claims/found.txt.

After a change that is meant, ``python tests/found.py`` stores the new ones.
"""

import re
from pathlib import Path

from normtheory.claims import ledger

STORED = Path(__file__).parent / "claims" / "found.txt"
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def numbers(row):
    """The numbers in a row's details, in order; what is next to nothing is nothing."""
    found = (float(each) for e in row.sentences for each in NUMBER.findall(e.detail))
    return [each if abs(each) > 1e-6 else 0.0 for each in found]


def stored():
    """The stored numbers by the claim's id."""
    lines = (line.split() for line in STORED.read_text(encoding="utf-8").splitlines())
    return {id: [float(each) for each in rest] for id, *rest in lines}


if __name__ == "__main__":
    rows = {claim.id: numbers(ledger.check(claim, mutants=False)) for claim in ledger.claims()}
    STORED.write_text(
        "".join(" ".join([id, *(f"{x:.6g}" for x in found)]) + "\n" for id, found in rows.items())
    )
