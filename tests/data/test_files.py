import resource
from pathlib import Path

import pytest

from glassnet.data.files import open_data_file, write_atomically
from glassnet.errors import DataFileError, StorageError


def read(path):
    with open_data_file(path) as file:
        return file.read()


def refusing(error):
    def refuse(*_args, **_kwargs):
        raise error

    return refuse


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataFileError, match=r"no.csv: no such file"):
        read(tmp_path / "no.csv")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(DataFileError, match=r"a folder \(expected a file\)"):
        read(tmp_path)


def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "open", refusing(PermissionError(13, "Permission denied")))
    with pytest.raises(DataFileError, match=r"secret.csv: permission denied"):
        read(tmp_path / "secret.csv")


def test_a_read_that_fails_half_way_is_a_bad_file_too(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"1")
    failure = OSError(5, "Input/output error")
    with (
        pytest.raises(DataFileError, match="cannot be read: input/output error"),
        open_data_file(path),
    ):
        raise failure


def test_a_path_of_another_kind_than_the_file_is_refused(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(DataFileError, match="cannot be read: not a directory"):
        read(tmp_path / "a" / "b")


def test_what_is_written_is_there_and_nothing_else(tmp_path):
    write_atomically(tmp_path / "a", lambda file: file.write(b"old"))
    write_atomically(tmp_path / "a", lambda file: file.write(b"new"))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"new"}


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), ValueError("bug"), MemoryError()])
def test_a_write_broken_off_leaves_the_old_file_and_nothing_else(tmp_path, failure):
    (tmp_path / "a").write_bytes(b"old")

    def write(file):
        file.write(b"half of the n")
        raise failure

    with pytest.raises(type(failure)):
        write_atomically(tmp_path / "a", write)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"old"}


def test_no_room_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(StorageError, match="a: cannot be written: file too large"):
            write_atomically(tmp_path / "a", lambda file: file.write(bytes(5000)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"old"}


def test_a_failed_sync_is_a_failed_write(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"old")
    monkeypatch.setattr("os.fsync", refusing(OSError(5, "Input/output error")))
    with pytest.raises(StorageError, match="input/output error"):
        write_atomically(tmp_path / "a", lambda file: file.write(b"new"))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"old"}


def test_a_folder_that_is_not_there_cannot_be_written_to(tmp_path):
    with pytest.raises(StorageError, match=r"b: cannot be written: no such file or directory"):
        write_atomically(tmp_path / "a" / "b", lambda file: file.write(b"new"))


def test_a_folder_is_not_replaced(tmp_path):
    with pytest.raises(StorageError, match="not a regular file"):
        write_atomically(tmp_path, lambda file: file.write(b"new"))


def test_a_device_is_not_replaced():
    with pytest.raises(StorageError, match="not a regular file"):
        write_atomically(Path("/dev/null"), lambda file: file.write(b"new"))
    assert Path("/dev/null").is_char_device()


def test_who_reads_the_old_file_reads_it_to_its_end(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    with open_data_file(tmp_path / "a") as file:
        write_atomically(tmp_path / "a", lambda file: file.write(b"new"))
        assert file.read() == b"old"


def test_a_link_is_followed(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "link").symlink_to("file")
    write_atomically(tmp_path / "link", lambda file: file.write(b"new"))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"new"
