"""UCI sets, texts and point clouds: read whole, or refused with a reason."""

import gzip
import hashlib
import zipfile
from functools import partial
from importlib import import_module

import numpy as np
import pytest

from normtheory import data
from normtheory.data import text
from tests.refused import refuses

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
        ({"y": np.arange(40) % 3 + 1}, "classes from 0"),
        ({"y": np.arange(40) % 3 - 1}, "classes from 0"),
        ({"y": np.arange(40) - 2.0}, "whole numbers in y"),
        ({"y": np.arange(40) * 2.0**31}, "whole numbers in y"),
        ({"X": np.zeros((40, 5, 1))}, "got"),
        ({"folds": np.zeros((40, 3), np.uint8)}, "got"),
        ({"val_folds": np.zeros((39, 4), np.uint8)}, "got"),
        ({key: uci_arrays()[key][:0] for key in uci_arrays()}, "at least one row, got none"),
    ],
)
def test_a_uci_set_that_does_not_fit_is_refused(folder, changes, message):
    write_uci(folder, **changes)
    refuses(ValueError, f"toy.npz must .*{message}", data.load_uci, "toy")


def test_folds_may_be_booleans_and_a_class_may_be_any_number_of_31_bits(folder):
    written = write_uci(folder, y=np.where(np.arange(40) == 7, 2.0**31 - 1, 0))
    write_uci(folder, y=written["y"], folds=written["folds"] == 1)
    loaded = data.load_uci("toy")
    assert loaded.classes == 1 << 31
    np.testing.assert_array_equal(loaded.parts == 2, written["folds"] == 1)


def test_a_cut_uci_file_is_refused(folder):
    write_uci(folder)
    path = folder / "uci" / "toy.npz"
    path.write_bytes(path.read_bytes()[:-100])
    refuses(ValueError, "must be a whole npz file", data.load_uci, "toy")


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
        refuses(ValueError, r"toy\.npz must ", data.load_uci, "toy")


def test_bundled_sets_stand_in_with_parts_of_every_class(folder):
    assert data.uci_names() == data.uci.BUNDLED
    iris = data.load_uci("iris")
    assert not iris.stand_in
    for split in range(4):
        for part in range(3):
            assert set(iris.y[iris.parts[:, split] == part]) == {0, 1, 2}
    assert (iris.parts[:, 0] != iris.parts[:, 1]).any()
    refuses(ValueError, r"origin 'files' needs abalone\.npz", data.load_uci, "abalone", "files")


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
    refuses(ValueError, "as published, but its checksum differs", data.load_tiny_shakespeare)


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
def test_the_stand_in_for_a_corpus_is_long_and_has_all_its_words(load):
    loaded = load("bundled")
    assert len(loaded.train) > 1000 and loaded.train.max() < len(loaded.vocabulary)


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


def test_clouds_have_a_fixed_spread_of_sizes_and_noise():
    x, _ = data.point_clouds(400, 300, RNG(0), jitter=0.0)
    # without noise the outermost point lies on the unit ball, and the middle in its centre
    np.testing.assert_allclose(np.linalg.norm(x, axis=1).max(1), 1, rtol=1e-5)
    np.testing.assert_allclose(x.mean(2), 0, atol=1e-5)
    # discs, stretched by 0.7 to 1.3 along two axes: their thickness is the noise alone
    disc = data.point_clouds(400, 300, RNG(0))[0][7::10]
    np.testing.assert_allclose(disc[:, 2].std(1), 0.02, rtol=0.2)
    longest, shortest = np.linalg.svd(x[7::10, :2], compute_uv=False).T
    assert 1.5 < (longest / shortest).max() < 1.3 / 0.7 * 1.2


def on_shapes(shape, count=4000):
    """Points of one of the shapes, as x, y, z and the distance from the z axis."""
    shapes = import_module("normtheory.data.point_clouds")
    x, y, z = getattr(shapes, f"_{shape}")(RNG(1).random((2, count)), RNG(2))
    return x, y, z, np.hypot(x, y)


