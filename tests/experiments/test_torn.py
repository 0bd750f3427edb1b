"""Results are whole or made again, and nothing is lost: killed, in two hands, on a full disk,
altered, and with folders and links in the place of files."""

import json
import textwrap
from pathlib import Path

import numpy as np
import pytest
from ran import ran

from normtheory.data.sources import Damaged
from normtheory.experiments import index, report, runner
from normtheory.experiments.store import Store

SCRIPT = Path(__file__).with_name("disturbed.py")
SUFFIXES = (".png", ".svg", ".npz", ".json")
# of the 200 places in each kind of file, and of what is written there
SEED, PLACES = 20261130, 200


def rows_of(folder, *options):
    done = ran("-W", "error", SCRIPT, folder, *options, timeout=500)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module", params=[False, pytest.param(True, marks=pytest.mark.slow)])
def rows(request, tmp_path_factory):
    """What became of the command, disturbed at every rename or opening, or at every change."""
    folder = tmp_path_factory.mktemp("disturbed")
    return rows_of(folder, *["all"] * request.param)


def reached(rows, kind):
    found = [row for row in rows if row["kind"] == kind]
    # the last one was left in peace: it had fewer changes to make
    assert [bool(row["event"]) for row in found] == [True] * (len(found) - 1) + [False]
    assert len(found) > 7  # two units, four files, and the index
    return found[:-1]


@pytest.mark.parametrize("kind", ["kill", "full", "other"])
def test_the_same_command_ends_with_the_same_bytes_and_says_what_was_torn(rows, kind):
    for row in reached(rows, kind):
        code, out, err = row["second"]
        assert (code, err, row["same"]) == (0, "", True), row
        assert row["torn"] == ("sample.normal.json must be a whole record" in out), row
        # the other run has a third seed
        assert set(row["more"]) <= ({"seed-0002.npz"} if kind == "other" else set()), row


def test_a_run_is_killed_before_each_of_its_four_files(rows):
    found = reached(rows, "kill")
    assert all(row["killed"] for row in found)
    assert found[0]["state"] == ["former"] and found[-1]["state"] == ["new"]
    renamed = [row for row in found if row["event"] == "os.rename"]
    assert sum(not row["state"] for row in renamed) == 3
    # the arrays of the one beside the record of the other
    assert sum(row["torn"] for row in renamed) == 1


def test_a_full_disk_is_one_sentence_and_changes_no_file(rows):
    found = reached(rows, "full")
    for row in found:
        code, _, err = row["first"]
        assert not row["parts"] and (row["state"] or row["event"] == "os.rename"), row
        if code:
            assert code == 2 and err.startswith("normtheory figures: cannot write "), row
            assert err.endswith(": No space left on device\n") and err.count("\n") == 1, row
    assert sum(row["first"][0] == 2 for row in found) >= 7


def test_a_run_beside_another_ends_well_and_leaves_nothing_half_written(rows):
    found = reached(rows, "other")
    for row in found:
        assert row["first"][0] == 0 and row["first"][2] == "" and not row["parts"], row
        assert not row["torn"] or "index.html leaves it out" in row["first"][1], row
    assert any(row["torn"] for row in found)


def test_a_limit_of_the_operating_system_is_one_sentence_and_changes_no_file(written):
    directory, before = written
    script = """
        import resource, sys
        import sample_experiment as sample
        from normtheory.experiments import report, runner
        from normtheory.experiments.store import Store, StoreError
        sample.register(sample.made())
        store = Store(sys.argv[1])
        (result,) = runner.run(["sample.normal"], "smoke", range(6), store, device="cpu")
        resource.setrlimit(resource.RLIMIT_FSIZE, (12000, 12000))
        try:
            report.write(result, store.directory)
        except StoreError as error:
            print(error)
    """
    done = ran("-c", textwrap.dedent(script), directory, timeout=60, cwd=SCRIPT.parent)
    assert "cannot write" in done.stdout and "File too large" in done.stdout, done.stderr
    assert before == {path: path.read_bytes() for path in before}
    assert sorted(directory.iterdir()) == sorted([*before, directory / "units"])


@pytest.fixture(autouse=True)
def quick(sample, monkeypatch):
    """Nothing waits for the disk."""
    monkeypatch.setattr("os.fsync", lambda descriptor: None)


@pytest.fixture
def made(tmp_path):
    """The sample's result, as `runner.run` gives it."""
    (result,) = runner.run(["sample.normal"], "smoke", None, Store(tmp_path), device="cpu")
    return result


@pytest.fixture
def written(made, tmp_path):
    """A directory with the sample's result, and the bytes of its files by path."""
    report.write(made, tmp_path)
    index.write(tmp_path, lambda sentence: None)
    names = [*(f"sample.normal{suffix}" for suffix in SUFFIXES), "index.html"]
    return tmp_path, {tmp_path / name: (tmp_path / name).read_bytes() for name in names}


def _altered(whole):
    """The bytes with another one at each of 200 random places."""
    rng = np.random.default_rng(SEED)
    for place in rng.integers(len(whole), size=PLACES):
        changed = bytearray(whole)
        changed[place] ^= rng.integers(1, 256)
        yield bytes(changed)


