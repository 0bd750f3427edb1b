"""Stored units are whole or absent: whatever happens to the writer, the disk or the bytes."""

import errno
import multiprocessing
import os

import numpy as np
import pytest
from refused import refuses

from normtheory.data.sources import Damaged
from normtheory.experiments.store import Store, StoreError, write

ARRAYS = {"x": np.arange(500, dtype=np.float32), "name": np.array(["a", "bc"]), "n": np.array(3)}
PROVENANCE = {"seed": 3, "notes": ["α"]}


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def test_round_trip(store):
    path = store.directory / "a" / "b" / "seed-0003.npz"
    assert store.load(path) is None
    store.save(path, ARRAYS, PROVENANCE)
    arrays, provenance = store.load(path)
    assert provenance == PROVENANCE and set(arrays) == set(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype
    assert [each.name for each in path.parent.iterdir()] == ["seed-0003.npz"]


def test_same_content_gives_the_same_bytes(store):
    first, second = store.directory / "1.npz", store.directory / "2.npz"
    store.save(first, ARRAYS, PROVENANCE)
    store.save(second, ARRAYS, PROVENANCE)
    assert first.read_bytes() == second.read_bytes()


def test_altered_or_truncated_unit_is_refused(store):
    path = store.directory / "unit.npz"
    store.save(path, ARRAYS, PROVENANCE)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for cut in [0, 1, *rng.integers(2, len(whole), 40), len(whole) - 1]:
        path.write_bytes(whole[:cut])
        refuses(Damaged, r"unit\.npz must be a whole unit, but ", store.load, path)
    refused = 0
    for position in range(len(whole)):
        altered = bytearray(whole)
        altered[position] ^= 1 << rng.integers(8)
        path.unlink()  # to cut a file to nothing takes many times as long
        path.write_bytes(bytes(altered))
        try:
            arrays, provenance = store.load(path)
        except Damaged as error:
            assert "\n" not in str(error) and "unit.npz must be a whole unit" in str(error)
            refused += 1
        else:
            # a bit that no reader looks at, such as a zip entry's time stamp
            assert provenance == PROVENANCE
            np.testing.assert_array_equal(arrays["x"], ARRAYS["x"])
    assert refused > len(whole) / 2


def test_a_unit_with_another_units_arrays_is_refused(store):
    path = store.directory / "unit.npz"
    store.save(path, ARRAYS, PROVENANCE)
    with np.load(path) as archive:
        content = dict(archive)
    content["x"] = content["x"] + 1
    np.savez(path, **content)
    refuses(Damaged, "does not match its digest", store.load, path)


def test_objects_are_not_stored(store):
    with pytest.raises(TypeError, match="x must be a plain array"):
        store.save(store.directory / "unit.npz", {"x": np.array([object()])}, {})


def test_full_disk_is_a_clear_error_and_leaves_what_was_there(store, monkeypatch):
    path = store.directory / "unit.npz"
    store.save(path, ARRAYS, PROVENANCE)

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match=r"cannot write .*unit\.npz: No space left on device"):
        store.save(path, {"x": np.zeros(3)}, {})
    assert {each.name for each in store.directory.iterdir()} == {"unit.npz", "units"}
    np.testing.assert_array_equal(store.load(path)[0]["x"], ARRAYS["x"])


def test_unusable_directory_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    refuses(StoreError, r"cannot write results to .*file.*: ", Store, tmp_path / "file" / "units")


def test_read_only_directory_is_a_clear_error(tmp_path, monkeypatch):
    def refused(dir):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("tempfile.TemporaryFile", refused)
    refuses(StoreError, "Read-only file system", Store, tmp_path)


def test_what_a_killed_writer_left_is_swept_but_not_a_living_ones(tmp_path):
    living = Store(tmp_path)
    parts = [folder / ".seed-0003.npz.0123abcd.part" for folder in (tmp_path, tmp_path / "units")]
    for part in parts:
        part.write_bytes(b"half")
        os.utime(part, (0, 0))  # as a file server's clock may say
    Store(tmp_path)
    assert all(part.exists() for part in parts)
    del living  # and its lock with it, as when its process is killed
    Store(tmp_path)
    assert not any(part.exists() for part in parts)


def test_another_programs_files_are_not_swept(tmp_path):
    others = [
        tmp_path / name for name in ("a.part", ".a.part", ".a.0123abcd", "b/.a.0123abcd.part")
    ]
    for other in others:
        other.parent.mkdir(exist_ok=True)
        other.write_bytes(b"theirs")
    Store(tmp_path)
    assert all(other.exists() for other in others)


def _write_often(directory, number):
    store = Store(directory)
    for _ in range(60):
        store.save(store.directory / "unit.npz", {"x": np.full(5000, number)}, {"n": number})


def test_two_writers_of_one_unit_never_show_a_mixture(tmp_path):
    store = Store(tmp_path)
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_often, args=(tmp_path, n)) for n in (1, 2)]
    for writer in writers:
        writer.start()
    seen = 0
    while any(writer.is_alive() for writer in writers):
        unit = store.load(tmp_path / "unit.npz")
        if unit is not None:
            arrays, provenance = unit
            assert set(arrays["x"]) == {provenance["n"]}
            seen += 1
    assert seen and all(writer.exitcode == 0 for writer in writers)
    assert {each.name for each in tmp_path.iterdir()} == {"unit.npz", "units"}


def test_key_separates_configurations_data_and_devices(store, sample):
    path = store.path(sample.made(), "toy", "cpu", {}, 0)
    others = [
        store.path(sample.made(mean=1.0), "toy", "cpu", {}, 0),
        store.path(sample.made(revision=2), "toy", "cpu", {}, 0),
        store.path(sample.made(), "toy", "cuda", {}, 0),
        store.path(sample.made(), "smoke", "cpu", {}, 0),
        store.path(sample.made(), "toy", "cpu", {"adult": "x"}, 0),
        store.path(sample.made(), "toy", "cpu", {}, 1),
    ]
    assert len({path, *others}) == 7
    assert path == store.path(sample.made(), "toy", "cpu", {}, 0)


def test_a_device_keeps_its_place(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StoreError, match="it is no plain file"):
        write({tmp_path / "plain": b"1", tmp_path / "pipe": b"2"})
    assert (tmp_path / "pipe").is_fifo()
    assert [each.name for each in tmp_path.iterdir()] == ["pipe"]
