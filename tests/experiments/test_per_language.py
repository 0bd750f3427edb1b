"""The language model of Table 4: its sizes, its columns of text, and what its options change."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from normtheory.claims.per.tables import PERPLEXITY
from normtheory.experiments.per import language_model
from normtheory.experiments.per.language import EXPERIMENTS, METHODS, MODELS, run

(TABLE4,) = EXPERIMENTS
SMOKE = TABLE4.scale("smoke").configuration
BUNDLED = {"data": {"wikitext-2": "bundled"}}


def test_columns_continue_from_stretch_to_stretch():
    stream = torch.arange(24).view(3, 8).T
    found = list(language_model.stretches(stream, 3))
    assert [inputs[:, 1].tolist() for inputs, _ in found] == [[8, 9, 10], [11, 12, 13], [14]]
    assert all(torch.equal(targets, inputs + 1) for inputs, targets in found)


def test_text_is_cut_into_three_parts_without_overlap_and_rare_words_are_unknown():
    train, valid, test = language_model.columns({**SMOKE, "held": 60, "batch": 3, **BUNDLED}, "cpu")
    assert [part.shape for part in (train, valid, test)] == [(133, 3), (20, 3), (20, 3)]
    assert all(part.max() < SMOKE["words"] and (part == 0).any() for part in (train, valid, test))
    whole = language_model.columns(
        {**SMOKE, "train": None, "held": None, "batch": 1, **BUNDLED}, "cpu"
    )
    for part, every in zip((train, valid, test), whole, strict=True):
        assert torch.equal(part.T.flatten(), every.flatten()[: part.numel()])
    assert len(whole[1]) + len(whole[2]) == 256


@pytest.mark.parametrize("kind", MODELS)
def test_the_papers_lstm_has_two_layers_of_650_units(kind):
    paper = TABLE4.scale("paper").configuration
    with torch.device("meta"):
        model = language_model.LanguageModel(kind, paper, 10)
    lstm = 2 * 4 * (2 * 650 * 650 + 2 * 650)
    coupled = 10 * 650 * (1 if "RE" in kind else 2) + 10
    assert sum(p.numel() for p in model.parameters()) == lstm + coupled


def test_variational_dropout_keeps_one_mask_for_a_stretch_and_none_in_evaluation():
    model = language_model.LanguageModel("VD-LSTM", SMOKE, 50)
    h = torch.ones(6, 4, 8)
    dropped = model._dropped(h, torch.Generator().manual_seed(0))
    assert set(dropped.unique().tolist()) == {0.0, 2.0}
    assert (dropped == dropped[0]).all() and (dropped[0] != dropped[0, 0]).any()
    assert model.eval()._dropped(h, None) is h


@pytest.mark.parametrize("recurrent", [False, True])
def test_perplexity_is_that_of_the_whole_columns(recurrent):
    """Cut into stretches with the state carried along, or read in one."""
    torch.manual_seed(0)
    configuration = {**SMOKE, "length": 4}
    model = language_model.LanguageModel("LSTM", configuration, 50, recurrent=recurrent)
    with torch.no_grad():
        for parameter in model.parameters():
            # so large that the state matters
            parameter.mul_(10)
    stream = torch.randint(50, (17, 3))
    found = language_model.perplexity(model, stream, 4)
    model.eval()
    scores = model(stream[:-1], [None, None], None)[0]
    whole = F.cross_entropy(scores.flatten(0, 1), stream[1:].flatten()).exp().item()
    assert found == pytest.approx(whole, rel=1e-5)
    forgetful = [
        F.cross_entropy(model(x, [None, None], None)[0].flatten(0, 1), y.flatten()).item()
        for x, y in language_model.stretches(stream, 4)
    ]
    assert found != pytest.approx(math.exp(np.mean(forgetful)), rel=1e-5)


@pytest.mark.slow
def test_a_coefficient_of_zero_is_vanilla_and_others_differ():
    streams = language_model.columns({**SMOKE, **BUNDLED}, "cpu")

    def curve(method, coefficient):
        return language_model.trained("VD-LSTM", method, coefficient, SMOKE, streams, 0)["curve"]

    plain = curve("none", 0.0)
    assert plain == curve("none", 0.0)
    for method in ("L1", "L2", "PER"):
        assert curve(method, 0.0) == pytest.approx(plain, rel=1e-6)
        assert curve(method, 1.0) != pytest.approx(plain, rel=1e-3)
    assert curve("RBN", 0.0) != pytest.approx(plain, rel=1e-3)


@pytest.mark.slow
def test_epoch_and_coefficient_are_chosen_by_validation():
    arrays = run({**SMOKE, "models": ["LSTM"], "coefficients": [1e-3, 1.0], **BUNDLED}, 0, "cpu")
    np.testing.assert_array_equal(arrays["valid"], arrays["curve"].min(-1))
    streams = language_model.columns({**SMOKE, **BUNDLED}, "cpu")
    for column, method in enumerate(METHODS):
        tried = [1e-3, 1.0] if method in ("L1", "L2", "PER") else [0.0]
        runs = [language_model.trained("LSTM", method, each, SMOKE, streams, 0) for each in tried]
        best = min(runs, key=lambda each: each["valid"])
        assert arrays["test"][0, column] == best["test"]
        assert arrays["coefficient"][0, column] == best["coefficient"]


@pytest.mark.slow
def test_the_rate_of_each_method_is_chosen_by_validation_where_several_are_given():
    short = {**SMOKE, "models": ["LSTM"], **BUNDLED}
    alone = [run({**short, "rate": rate}, 0, "cpu")["valid"] for rate in (0.1, 20.0)]
    both = run({**short, "rates": [0.1, 20.0]}, 0, "cpu")["valid"]
    np.testing.assert_array_equal(both, np.minimum(*alone))


@pytest.mark.slow
def test_the_papers_schedule_runs_with_a_tiny_width():
    paper = TABLE4.scale("paper").configuration
    arrays = run({**paper, "width": 4, "words": 60, "epochs": 1, **BUNDLED}, 0, "cpu")
    assert arrays["model"].tolist() == list(MODELS)
    assert arrays["curve"].shape == (4, 5, 1)
    # better than guessing one of 60 words after one epoch, whatever the method
    assert (arrays["test"] < 60).all()
    assert set(arrays["coefficient"][:, 1:3].flatten()) <= set(paper["coefficients"])


def test_the_papers_numbers_are_those_of_the_claims():
    for corpus in ("PTB", "WikiText2"):
        for row, kind in zip(TABLE4.document[corpus]["test"], MODELS, strict=True):
            assert tuple(row) == tuple(PERPLEXITY[kind, corpus].values())
    stated = {finding.name: finding.document for finding in TABLE4.findings}
    # 132.7 without, 130.0, 131.1, 129.6 and 148.3 with
    assert stated == {"improve": -1.2, "RBN": 11.8, "best": -0.3}


def test_findings_read_the_lstms_row():
    test = np.array([[100.0, 98.0, 99.0, 110.0, 97.0], [1.0, 2.0, 2.0, 2.0, 2.0]])
    measured = {finding.name: finding.measure({"test": test}) for finding in TABLE4.findings}
    assert measured == pytest.approx({"improve": -1.0, "RBN": 10.0, "best": 100 * (97 / 98 - 1)})
