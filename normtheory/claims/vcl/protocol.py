"""Littwin & Wolf, Sec. 2.4 and 3: how the document says it sets n and takes its two batches."""

import itertools

import numpy as np

from normtheory.claims import Claim, Parameter

# what the document says of n in its tiny-ImageNet runs, and where
TINY_IMAGENET_N = {"Sec. 3": 5, "Table 3": 2}
CIFAR_N = (2, 3, 5, 7, 9)

tinyimagenet_n = Claim(
    id="vcl.tinyimagenet-n",
    source="Sec. 3 against Table 3",
    says="The tiny-ImageNet runs use the CIFAR experiments' hyperparameters, namely "
    r"$\gamma=0.01$ and $n=5$, and are those of Table 3",
    verdict="refuted",
)


@tinyimagenet_n.counterexample("table")
def the_label(label=TINY_IMAGENET_N["Table 3"], said=TINY_IMAGENET_N["Sec. 3"]):
    r"""The text says $n={said:d}$; the row of Table 3 is labelled "Deep ELU network + vcl
    n={label:d}"."""
    found = tuple(TINY_IMAGENET_N.values())
    return (said, label) == found and said != label, f"Sec. 3: n = {found[0]}, Table 3: n = 2"


@tinyimagenet_n.amendment("table")
def two_or_five(values=tuple(sorted(TINY_IMAGENET_N.values())), runs=5):
    r"""$n$ is {values[0]:d} or {values[1]:d}: the text and the table contradict each other, and the
    CIFAR experiments it refers to used {runs:d} values, both among them."""
    good = set(values) == set(TINY_IMAGENET_N.values()) <= set(CIFAR_N) and runs == len(CIFAR_N)
    return good, f"CIFAR: n = {', '.join(map(str, CIFAR_N))}"


tinyimagenet_n.by_hand(
    "Which of the two is right only the authors' code could tell: the document does not.", "range"
)
tinyimagenet_n.by_hand(
    "The text announces validation accuracies; the table prints validation errors.", "range"
)

batch_split = Claim(
    id="vcl.batch-split",
    source="Sec. 2.4",
    says="Typically n < 2N, and we take out of the N samples of the SGD minibatch the first "
    "two consecutive subsets of size n",
    verdict="amended",
    breaks={"n": 11, "N": 20},
    parameters=(
        Parameter.count("n", "n", "size of each subset", 10, (2, 60), (2, np.inf)),
        Parameter.count("N", "N", "size of the SGD minibatch", 20, (4, 256), (2, np.inf)),
    ),
)


@batch_split.counterexample("simulation")
def too_large(n=11, first=12, last=22, *, N=20):
    r"""$n={n:d}$, $N={N:d}$: $n<2N$, but the second subset would need the samples {first:d} to
    {last:d}."""
    sizes = [k for k in range(2, 2 * N) if len(range(N)[k : 2 * k]) < k]
    return (n, first, last) == (min(sizes), n + 1, 2 * n), f"too few from n = {min(sizes)} on"


@batch_split.amendment("simulation", rejects={"strict": lambda n, N: 2 * n < N})
def room_for_two(rule=lambda n, N: 2 * n <= N):
    r"""Two disjoint subsets of size $n$ need $2n\leq N$: the 2 stands on the wrong side."""
    pairs = list(itertools.product(range(2, 70), range(2, 61)))
    wrong = 0
    for n, N in pairs:
        batch = list(range(N))
        first, second = batch[:n], batch[n : 2 * n]
        works = len(first) == len(second) == n and not set(first) & set(second)
        wrong += works != rule(n, N)
    return wrong == 0, f"{len(pairs)} batches sliced"


@batch_split.range("table")
def its_own_runs(uci=(10, 20), cifar=(max(CIFAR_N), 250)):
    r"""The document's own runs satisfy it: $n={uci[0]:d}$ of $N={uci[1]:d}$ on UCI, $n$ up to
    {cifar[0]:d} of $N={cifar[1]:d}$ on CIFAR."""
    said = (10, 20), (max(CIFAR_N), 250)
    return (uci, cifar) == said and all(2 * n <= N for n, N in said), "Sec. 3"


@batch_split.badge(
    holds="n < 2N leaves room for two subsets: they need {both:d} of {N:d} samples",
    fails="n < 2N leaves room for two subsets: not here, they need {both:d} of {N:d} samples",
    outside="the document assumes n < 2N: here n = {n:d} is not below {double:d}",
)
def split_at(n, N):
    numbers = {"both": 2 * n, "double": 2 * N}
    return ("outside" if n >= 2 * N else 2 * n <= N), numbers
