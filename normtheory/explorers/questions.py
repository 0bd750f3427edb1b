"""Questions to guess at: an explorer whose picture waits until its reader has set one slider, or
chosen from one list, and then shows what the theory says."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import brentq

from normtheory import explorers, theory
from normtheory.theory.equinorm_statistics import WEIGHT_LAWS
from normtheory.theory.gaussian_divergence import ENTROPIES
from normtheory.theory.sliced_gap import ripple_distance, ripple_sliced_distance


class Question(NamedTuple):
    """What an explorer asks.

    Attributes
    ----------
    slider : str
        The slider or list that the reader sets.
    words : str
    right : callable
        Computes the right value, or a list of them; is given what the explorer is.
    because : str
        Said with the answer.
    start : dict
        Where the picture stands meanwhile.
    close : int
        Positions of the slider within which a guess is right.
    """

    slider: str
    words: str
    right: Callable[..., Any]
    because: str
    start: dict
    close: int = 3


def _third_mode():
    def excess(place):
        return theory.discrete((-1.0, place, 1.0), (0.49, 0.02, 0.49)).kurtosis - 3

    far = brentq(excess, 1.0, 9.0)
    return [-far, far]


def _hundred_times(times=100):
    kurtosis = theory.law("laplace").kurtosis
    return next(
        n
        for n in range(2, 500)
        if theory.variance_constancy(n, kurtosis) >= times * theory.variance_constancy(n, 1.0)
    )


def _merging_wins():
    return brentq(lambda sd: theory.mixture_kurtosis(0.5, 3.0, 0.0, 0.3**2, sd**2) - 3, 1.0, 4.0)


def _mean_dominates():
    return next(n for n in range(4, 500) if theory.inverse_deviation_variance(n) < 1 / n)


def _thousand_times():
    ratio = (ripple_distance(5.0) / ripple_sliced_distance(5.0, d) for d in range(2, 1024))
    return 2 + next(k for k, each in enumerate(ratio) if each >= 1000)


def _furthest():
    return max(ENTROPIES, key=lambda law: theory.divergence_parts(law).total)


def _vanishing():
    return min(WEIGHT_LAWS, key=lambda law: theory.one_pass_ratio(576, law, 2.0))


def _marginal_sum():
    def excess(omega):
        return theory.spectral_radius(theory.moment_jacobian(0.0, 1.0, omega=omega)) - 1

    return brentq(excess, 0.0, 1.5)


def _similar_inputs():
    return brentq(lambda rho: theory.correlation_by_depth(rho, 24)[1][24] - 0.1, 0.0, 0.999)


def _doubling_rate():
    return brentq(lambda eta: theory.descend_unit(100, eta).squared_norm[-1] - 2, 0.1, 1.5)


def _most_different(result):
    def ratio(quantity):
        last = np.median(result.arrays[quantity], axis=0)[:, -1, -1]
        return last.max() / last.min()

    return max(("kurtosis", "distance", "variance"), key=ratio)


QUESTIONS = {
    "few_modes": Question(
        "position",
        "Two modes at -1 and 1 share 98 % of the weight, and the kurtosis is near 1. A third mode "
        "has the other 2 %. How far out must it stand for a kurtosis above 3, the normal "
        "distribution's?",
        _third_mode,
        "The fourth moment grows with the fourth power of the distance: a rare mode far out undoes "
        "what two modes achieve.",
        {"middle": 0.02, "n": 3, "k": 3},
    ),
    "sample_variance": Question(
        "n",
        "At n = 2 the Laplace distribution has 3.5 times the value of the two-point distribution. "
        "At which batch size is it 100 times?",
        _hundred_times,
        "The ratio is (κ - 1)(n - 1)/2 + 1: the larger the batch, the sharper the preference.",
        {"law": "laplace", "n": 2},
    ),
    "phase_shift": Question(
        "sd2_x",
        "At p = 0.5 Theorem 2 keeps the clusters apart. Component 1 is narrow along x₁, with "
        "standard deviation 0.3. From which standard deviation of component 2 along x₁ on does "
        "merging have the smaller kurtosis?",
        _merging_wins,
        "Along x₁ the projection becomes a narrow peak on the flank of a broad one, with a "
        "kurtosis above 3; along x₂ both components have the same distribution.",
        {"p": 0.5, "sd1_x": 0.3},
    ),
    "batchnorm_noise": Question(
        "n",
        "For normal draws, and an input that is not in the batch: from which batch size on does "
        "the sample variance make less noise than the mean?",
        _mean_dominates,
        "Up to n = 3 its noise is infinite, and for large n half of the mean's.",
        {"n": 40},
        close=1,
    ),
    "pseudo_huber_loss": Question(
        "delta",
        "Which δ brings the Pseudo-Huber loss closest to PER, in the largest difference over all "
        "x?",
        lambda: theory.best_matching_delta()[0],
        "No δ makes the difference vanish; the paper's is 1.",
        {"delta": 3.0},
    ),
    "sliced_equivalence": Question(
        "d",
        "With two units W₁ of the distribution rippled at k = 5 is 6 times its SW₁. With how many "
        "units is it 1000 times?",
        _thousand_times,
        "The ratio grows like the (d - 1)th power of k: few directions still see the ripple.",
        {"d": 2, "wave": 5.0},
        close=1,
    ),
    "standardization_blind_spots": Question(
        "law",
        "All these distributions have mean 0 and variance 1, and cost nothing. Which one, of a "
        "single unit, is furthest from N(0, 1)?",
        _furthest,
        "Two points have no density, so the divergence is infinite; the loss sees neither.",
        {"law": "normal"},
    ),
    "equilibrium_single_pass": Question(
        "weight_law",
        "The mean of the weights is 2 of their standard deviations. For which distribution does "
        "the denominator of one pass vanish?",
        _vanishing,
        "Uniform weights have one sign from a mean of √3 standard deviations on. A distribution "
        "without bounds only comes close.",
        {"offset": 2.0},
    ),
    "selu_moments": Question(
        "omega",
        "At τ = 1, up to which positive weight sum do moments near (0, 1) return to it?",
        _marginal_sum,
        "There the spectral radius of the map at (0, 1) passes 1.",
        {},
    ),
    "gradient_decay": Question(
        "rho",
        "Orthogonal inputs: after 24 layers the gradients hardly correlate. How alike must two "
        "inputs be for a correlation of 0.1?",
        _similar_inputs,
        "The correlation falls like the third power of depth times angle, not like 2⁻²⁴.",
        {},
    ),
    "weight_norm_descent": Question(
        "eta",
        "At a rate of 0.1 the squared norm of v grows to 1.12 in 100 steps. At which rate does it "
        "double?",
        _doubling_rate,
        "Each step is orthogonal to v and lengthens it, by the square of the step.",
        {},
    ),
    "side_by_side": Question(
        "quantity",
        "After training, in the last layer: kurtosis, variance or distance to N(0, I), in which "
        "do the nine systems differ by the largest factor?",
        _most_different,
        "Their accuracies differ by less than a point.",
        {},
    ),
}


def question(name, *given):
    """The explorer of that name with its question: the picture waits for the reader's guess.

    Parameters
    ----------
    name : str
        One of `QUESTIONS`.
    *given : object
        What the explorer shows, where that is an argument.
    """
    if name not in QUESTIONS:
        raise ValueError(f"name must be one of {', '.join(QUESTIONS)}, got {name!r}")
    asked = QUESTIONS[name]
    explorer = getattr(explorers, name)(*given, **asked.start)
    told = {"name": asked.slider, "words": asked.words, "because": asked.because}
    told |= {"right": np.atleast_1d(asked.right(*given)).tolist(), "close": asked.close}
    explorer.spec = {**explorer.spec, "presets": {}, "question": told}
    return explorer
