import csv
import struct
import tracemalloc
import zipfile
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from mutants import mutants

from glassnet.data import tables
from glassnet.data.tables import read_csv, read_npz, write_csv, write_npz
from glassnet.errors import DataFileError, StorageError

PIXELS = ",".join(f"pixel{i}" for i in range(784))
X = (np.arange(3 * 784) * 7 % 256).astype(np.uint8).reshape(3, 784)
LABELS = np.array([7, 0, 9], np.uint8)

examples = st.integers(1, 4).flatmap(
    lambda n: st.tuples(
        hnp.arrays(np.uint8, (n, 784)), hnp.arrays(np.uint8, n, elements=st.integers(0, 9))
    )
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tables")


def equal(found, expected):
    return all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


# CSV


def csv_text(x, labels=None, header=True, newline="\n"):
    """Kaggle's form, in Python's own words."""
    rows = (
        x.tolist()
        if labels is None
        else [[k, *row] for k, row in zip(labels, x.tolist(), strict=True)]
    )
    lines = [",".join(map(str, row)) for row in rows]
    names = [PIXELS if labels is None else f"label,{PIXELS}"] if header else []
    return newline.join([*names, *lines, ""])


def parse(folder, text):
    path = folder / "a.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_csv(path)


def refusal(folder, text):
    with pytest.raises(DataFileError) as error:
        parse(folder, text)
    return str(error.value)


def with_field(line, column, field):
    """A labeled table with one field of it (both counted from 1) replaced."""
    rows = [row.split(",") for row in csv_text(X, LABELS).splitlines()]
    rows[line - 1][column - 1] = field
    return "\n".join(map(",".join, rows))


@given(examples)
def test_a_written_csv_is_read(folder, data):
    x, labels = data
    write_csv(folder / "a.csv", x, labels)
    assert equal(read_csv(folder / "a.csv"), (x, labels))
    write_csv(folder / "a.csv", x)
    read_x, no_labels = read_csv(folder / "a.csv")
    assert equal([read_x], [x])
    assert no_labels is None


@given(examples)
def test_a_written_csv_is_what_python_would_write(folder, data):
    x, labels = data
    write_csv(folder / "a.csv", x, labels)
    assert (folder / "a.csv").read_text() == csv_text(x, labels)
    write_csv(folder / "a.csv", x)
    assert (folder / "a.csv").read_text() == csv_text(x)


def test_more_pictures_than_are_written_at_once_keep_their_order(folder):
    x, labels = np.zeros((2500, 784), np.uint8), np.arange(2500, dtype=np.uint8) % 10
    x[:, 783] = np.arange(2500) % 251
    write_csv(folder / "a.csv", x, labels)
    assert equal(read_csv(folder / "a.csv"), (x, labels))


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("labels", [LABELS, None])
@pytest.mark.parametrize("n_cut", [0, 1])
def test_every_form_of_a_right_csv_is_read(folder, bom, newline, header, labels, n_cut):
    text = csv_text(X, labels, header, newline)
    text = text[: len(text) - n_cut * len(newline)]
    x, read_labels = parse(folder, bom + text)
    assert equal([x], [X])
    assert read_labels is None if labels is None else equal([read_labels], [labels])


@pytest.mark.parametrize(
    "names",
    [
        [f"pixel{i}" for i in range(1, 785)],
        [f"{row}x{column}" for row in range(1, 29) for column in range(1, 29)],
    ],
)
def test_other_names_of_the_pixels_in_use_are_known(folder, names):
    text = csv_text(X, LABELS).replace(PIXELS, ",".join(names))
    assert equal(parse(folder, text), (X, LABELS))


@pytest.mark.parametrize("block", [1, 100, 5000])
def test_the_size_of_the_blocks_changes_nothing(folder, monkeypatch, block):
    monkeypatch.setattr(tables, "BLOCK", block)
    assert equal(parse(folder, csv_text(X, LABELS, newline="\r\n")), (X, LABELS))
    expected = "line 4, column 402 (pixel400): found '1_0'"
    assert expected in refusal(folder, with_field(4, 402, "1_0"))


def naive(text):
    """The values as the csv module and int() find them, or the place of the first that is wrong."""
    rows = list(csv.reader(text.splitlines()))
    for line, row in enumerate(rows, 1):
        for column, field in enumerate(row, 1):
            plain = field.isascii() and field.isdigit() and len(field) <= 3
            if not plain or int(field) > 255:
                return None, f"line {line}, column {column} ("
    return np.array([[int(field) for field in row] for row in rows]), None


places = st.tuples(st.integers(0, 2), st.integers(1, 784))
numbers = st.integers(0, 1100).map(str) | st.text("0123456789", min_size=1, max_size=4)
words = st.text("0123456789_-+. \t\0'\u0663\u00b2e", max_size=4)


@given(st.dictionaries(places, numbers, max_size=5) | st.dictionaries(places, words, max_size=2))
def test_csv_is_read_as_by_the_csv_module_or_refused_at_the_first_bad_field(folder, changes):
    rows = [row.split(",") for row in csv_text(X, LABELS, header=False).splitlines()]
    for (row, column), field in changes.items():
        rows[row][column] = field
    text = "\n".join(map(",".join, rows))
    values, wrong = naive(text)
    if wrong:
        assert wrong in refusal(folder, text)
    else:
        assert equal(parse(folder, text), (values[:, 1:], values[:, 0]))


@pytest.mark.parametrize(
    "field",
    ["1_0", "word", "256", "999", "0.5", "-1", "+1", " 1", "1 ", "", "0001", "\u0663", "1\0"],
)
def test_a_field_that_is_no_pixel_is_shown_with_its_place(folder, field):
    message = refusal(folder, with_field(3, 402, field))
    assert f"line 3, column 402 (pixel400): found {field!r}" in message
    assert "expected a whole number 0 to 255" in message


def test_a_field_that_is_not_utf8_is_shown_all_the_same(folder):
    message = refusal(folder, with_field(3, 402, "?").encode().replace(b"?", b"\xff"))
    assert "line 3, column 402 (pixel400): found" in message


@pytest.mark.parametrize("header", [True, False])
def test_a_label_above_nine_is_refused_with_its_line(folder, header):
    message = refusal(folder, csv_text(X, [7, 11, 12], header))
    assert f"line {2 + header}, column 1 (label): found '11' (expected 0 to 9)" in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: the last column is 1 (expected 784, or 785 with a label)"),
        ("\n" + csv_text(X), "line 1: the last column is 1"),
        ("1,2,3\n", "line 1: the last column is 3"),
        (csv_text(X[:0], LABELS[:0]), "a header and no pictures"),
        (f"label,{PIXELS}", "a header and no pictures"),
        (csv_text(X, LABELS) + "\n", "line 5: the last column is 1 (expected 785)"),
        (csv_text(X, LABELS) + "7,0,0\n", "line 5: the last column is 3 (expected 785)"),
        (csv_text(X, LABELS) + csv_text(X, header=False), "line 5: the last column is 784"),
        (csv_text(X, header=False) + csv_text(X, LABELS, False), "line 4: the last column is 785"),
        (csv_text(X, LABELS, newline="\r"), "line 1: the last column is"),
        (csv_text(X, LABELS).replace(",", ";"), "line 1: the last column is 1"),
        (
            csv_text(X, LABELS).replace("\n7,", "\n7;"),
            "line 2: the last column is 784 (expected 785)",
        ),
        (with_field(1, 1, "ImageId"), "line 1, column 1 (header): found 'ImageId'"),
        (with_field(1, 402, "x"), "line 1, column 402 (header): found 'x' (expected 'pixel400')"),
        (f"{PIXELS},label\n", "line 1, column 1 (header): found 'pixel0' (expected 'label')"),
        (csv_text(X) + "1" * 8193 + "\n", "line 5: more than 8,192 bytes"),
        (csv_text(X) + "1," * 2**20, "line 5: more than 8,192 bytes"),
        (bytes(2**21), "line 1: the last column is 1"),
    ],
)
def test_a_table_of_another_form_is_refused_with_its_line(folder, text, message):
    assert message in refusal(folder, text)


