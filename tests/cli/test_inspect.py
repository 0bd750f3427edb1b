"""``normtheory inspect``: a table, JSON, and one sentence for whatever holds no activations."""

import json
import os
import re

import numpy as np
import pytest

from normtheory.cli import main
from tests.test_extras import core_alone


@pytest.fixture
def recorded(tmp_path):
    path = tmp_path / "layers.npz"
    rng = np.random.default_rng(0)
    np.savez(path, first=rng.standard_normal((50, 4)), second=rng.random((20, 3)))
    return path


def test_it_prints_the_table_and_writes_json(recorded, tmp_path, capsys):
    assert main(["inspect", str(recorded), "--json", str(tmp_path / "out.json")]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^first +50 +4 +0 ", out, re.MULTILINE)
    assert "equinorm.positive-sum" in out
    found = json.loads((tmp_path / "out.json").read_text())
    assert [each["statistics"]["units"] for each in found] == [4, 3]


def test_it_needs_the_core_alone(recorded):
    done = core_alone("inspect", str(recorded))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("layer ")


def written(path, content):
    if callable(content):
        content(path)
    elif content is not None:
        path.write_bytes(content)
    return path


def saved(**arrays):
    return lambda path: np.savez(path, **arrays)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("gone.npz", None, "file must exist"),
        ("folder.npz", os.mkdir, "file must exist"),
        ("pipe.csv", os.mkfifo, "file must exist"),
        ("layers.txt", b"1,2\n", "file must end in .npz or .csv"),
        ("empty.npz", b"", "file must be a whole npz of numbers"),
        ("no_zip.npz", b"1,2\n", "file must be a whole npz of numbers"),
        ("torn.npz", b"PK\x03\x04" + bytes(50), "file must be a whole npz of numbers"),
        ("objects.npz", saved(a=np.array([{}])), "file must be a whole npz of numbers"),
        ("none.npz", saved(), "file must hold at least one layer"),
        ("nan.npz", saved(a=np.full((3, 2), np.nan)), r"layers\['a'\]: h must be finite, got nan"),
        ("vector.npz", saved(a=np.ones(3)), r"layers\['a'\]: h must have 2 axes"),
        ("maps.npz", saved(a=np.ones((3, 2, 2))), "dim must name the axis of the units"),
        ("one.npz", saved(a=np.ones((1, 2))), r"layers\['a'\]: h must hold at least 2 samples"),
        ("no_units.npz", saved(a=np.ones((3, 0))), r"layers\['a'\]: h must not be empty"),
        (
            "words.npz",
            saved(a=np.array([["x"]])),
            "layer 'a' must hold real numbers, got dtype <U1",
        ),
        ("empty.csv", b"", "it has no row of numbers"),
        ("header.csv", b"a,b\n", "it has no row of numbers"),
        ("ragged.csv", b"1,2\n3\n", "the number of columns changed from 2 to 1"),
        ("names.csv", b"a.0\n1,2\n3,4\n", "1 names for 2 columns"),
        ("words.csv", b"1,2\n3,x\n", "could not convert string 'x' to float64"),
        ("nan.csv", b"1,2\n3,nan\n", r"layers\['nan'\]: h must be finite, got nan"),
        ("bytes.csv", b"\xff\xfe1", "codec can't decode"),
    ],
)
def test_a_bad_file_is_one_sentence_and_exit_2(name, content, said, tmp_path, capsys):
    assert main(["inspect", str(written(tmp_path / name, content))]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert re.match(rf"normtheory inspect: .*{said}", err)


def test_the_activations_are_not_overwritten(recorded, capsys):
    before = recorded.read_bytes()
    assert main(["inspect", str(recorded), "--json", str(recorded)]) == 2
    assert recorded.read_bytes() == before
    assert "json must be another file" in capsys.readouterr().err