def test_points_lie_on_the_shapes_that_the_classes_are_named_after():
    near = partial(np.testing.assert_allclose, atol=1e-12)
    x, y, z, radius = on_shapes("sphere")
    near(radius**2 + z**2, 1)
    assert abs(z.mean()) < 0.05 and abs(x.mean()) < 0.05 and abs(y.mean()) < 0.05
    x, y, z, radius = on_shapes("cube")
    near(np.abs([x, y, z]).max(0), 1)
    for axis in (x, y, z):
        for side in (-1, 1):
            assert 0.14 < (axis == side).mean() < 0.19
    x, y, z, radius = on_shapes("cylinder")
    near(radius, 1)
    assert z.min() < -0.99 and z.max() > 0.99 and abs(x.mean()) < 0.05
    x, y, z, radius = on_shapes("cone")
    near(radius, (1 - z) / 2)
    near(np.mean(radius**2), 1 / 2, atol=0.02)  # even on its mantle
    x, y, z, radius = on_shapes("torus")
    near((radius - 1) ** 2 + z**2, 0.4**2)
    assert abs(x.mean()) < 0.05 and abs(z.mean()) < 0.05
    x, y, z, radius = on_shapes("helix")
    near(radius, 1)
    # three turns, 0.05 thick
    above = (z + 1 - np.arctan2(y, x) / (3 * np.pi)) % (2 / 3)
    assert above.max() < 0.05 + 1e-9 and 0.024 < above.mean() < 0.026
    assert z.min() < -0.97 and 0.99 < z.max() < 1.05
    x, y, z, radius = on_shapes("saddle")
    near(z, x**2 - y**2)
    assert min(x.min(), y.min()) < -0.99 and max(x.max(), y.max()) > 0.99
    x, y, z, radius = on_shapes("disc")
    near(z, 0)
    near(np.mean(radius**2), 1 / 2, atol=0.02)
    assert radius.max() <= 1 and abs(x.mean()) < 0.05
    x, y, z, radius = on_shapes("roll")
    near((14 * radius - np.arctan2(y, x) + np.pi) % (2 * np.pi), np.pi)
    assert 1.5 * np.pi < 14 * radius.min() < 4.8 and 14.1 < 14 * radius.max() < 4.5 * np.pi
    assert z.min() < -0.99 and z.max() > 0.99
    x, y, z, radius = on_shapes("cross")
    assert (np.count_nonzero([x, y, z], axis=0) == 1).all()
    for axis in (x, y, z):
        assert 0.3 < (axis != 0).mean() < 0.37
        assert axis.min() < -0.99 and axis.max() > 0.99


def test_made_and_bundled_sets_are_those_of_earlier_results():
    assert data.load_point_clouds().fingerprint == "point-clouds-e6a10f90ef9836c0"
    assert data.load_uci("wine", "bundled").fingerprint == "wine-b55991670d9a00c0"


@pytest.mark.parametrize("name", ["iris", "breast_cancer", "abalone"])
def test_bundled_parts_hold_a_quarter_and_an_eighth_of_each_class(name):
    loaded = data.load_uci(name, "bundled")
    assert loaded.stand_in is (name == "abalone")
    np.testing.assert_allclose(loaded.x.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(loaded.x.std(0), 1, atol=1e-5)
    for label in range(loaded.classes):
        parts = loaded.parts[loaded.y == label]
        for part, share in ((2, 4), (1, 8)):
            assert set((parts == part).sum(0)) == {len(parts) // share}
    assert len(np.unique(loaded.parts, axis=1).T) == 4


def test_the_last_tenth_of_the_stand_in_for_a_corpus_is_its_test_part():
    whole = text._bundled_text()
    letters = data.load_tiny_shakespeare("bundled")
    assert len(letters.train) == len(whole) * 9 // 10
    tokens = np.concatenate([letters.train, letters.test])
    assert "".join(letters.vocabulary[k] for k in tokens) == whole
    words = data.load_wikitext2("bundled", words=10**6)
    lines, ends = len(whole.splitlines()), words.vocabulary.index("<eos>")
    assert (words.train == ends).sum() == lines * 9 // 10
    assert (words.test == ends).sum() == lines - lines * 9 // 10


@pytest.mark.parametrize(("words", "error"), [(0, ValueError), (1, ValueError), (2.5, TypeError)])
def test_a_vocabulary_without_its_special_words_is_refused(words, error):
    refuses(error, f"words must be .*, got {words}", data.load_wikitext2, "bundled", words=words)


def test_a_vocabulary_has_no_more_words_than_asked_for():
    assert data.load_wikitext2("bundled", words=2).vocabulary == ("<unk>", "<eos>")
    assert len(data.load_wikitext2("bundled", words=50).vocabulary) == 50


def test_unknown_names_are_refused():
    refuses(
        ValueError, "name must be one of adult, .*uci/NAME, got 'imagenet'", data.load, "imagenet"
    )
