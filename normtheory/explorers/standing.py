"""Claims as an explorer needs them: found by id, and where they stand at one setting."""

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
    if claim.at is None:
        return "silent", ""
    known = {p.name for p in claim.parameters}
    try:
        found = claim.standing(**{k: v for k, v in values.items() if k in known})
    except ValueError as error:
        # another claim's knob may reach further than this claim is defined
        return "outside", str(error)
    return found.state, found.reason
