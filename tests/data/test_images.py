"""MNIST, CIFAR-10 and the bundled digits: read whole, or refused with a reason."""

import gzip
import hashlib
import io
import struct
from types import SimpleNamespace
from urllib.error import URLError

import numpy as np
import pytest
from sklearn import datasets

from normtheory import data
from normtheory.data import cifar10, mnist
from tests.refused import refuses


def idx(array):
    return struct.pack(f">{1 + array.ndim}I", 0x0800 + array.ndim, *array.shape) + array.tobytes()


@pytest.fixture
def small_mnist(monkeypatch, tmp_path):
    """NORMTHEORY_DATA with a published MNIST of 3 and 2 images."""
    rng = np.random.default_rng(0)
    arrays = {
        "train-images-idx3-ubyte": rng.integers(256, size=(3, 28, 28), dtype=np.uint8),
        "train-labels-idx1-ubyte": np.array([5, 0, 4], np.uint8),
        "t10k-images-idx3-ubyte": rng.integers(256, size=(2, 28, 28), dtype=np.uint8),
        "t10k-labels-idx1-ubyte": np.array([7, 2], np.uint8),
    }
    folder = tmp_path / "mnist"
    folder.mkdir()
    for k, (name, array) in enumerate(arrays.items()):
        content = idx(array)
        published = (array.shape, hashlib.sha256(content).hexdigest())
        monkeypatch.setitem(mnist.PUBLISHED, name, published)
        if k % 2:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / name).write_bytes(content)
    monkeypatch.setenv("NORMTHEORY_DATA", str(tmp_path))
    return folder, arrays


def test_mnist_is_read_from_plain_and_packed_files(small_mnist):
    _, arrays = small_mnist
    loaded = data.load_mnist()
    assert (loaded.origin, loaded.stand_in, loaded.classes) == ("files", False, 10)
    np.testing.assert_array_equal(
        loaded.x_test[:, 0], arrays["t10k-images-idx3-ubyte"].astype(np.float32) / 255
    )
    np.testing.assert_array_equal(
        loaded.x_train[:, 0], arrays["train-images-idx3-ubyte"].astype(np.float32) / 255
    )
    assert (loaded.x_train.dtype, loaded.x_train.shape) == (np.float32, (3, 1, 28, 28))
    assert (loaded.y_train.tolist(), loaded.y_test.tolist()) == ([5, 0, 4], [7, 2])


@pytest.mark.parametrize(
    "damage, message",
    [
        (lambda content: content[:-1], "it is partial"),
        (lambda content: content[:10], "idx magic number"),
        (lambda content: b"\1" + content[1:], "idx magic number"),
        (lambda content: content[:7] + b"\4" + content[8:], "its header says"),
        (lambda content: content[:-1] + bytes([content[-1] ^ 1]), "checksum differs"),
    ],
)
def test_a_damaged_idx_file_is_refused(small_mnist, damage, message):
    folder, _ = small_mnist
    path = folder / "train-images-idx3-ubyte"
    path.write_bytes(damage(path.read_bytes()))
    refuses(ValueError, f"train-images-idx3-ubyte must .*{message}", data.load_mnist)


def test_a_cut_or_missing_file_is_named_and_nothing_is_half_read(small_mnist):
    folder, _ = small_mnist
    path = folder / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-6])
    refuses(ValueError, "must be a whole gzip file", data.load_mnist)
    path.unlink()
    refuses(ValueError, "t10k-labels-idx1-ubyte is missing", data.load_mnist)


def openml(monkeypatch, bunch):
    def fetch(*, as_frame, parser, data_home, n_retries, **which):
        # the only versions that hold what was published
        assert which in ({"name": "mnist_784", "version": 1}, {"data_id": 40927})
        if isinstance(bunch, Exception):
            raise bunch
        return bunch

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fetch)


@pytest.fixture
def nothing(monkeypatch, tmp_path):
    """No data directory, no network."""
    monkeypatch.setenv("NORMTHEORY_DATA", str(tmp_path))
    monkeypatch.delenv("NORMTHEORY_OFFLINE", raising=False)
    openml(monkeypatch, URLError("no network"))


@pytest.mark.parametrize(
    "load, side, channels", [(data.load_mnist, 28, 1), (data.load_cifar10, 32, 3)]
)
def test_a_stand_in_has_the_size_of_what_it_stands_for(load, side, channels):
    assert load("bundled").x_train.shape[1:] == (channels, side, side)