def test_lines_that_have_the_right_number_of_fields_only_together_are_refused(folder):
    header, first, second, _ = csv_text(X, LABELS).splitlines()
    first, moved = first.rsplit(",", 1)
    message = refusal(folder, "\n".join([header, first, f"{moved},{second}"]))
    assert "line 2: the last column is 784 (expected 785)" in message


def test_a_line_without_end_is_not_read_to_its_end(folder):
    (folder / "a.csv").write_bytes(b"1" * 2**25)
    tracemalloc.start()
    try:
        with pytest.raises(DataFileError, match="line 1: the last column is 1 "):
            read_csv(folder / "a.csv")
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


@given(mutants(csv_text(X, LABELS).encode()) | mutants(csv_text(X, header=False).encode()))
def test_any_text_is_a_table_or_a_bad_file(folder, content):
    try:
        x, labels = parse(folder, content)
    except DataFileError:
        return
    assert x.shape[1:] == (784,)
    assert x.dtype == np.uint8
    assert labels is None or (labels.shape == x.shape[:1] and labels.max() <= 9)


def test_a_csv_that_cannot_be_written_is_named(folder):
    with pytest.raises(StorageError, match=r"a.csv: cannot be written"):
        write_csv(folder / "no" / "a.csv", X)


# npz

ARRAYS = {
    "x_train": X.reshape(-1, 28, 28),
    "y_train": LABELS,
    "x_test": X[:2].reshape(-1, 28, 28),
    "y_test": LABELS[:2],
}
TRAIN, TEST = (X, LABELS), (X[:2], LABELS[:2])


