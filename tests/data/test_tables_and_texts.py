"""UCI sets, texts and point clouds: read whole, or refused with a reason."""

import gzip
import hashlib
import zipfile

import numpy as np
import pytest

from normtheory import data
from normtheory.data import text

RNG = np.random.default_rng


@pytest.fixture
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("NORMTHEORY_DATA", str(tmp_path))
    return tmp_path


def uci_arrays():
    rng = np.random.default_rng(0)
    kind = rng.integers(3, size=(40, 4))
    return {
        "X": rng.standard_normal((40, 5)).astype(np.float32),
        "y": (np.arange(40) % 3).astype(np.int16),
        "folds": (kind == 2).astype(np.uint8),
        "val_folds": (kind == 1).astype(np.uint8),
    }


def write_uci(folder, **changes):
    (folder / "uci").mkdir(exist_ok=True)
    arrays = uci_arrays() | changes
    np.savez(folder / "uci" / "toy.npz", **{k: v for k, v in arrays.items() if v is not None})
    return arrays


def test_a_uci_set_keeps_its_published_parts(folder):
    arrays = write_uci(folder)
    loaded = data.load("uci/toy")
    assert (loaded.origin, loaded.classes, data.uci_names()) == ("files", 3, ("toy",))
    np.testing.assert_array_equal(loaded.parts == 2, arrays["folds"] == 1)
    np.testing.assert_array_equal(loaded.parts == 1, arrays["val_folds"] == 1)
    np.testing.assert_array_equal(loaded.x, arrays["X"])


@pytest.mark.parametrize("changed", ["X", "y", "folds", "val_folds"])
def test_the_fingerprint_of_a_uci_set_changes_with_any_number(folder, changed):
    write_uci(folder)
    first = data.load_uci("toy")
    array = uci_arrays()[changed].copy()
    if changed == "X":
        array[3, 1] += 1
    elif changed == "y":
        array[[0, 1]] = array[[1, 0]]
    else:
        array[np.argmax(array[:, 0]), 0] = 0  # from test or validation to train
    write_uci(folder, **{changed: array})
    assert data.load_uci("toy").fingerprint != first.fingerprint


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"X": np.full((40, 5), np.nan)}, "finite features"),
        (
            {"folds": np.ones((40, 4), np.uint8), "val_folds": np.ones((40, 4), np.uint8)},
            "disjoint",
        ),
        ({"y": np.arange(39)}, "got"),
        ({"folds": None}, "X, y, folds and val_folds"),
        ({"X": np.array(1.0)}, "got"),
        ({"X": np.full((40, 5), "a")}, "numbers in X, got <U1"),
        ({"y": np.full(40, "a")}, "numbers in y, got <U1"),
        ({"y": np.full(40, 0.7)}, "whole numbers in y"),
        ({"y": np.full(40, np.nan)}, "whole numbers in y"),
        ({"folds": np.full((40, 4), 0.5)}, "whole numbers in y, folds and val_folds"),
        ({"folds": np.full((40, 4), 2)}, "0 and 1 in folds and val_folds"),
        ({"val_folds": np.full((40, 4), -1)}, "0 and 1 in folds and val_folds"),
    ],
)
def test_a_uci_set_that_does_not_fit_is_refused(folder, changes, message):
    write_uci(folder, **changes)
    with pytest.raises(ValueError, match=f"toy.npz must .*{message}"):
        data.load_uci("toy")


def test_a_cut_uci_file_is_refused(folder):
    write_uci(folder)
    path = folder / "uci" / "toy.npz"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match="must be a whole npz file"):
        data.load_uci("toy")


def test_a_uci_set_whose_folds_are_floats_is_the_same(folder):
    arrays = write_uci(folder)
    first = data.load_uci("toy")
    write_uci(folder, **{kind: arrays[kind].astype(float) for kind in ("y", "folds", "val_folds")})
    assert data.load_uci("toy").fingerprint == first.fingerprint


def test_an_altered_uci_file_is_refused_or_read_at_any_byte(folder):
    arrays = uci_arrays()
    (folder / "uci").mkdir()
    path = folder / "uci" / "toy.npz"
    np.savez_compressed(path, **arrays)
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        changed = bytearray(whole)
        changed[place] ^= 0xFF
        path.write_bytes(changed)
        try:
            loaded = data.load_uci("toy")
        except ValueError as error:
            assert str(path) in str(error)
        else:  # a date in the archive, say
            np.testing.assert_array_equal(loaded.x, arrays["X"])


def test_an_altered_array_in_a_whole_archive_is_refused(folder):
    write_uci(folder)
    path = folder / "uci" / "toy.npz"
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for header in (b"not an array", parts["X.npy"].replace(b"'shape'", b"'shapes"), b""):
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in {**parts, "X.npy": header}.items():
                archive.writestr(name, content)
        with pytest.raises(ValueError, match=r"toy\.npz must "):
            data.load_uci("toy")


