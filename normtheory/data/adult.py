"""UCI Adult (Census Income, Becker & Kohavi 1996): 8 categorical and 6 numeric columns.

Train and test rows are those published: 32,561 of adult.data and 16,281 of adult.test. A missing
value, "?", is a category of its own, since whether an occupation was stated says something too.
Categories are one-hot, numbers standardized; both are fitted on the train rows alone, and a
category that only test rows have becomes a row of zeros.
"""

import hashlib
from typing import Literal

import numpy as np

from normtheory.data.classification import Classification, standardized
from normtheory.data.sources import fetch_openml, files_of, first_available, read_bytes

COLUMNS = tuple(
    "age workclass fnlwgt education education-num marital-status occupation relationship race sex "
    "capital-gain capital-loss hours-per-week native-country class".split()
)
NUMERIC = ("age", "fnlwgt", "education-num", "capital-gain", "capital-loss", "hours-per-week")
LABELS = ("<=50K", ">50K")
# rows, and SHA-256 of the rows written as comma-separated text without blanks, line ends "\n"
PUBLISHED = {
    "adult.data": (32561, "b43511ac80486a00e4f35d1c3d76a3cec2c89246510a76a4e455d7e45d4fb4b9"),
    "adult.test": (16281, "b4fb33eebc4e7132a442ff3696ca87564aa4b27c96b63cd346860e4c190f495f"),
}


def load_adult(origin: Literal["files", "openml", "bundled"] | None = None) -> Classification:
    """UCI Adult as published, or a stand-in that says so: x of 108 features in float32, 6
    standardized numbers, then the one-hot categories.

    Looks for adult.data and adult.test (or .gz) in ``NORMTHEORY_DATA/adult``, then asks OpenML
    through scikit-learn, which keeps the download in the user's cache; where neither is possible it
    warns and returns scikit-learn's bundled breast cancer data. With an `origin` that one alone is
    taken, or a ValueError says why not; so it does of a file that is damaged, partial or not Adult
    as published.
    """
    return first_available(
        "UCI Adult",
        "adult",
        origin,
        {"files": _from_files, "openml": _from_openml, "bundled": _bundled},
        instead="scikit-learn's bundled breast cancer data",
    )


def _from_files():
    paths = files_of("adult", PUBLISHED)
    train, test = (read_rows(path, *PUBLISHED[name]) for name, path in paths.items())
    return _encoded(train, test, "files", "UCI Adult, train and test as published")


def read_rows(path, rows, digest):
    """Rows of an Adult file as a list of 15 strings each; ValueError if a line has not 15 fields of
    the right kind, there are not so many `rows`, or the SHA-256 of these as comma-separated text
    without blanks is not `digest`.
    """
    try:
        text = read_bytes(path).decode("ascii")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} must be ASCII text, but {error}") from None
    table = []
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip().removesuffix(".")
        # adult.test begins with a comment
        if not line or line.startswith("|"):
            continue
        fields = [field.strip() for field in line.split(",")]
        if len(fields) != len(COLUMNS):
            raise ValueError(
                f"{path} line {number} must have {len(COLUMNS)} comma-separated fields, "
                f"got {len(fields)}: {line[:60]!r}"
            )
        for name, field in zip(COLUMNS, fields, strict=True):
            if not field or (name in NUMERIC and not field.isdigit()):
                kind = "a whole number" if name in NUMERIC else "a category or ?"
                raise ValueError(f"{path} line {number}: {name} must be {kind}, got {field!r}")
        if fields[-1] not in LABELS:
            raise ValueError(
                f"{path} line {number}: class must be {' or '.join(LABELS)}, got {fields[-1]!r}"
            )
        table.append(fields)
    if len(table) != rows:
        raise ValueError(
            f"{path} must have {rows} rows, got {len(table)}: it is partial or altered"
        )
    if _digest(table) != digest:
        raise ValueError(f"{path} must be UCI Adult as published, but its checksum differs")
    return table


def _from_openml():
    train, test = _split(_decoded(fetch_openml(name="adult", version=2)))
    return _encoded(train, test, "openml", "UCI Adult from OpenML, train and test as published")


def _split(table):
    # OpenML joins the published files into one table; the digests say which rows are which
    for first, second in (("adult.data", "adult.test"), ("adult.test", "adult.data")):
        border = PUBLISHED[first][0]
        parts = {first: table[:border], second: table[border:]}
        if all(_digest(parts[name]) == PUBLISHED[name][1] for name in PUBLISHED):
            return parts["adult.data"], parts["adult.test"]
    raise ValueError(
        "OpenML's adult version 2 must be the published rows, but its checksum differs"
    )


def _decoded(bunch):
    names = list(bunch.feature_names)
    columns = []
    for name in COLUMNS[:-1]:
        values = np.asarray(bunch.data[:, names.index(name)], dtype=float)
        known = bunch.categories.get(name)
        columns.append(
            [
                "?" if np.isnan(value) else known[int(value)] if known else str(int(value))
                for value in values
            ]
        )
    columns.append([str(label) for label in bunch.target])
    return [list(row) for row in zip(*columns, strict=True)]


def _encoded(train, test, origin, note):
    train_parts, test_parts = [], []
    for name in NUMERIC:
        column = COLUMNS.index(name)
        numbers = standardized(*(_numbers(rows, column) for rows in (train, test)))
        train_parts.append(numbers[0])
        test_parts.append(numbers[1])
    for column, name in enumerate(COLUMNS[:-1]):
        if name in NUMERIC:
            continue
        known = np.array(sorted({row[column] for row in train}))
        for rows, parts in ((train, train_parts), (test, test_parts)):
            parts.append(np.array([row[column] for row in rows])[:, None] == known)
    x_train, x_test = (np.concatenate(parts, axis=1) for parts in (train_parts, test_parts))
    y_train, y_test = ([LABELS.index(row[-1]) for row in rows] for rows in (train, test))
    parts = x_train, y_train, x_test, y_test
    return Classification.of(parts, 2, name="adult", origin=origin, note=note)


def _bundled():
    from sklearn.datasets import load_breast_cancer

    x, y = load_breast_cancer(return_X_y=True)
    # its rows come in no order, so that every third is as good a test part as a drawn one
    held_out = np.arange(len(y)) % 3 == 2
    x_train, x_test = standardized(x[~held_out], x[held_out])
    note = "STAND-IN: scikit-learn's breast cancer data, since UCI Adult was not to be had"
    parts = x_train, y[~held_out], x_test, y[held_out]
    return Classification.of(parts, 2, name="adult", origin="bundled", note=note)


def _numbers(rows, column):
    return np.array([[float(row[column])] for row in rows])


def _digest(rows):
    return hashlib.sha256("\n".join(",".join(row) for row in rows).encode()).hexdigest()
