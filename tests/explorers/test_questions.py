"""Questions: each notebook asks one, and the right answer is where the explorer itself says so."""

import re
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest

from normtheory.explorers.questions import QUESTIONS, question

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
# what an explorer's text says at the right answer, and not a little before
SAYS = {
    "few_modes": (r"kurtosis is ([\d.]*\d)", 3.0),
    "phase_shift": (r"and ([\d.]*\d) along the best", 3.0),
    "pseudo_huber_loss": (r"differ by at most ([\d.]*\d),", 0.093),
    "selu_moments": (r"spectral radius is ([\d.]*\d)", 1.0),
    "gradient_decay": (r"gradients correlate ([\d.]*\d)", 0.1),
    "weight_norm_descent": (r"norm of v ([\d.]*\d)", 1.414),
}


def asked(made, name):
    """The first right answer, and what the explorer says with its slider at a value."""
    slider, _, right, _, start, _ = QUESTIONS[name]
    if name == "weight_norm_descent":
        start = {"steps": 100}

    def text(value):
        return made(name).scene(**start | {slider: value}).text

    return np.atleast_1d(right())[-1].item(), text


@pytest.mark.parametrize("name", SAYS)
def test_the_explorer_says_the_same_at_the_right_answer_and_another_thing_beside_it(made, name):
    pattern, wanted = SAYS[name]
    right, text = asked(made, name)

    def said(value):
        return float(re.search(pattern, text(value))[1])

    assert said(right) == pytest.approx(wanted, rel=2e-3)
    assert abs(said(0.9 * right) - wanted) > 0.002 * wanted


def test_the_first_batch_size_is_the_one_after_which_the_numbers_change_sides(made):
    right, text = asked(made, "sample_variance")

    def ratio(n):
        least, value = (
            re.search(pattern, text(n))[1]
            for pattern in (r"distributions is ([\d.e-]+\d)", r"([\d.e-]+) in units")
        )
        return float(value) / float(least)

    assert ratio(right - 1) < 100 <= ratio(right)
    right, text = asked(made, "batchnorm_noise")
    pair = re.compile(r"of ([\d.]*\d), the sample variance ([\d.]*\d)")
    before, here = (pair.search(text(n)).groups() for n in (right - 1, right))
    assert float(before[1]) > float(before[0]) and float(here[1]) < float(here[0])
    right, text = asked(made, "sliced_equivalence")
    before, here = (
        float(re.search(r"W₁ ([\d.e+]+) times its", text(d))[1]) for d in (right - 1, right)
    )
    assert before < 1000 <= here


def test_the_right_choice_is_the_extreme_one(made):
    right, text = asked(made, "standardization_blind_spots")
    assert (right, "from N(0, I) is ∞" in text(right)) == ("two-point", True)
    right, text = asked(made, "equilibrium_single_pass")
    vanish = [law for law in ("normal", "uniform", "Laplace") if "without bound" in text(law)]
    assert vanish == [right]
    flat, steep = np.ones((1, 3, 1, 1)), np.array([1.0, 2.0, 9.0]).reshape(1, 3, 1, 1)
    arrays = {"kurtosis": flat, "distance": steep, "variance": flat}
    ask = QUESTIONS["side_by_side"].right
    assert ask(SimpleNamespace(arrays=arrays)) == "distance"
    assert ask(SimpleNamespace(arrays=arrays | {"variance": steep**2})) == "variance"


def test_each_notebook_asks_one_question_whose_picture_is_stored():
    found = []
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        (at,) = [k for k, cell in enumerate(cells) if "explorers.question(" in cell.source]
        found.append(re.search(r'question\("(\w+)"', cells[at].source)[1])
        assert "image/png" in cells[at].outputs[0].data
        # the answer is folded, and stands below
        assert "?" in cells[at - 1].source and cells[at + 1].source.startswith("<details>")
    assert found == list(QUESTIONS)


def test_the_first_notebook_begins_with_an_explorer_and_says_how_it_wakes():
    first, second, *_ = nbformat.read(NOTEBOOKS / "00_start_here.ipynb", as_version=4).cells
    assert "explorers.phase_shift(" in second.source and "Run All Cells" in first.source
    assert len(first.source.split()) < 150, "the explorer is below the first screen"


def test_an_explorer_without_a_question_is_said():
    with pytest.raises(ValueError, match=r"name must be one of few_modes, .*, got 'collapse'"):
        question("collapse")
