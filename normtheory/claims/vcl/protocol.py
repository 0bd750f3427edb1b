"""Littwin & Wolf, Sec. 2.4 and 3: how the document says it sets n and takes its two batches."""

import numpy as np

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter

# what the document says of n in its tiny-ImageNet runs, and where
TINY_IMAGENET_N = {"Sec. 3": 5, "Table 3": 2}
CIFAR_N = (2, 3, 5, 7, 9)


def _disagree(said, rng):
    values = set(said.values())
    where = ", ".join(f"{place}: n = {n}" for place, n in said.items())
    return Outcome(len(values) > 1, where)


def _determines(said, rng):
    """What the document leaves open: both values occur among the CIFAR runs it refers to."""
    open_values = sorted(set(said.values()))
    return Outcome(
        len(open_values) > 1 and set(open_values) <= set(CIFAR_N),
        f"n is one of {open_values}; 'the same hyper parameters as in the CIFAR experiments' "
        f"fits {len(CIFAR_N)} values",
    )


TINYIMAGENET_N = Claim(
    id="vcl.tinyimagenet-n",
    source="Sec. 3 against Table 3",
    statement="The tiny-ImageNet runs use the CIFAR experiments' hyperparameters, namely "
    r"$\gamma=0.01$ and $n=5$, and are those of Table 3",
    verdict="refuted",
    counterexample="the row of Table 3 is labelled 'Deep ELU network + vcl n=2'",
    amendment="n is 2 or 5: the text and the table contradict each other, and the CIFAR "
    "experiments it refers to used five values (2, 3, 5, 7, 9), both among them.",
    remark="Which of the two is right only the authors' code could tell: the document does not.",
    evidence=(
        Evidence(
            kind="table",
            shows="text and table give different n",
            check=_disagree,
            subject=TINY_IMAGENET_N,
            mutant={"Sec. 3": 5, "Table 3": 5},
            mutation="both n = 5",
        ),
        Evidence(
            kind="table",
            shows="the reference to the CIFAR experiments does not settle which",
            check=_determines,
            subject=TINY_IMAGENET_N,
            mutant={"Sec. 3": 5, "Table 3": 4},
            mutation="n = 4, which no CIFAR run used",
            about="amendment",
        ),
    ),
)


def _fits(rule, rng):
    """Passes when the rule lets pairs (n, N) through whose two subsets overlap or do not exist."""
    bad = [(n, N) for N in range(2, 101) for n in range(2, 200) if rule(n, N) and 2 * n > N]
    worst = "; ".join(f"n = {n}, N = {N}" for n, N in bad if N == 20 and n in (11, 39))
    return Outcome(bool(bad), f"{len(bad)} pairs with N <= 100 do not fit, e.g. {worst}")


def _exactly_fits(rule, rng):
    """The rule is true exactly when slicing yields two full, disjoint subsets."""
    wrong = 0
    for N in range(2, 61):
        batch = list(range(N))
        for n in range(2, 70):
            first, second = batch[:n], batch[n : 2 * n]
            works = len(first) == len(second) == n and not set(first) & set(second)
            wrong += works != rule(n, N)
    return Outcome(wrong == 0, f"{wrong} of {59 * 68} pairs differ from slicing a real batch")


def _split_standing(n, N):
    if n >= 2 * N:
        return Standing("undecided", f"outside the assumption: n = {n} is not below 2N = {2 * N}")
    return Standing(
        "fails" if 2 * n > N else "holds",
        f"n < 2N is True; two disjoint subsets need 2n = {2 * n} <= N = {N}: {2 * n <= N}",
    )


BATCH_SPLIT = Claim(
    id="vcl.batch-split",
    source="Sec. 2.4",
    statement="Typically n < 2N, and we take out of the N samples of the SGD minibatch the first "
    "two consecutive subsets of size n",
    verdict="amended",
    amendment=r"Two disjoint subsets of size $n$ need $2n\leq N$ (the 2 stands on the wrong side).",
    counterexample="n = 11, N = 20: 22 < 40, but the second subset would need samples 12 to 22",
    parameters=(
        Parameter(name="n", symbol="n", meaning="size of each subset", default=10,
                  domain=(2, np.inf), closed=True, typical=(2, 60), integer=True),
        Parameter(name="N", symbol="N", meaning="size of the SGD minibatch", default=20,
                  domain=(2, np.inf), closed=True, typical=(4, 256), integer=True),
    ),
    at=_split_standing,
    remark="The document's own runs (n = 10, N = 20 and n <= 9, N = 250) satisfy 2n <= N.",
    evidence=(
        Evidence(
            kind="simulation",
            shows="n < 2N admits sizes for which there are no two subsets",
            check=_fits,
            subject=lambda n, N: n < 2 * N,
            mutant=lambda n, N: 2 * n <= N,
            mutation="the corrected rule, which admits none",
        ),
        Evidence(
            kind="simulation",
            shows="slicing batches of every size shows 2n <= N to be the exact condition",
            check=_exactly_fits,
            subject=lambda n, N: 2 * n <= N,
            mutant=lambda n, N: 2 * n < N,
            mutation="strict inequality",
            about="amendment",
        ),
    ),
)  # fmt: skip