def npz_bytes(save=np.savez_compressed, **changes):
    """NumPy's own npz file of the arrays above, some of them replaced, or left out where None."""
    file = BytesIO()
    save(file, **{name: a for name, a in (ARRAYS | changes).items() if a is not None})
    return file.getvalue()


def zip_bytes(members, **options):
    """A zip file with these members."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", **options) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def npy_bytes(array, **header):
    """NumPy's own npy file, with what its header says replaced."""
    file = BytesIO()
    np.lib.format.write_array_header_1_0(
        file, np.lib.format.header_data_from_array_1_0(array) | header
    )
    return file.getvalue() + array.tobytes()


def unzip(folder, content):
    (folder / "a.npz").write_bytes(content)
    return read_npz(folder / "a.npz")


def npz_refusal(folder, content):
    with pytest.raises(DataFileError) as error:
        unzip(folder, content)
    return str(error.value)


def is_the_data(data):
    return equal(data[0], TRAIN) and equal(data[1], TEST)


@given(examples, examples)
def test_a_written_npz_is_read_by_us_and_by_numpy(folder, train, test):
    write_npz(folder / "a.npz", train, test)
    read_train, read_test = read_npz(folder / "a.npz")
    assert equal(read_train, train)
    assert equal(read_test, test)
    with np.load(folder / "a.npz", allow_pickle=False) as archive:
        assert archive["x_train"].shape == (len(train[0]), 28, 28)
        assert equal([archive["x_train"].reshape(-1, 784), archive["y_train"]], train)
        assert equal([archive["x_test"].reshape(-1, 784), archive["y_test"]], test)