def test_bundled_sets_stand_in_with_parts_of_every_class(folder):
    assert data.uci_names() == data.uci.BUNDLED
    iris = data.load_uci("iris")
    assert not iris.stand_in
    for split in range(4):
        for part in range(3):
            assert set(iris.y[iris.parts[:, split] == part]) == {0, 1, 2}
    assert (iris.parts[:, 0] != iris.parts[:, 1]).any()
    with pytest.warns(UserWarning, match="the UCI set 'abalone' is neither"):
        assert data.load_uci("abalone").stand_in
    with pytest.raises(ValueError, match=r"origin 'files' needs abalone\.npz"):
        data.load_uci("abalone", "files")


def test_tiny_shakespeare_is_read_by_characters(folder, monkeypatch):
    content = b"To be, or not to be\n" * 10
    monkeypatch.setitem(text._SHA256, "input.txt", hashlib.sha256(content).hexdigest())
    (folder / "tinyshakespeare").mkdir()
    path = folder / "tinyshakespeare" / "input.txt.gz"
    path.write_bytes(gzip.compress(content))
    loaded = data.load_tiny_shakespeare()
    tokens = np.concatenate([loaded.train, loaded.test])
    assert "".join(loaded.vocabulary[k] for k in tokens) == content.decode()
    assert len(loaded.test) == 20
    path.write_bytes(gzip.compress(content[:-1]))
    with pytest.raises(ValueError, match="as published, but its checksum differs"):
        data.load_tiny_shakespeare()


def test_wikitext_keeps_the_frequent_words_of_its_train_part(folder, monkeypatch):
    parts = {"valid.txt": b" a a b \n a c \n", "test.txt": b" b d \n"}
    (folder / "wikitext-2").mkdir()
    for name, content in parts.items():
        monkeypatch.setitem(text._SHA256, name, hashlib.sha256(content).hexdigest())
        (folder / "wikitext-2" / name).write_bytes(content)
    loaded = data.load_wikitext2(words=4)
    assert loaded.vocabulary == ("<unk>", "<eos>", "a", "b")
    assert loaded.train.tolist() == [2, 2, 3, 1, 2, 0, 1]
    assert loaded.test.tolist() == [3, 0, 1]


@pytest.mark.parametrize("load", [data.load_tiny_shakespeare, data.load_wikitext2])
def test_without_a_corpus_the_stand_in_says_so(folder, load):
    with pytest.warns(UserWarning, match="using the descriptions of scikit-learn's data sets"):
        loaded = load()
    assert loaded.stand_in
    assert len(loaded.train) > 1000 and loaded.train.max() < len(loaded.vocabulary)
    with pytest.raises(ValueError, match="origin 'files' needs"):
        load("files")
    with pytest.raises(ValueError, match="origin must be"):
        load("web")


def test_point_clouds_are_the_same_every_time_and_lie_in_the_unit_ball():
    clouds, again = data.load("point-clouds"), data.load_point_clouds()
    np.testing.assert_array_equal(clouds.x_train, again.x_train)
    assert (clouds.x_train.shape, clouds.classes) == ((2000, 3, 128), 10)
    assert np.linalg.norm(clouds.x_train, axis=1).max() <= 1
    assert np.bincount(clouds.y_test).tolist() == [50] * 10


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"clouds": 0}, "clouds must be at least 1, got 0"),
        ({"points": 1}, "points must be at least 2, got 1"),
        ({"jitter": -1.0}, "jitter must lie in"),
        ({"jitter": np.nan}, "jitter must lie in"),
    ],
)
def test_point_clouds_that_cannot_be_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        data.point_clouds(**{"clouds": 5, "points": 5, **wrong}, rng=RNG(0))


def test_clouds_of_two_points_are_finite():
    assert np.isfinite(data.point_clouds(50, 2, RNG(0))[0]).all()


@pytest.mark.parametrize(("words", "error"), [(0, ValueError), (1, ValueError), (2.5, TypeError)])
def test_a_vocabulary_without_its_special_words_is_refused(words, error):
    with pytest.raises(error, match=f"words must be .*, got {words}"):
        data.load_wikitext2("bundled", words=words)


def test_a_vocabulary_has_no_more_words_than_asked_for():
    assert data.load_wikitext2("bundled", words=2).vocabulary == ("<unk>", "<eos>")
    assert len(data.load_wikitext2("bundled", words=50).vocabulary) == 50


def test_classes_of_point_clouds_have_different_shapes():
    x, y = data.point_clouds(200, 512, np.random.default_rng(1), jitter=0.0)
    thickness = np.array([np.linalg.svd(c - c.mean(1, keepdims=True))[1][2] for c in x])
    flat = thickness < 0.5
    assert set(y[flat].tolist()) == {7}  # only the disc lies in a plane


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match=r"name must be one of adult, .*uci/NAME, got 'imagenet'"):
        data.load("imagenet")