def test_openmls_mnist_must_be_the_published_one(nothing, monkeypatch):
    rng = np.random.default_rng(0)
    images = rng.integers(256, size=(70000, 784)).astype(np.uint8)
    target = rng.integers(10, size=70000)
    openml(monkeypatch, SimpleNamespace(data=images, target=target))
    refuses(ValueError, "as published, but it differs", data.load_mnist, "openml")
    pictures, labels = images.reshape(-1, 28, 28), target.astype(np.uint8)
    parts = pictures[:60000], labels[:60000], pictures[60000:], labels[60000:]
    for name, part in zip(tuple(mnist.PUBLISHED), parts, strict=True):
        assert part.shape == mnist.PUBLISHED[name][0]
        digest = hashlib.sha256(idx(part)).hexdigest()
        monkeypatch.setitem(mnist.PUBLISHED, name, (part.shape, digest))
    loaded = data.load_mnist("openml")
    np.testing.assert_array_equal(loaded.y_train, target[:60000])
    np.testing.assert_array_equal(loaded.x_test[:, 0], parts[2] / np.float32(255))


def test_openmls_cifar10_must_have_its_classes_whole(nothing, monkeypatch):
    images = np.broadcast_to((np.arange(60000) % 251).astype(np.uint8)[:, None], (60000, 3072))
    target = np.arange(60000) % 10
    # what becomes of the parts is tested with the files: here it would take a gigabyte
    monkeypatch.setattr(cifar10, "_classification", lambda parts, *_: parts)
    openml(monkeypatch, SimpleNamespace(data=images, target=target.astype(str)))
    x_train, y_train, x_test, y_test = data.load_cifar10("openml")
    assert x_train.shape == (50000, 3, 32, 32)
    np.testing.assert_array_equal(x_test[:, 2, 31, 31], images[50000:, 0])
    np.testing.assert_array_equal(np.concatenate([y_train, y_test]), target)
    for rows in (slice(1, None), np.r_[1, 1:60000]):
        openml(monkeypatch, SimpleNamespace(data=images[rows], target=target[rows]))
        with pytest.raises(ValueError, match="must hold 6,000 images of 10 classes, got"):
            data.load_cifar10("openml")


def batch(rng, rows):
    records = rng.integers(256, size=(rows, 3073), dtype=np.uint8)
    records[:, 0] %= 10
    return records


def test_cifar10_is_read_from_the_binary_batches(nothing, tmp_path, monkeypatch):
    folder = tmp_path / "cifar10"
    folder.mkdir()
    assert cifar10._IMAGES == 10000
    monkeypatch.setattr(cifar10, "_IMAGES", 100)
    rng = np.random.default_rng(0)
    records = [batch(rng, 100) for _ in cifar10.BATCHES]
    for name, content in zip(tuple(cifar10.BATCHES), records, strict=True):
        (folder / name).write_bytes(content.tobytes())
        digest = hashlib.sha1(content.tobytes()).hexdigest()
        monkeypatch.setitem(cifar10.BATCHES, name, digest)
    loaded = data.load_cifar10()
    assert (loaded.origin, len(loaded.x_train), len(loaded.x_test)) == ("files", 500, 100)
    assert loaded.y_test.tolist() == records[5][:, 0].tolist()
    np.testing.assert_allclose(loaded.x_train.mean((0, 2, 3)), 0, atol=1e-3)
    np.testing.assert_allclose(loaded.x_train.std((0, 2, 3)), 1, atol=1e-3)
    # red comes first: the first pixel of the first image, before standardization
    counts = sum(np.bincount(each[:, 1:1025].ravel(), minlength=256) for each in records[:5])
    values, weights = np.arange(256), counts / counts.sum()
    mean = values @ weights
    first = (records[0][0, 1] - mean) / np.sqrt((values - mean) ** 2 @ weights)
    assert loaded.x_train[0, 0, 0, 0] == pytest.approx(first, abs=1e-3)
    third = folder / "data_batch_3.bin"
    third.write_bytes(records[2].tobytes()[:-1])
    refuses(ValueError, r"data_batch_3.bin must hold 307300 bytes", data.load_cifar10)
    third.write_bytes(records[3].tobytes())
    refuses(ValueError, r"data_batch_3.bin must be CIFAR-10 as published", data.load_cifar10)
    third.unlink()
    refuses(ValueError, r"but data_batch_3\.bin is missing", data.load_cifar10)


def test_six_files_of_the_right_size_are_not_yet_cifar10(nothing, tmp_path):
    folder = tmp_path / "cifar10"
    folder.mkdir()
    for name in cifar10.BATCHES:
        (folder / name).write_bytes(bytes(30730000))
    refuses(ValueError, r"data_batch_1.bin must be CIFAR-10 as published", data.load_cifar10)


def archive(images, labels):
    buffer = io.BytesIO()
    np.savez(buffer, x_train=images, y_train=labels, x_test=images, y_test=labels)
    return buffer.getvalue()


