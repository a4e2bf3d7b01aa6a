"""Sources: named data sets and files of any known form; where they are looked for, and downloads.

Without a name or path, digits are looked for in this order, and the first that is there is taken:
the folder GLASSNET_DATA, the user's cache, a download of MNIST, and the 1,797 digits that come with
scikit-learn. Whatever is called MNIST has MNIST's SHA-256.
"""

import hashlib
import os
import struct
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from time import monotonic

import numpy as np

from glassnet.core.activations import Array
from glassnet.data import idx, pictures, tables
from glassnet.data.examples import DataSet, Examples, split
from glassnet.errors import DataFileError, DownloadError

MNIST = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
HALVES, CSV_HALVES = ("train", "test"), ("train.csv", "test.csv")
FIRST_BYTE_WITHIN = 10.0
TEST_SHARE = 0.1

Progress = Callable[[str, int, int], None]


def load_data(source: str | Path | None = None, progress: Progress | None = None) -> DataSet:
    """Examples to learn from and to test on.

    Args:
        source: a path to a folder of IDX files, a folder of pictures sorted into sub-folders
            0..9, a CSV file of Kaggle's form, a folder with `train` and `test` in one of these two
            forms, or an npz file of Keras' form; or a name, "mnist" or "digits"; None for the best
            that is there. Where there is no test set, a tenth of every class is set aside as one.
        progress: called during a download as progress(file, bytes so far, bytes in all).

    Returns:
        The data, with what they are called and where they come from.

    Raises:
        DataFileError: there is no such data, or they are damaged.
        DownloadError: MNIST was asked for by name and cannot be had.

    Example:
        >>> data = load_data("digits")
        >>> data.name, data.train.x.shape, data.test.x.shape
        ("scikit-learn's digits", (1618, 784), (179, 784))
    """
    if source is None:
        try:
            return find_mnist(progress)
        except DownloadError:
            return load_digits("MNIST is neither on this machine nor could it be downloaded")
    if source == "mnist":
        return find_mnist(progress)
    if source == "digits":
        return load_digits("asked for")
    return load_path(Path(source))


def find_mnist(progress: Progress | None = None) -> DataSet:
    """MNIST from GLASSNET_DATA, from the cache, or from the network."""
    if folder := os.environ.get("GLASSNET_DATA"):
        if not (Path(folder) / "mnist").is_dir():
            where = f"GLASSNET_DATA={folder}"
            raise DataFileError(where, "no folder mnist in it", advice="unset it, or --data PATH")
        return load_mnist(Path(folder) / "mnist", "GLASSNET_DATA is set")
    cache = cache_folder() / "mnist"
    if not all((cache / f"{name}.gz").exists() for name in MNIST):
        download_mnist(cache, progress)
        return load_mnist(cache, f"downloaded to {cache}")
    return load_mnist(cache, f"found in {cache}")


def cache_folder() -> Path:
    """Where downloads are kept for this user."""
    import pooch

    return Path(pooch.os_cache("glassnet"))


def load_mnist(folder: Path, why: str) -> DataSet:
    """The four files of MNIST, each with MNIST's SHA-256."""
    data = load_idx_folder(folder)
    arrays = (data.train.x, data.train.labels, data.test.x, data.test.labels)
    for (name, expected), array in zip(MNIST.items(), arrays, strict=True):
        if idx_sha256(array) != expected:
            found = f"{name} is not the one MNIST was published with (SHA-256 differs)"
            advice = f"removing it, or --data {folder} to use it for what it is"
            raise DataFileError(folder, found, expected[:12] + "...", advice)
    return data._replace(name="MNIST", origin=why)


def idx_sha256(array: Array) -> str:
    """SHA-256 of the uncompressed IDX file that holds labels (N,) or 28x28 pictures (N, 784)."""
    shape = (len(array), 28, 28) if array.ndim == 2 else array.shape
    header = struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape)
    return hashlib.sha256(header + array.tobytes()).hexdigest()


def download_mnist(folder: Path, progress: Progress | None = None) -> None:
    """Fetch MNIST's four files, each from the first mirror that has it.

    A file gets its name only when its SHA-256 is right.

    Raises:
        DownloadError: no mirror has sent a byte within 10 seconds, or none has the right file.
    """
    arrived = Event()
    failures: list[DownloadError] = []

    def fetch_all() -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name in MNIST:
                fetch(name, folder / f"{name}.gz", arrived, progress)
        except DownloadError as error:
            failures.append(error)
        except OSError as error:
            failures.append(DownloadError(folder, f"{error.strerror or error}"))

    # A thread, because a name look-up or a connection can hang longer than its own timeout.
    worker = Thread(target=fetch_all, daemon=True)
    start = monotonic()
    worker.start()
    while worker.is_alive():
        worker.join(0.05)
        if not arrived.is_set() and monotonic() - start > FIRST_BYTE_WITHIN:
            raise DownloadError("MNIST", f"no answer in {FIRST_BYTE_WITHIN:.0f} s", advice=OFFLINE)
    if failures:
        raise failures[0]