@pytest.mark.filterwarnings("ignore")  # what numpy remarks on an altered header
@pytest.mark.parametrize("suffix", [".npz", ".json"])
def test_an_altered_byte_of_what_is_read_is_refused_or_changes_nothing(written, suffix):
    directory, before = written
    path, refused = directory / f"sample.normal{suffix}", 0
    record, arrays = report.load("sample.normal", directory)
    for changed in _altered(before[path]):
        path.write_bytes(changed)
        try:
            found = report.load("sample.normal", directory)
        except Damaged as error:
            assert "\n" not in str(error) and f"{path.stem}.json must be a whole " in str(error)
            refused += 1
        else:  # a date in the archive or a blank, say
            np.testing.assert_equal(found, (record, arrays))
    assert refused > PLACES / 2


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_altered_file_is_told_and_written_as_it_was(written, made, monkeypatch, suffix):
    directory, before = written
    path = directory / f"sample.normal{suffix}"
    pictures = {each: before[directory / f"sample.normal{each}"] for each in (".png", ".svg")}
    # drawn once: the same figure gives the same bytes
    monkeypatch.setattr(report, "_drawn", lambda result, identifier: pictures)
    silent = 0
    for changed in _altered(before[path]):
        path.write_bytes(changed)
        told = [*map(str, report.write(made, directory))]
        told += [] if told else [f"the digest in {path}"]
        assert all(str(path) in each for each in told)
        silent += told[0].startswith("the digest")
        assert path.read_bytes() == before[path]
    # where the digest itself was hit, reading the record has refused it already
    assert silent == 0 or (suffix == ".json" and silent < PLACES / 10)


def test_an_altered_index_is_written_as_it_was(written):
    directory, before = written
    path = directory / "index.html"
    for changed in _altered(before[path]):
        path.write_bytes(changed)
        index.write(directory, lambda sentence: None)
        assert path.read_bytes() == before[path]


def test_a_picture_of_another_run_is_left_out_of_the_index_and_drawn_again(written, figures):
    directory, before = written
    path = directory / "sample.normal.svg"
    digest = json.loads(before[directory / "sample.normal.json"])["digest"]
    path.write_bytes(before[path].replace(digest.encode(), b"0" * 64))
    told = []
    page = index.write(directory, told.append).read_text(encoding="utf-8")
    assert told == [
        f"{path} must be the picture of sample.normal.json, but is another's; "
        "index.html leaves it out until sample.normal is run again"
    ]
    assert "sample.normal" not in page
    code, out, _ = figures("sample.normal", "--scale", "smoke")
    assert code == 0 and f"note: {path} was not as its record says; it is written again" in out
    assert before == {each: each.read_bytes() for each in before}


NAMES = [*(f"sample.normal{suffix}" for suffix in SUFFIXES), "index.html", "units", "seed-0001.npz"]


def _place(directory, name):
    return next(directory.rglob(name))


def _content(directory):
    return {path: path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "units"])
def test_a_folder_in_the_place_of_a_file_is_one_line_and_loses_nothing(figures, written, name):
    directory, _ = written
    path = _place(directory, name)
    path.unlink()
    (path / "inside").mkdir(parents=True)
    before = _content(directory)
    code, _, err = figures("sample.normal", "--scale", "smoke")
    assert (code, err.count("\n")) == (2, 1)
    assert err.startswith("normtheory figures: cannot ") and f"{path}: Is a directory" in err
    assert _content(directory) == before


@pytest.mark.parametrize("name", NAMES)
def test_a_link_to_nowhere_is_replaced_or_refused_in_one_line(figures, written, name):
    directory, _ = written
    before = _content(directory)
    path, nowhere = _place(directory, name), directory.parent / "nowhere"
    path.rename(directory / "aside")
    path.symlink_to(nowhere)
    code, _, err = figures("sample.normal", "--scale", "smoke")
    if name == "units":
        assert (code, err.count("\n")) == (2, 1) and "cannot write results to" in err
        path.unlink()
    else:
        assert code == 0
    assert not nowhere.exists()
    (directory / "aside").rename(path)
    assert _content(directory) == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_text("[]"),
        lambda path: path.write_text("null"),
        lambda path: path.write_text("{}"),
        lambda path: path.write_bytes(b"\xff"),
        lambda path: path.mkdir(),
    ],
)
def test_a_damaged_record_of_another_id_is_told_and_fails_nothing(figures, tmp_path, damage):
    path = tmp_path / "vcl.fig2.json"
    damage(path)
    code, out, _ = figures("sample.normal", "--scale", "smoke")
    assert code == 0
    (note,) = (line for line in out.splitlines() if line.startswith("note: "))
    assert str(path) in note
    assert note.endswith("index.html leaves it out until vcl.fig2 is run again")
    assert "sample.normal.svg" in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_a_damaged_stored_result_is_told_and_not_compared_with(figures, tmp_path, monkeypatch):
    monkeypatch.setattr(report, "_STORED", tmp_path)
    assert figures("sample.normal", "--scale", "smoke")[0] == 0
    path = tmp_path / "sample.normal.json"
    path.write_text("null")
    code, out, _ = figures("sample.normal", "--scale", "smoke")
    assert code == 0 and "its findings are not compared with" in out
    assert report.load("sample.normal", tmp_path)