def test_the_exact_part_of_cifar10_is_checked_before_it_is_read(nothing, tmp_path, monkeypatch):
    folder = tmp_path / "cifar10"
    folder.mkdir()
    rng = np.random.default_rng(0)
    images = rng.integers(256, size=(20, 32, 32, 3), dtype=np.uint8)
    content = archive(images, np.arange(20) % 10)
    path = folder / cifar10.SUBSET
    path.write_bytes(content)
    refuses(ValueError, "whole and unaltered, but its checksum differs", data.load_cifar10)
    monkeypatch.setitem(cifar10._SHA256, cifar10.SUBSET, hashlib.sha256(content).hexdigest())
    loaded = data.load_cifar10()
    assert loaded.origin == "subset"
    blue = images[..., 2].astype(float)
    assert loaded.x_train[3, 2, 5, 7] == pytest.approx(
        (blue[3, 5, 7] - blue.mean()) / blue.std(), abs=1e-4
    )
    refuses(ValueError, "origin 'jpeg' needs", data.load_cifar10, "jpeg")


@pytest.fixture
def jpegs(nothing, tmp_path, monkeypatch):
    """NORMTHEORY_DATA with a compressed CIFAR-10 of 20 grey images; their shades."""
    from PIL import Image

    shades = np.arange(20, dtype=np.uint8) * 12
    streams = []
    for shade in shades:
        buffer = io.BytesIO()
        Image.fromarray(np.full((32, 32, 3), shade, np.uint8)).save(buffer, "JPEG", quality=95)
        streams.append(buffer.getvalue())
    ends = np.concatenate([[0], np.cumsum([len(s) for s in streams])]).astype(np.uint32)
    buffer = io.BytesIO()
    stream = np.frombuffer(b"".join(streams), np.uint8)
    parts = {"train_jpeg": stream, "train_offset": ends, "y_train": np.arange(20) % 10}
    parts |= {k.replace("train", "test"): v for k, v in parts.items()}
    np.savez(buffer, **parts)
    folder = tmp_path / "cifar10"
    folder.mkdir()
    (folder / cifar10.JPEG).write_bytes(buffer.getvalue())
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()
    monkeypatch.setitem(cifar10._SHA256, cifar10.JPEG, digest)
    return shades


def test_jpeg_images_are_decoded(jpegs):
    loaded = data.load_cifar10("jpeg")
    grey = (jpegs - jpegs.mean()) / jpegs.std()
    np.testing.assert_allclose(loaded.x_train[:, 0, 4, 4], grey, atol=0.03)


def test_compressed_images_are_taken_unasked_only_where_all_are_wanted(jpegs, tmp_path):
    with pytest.warns(UserWarning, match="digits instead"):
        assert data.load_cifar10().origin == "bundled"
    whole = data.load_whole_cifar10()
    assert whole.origin == "jpeg" and "JPEG" in whole.note
    with pytest.raises(ValueError, match="origin must be None, files, openml, jpeg or bundled"):
        data.load_whole_cifar10("subset")
    # the exact part, even a damaged one, is not looked at
    (tmp_path / "cifar10" / cifar10.SUBSET).write_bytes(b"damaged")
    assert data.load_whole_cifar10().origin == "jpeg"


def test_digits_are_whole_and_split():
    digits = data.load("digits")
    assert len(digits.x_train) + len(digits.x_test) == 1797
    bunch = datasets.load_digits()
    held_out = np.arange(3, 1797, 4)
    np.testing.assert_array_equal(digits.x_test[:, 0], bunch.images[held_out] / np.float32(16))
    np.testing.assert_array_equal(digits.y_test, bunch.target[held_out])
    np.testing.assert_array_equal(digits.y_train, np.delete(bunch.target, held_out))
    np.testing.assert_array_equal(16 * digits.x_train[:, 0], np.delete(bunch.images, held_out, 0))
    assert set(digits.y_test.tolist()) == set(range(10))
    big = digits.resized("big", 20, "larger", channels=3)
    assert big.x_train.shape[1:] == (3, 20, 20)
    # 20 = 2 * 8 + 4: two pixels of edge around doubled pixels
    np.testing.assert_array_equal(big.x_train[:, 1, 2:18:2, 3:18:2], digits.x_train[:, 0])
    assert (big.x_train[:, :, :2] == 0).all()
    odd = digits.resized("odd", 11, "larger")
    # one pixel before and two after
    np.testing.assert_array_equal(odd.x_test[:, :, 1:9, 1:9], digits.x_test)
    assert (
        odd.x_test.sum() == digits.x_test.sum()
        and digits.resized("same", 8, "").x_test.shape[2] == 8
    )
    refuses(ValueError, "side must be at least 8, got 7", digits.resized, "small", 7, "smaller")