OFFLINE = "--data PATH, or GLASSNET_DATA with a folder that holds mnist/"


def fetch(name: str, path: Path, arrived: Event, progress: Progress | None) -> None:
    """One file from the first mirror that has it whole."""
    import pooch
    import requests

    class Bar:
        """What pooch reports its progress to."""

        total, done = 0, 0

        def update(self, count: int) -> None:
            arrived.set()
            self.done += count
            if progress is not None:
                progress(name, self.done, self.total)

        def reset(self) -> None:
            self.done = 0

        def close(self) -> None:
            pass

    part = path.with_name(path.name + ".part")
    failures = []
    for mirror in MIRRORS:
        try:
            download = pooch.HTTPDownloader(progressbar=Bar(), timeout=(3, 10))
            download(mirror + path.name, str(part), None)
            array = idx.read_idx(part)
            if idx_sha256(array.reshape(len(array), -1).squeeze()) != MNIST[name]:
                raise DataFileError(mirror, "other bytes than MNIST's (SHA-256 differs)")
        except (requests.RequestException, ValueError) as error:
            why = error.found if isinstance(error, DataFileError) else type(error).__name__
            failures.append(f"{mirror}: {why}")
        else:
            part.replace(path)
            return
        finally:
            part.unlink(missing_ok=True)
    raise DownloadError(name, "; ".join(failures), advice=OFFLINE)


def load_digits(why: str) -> DataSet:
    """The 8x8 digits that come with scikit-learn, brought to 28x28 as every other picture is."""
    from sklearn.datasets import load_digits as load_8x8

    small = load_8x8()
    x = np.array([pictures.prepare(image / 16).picture.ravel() for image in small.images])
    return with_test_set(Examples(x, small.target.astype(np.uint8)), "scikit-learn's digits", why)


def load_path(path: Path) -> DataSet:
    """Data from a file or folder, by what it is."""
    why = f"from {path}"
    if path.is_dir():
        if any(path.glob("*-images*ubyte*")):
            return load_idx_folder(path)
        for read, names in ((pictures.read_folder, HALVES), (read_labelled, CSV_HALVES)):
            halves = [path / name for name in names]
            if all(half.exists() for half in halves):
                learn, judge = (Examples(*read(half)) for half in halves)
                return DataSet(learn, judge, path.name, why)
        return with_test_set(Examples(*pictures.read_folder(path)), path.name, why)
    if path.suffix == ".npz":
        train, test = tables.read_npz(path)
        return DataSet(Examples(*train), Examples(*test), path.name, why)
    if path.suffix == ".csv":
        return with_test_set(Examples(*read_labelled(path)), path.name, why)
    if not path.exists():
        raise DataFileError(
            path, "no such file or folder", advice="`glassnet data` lists what is there"
        )
    expected = "a .csv or .npz file, a folder of IDX files, or of pictures in 0..9"
    raise DataFileError(path, "a file of no known form", expected)


def read_labelled(path: Path) -> tuple[Array, Array]:
    """A CSV file that has labels."""
    x, labels = tables.read_csv(path)
    if labels is None:
        advice = f"`glassnet predict {path}` to have it read"
        raise DataFileError(path, "no labels to learn from", "a column `label`", advice)
    return x, labels


def load_idx_folder(folder: Path) -> DataSet:
    """Training and test pictures from a folder with four IDX files by MNIST's names."""
    files = [find_idx(folder, name) for name in MNIST]
    train = Examples(*idx.read_idx_pair(*files[:2]))
    test = Examples(*idx.read_idx_pair(*files[2:]))
    return DataSet(train, test, folder.name, f"from {folder}")


def find_idx(folder: Path, name: str) -> Path:
    """The file of that name, with .gz or without, and with a dot or a dash before `idx`."""
    for base in (name, name.replace("-idx", ".idx")):
        for path in (folder / f"{base}.gz", folder / base):
            if path.exists():
                return path
    raise DataFileError(folder, f"no file {name} or {name}.gz", "MNIST's four files", OFFLINE)


def with_test_set(examples: Examples, name: str, why: str) -> DataSet:
    """Set a tenth of every class aside for the test: always the same tenth."""
    train, test = split(examples, TEST_SHARE, np.random.default_rng(0))
    return DataSet(train, test, name, why)
