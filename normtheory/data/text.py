"""Text corpora: Tiny Shakespeare by characters, WikiText-2 by words."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from normtheory.data.dataset import DataSet
from normtheory.data.sources import fetched, files_of, first_available, read_bytes, sha256

_SHA256 = {
    "input.txt": "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    "valid.txt": "f0737ed31fc1329026e95cb8b98e19c2a182c39c240ab909dc31abf2f8af58e8",
    "test.txt": "d790b833ef8cf03a90db7bf1271b7520b83c45ce07ba3c1a9699df81e239eca0",
}
_EXAMPLES = (
    "https://raw.githubusercontent.com/pytorch/examples/77f55b912142e11fcfdf5b530231fb9c52f181e8/"
)
_URL = {
    "input.txt": f"{_EXAMPLES}distributed/minGPT-ddp/mingpt/data/input.txt",
    "valid.txt": f"{_EXAMPLES}word_language_model/data/wikitext-2/valid.txt",
    "test.txt": f"{_EXAMPLES}word_language_model/data/wikitext-2/test.txt",
}


_SPECIAL = ("<unk>", "<eos>")  # in every vocabulary of words


@dataclass(frozen=True, kw_only=True)
class Text(DataSet):
    """A corpus as token numbers.

    Attributes
    ----------
    name, origin, note : str
        As in `DataSet`.
    train, test : ndarray of int64, shape (tokens,)
    vocabulary : tuple of str
        What each number stands for.
    """

    train: np.ndarray
    test: np.ndarray
    vocabulary: tuple[str, ...]


def load_tiny_shakespeare(origin: Literal["files", "download", "bundled"] | None = None) -> Text:
    """Tiny Shakespeare by characters: the first nine tenths train, the rest test.

    Reads ``NORMTHEORY_DATA/tinyshakespeare/input.txt`` (or .gz), else downloads it into the user's
    cache; where neither is possible it warns and takes the descriptions of scikit-learn's data
    sets. With an `origin` that one alone is taken, or a ValueError says why not; so it does of a
    file that is damaged, or not this text.
    """
    origin, (text,) = _read("Tiny Shakespeare", "tinyshakespeare", ("input.txt",), origin)
    if origin == "bundled":
        return _characters(_bundled_text(), "tiny-shakespeare", "bundled", _STAND_IN)
    return _characters(text, "tiny-shakespeare", origin, "Tiny Shakespeare, by characters")


def load_wikitext2(
    origin: Literal["files", "download", "bundled"] | None = None, *, words: int = 4000
) -> Text:
    """WikiText-2's validation part as train and its test part as test text, by words.

    The published train part is not read: these two parts alone make a small corpus. Words beyond
    the most frequent ones of the train text, `words` with "<unk>" and "<eos>" and at least 2,
    become "<unk>", as rare words are in the original.

    Both are read from ``NORMTHEORY_DATA/wikitext-2`` (or .gz), else downloaded into the user's
    cache; where neither is possible, the descriptions of scikit-learn's data sets stand in. With an
    `origin` that one alone is taken, or a ValueError says why not; so it does of a file that is
    damaged, or not this text.
    """
    if not isinstance(words, (int, np.integer)) or isinstance(words, bool):
        raise TypeError(f"words must be a whole number, got {words!r}")
    if words < len(_SPECIAL):
        raise ValueError(f"words must be at least {len(_SPECIAL)}, got {words!r}")
    origin, parts = _read("WikiText-2", "wikitext-2", ("valid.txt", "test.txt"), origin)
    if origin == "bundled":
        text = _bundled_text().splitlines()
        cut = len(text) * 9 // 10
        parts = ["\n".join(text[:cut]), "\n".join(text[cut:])]
        return _words(parts, words, "wikitext-2", "bundled", _STAND_IN)
    note = "WikiText-2, its validation part as train and its test part as test text"
    return _words(parts, words, "wikitext-2", origin, note)


_STAND_IN = "STAND-IN: the descriptions of scikit-learn's data sets, since the corpus was not there"


def _read(title, folder, names, origin):
    """The origin taken, and the files' texts; no texts where the stand-in is to be used."""

    def checked(paths):
        texts = []
        for name, path in paths.items():
            content = read_bytes(path)
            if sha256(content) != _SHA256[name]:
                raise ValueError(f"{path} must be {title} as published, but its checksum differs")
            texts.append(content.decode("utf-8"))
        return texts

    def from_files():
        return "files", checked(files_of(folder, names))

    def download():
        paths = {name: fetched(_URL[name], folder, name, _SHA256[name]) for name in names}
        return "download", checked(paths)

    return first_available(
        title,
        folder,
        origin,
        {"files": from_files, "download": download, "bundled": lambda: ("bundled", [None])},
        instead="the descriptions of scikit-learn's data sets",
    )


def _bundled_text():
    from sklearn import datasets

    loaders = ("breast_cancer", "diabetes", "digits", "iris", "linnerud", "wine")
    return "\n".join(getattr(datasets, f"load_{name}")().DESCR for name in loaders)


def _characters(text, name, origin, note):
    vocabulary = tuple(sorted(set(text)))
    number = {each: k for k, each in enumerate(vocabulary)}
    tokens = np.array([number[each] for each in text], dtype=np.int64)
    cut = len(tokens) * 9 // 10
    return _text(tokens[:cut], tokens[cut:], vocabulary, name, origin, note)


def _words(parts, size, name, origin, note):
    streams = [
        [word for line in part.splitlines() for word in (*line.split(), "<eos>")] for part in parts
    ]
    counts = {}
    for word in streams[0]:
        counts[word] = counts.get(word, 0) + 1
    frequent = sorted(set(counts) - set(_SPECIAL), key=lambda word: (-counts[word], word))
    vocabulary = _SPECIAL + tuple(frequent[: size - len(_SPECIAL)])
    number = {each: k for k, each in enumerate(vocabulary)}
    train, test = (
        np.array([number.get(word, 0) for word in stream], dtype=np.int64) for stream in streams
    )
    return _text(train, test, vocabulary, name, origin, note)


def _text(train, test, vocabulary, name, origin, note):
    return Text(name=name, origin=origin, note=note, train=train, test=test, vocabulary=vocabulary)
