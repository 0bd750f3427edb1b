"""``normtheory data``: where each set is, fetched ahead, and checked."""

import gzip
import shutil

import pytest

from normtheory.cli import main
from normtheory.data import registry, sources


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty data directory beside an empty cache."""
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("NORMTHEORY_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(sources, "cache_directory", lambda: tmp_path / "cache")
    monkeypatch.setattr(registry, "cache_directory", lambda: tmp_path / "cache")
    return tmp_path / "data"


@pytest.fixture
def corpus(monkeypatch):
    """A small Tiny Shakespeare is the published one; its bytes."""
    content = b"To be, or not to be\n" * 10
    monkeypatch.setattr("normtheory.data.text._SHA256", {"input.txt": sources.sha256(content)})
    return content


def test_list_names_every_loader_with_source_size_and_licence(folder, capsys):
    from normtheory.data import LOADERS
    from normtheory.data.uci import PUBLISHED

    assert set(registry.SOURCES) == {*LOADERS, *(f"uci/{name}" for name in PUBLISHED)}
    assert main(["data", "list"]) == 0
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert list(lines) == list(registry.SOURCES)
    assert lines["mnist"].split() == (
        "55 MB missing (OpenML 554 (LeCun et al. 1998), CC BY-SA 3.0)".split()
    )
    (folder / "tinyshakespeare").mkdir()
    (folder / "tinyshakespeare" / "input.txt.gz").write_bytes(gzip.compress(b""))
    assert main(["data", "list", "tiny-shakespeare"]) == 0
    assert str(folder / "tinyshakespeare") in capsys.readouterr().out


def test_check_compares_checksums(folder, corpus, capsys):
    assert main(["data", "check", "tiny-shakespeare", "digits"]) == 0
    assert capsys.readouterr().out.startswith("tiny-shakespeare: missing\ndigits: whole")
    (folder / "tinyshakespeare").mkdir()
    file = folder / "tinyshakespeare" / "input.txt"
    file.write_bytes(corpus)
    assert main(["data", "check", "tiny-shakespeare"]) == 0
    file.write_bytes(corpus[:-1] + b"?")
    assert main(["data", "check", "tiny-shakespeare"]) == 1
    err = capsys.readouterr().err
    assert "checksum differs" in err and err.count("\n") == 1


def test_what_was_fetched_ahead_serves_without_network(folder, corpus, monkeypatch, capsys):
    asked = []

    def retrieve(url, known, *, fname, path, progressbar):
        asked.append(fname)
        path.mkdir(parents=True, exist_ok=True)
        (path / fname).write_bytes(corpus)
        return path / fname

    monkeypatch.setattr("pooch.retrieve", retrieve)
    monkeypatch.setenv("NORMTHEORY_OFFLINE", "0")
    assert main(["data", "get", "tiny-shakespeare"]) == 0
    assert capsys.readouterr().out == (
        "1 of 1: tiny-shakespeare, 1.1 MB, GitHub, pytorch/examples\n1 of 1 data sets are here\n"
    )
    # what is here is not fetched again, with network or without
    monkeypatch.setenv("NORMTHEORY_OFFLINE", "yes")
    assert main(["data", "get", "tiny-shakespeare", "digits"]) == 0
    assert asked == ["input.txt"]
    from normtheory.data import load_tiny_shakespeare

    assert load_tiny_shakespeare().origin == "download"
    shutil.rmtree(folder.parent / "cache")
    assert main(["data", "get", "tiny-shakespeare", "digits"]) == 2
    assert capsys.readouterr().err == (
        "normtheory data: get needs the network, which NORMTHEORY_OFFLINE forbids, "
        "for tiny-shakespeare\n"
    )


def test_one_set_that_cannot_be_had_stops_no_other(folder, monkeypatch, capsys):
    def unreachable(*given, **named):
        raise OSError("no route to host")

    monkeypatch.setattr("pooch.retrieve", unreachable)
    monkeypatch.setenv("NORMTHEORY_OFFLINE", "")
    assert main(["data", "get", "tiny-shakespeare", "uci/car", "digits"]) == 1
    out, err = capsys.readouterr()
    assert out.endswith("1 of 3 data sets are here\n")
    assert err.count("no route to host\n") == 2


@pytest.mark.parametrize(
    ("said", "allowed"),
    [("", True), ("0", True), ("false", True), ("No", True), ("1", False), ("TRUE", False)],
)
def test_the_offline_switch(monkeypatch, said, allowed):
    monkeypatch.setenv("NORMTHEORY_OFFLINE", said)
    assert sources.may_download() is allowed


def test_another_word_is_no_switch(monkeypatch):
    monkeypatch.setenv("NORMTHEORY_OFFLINE", "maybe")
    with pytest.raises(ValueError, match=r"NORMTHEORY_OFFLINE must be 1, true, yes, .*got 'maybe'"):
        sources.may_download()
