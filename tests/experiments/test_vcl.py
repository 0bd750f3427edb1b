"""The VCL experiments' own parts: the unit's sums, the networks, the choice of an epoch, wins."""

import numpy as np
import pytest
import torch

from normtheory.experiments.vcl import histograms, networks, uci, unit

TINY = {**unit.TOY, "n": [5], "steps": 3, "sample": 500, "points": 10}


def test_unit_measures_the_angles_of_what_it_learned():
    arrays = unit.run(TINY, 0, "cpu")
    theta = arrays["theta"][:, 0] / np.linalg.norm(arrays["theta"][:, 0], axis=1, keepdims=True)
    for name in ("lda", "merging"):
        cosine = np.abs((theta * arrays[name]).sum(1)) / np.linalg.norm(arrays[name], axis=1)
        np.testing.assert_allclose(np.cos(np.radians(arrays[f"angle_{name}"][:, 0])), cosine)
    # the LDA direction has the largest Fisher ratio, the merging direction none
    within, mean = np.array(TINY["covariance"]), np.array(TINY["mean"])
    best = within @ arrays["lda"][0]
    np.testing.assert_allclose(best / np.linalg.norm(best), mean / np.linalg.norm(mean), atol=1e-12)
    assert abs(arrays["merging"][0] @ mean) < 1e-12
    assert ((arrays["fisher"] >= 0) & (arrays["fisher"] <= 1 + 1e-12)).all()
    assert (arrays["counts"].sum((2, 3)) <= 500).all()


def test_histograms_standardize_by_unit():
    configuration = {**histograms._TOY, "width": 6, "depth": 2}
    torch.manual_seed(0)
    network = networks.Network(4, 2, configuration, batchnorm=True)
    layers = networks.standardized_activations(network, torch.randn(50, 4))
    assert layers.shape == (2, 50, 6)
    np.testing.assert_allclose(layers.mean(1), 0, atol=1e-12)
    np.testing.assert_allclose((layers**2).mean(1), 1)


def test_epoch_is_chosen_by_the_smoothed_validation_accuracy():
    curves = np.array([[0.5, 0.1], [0.6, 0.2], [0.95, 0.3], [0.6, 0.4], [0.9, 0.5], [0.9, 0.6]])
    # the peak at the third epoch does not survive smoothing over three
    assert uci._chosen(curves, 1) == 0.3
    assert uci._chosen(curves, 3) == 0.6


def test_wins_count_ties_but_not_sets_on_which_all_are_equal():
    accuracy = np.array([[[0.5, 0.7, 0.7]], [[0.6, 0.6, 0.6]], [[0.9, 0.8, 0.7]]])
    assert uci.wins(accuracy).tolist() == [[1, 1, 1]]


@pytest.mark.parametrize("activation", uci.ACTIVATIONS)
def test_dropout_is_alpha_dropout_for_selu_and_ordinary_before_the_readout_otherwise(activation):
    model, hidden = networks.network(activation, "BN", {**uci._TOY, "width": 8}, 5, 3)
    kinds = [type(layer).__name__ for layer in model]
    assert len(hidden) == 4 and kinds.count("BatchNorm1d") == 4
    if activation == "SELU":
        assert kinds.count("AlphaDropout") == 4 and "Dropout" not in kinds
    else:
        assert kinds[-2:] == ["Dropout", "Linear"] and "AlphaDropout" not in kinds
