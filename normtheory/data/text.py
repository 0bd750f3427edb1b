"""Text corpora: Tiny Shakespeare by characters, WikiText-2 by words."""

import hashlib
from dataclasses import dataclass

import numpy as np

from normtheory.data.sources import find_file, read_bytes, warn_stand_in

_SHA256 = {
    "input.txt": "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    "valid.txt": "f0737ed31fc1329026e95cb8b98e19c2a182c39c240ab909dc31abf2f8af58e8",
    "test.txt": "d790b833ef8cf03a90db7bf1271b7520b83c45ce07ba3c1a9699df81e239eca0",
}


@dataclass(frozen=True, kw_only=True)
class Text:
    """A corpus as token numbers.

    Attributes
    ----------
    name, origin, note, fingerprint : str
        As in `Classification`.
    train, test : ndarray of int64, shape (tokens,)
    vocabulary : tuple of str
        What each number stands for.
    """

    name: str
    origin: str
    note: str
    fingerprint: str
    train: np.ndarray
    test: np.ndarray
    vocabulary: tuple[str, ...]

    @property
    def stand_in(self):
        """Whether this is another corpus than the one asked for."""
        return self.note.startswith("STAND-IN")


def load_tiny_shakespeare(origin=None):
    """Tiny Shakespeare by characters: the first nine tenths train, the rest test.

    Reads ``NORMTHEORY_DATA/tinyshakespeare/input.txt`` (or .gz); without it, it warns and takes
    the descriptions of scikit-learn's data sets.

    Parameters
    ----------
    origin : {None, "files", "bundled"}

    Returns
    -------
    Text

    Raises
    ------
    ValueError
        If the file is damaged or another text, or `origin` is not to be had.
    """
    text = _read("tinyshakespeare", "input.txt", origin, "Tiny Shakespeare")
    if text is None:
        return _characters(_bundled_text(), "tiny-shakespeare", "bundled", _STAND_IN)
    return _characters(text, "tiny-shakespeare", "files", "Tiny Shakespeare, by characters")


def load_wikitext2(origin=None, *, words=4000):
    """WikiText-2's validation part as train and its test part as test text, by words.

    The published train part is not read: these two parts alone make a small corpus. Words beyond
    the most frequent ones of the train text become "<unk>", as rare words are in the original.

    Parameters
    ----------
    origin : {None, "files", "bundled"}
    words : int
        Size of the vocabulary, with "<unk>" and "<eos>".

    Returns
    -------
    Text

    Raises
    ------
    ValueError
        If a file is damaged or another text, or `origin` is not to be had.
    """
    parts = [_read("wikitext-2", name, origin, "WikiText-2") for name in ("valid.txt", "test.txt")]
    if None in parts:
        text = _bundled_text().splitlines()
        cut = len(text) * 9 // 10
        parts = ["\n".join(text[:cut]), "\n".join(text[cut:])]
        return _words(parts, words, "wikitext-2", "bundled", _STAND_IN)
    note = "WikiText-2, its validation part as train and its test part as test text"
    return _words(parts, words, "wikitext-2", "files", note)


_STAND_IN = "STAND-IN: the descriptions of scikit-learn's data sets, since the corpus was not there"


def _read(folder, name, origin, title):
    if origin not in (None, "files", "bundled"):
        raise ValueError(f"origin must be None, files or bundled, got {origin!r}")
    path = None if origin == "bundled" else find_file(folder, name)
    if path is None:
        if origin == "files":
            raise ValueError(f"origin 'files' needs {name} in NORMTHEORY_DATA/{folder}")
        if origin is None:
            warn_stand_in(title, folder, "the descriptions of scikit-learn's data sets")
        return None
    content = read_bytes(path)
    if hashlib.sha256(content).hexdigest() != _SHA256[name]:
        raise ValueError(f"{path} must be {title} as published, but its checksum differs")
    return content.decode("utf-8")


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
    special = ("<unk>", "<eos>")
    frequent = sorted(set(counts) - set(special), key=lambda word: (-counts[word], word))
    vocabulary = special + tuple(frequent[: size - len(special)])
    number = {each: k for k, each in enumerate(vocabulary)}
    train, test = (
        np.array([number.get(word, 0) for word in stream], dtype=np.int64) for stream in streams
    )
    return _text(train, test, vocabulary, name, origin, note)


def _text(train, test, vocabulary, name, origin, note):
    digest = hashlib.sha256(train.tobytes() + test.tobytes()).hexdigest()[:16]
    return Text(
        name=name,
        origin=origin,
        note=note,
        fingerprint=f"{name}-{digest}",
        train=train,
        test=test,
        vocabulary=vocabulary,
    )
