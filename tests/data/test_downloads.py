"""What is not on this machine is downloaded once, and refused if it is another file."""

import gzip
import hashlib
import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from normtheory import data
from normtheory.data import registry, sources, text, uci
from tests.refused import refuses


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A folder that a server on this machine serves, as (folder, address); an empty cache."""
    folder = tmp_path / "served"
    folder.mkdir()
    monkeypatch.setenv("NORMTHEORY_DATA", "")
    monkeypatch.delenv("NORMTHEORY_OFFLINE")
    monkeypatch.setattr(sources, "cache_directory", lambda: tmp_path / "cache")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def corpus(served, monkeypatch):
    folder, address = served
    content = b"To be, or not to be\n" * 10
    (folder / "play.txt").write_bytes(content)
    monkeypatch.setitem(text._URL, "input.txt", f"{address}play.txt")
    monkeypatch.setitem(text._SHA256, "input.txt", hashlib.sha256(content).hexdigest())
    return folder / "play.txt"


def test_a_corpus_is_downloaded_once(corpus):
    loaded = data.load_tiny_shakespeare()
    assert loaded.origin == "download" and not loaded.stand_in
    assert len(loaded.train) + len(loaded.test) == len(corpus.read_bytes())
    corpus.unlink()
    assert data.load_tiny_shakespeare("download").fingerprint == loaded.fingerprint


def test_another_file_is_refused_and_not_kept(corpus, tmp_path):
    corpus.write_bytes(corpus.read_bytes()[:-1])
    refuses(ValueError, "hash", data.load_tiny_shakespeare)
    assert not (tmp_path / "cache" / "tinyshakespeare" / "input.txt").exists()


def test_what_cannot_be_downloaded_has_a_stand_in(corpus):
    corpus.unlink()
    with pytest.warns(UserWarning, match="Tiny Shakespeare is neither in NORMTHEORY_DATA"):
        assert data.load_tiny_shakespeare().stand_in
    with pytest.raises(ValueError, match="origin 'download' needs the network or the cache"):
        data.load_tiny_shakespeare("download")


def test_what_scikit_learn_has_kept_is_found(served, tmp_path):
    home, place = tmp_path / "cache" / "openml" / "openml.org", "data/v1/download/52667/mnist.arff"
    answers = {
        "list/data_name/mnist_784/limit/2/data_version/1": {
            "data": {"dataset": [{"did": 554}, {"did": 7}]}
        },
        "554": {"data_set_description": {"url": f"https://openml.org/{place}"}},
    }
    files = {f"api/v1/json/data/{path}": json.dumps(each) for path, each in answers.items()}
    for path, content in (files | {place: ""}).items():
        assert registry.found("mnist") is None
        kept = home / f"{path}.gz"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(gzip.compress(content.encode()))
    assert registry.found("mnist") == ("openml", str(kept.parent))


@pytest.fixture
def car(served, monkeypatch):
    """The UCI set "car" with three rows of two features."""
    folder, address = served
    monkeypatch.setattr(uci, "_URL", address)
    arrays = {
        "car": np.array([[-1.86652, 0.5], [0.25, 0.25], [1.5, -1]], np.float32),
        "labels": np.array([0, 1, 1], np.int16),
        "folds": np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1]], np.uint8),
        "validation_folds": np.array([[0, 1, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0]], np.uint8),
    }
    (folder / "car").mkdir()
    for kind, array in arrays.items():
        lines = [",".join(f"{value:g}" for value in np.atleast_1d(row)) for row in array]
        (folder / "car" / f"{kind}_py.dat").write_text("\n".join(lines) + "\n")
    digest = hashlib.sha256(b"".join(array.tobytes() for array in arrays.values()))
    monkeypatch.setitem(uci.PUBLISHED, "car", digest.hexdigest())
    return folder / "car", arrays


def test_a_uci_set_is_downloaded_with_its_parts(car):
    _, arrays = car
    loaded = data.load_uci("car")
    assert loaded.origin == "download" and not loaded.stand_in
    np.testing.assert_array_equal(loaded.x, arrays["car"])
    np.testing.assert_array_equal(loaded.y, arrays["labels"])
    np.testing.assert_array_equal(loaded.parts == 2, arrays["folds"] == 1)
    np.testing.assert_array_equal(loaded.parts == 1, arrays["validation_folds"] == 1)


@pytest.mark.parametrize("kind", ["car", "labels", "folds", "validation_folds"])
def test_an_altered_uci_set_is_refused(car, kind):
    path = car[0] / f"{kind}_py.dat"
    content = path.read_text()
    path.write_text("1" + content[1:] if content[0] == "0" else "0" + content[1:])
    refuses(ValueError, r"car-\*.dat must be UCI car as published", data.load_uci, "car")


def test_a_page_in_place_of_a_table_is_refused(car):
    (car[0] / "labels_py.dat").write_text("<html>not found</html>\n")
    refuses(ValueError, r"car-labels\.dat must hold comma-separated numbers", data.load_uci, "car")


def test_only_published_sets_are_downloaded(car):
    with pytest.raises(ValueError, match="origin 'download' must be asked for one of abalone, car"):
        data.load_uci("cars", "download")
