import gzip
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from mutants import mutants

from glassnet.data import idx
from glassnet.data.files import MAX_BYTES
from glassnet.data.idx import read_idx, read_idx_pair, write_idx
from glassnet.errors import DataFileError, ParamError, StorageError

PICTURES = np.arange(3 * 28 * 28, dtype=np.uint8).reshape(3, 28, 28)
LABELS = np.array([7, 0, 9], np.uint8)

arrays = hnp.arrays(
    np.uint8,
    hnp.array_shapes(min_dims=1, max_dims=1, max_side=50)
    | hnp.array_shapes(min_dims=3, max_dims=3, max_side=9),
)


def idx_bytes(array, kind=8):
    """An IDX file, put together as its description says."""
    return (
        bytes([0, 0, kind, array.ndim])
        + struct.pack(f">{array.ndim}I", *array.shape)
        + array.tobytes()
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("idx")


def reading(path, content):
    path.write_bytes(content)
    return read_idx(path)


def refusal(path, content):
    with pytest.raises(DataFileError) as error:
        reading(path, content)
    return str(error.value)


@given(arrays, st.sampled_from(["a", "a.gz"]))
def test_what_is_written_is_read(folder, array, name):
    write_idx(folder / name, array)
    read = read_idx(folder / name)
    np.testing.assert_array_equal(read, array)
    assert read.dtype == np.uint8
    assert read.flags.writeable


@given(arrays)
def test_a_written_file_is_what_the_format_says(folder, array):
    write_idx(folder / "a", array)
    write_idx(folder / "a.gz", array)
    assert (folder / "a").read_bytes() == idx_bytes(array)
    assert gzip.decompress((folder / "a.gz").read_bytes()) == idx_bytes(array)


def test_a_gzipped_file_holds_no_date_and_no_name(folder):
    write_idx(folder / "one.gz", PICTURES)
    write_idx(folder / "two.gz", PICTURES)
    assert (folder / "one.gz").read_bytes() == (folder / "two.gz").read_bytes()
    assert (folder / "one.gz").read_bytes()[3:8] == bytes(5)


def test_gzip_is_known_by_its_content_not_by_its_name(folder):
    content = idx_bytes(PICTURES)
    np.testing.assert_array_equal(reading(folder / "plain.gz", content), PICTURES)
    np.testing.assert_array_equal(reading(folder / "zipped", gzip.compress(content)), PICTURES)


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no IDX file: it starts with b''"),
        (b"\0\0\x08", "no IDX file: it starts with"),
        (b"label,pixel0", "no IDX file: it starts with b'labe' (expected two zero bytes)"),
        (idx_bytes(LABELS, kind=0x0D), "values of type 0x0d (expected 0x08, unsigned bytes)"),
        (idx_bytes(PICTURES[0]), "2 dimensions (expected 1 for labels or 3 for pictures)"),
        (idx_bytes(PICTURES)[:11], "a header of 11 bytes (expected 16)"),
        (idx_bytes(PICTURES)[:-1], "header says 3x28x28 = 2,352 bytes, file has 2,351"),
        (idx_bytes(PICTURES) + b"\0", "header says 3x28x28 = 2,352 bytes, file has more"),
        (idx_bytes(LABELS)[:8], "header says 3 = 3 bytes, file has 0"),
        (idx_bytes(LABELS[:0]), "header says 0 = 0 bytes"),
        (
            b"\0\0\x08\x03" + b"\xff" * 12,
            f"= {(2**32 - 1) ** 3:,} bytes (expected 1 to 268,435,456)",
        ),
        (b"\0\0\x08\x03" + bytes(4) + b"\xff" * 8, "header says 0x4294967295x4294967295 = 0 bytes"),
    ],
)
def test_a_bad_file_is_refused_with_what_is_wrong(folder, compress, content, message):
    assert message in refusal(folder / "bad", compress(content))


def test_a_picture_file_of_mnist_that_lacks_one_byte_is_told_so(folder):
    header = b"\0\0\x08\x03" + struct.pack(">3I", 60_000, 28, 28)
    message = refusal(folder / "a", header + bytes(47_039_999))
    assert "header says 60000x28x28 = 47,040,000 bytes, file has 47,039,999" in message


@pytest.mark.parametrize("n", [2, 9, 10, 20, -9, -8, -4, -1])
def test_a_truncated_gzip_file_is_refused(folder, n):
    content = gzip.compress(idx_bytes(PICTURES))
    assert "gzip data truncated" in refusal(folder / "a", content[:n])


