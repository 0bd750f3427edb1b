"""UCI Adult: read whole and as published, or refused with a reason."""

import gzip
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn import datasets

from normtheory import data
from normtheory.data import adult
from normtheory.data.classification import standardized
from normtheory.data.sources import fetch_openml
from tests.refused import refuses

TRAIN = """39, State-gov, 100, Bachelors, 13, Divorced, ?, Wife, White, Male, 0, 0, 40, Cuba, <=50K
50, Private, 300, HS-grad, 9, Divorced, Sales, Wife, Black, Female, 10, 0, 20, ?, >50K
28, ?, 200, HS-grad, 9, Divorced, Sales, Wife, Black, Female, 0, 5, 60, Peru, >50K

"""
TEST = """|1x3 Cross validator
30, Private, 200, Masters, 14, Divorced, Sales, Wife, White, Male, 0, 0, 40, Cuba, >50K.
20, Private, 100, HS-grad, 9, Divorced, Sales, Wife, White, Male, 0, 0, 20, Peru, <=50K.

"""


def rows_of(text):
    lines = [line for line in text.splitlines() if line and not line.startswith("|")]
    return [[field.strip() for field in line.rstrip(".").split(",")] for line in lines]


@pytest.fixture
def small(monkeypatch, tmp_path):
    """NORMTHEORY_DATA with a published Adult of 3 and 2 rows."""
    published = {
        name: (len(rows_of(text)), adult._digest(rows_of(text)))
        for name, text in (("adult.data", TRAIN), ("adult.test", TEST))
    }
    monkeypatch.setattr(adult, "PUBLISHED", published)
    monkeypatch.setenv("NORMTHEORY_DATA", str(tmp_path))
    folder = tmp_path / "adult"
    folder.mkdir()
    (folder / "adult.data").write_text(TRAIN)
    (folder / "adult.test.gz").write_bytes(gzip.compress(TEST.encode()))
    return folder


def test_columns_are_encoded_by_the_train_rows_alone(small):
    loaded = data.load_adult()
    assert (loaded.origin, loaded.stand_in) == ("files", False)
    assert loaded.x_train.shape[0] == 3 and loaded.x_test.shape[0] == 2
    # numbers: by the train rows' mean and standard deviation
    age = np.array([39.0, 50.0, 28.0])
    np.testing.assert_allclose(loaded.x_train[:, 0], (age - 39) / age.std(), rtol=1e-6)
    np.testing.assert_allclose(
        loaded.x_test[:, 0], (np.array([30, 20]) - 39) / age.std(), rtol=1e-6
    )
    # categories: workclass has ?, Private, State-gov, in that order, right after the 6 numbers
    np.testing.assert_array_equal(loaded.x_train[:, 6:9], [[0, 0, 1], [0, 1, 0], [1, 0, 0]])
    # education: Bachelors, HS-grad; Masters is unknown to the train rows
    np.testing.assert_array_equal(loaded.x_test[:, 9:11], [[0, 0], [0, 1]])
    np.testing.assert_array_equal(loaded.y_train, [0, 1, 1])
    np.testing.assert_array_equal(loaded.y_test, [1, 0])


@pytest.mark.slow
def test_what_is_on_this_machine_is_read_as_published(monkeypatch):
    monkeypatch.setenv("NORMTHEORY_OFFLINE", "1")
    try:
        loaded = data.load_adult("files")
    except ValueError:
        with pytest.warns(UserWarning, match="breast cancer"):
            loaded = data.load_adult()
        assert loaded.stand_in and loaded.x_train.shape == (380, 30)
    else:
        assert loaded.x_train.shape == (32561, 108) and loaded.x_test.shape == (16281, 108)
        assert loaded.y_train.sum() == 7841 and loaded.y_test.sum() == 3846
    assert np.isfinite(loaded.x_train).all() and np.isfinite(loaded.x_test).all()


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("adult.data", lambda t: t[:250], r"line 3 must have 15 comma-separated fields, got"),
        ("adult.data", lambda t: "\n".join(t.split("\n")[:2]), r"must have 3 rows, got 2"),
        ("adult.data", lambda t: t + t.split("\n")[0], r"must have 3 rows, got 4"),
        ("adult.data", lambda t: t.replace("39, ", "3x, "), r"line 1: age must be a whole number"),
        ("adult.data", lambda t: t.replace("?, Wife", ", Wife"), r"occupation must be a cat"),
        ("adult.data", lambda t: t.replace("<=50K", "50K"), r"class must be <=50K or >50K"),
        ("adult.data", lambda t: t.replace("Sales", "Sails", 1), r"checksum differs"),
        ("adult.data", lambda t: t.replace("100", "101"), r"checksum differs"),
        ("adult.data", lambda t: t.replace("Sales", "Sal\u00e9s", 1), r"must be ASCII"),
        ("adult.data", lambda t: "", r"must have 3 rows, got 0"),
    ],
)
def test_damaged_text_is_refused(small, name, change, message):
    (small / name).write_text(change(TRAIN), encoding="utf-8")
    with pytest.raises(ValueError, match=message) as refusal:
        data.load_adult()
    assert str(small / name) in str(refusal.value)