def test_an_npz_file_holds_no_date(folder):
    write_npz(folder / "a.npz", TRAIN, TEST)
    with zipfile.ZipFile(folder / "a.npz") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"x_train": np.asfortranarray(ARRAYS["x_train"])},
        {"y_train": LABELS.astype(np.int64)},
        {"y_train": LABELS.astype(">i4"), "y_test": LABELS[:2].astype("i1")},
    ],
)
def test_whatever_numpy_saves_of_the_right_arrays_is_read(folder, save, changes):
    data = unzip(folder, npz_bytes(save, **changes))
    assert is_the_data(data)
    assert {array.dtype for part in data for array in part} == {np.dtype(np.uint8)}
    assert all(array.flags.writeable for part in data for array in part)


def test_every_version_of_the_npy_header_is_read(folder):
    members = []
    for version, (name, array) in zip(
        [(1, 0), (2, 0), (3, 0), (1, 0)], ARRAYS.items(), strict=True
    ):
        file = BytesIO()
        np.lib.format.write_array(file, array, version)
        members.append((f"{name}.npy", file.getvalue()))
    assert is_the_data(unzip(folder, zip_bytes(members)))


class Trap:
    """An object that betrays it when it is unpickled."""

    sprung = False

    def __reduce__(self):
        return setattr, (Trap, "sprung", True)


def test_objects_are_refused_and_never_unpickled(folder):
    trap = np.array([Trap(), Trap(), Trap()], dtype=object)
    message = npz_refusal(folder, npz_bytes(y_train=trap))
    assert "a.npz, y_train: Python objects, which are never unpickled (type '|O')" in message
    assert not Trap.sprung


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x_test": None}, "members x_train.npy, y_train.npy, y_test.npy (expected x_train.npy"),
        ({"more": LABELS}, "members x_train.npy, y_train.npy, x_test.npy, y_test.npy, more.npy"),
        ({"x_train": X}, "x_train: uint8 values of size 3x784"),
        ({"x_train": X.reshape(3, 14, 56)}, "x_train: uint8 values of size 3x14x56"),
        ({"x_train": ARRAYS["x_train"] / 255}, "x_train: values (type '<f8') (expected integers)"),
        ({"x_train": ARRAYS["x_train"].astype("i2")}, "x_train: int16 values of size 3x28x28"),
        ({"y_train": np.eye(10, dtype=np.uint8)[LABELS]}, "y_train: values of size 3x10"),
        ({"y_train": LABELS > 5}, "y_train: values (type '|b1') (expected integers)"),
        ({"y_train": LABELS[:2]}, "y_train: 2 labels for 3 pictures"),
        ({"y_train": np.array([1, 2, -1])}, "y_train: label -1 at index 2 (expected 0 to 9)"),
        ({"y_train": np.array([1, 256, 2])}, "y_train: label 256 at index 1"),
        ({"y_test": np.array([1, 2**64 - 1], "u8")}, f"y_test: label {2**64 - 1} at index 1"),
        ({"y_train": np.array(7)}, "y_train: values of size 1 (expected a row"),
        ({"y_train": LABELS[:0]}, "y_train: header says 0 uint8, member has 0 bytes"),
        ({"y_train": np.zeros(3, "u1,u1")}, "y_train: no .npy header of a plain array"),
        ({"x_train": np.zeros((1500, 28, 28), np.uint8)}, "bytes that unpack to 1,176,128"),
    ],
)
def test_an_npz_file_of_other_arrays_is_refused(folder, changes, message):
    assert message in npz_refusal(folder, npz_bytes(**changes))