@pytest.mark.parametrize("chunk", [1, 100, 2**16])
@pytest.mark.parametrize("tail", [b"\0", b"x", gzip.compress(b"", mtime=0)])
def test_bytes_behind_gzip_data_are_refused(folder, monkeypatch, chunk, tail):
    monkeypatch.setattr(idx, "CHUNK", chunk)
    message = refusal(folder / "a", gzip.compress(idx_bytes(PICTURES)) + tail)
    assert "gzip data followed by other bytes" in message


def test_a_wrong_checksum_is_refused(folder):
    content = bytearray(gzip.compress(idx_bytes(PICTURES)))
    content[-8] ^= 1
    assert "gzip data damaged (Error -3" in refusal(folder / "a", bytes(content))


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_a_file_is_unpacked_no_further_than_its_header_says(folder, compress):
    content = compress(b"\0\0\x08\x01" + struct.pack(">I", 10) + bytes(2**25))
    (folder / "bomb").write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(DataFileError, match="header says 10 = 10 bytes, file has more"):
            read_idx(folder / "bomb")
        assert tracemalloc.get_traced_memory()[1] < 2**21
    finally:
        tracemalloc.stop()


def test_no_header_can_ask_for_more_than_the_limit(folder):
    header = b"\0\0\x08\x01" + struct.pack(">I", MAX_BYTES + 1)
    assert f"header says {MAX_BYTES + 1} = 268,435,457 bytes" in refusal(folder / "a", header)


@given(mutants(idx_bytes(PICTURES)) | mutants(idx_bytes(LABELS)) | st.binary())
def test_any_bytes_are_values_or_a_bad_file(folder, content):
    try:
        array = reading(folder / "a", content)
    except DataFileError:
        return
    assert idx_bytes(array) == content


@given(mutants(gzip.compress(idx_bytes(PICTURES), mtime=0)))
def test_a_damaged_gzip_file_never_gives_other_values(folder, content):
    try:
        array = reading(folder / "a", content)
    except DataFileError:
        return
    np.testing.assert_array_equal(array, PICTURES)


def pair(folder, pictures, labels):
    write_idx(folder / "pictures", pictures)
    write_idx(folder / "labels", labels)
    return read_idx_pair(folder / "pictures", folder / "labels")


def test_a_pair_is_rows_of_pixels_with_their_labels(folder):
    x, labels = pair(folder, PICTURES, LABELS)
    np.testing.assert_array_equal(x[1], PICTURES[1].ravel())
    np.testing.assert_array_equal(labels, LABELS)


@pytest.mark.parametrize(
    ("pictures", "labels", "message"),
    [
        # A shape with the right number of pixels is a wrong shape nevertheless.
        (PICTURES.reshape(3, 14, 56), LABELS, "pictures: uint8 values of size 3x14x56"),
        (LABELS, LABELS, "pictures: uint8 values of size 3 (expected uint8 pictures"),
        (PICTURES, PICTURES, "labels: values of size 3x28x28 (expected a row of labels)"),
        (PICTURES, LABELS[:2], "labels: 2 labels for 3 pictures"),
        (
            PICTURES,
            np.array([1, 10, 11], np.uint8),
            "labels: label 10 at index 1 (expected 0 to 9)",
        ),
    ],
)
def test_files_that_do_not_fit_together_are_refused(folder, pictures, labels, message):
    with pytest.raises(DataFileError) as error:
        pair(folder, pictures, labels)
    assert message in str(error.value)


@pytest.mark.parametrize("array", [LABELS.astype(np.int64), PICTURES[0], LABELS[:0]])
def test_what_could_not_be_read_back_is_not_written(folder, array):
    with pytest.raises(ParamError, match="expected uint8 labels"):
        write_idx(folder / "never", array)
    assert not (folder / "never").exists()


def test_a_file_that_cannot_be_written_is_named(folder):
    with pytest.raises(StorageError, match=r"a.gz: cannot be written"):
        write_idx(folder / "no" / "a.gz", LABELS)


def test_mnist_has_its_published_size_and_number_of_each_digit(mnist_folder):
    # The numbers of each digit are those of the MNIST data base as everybody reports them.
    x, labels = read_idx_pair(
        mnist_folder / "train-images-idx3-ubyte.gz", mnist_folder / "train-labels-idx1-ubyte.gz"
    )
    assert x.shape == (60_000, 784)
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(labels).tolist() == counts
    assert abs(x.mean() / 255 - 0.1307) < 5e-5