def test_damaged_gzip_is_refused_at_any_byte(small):
    path = small / "adult.test.gz"
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        refuses(ValueError, r"adult\.test\.gz must", data.load_adult)
    rng = np.random.default_rng(0)
    for position in rng.choice(np.arange(10, len(whole)), 50):
        altered = bytearray(whole)
        altered[position] ^= 1 << rng.integers(8)
        path.write_bytes(bytes(altered))
        refuses(ValueError, r"adult\.test\.gz", data.load_adult)


def test_one_file_of_two_is_refused(small):
    (small / "adult.test.gz").unlink()
    message = r"must hold adult\.data, adult\.test, but adult\.test is missing"
    refuses(ValueError, message, data.load_adult)


def test_unreadable_file_is_refused(small):
    (small / "adult.data").unlink()
    (small / "adult.data").mkdir()
    refuses(ValueError, r"adult\.data cannot be read", data.load_adult)


@pytest.mark.parametrize("name", ["nowhere", "~nosuchuser/x"])
def test_data_variable_must_name_a_directory(monkeypatch, tmp_path, name):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NORMTHEORY_DATA", name)
    refuses(ValueError, f"NORMTHEORY_DATA must name a directory, got '{name}", data.load_adult)


def openml_bunch(rows):
    """What scikit-learn's loader gives for these rows: categories as codes, missing as NaN."""
    names = list(adult.COLUMNS[:-1])
    categories = {
        name: sorted({row[i] for row in rows} - {"?"})
        for i, name in enumerate(names)
        if name not in adult.NUMERIC
    }
    table = [
        [
            np.nan
            if field == "?"
            else categories[name].index(field)
            if name in categories
            else float(field)
            for name, field in zip(names, row, strict=False)
        ]
        for row in rows
    ]
    return SimpleNamespace(
        data=np.array(table),
        target=np.array([row[-1] for row in rows], dtype=object),
        feature_names=names,
        categories=categories,
    )


@pytest.mark.parametrize("test_first", [True, False])
def test_openml_rows_are_told_apart_by_their_checksums(small, monkeypatch, test_first):
    from_files = data.load_adult()
    train, test = rows_of(TRAIN), rows_of(TEST)
    bunch = openml_bunch(test + train if test_first else train + test)
    published = {("adult", 2): bunch}
    monkeypatch.setattr(
        "sklearn.datasets.fetch_openml", lambda *, name, version, **how: published[name, version]
    )
    monkeypatch.delenv("NORMTHEORY_DATA")
    monkeypatch.delenv("NORMTHEORY_OFFLINE", raising=False)
    loaded = data.load_adult()
    assert loaded.origin == "openml" and loaded.fingerprint == from_files.fingerprint
    np.testing.assert_array_equal(loaded.x_train, from_files.x_train)
    np.testing.assert_array_equal(loaded.x_test, from_files.x_test)
    bunch.data[0, 0] += 1
    refuses(ValueError, "checksum differs", data.load_adult)


def test_every_third_row_of_the_stand_in_is_held_out():
    x, y = datasets.load_breast_cancer(return_X_y=True)
    loaded = data.load_adult("bundled")
    np.testing.assert_array_equal(loaded.y_test, y[2::3])
    assert len(loaded.y_train) + len(loaded.y_test) == len(y)
    train = np.delete(x, np.s_[2::3], axis=0)
    expected = (x[2::3] - train.mean(0)) / train.std(0)
    np.testing.assert_allclose(loaded.x_test, expected, rtol=1e-5)


def test_a_feature_that_is_constant_in_the_train_rows_is_shifted_only():
    train, test = standardized(np.full((3, 1), 4.0), np.array([[4.0], [6.0]]))
    assert (train.tolist(), test.tolist()) == ([[0], [0], [0]], [[0], [2]])


def test_openml_is_asked_once_for_plain_arrays(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr("sklearn.datasets.fetch_openml", lambda **how: asked.append(how))
    monkeypatch.setattr("normtheory.data.sources.cache_directory", lambda: tmp_path)
    monkeypatch.delenv("NORMTHEORY_OFFLINE")
    fetch_openml(name="adult", version=2)
    # no pandas needed, and no second try where the first has failed
    assert asked == [
        {
            **{"name": "adult", "version": 2, "as_frame": False, "parser": "liac-arff"},
            **{"data_home": tmp_path, "n_retries": 1},
        }
    ]
