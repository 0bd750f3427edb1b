"""EquiNorm, Sec. 5.2: when the denominator of the scale vanishes."""

from fractions import Fraction
from itertools import product

import numpy as np

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.theory.equilibrium import denominator
from normtheory.theory.precision import TOLERANCE

WEIGHTS = Parameter(
    name="weights",
    symbol="w",
    meaning="weights of two channels",
    default="one negative",
    choices=(
        "one negative",
        "both signs",
        "all positive",
        "all equal",
        "both signs, in a dark channel only",
    ),
)
PASSES = Parameter(
    name="passes",
    symbol=r"\mathrm{passes}",
    meaning="passes over the weights (the experiments use 1)",
    default=1,
    domain=(1, 2),
    closed=True,
    integer=True,
)
SETTINGS = {  # weights of two channels, and their channel sums
    "one negative": ((3, 1, 2, -1), (1, 1)),
    "both signs": ((3, -2, -1, 2), (1, 1)),
    "all positive": ((3, 1, 2, 5), (1, 1)),
    "all equal": ((2, 2, 2, 2), (1, 1)),
    "both signs, in a dark channel only": ((3, -2, 2, 5), (0, 1)),
}


def _exact_denominators(w, v):
    """One-pass and two-pass denominators of two channels of two weights, as fractions."""
    total = sum(v)
    b = -Fraction(sum(v[c] * (w[2 * c] + w[2 * c + 1]) for c in (0, 1)), 2 * total)
    terms = [(v[k // 2] * (w[k] + b), w[k] > 0) for k in range(4)]
    one = sum(term for term, positive in terms if positive)
    two = sum(v[k // 2] * max(w[k] + b, Fraction(0)) for k in range(4))
    return one, two


def _vanishes_with_one_sign_only(sums, rng):
    cases = zeros = 0
    for w in product((-2, -1, 1, 3), repeat=4):
        one_sign = all(e > 0 for e in w) or all(e < 0 for e in w)
        for v in product(sums, repeat=2):
            if sum(v) == 0:
                continue
            one, _ = _exact_denominators(w, v)
            cases += 1
            zeros += one == 0
            if (one == 0) != one_sign:
                return Outcome(False, f"w = {w}, v = {v}: one-pass denominator {one}")
    return Outcome(True, f"{cases} cases as fractions, {zeros} of them zero: those of one sign")


def _two_passes_vanish_for_equal_weights(equal, rng):
    cases = 0
    for w in product((-2, -1, 1, 3), repeat=4):
        for v in product((1, 2, 5), repeat=2):
            _, two = _exact_denominators(w, v)
            cases += 1
            if (two == 0) != equal(w):
                return Outcome(False, f"w = {w}, v = {v}: two-pass denominator {two}")
    return Outcome(True, f"{cases} cases as fractions: zero exactly when all weights are equal")


def _two_passes_vanish_otherwise(sums, rng):
    """Passes when for each of the channel sums some weights that vary give zero in two passes."""
    found = []
    for v in sums:
        varied = (w for w in product((-2, -1, 1, 3), repeat=4) if len(set(w)) > 1)
        w = next((w for w in varied if _exact_denominators(w, v)[1] == 0), None)
        if w is None:
            return Outcome(False, f"v = {v}: no weights that vary give a zero two-pass denominator")
        found.append(f"{w[:2]} and {w[2:]} with v = {v}")
    return Outcome(True, f"channels {', '.join(found)}: 0 exactly")


def _mixed_signs_vanish(sums, rng):
    found = [
        (w, v)
        for w in product((-2, -1, 1, 3), repeat=4)
        for v in sums
        if min(w) < 0 < max(w) and _exact_denominators(w, v)[0] == 0
    ]
    if not found:
        return Outcome(False, "no weights of both signs give a zero one-pass denominator")
    w, v = found[0]
    return Outcome(
        True, f"{len(found)} cases, such as channels {w[:2]} and {w[2:]} with v = {v}: 0 exactly"
    )


def _denominator_standing(weights, passes):
    w, v = SETTINGS[weights]
    array = np.array(w, float).reshape(1, 2, 1, 2)
    value = float(denominator(array, np.array(v, float), passes=passes)[0])
    mixed = min(w) < 0 < max(w)
    if abs(value) > TOLERANCE["float64"]:
        return Standing("holds", f"denominator {value:.3g}")
    if mixed:
        return Standing("fails", "denominator 0 although the weights have both signs")
    return Standing("holds", "denominator 0, and every weight has the same sign")


DENOMINATOR = Claim(
    id="equinorm.denominator",
    source="Sec. 5.2",
    statement="the denominator of the normalization factor is zero only if every weight for every "
    "input channel is simultaneously positive (or all negative), or the weights become extremely "
    "small",
    verdict="amended",
    parameters=(WEIGHTS, PASSES),
    at=_denominator_standing,
    amendment="with every channel sum positive and no weight zero, the one-pass denominator "
    "vanishes if and only if all weights have one sign, the two-pass denominator if and only if "
    "all weights are equal: weights that are all positive but vary are harmless there. A "
    "channel that is dark in the whole batch (v_c = 0, common after a ReLU) does not count: "
    "then the weights of the other channels decide, for either denominator. With a negative "
    "channel sum (first layer) weights of both signs can give zero in one pass, and weights "
    "that vary in two.",
    derivation=(
        r"With $V_P=\sum_{w_k>0}v_k$ and weighted means, one pass gives "
        r"$V_P(\bar w_P-\bar w)$, where $\bar w_P$ is the mean over the positive weights.",
        r"For $v>0$ and weights of both signs $\bar w_P>\bar w$; with one sign either "
        r"$\bar w_P=\bar w$ or $V_P=0$.",
        r"With $v_c=0$ channel $c$ drops out of all three quantities.",
        r"Two passes add $v_k\max(w_k-\bar w,0)$: zero for $v>0$ only if none exceeds the mean.",
    ),
    remark="In floating point an all-positive kernel gives a rounding error of either sign instead "
    "of zero, hence an enormous scale and no exception. A single 3x3 kernel of random signs has "
    "one sign with probability 2^-8.",
    evidence=(
        Evidence(
            kind="simulation",
            shows="a channel that is dark in the whole batch lets mixed signs give zero",
            check=_mixed_signs_vanish,
            subject=[(0, 1), (0, 2)],
            mutant=[(1, 1), (1, 2)],
            mutation="no dark channel",
        ),
        Evidence(
            kind="simulation",
            shows="a negative channel sum lets mixed signs give zero",
            check=_mixed_signs_vanish,
            subject=[(2, -1), (3, -1), (-1, 3)],
            mutant=[(2, 1), (3, 1), (1, 3)],
            mutation="positive channel sums",
        ),
        Evidence(
            kind="simulation",
            shows="with positive channel sums one pass vanishes if and only if all signs agree",
            check=_vanishes_with_one_sign_only,
            subject=(1, 2, 5),
            mutant=(0, 1, 2),
            mutation="a dark channel allowed",
            about="amendment",
        ),
        Evidence(
            kind="simulation",
            shows="with positive channel sums two passes vanish if and only if all are equal",
            check=_two_passes_vanish_for_equal_weights,
            subject=lambda w: len(set(w)) == 1,
            mutant=lambda w: min(w) > 0 or max(w) < 0,
            mutation="whenever all signs agree",
            about="amendment",
        ),
        Evidence(
            kind="simulation",
            shows="with a dark or negative channel sum two passes vanish for some that vary",
            check=_two_passes_vanish_otherwise,
            subject=((0, 1), (0, 2), (2, -1), (-1, 3)),
            mutant=((1, 1), (1, 2), (2, 1), (1, 3)),
            mutation="positive channel sums",
            about="amendment",
        ),
    ),
)