@pytest.mark.parametrize(
    ("member", "message"),
    [
        (b"", "no .npy header of a plain array"),
        (b"\x93NUMPY\x01\x00", "no .npy header of a plain array"),
        (npy_bytes(LABELS)[:-1], "header says 3 uint8, member has 2 bytes"),
        (npy_bytes(LABELS) + b"\0", "header says 3 uint8, member has 4 bytes"),
        (npy_bytes(LABELS, shape=(10**15,)), "header says 1000000000000000 uint8, member has 3"),
        (npy_bytes(LABELS, shape=(0, 10**30)), f"header says 0x{10**30} uint8, member has 3"),
        (npy_bytes(LABELS, descr="<i4"), "header says 3 int32, member has 3 bytes"),
        (npy_bytes(LABELS).replace(b"\x76\0", b"\x77\0"), "no .npy header of a plain array"),
    ],
)
def test_an_npy_header_that_lies_is_refused(folder, member, message):
    members = [(f"{name}.npy", npy_bytes(array)) for name, array in ARRAYS.items()]
    members[1] = ("y_train.npy", member)
    assert f"a.npz, y_train: {message}" in npz_refusal(folder, zip_bytes(members))


@pytest.mark.parametrize(
    "content", [b"", b"PK\3\4", b"label,pixel0\n", zip_bytes([])[:-1], npy_bytes(X), bytes(1000)]
)
def test_what_is_no_zip_file_is_refused(folder, content):
    assert "no whole npz file" in npz_refusal(folder, content)


def test_a_member_that_is_there_twice_is_refused(folder):
    members = [(f"{name}.npy", npy_bytes(array)) for name, array in ARRAYS.items()]
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = zip_bytes([*members, members[0]])
    assert "y_test.npy, x_train.npy (expected" in npz_refusal(folder, content)


def test_an_encrypted_member_is_refused(folder):
    content = bytearray(npz_bytes())
    content[content.index(b"PK\1\2") + 8] |= 1
    assert "x_train.npy: encrypted" in npz_refusal(folder, bytes(content))


def test_a_compression_whose_memory_has_no_bound_is_refused(folder):
    members = [(f"{name}.npy", npy_bytes(array)) for name, array in ARRAYS.items()]
    content = zip_bytes(members, compression=zipfile.ZIP_LZMA)
    assert "compression 14 (expected deflate or none)" in npz_refusal(folder, content)


def test_a_file_that_unpacks_to_too_much_is_refused(folder, monkeypatch):
    monkeypatch.setattr(tables, "MAX_BYTES", 1000)
    assert "bytes (expected at most 1,000)" in npz_refusal(folder, npz_bytes())


def test_a_member_is_unpacked_no_further_than_it_declares(folder):
    big = npy_bytes(np.zeros((40_000, 28, 28), np.uint8))
    members = [(f"{name}.npy", big) for name in ARRAYS]
    content = zip_bytes(members, compression=zipfile.ZIP_DEFLATED)
    sizes = struct.pack("<I", len(big)), struct.pack("<I", 2**20)
    (folder / "a.npz").write_bytes(content.replace(*sizes))
    tracemalloc.start()
    try:
        with pytest.raises(DataFileError, match="no whole npz file"):
            read_npz(folder / "a.npz")
        assert tracemalloc.get_traced_memory()[1] < 2**23
    finally:
        tracemalloc.stop()


@given(mutants(npz_bytes()) | mutants(npz_bytes(np.savez)))
def test_a_damaged_npz_file_never_gives_other_values(folder, content):
    try:
        data = unzip(folder, content)
    except DataFileError:
        return
    assert is_the_data(data)


def test_an_npz_that_cannot_be_written_is_named(folder):
    with pytest.raises(StorageError, match=r"a.npz: cannot be written"):
        write_npz(folder / "no" / "a.npz", TRAIN, TEST)


def test_mnist_survives_csv_and_npz(folder, mnist_folder):
    from glassnet.data.idx import read_idx_pair

    test = read_idx_pair(
        mnist_folder / "t10k-images-idx3-ubyte.gz", mnist_folder / "t10k-labels-idx1-ubyte.gz"
    )
    write_csv(folder / "mnist.csv", *test)
    assert equal(read_csv(folder / "mnist.csv"), test)
    write_npz(folder / "mnist.npz", test, test)
    assert all(equal(part, test) for part in read_npz(folder / "mnist.npz"))
