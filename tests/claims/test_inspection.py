"""An inspection as text, lines and JSON, and the files that it is read from."""

import json

import numpy as np
import pytest
from refused import refuses

from normtheory.claims import inspect_activations, read_activations


@pytest.fixture
def layers():
    h = np.random.default_rng(0).standard_normal((200, 8))
    h[:, 3] = 0
    return {"encoder.0": h, "relu": h.clip(min=0)}


def test_the_table_has_a_line_for_each_layer(layers):
    head, first, second, *_ = inspect_activations(layers).table().splitlines()
    columns = "layer samples units dead mean variance skewness kurtosis SW1 divergence rank"
    assert head.split() == columns.split()
    assert first.split()[:4] == ["encoder.0", "200", "8", "1"]
    assert float(second.split()[4]) == pytest.approx(np.median(layers["relu"].mean(axis=0)), 0.01)
    assert len({len(head), len(first), len(second)}) == 1


def test_each_assumption_says_in_which_layers_it_holds(layers):
    text = inspect_activations(layers).assumptions()
    part = text[text.index("not negative (per.rectified") :].split("\n\n")[0].splitlines()
    assert [line.split()[:2] for line in part[-2:]] == [["encoder.0", "no"], ["relu", "in"]]
    assert "in 88 %" in part[-1] and "least 0" in part[-1]
    assert all(len(line) <= 98 for line in text.splitlines())


def test_a_line_for_a_log_names_what_holds(layers):
    first, second = inspect_activations(layers).lines()
    assert first.startswith("encoder.0: samples 200, units 8, dead 1, mean ")
    assert first.endswith("; holds: length of the target, uncorrelated units")
    assert "kurtosis" in second and "length of the target" not in second


def test_json_holds_every_unit_and_knows_no_nan(layers):
    found = json.loads(json.dumps(inspect_activations(layers).as_json(), allow_nan=False))
    assert [each["layer"] for each in found] == list(layers)
    statistics = found[0]["statistics"]
    np.testing.assert_allclose(statistics["mean"], layers["encoder.0"].mean(axis=0))
    assert statistics["kurtosis"][3] is None and statistics["dead"][3] is True
    claims = [id for each in found[0]["assumptions"] for id in each["claims"]]
    assert "vcl.near-two-modes" in claims


def test_the_seed_moves_the_directions_alone(layers):
    one, same, other = (inspect_activations(layers, seed=s).as_json() for s in (0, 0, 1))
    assert one == same
    moved = {k for k, v in one[0]["statistics"].items() if v != other[0]["statistics"][k]}
    assert moved == {"sliced_distance"}


def test_what_are_no_layers_is_refused():
    words = r"layers\['a'\]: h must hold real numbers"
    refuses(TypeError, words, inspect_activations, {"a": [["x"]]})
    refuses(TypeError, r"layers must be a Mapping, got \[1\]", inspect_activations, [1])


def test_a_csv_holds_one_layer_or_several(tmp_path):
    plain, named, units = (tmp_path / f"{name}.csv" for name in ("plain", "named", "units"))
    plain.write_text("1,2\n3,4\n")
    named.write_text("\ufefffc.1.0,fc.1.1,out.0\n1,2,5\n\n3,4,6\n")
    units.write_text("left,right\n1,2\n3,4\n")
    matrix = [[1, 2], [3, 4]]
    assert {k: v.tolist() for k, v in read_activations(plain).items()} == {"plain": matrix}
    assert {k: v.tolist() for k, v in read_activations(units).items()} == {"units": matrix}
    found = {k: v.tolist() for k, v in read_activations(named).items()}
    assert found == {"fc.1": matrix, "out": [[5], [6]]}


def test_positions_are_samples(tmp_path):
    path = tmp_path / "maps.npz"
    images = np.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)
    np.savez(path, conv=images, flat=np.ones((6, 2)))
    found = read_activations(path, dim=1)
    assert found["flat"].shape == (6, 2)
    np.testing.assert_array_equal(found["conv"][:20, 1], images[0, 1].ravel())
    assert read_activations(path, dim=-1)["conv"].shape == (24, 5)
    for dim in (None, 4):
        with pytest.raises(ValueError, match=r"dim must name the axis .* 'conv' of shape \(2, 3"):
            read_activations(path, dim=dim)


def test_damage_is_always_the_same_error(tmp_path):
    whole, torn = tmp_path / "whole.npz", tmp_path / "torn.npz"
    np.savez(whole, a=np.eye(3), b=np.ones((4, 2)))
    content = whole.read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        damaged = bytearray(content)
        damaged[rng.integers(len(content))] = rng.integers(256)
        torn.write_bytes(damaged[: rng.integers(len(content))] if rng.random() < 0.2 else damaged)
        try:
            read_activations(torn)
        except ValueError as error:
            assert str(error).startswith("file must be a whole npz of numbers, got ")
            refused += 1
    assert 200 < refused < 300
