"""Claims as an explorer needs them: found by id, and where they stand at one setting."""

import functools

from normtheory.claims import ledger


def find(id):
    """The claim of that id, with its own document's module alone: the others take seconds."""
    document = id.partition(".")[0]
    if document in ledger.DOCUMENTS:
        for claim in ledger.claims(document):
            if claim.id == id:
                return claim
    return ledger.claim(id)  # raises, and suggests the nearest


def standing(claim, values):
    """State (one of `badge.STATES`) and reason; values that are not the claim's are left out."""
    return _standing(claim, tuple((p.name, values[p.name]) for p in claim.parameters))


# a slider's track asks again for what the other sliders' have asked
@functools.lru_cache(8192)
def _standing(claim, values):
    if claim.at is None:
        return "silent", ""
    try:
        found = claim.standing(**dict(values))
    except ValueError:
        # another claim's knob may reach further than this claim is defined
        found = claim.at.case("outside_domain", {})
    return found.state, found.reason
