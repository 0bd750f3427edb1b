"""Claims of no document, for the tests of what runs and prints claims."""

from normtheory.claims import Claim, Parameter
from normtheory.claims.ledger import Row

FINGERS = Parameter("n", "n", "fingers", 2, (0, 10))


def imagined(
    id,
    check=lambda two: (two == 2, f"1 + 1 = {two}"),
    *,
    says="$1+1=2$",
    verdict="holds",
    claimed=2,
    **words,
):
    """A claim of one checked sentence, or of several: ``role="words"``, all with the same check.

    Parameters
    ----------
    check : callable
        ``check(two)`` or ``check(two, *, rng)``.
    claimed : int
        What the sentence claims; one more and one less are its wrong answers.
    """
    claim = Claim(id=id, source="Eq. 0", says=says, verdict=verdict, parameters=(FINGERS,))
    for role, said in (words or {"shown": "one and one are two"}).items():

        def sentence(two=claimed):
            return check(two)

        def drawn(two=claimed, *, rng):
            return check(two, rng=rng)

        made = drawn if "rng" in check.__code__.co_varnames else sentence
        made.__doc__, made.__name__ = said, role
        getattr(claim, role)("numeric")(made)
    return claim


def rows(claims):
    """A row for each claim whose checks did not run, by id: pages without sentences."""
    return {claim.id: Row(claim.id, claim.verdict, (), 0.0) for claim in claims}
