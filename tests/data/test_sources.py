import gzip
import socket
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import numpy as np
import pytest

from glassnet.data import idx, sources, tables
from glassnet.errors import DataFileError, DownloadError


class Mirror(SimpleHTTPRequestHandler):
    """Serves a folder, says nothing about it."""

    def log_message(self, *args):
        pass


class BusyMirror(Mirror):
    """Answers with a page that says to come back later, as if it were the file."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>503 Service Unavailable</html>")


@pytest.fixture
def serve():
    servers = []

    def serve(handler):
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """No GLASSNET_DATA, an empty cache, and no mirror."""
    monkeypatch.delenv("GLASSNET_DATA", raising=False)
    monkeypatch.setattr(sources, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(sources, "MIRRORS", ())
    return tmp_path / "cache"


def test_mnist_is_what_was_published(mnist_folder, monkeypatch):
    monkeypatch.setenv("GLASSNET_DATA", str(mnist_folder.parent))
    data = sources.load_data()
    assert (data.name, data.origin) == ("MNIST", "GLASSNET_DATA is set")
    assert data.train.x.shape == (60_000, 784)
    assert data.test.x.shape == (10_000, 784)
    assert data.train.x.dtype == np.uint8
    # The counts are those of table 1 in the description of the data set by LeCun et al.
    assert np.bincount(data.test.labels).tolist() == [
        *[980, 1135, 1032, 1010, 982],
        *[892, 958, 1028, 974, 1009],
    ]


def test_what_is_called_mnist_but_is_not_is_refused(mnist_folder, tmp_path, monkeypatch):
    folder = tmp_path / "mnist"
    folder.mkdir()
    for name in sources.MNIST:
        (folder / f"{name}.gz").write_bytes((mnist_folder / f"{name}.gz").read_bytes())
    labels = idx.read_idx(mnist_folder / "t10k-labels-idx1-ubyte.gz")
    labels[0] = (labels[0] + 1) % 10
    idx.write_idx(folder / "t10k-labels-idx1-ubyte.gz", labels)
    monkeypatch.setenv("GLASSNET_DATA", str(tmp_path))
    with pytest.raises(DataFileError, match=r"t10k-labels-idx1-ubyte is not the one .*--data"):
        sources.load_data()
    assert sources.load_data(folder).test.labels[0] == labels[0]


def test_a_download_is_taken_from_the_first_mirror_that_has_the_right_bytes(
    mnist_folder, cache, serve, monkeypatch
):
    good = serve(partial(Mirror, directory=mnist_folder))
    empty = serve(partial(Mirror, directory=cache.parent))
    monkeypatch.setattr(sources, "MIRRORS", (empty, serve(BusyMirror), good))
    seen = []
    data = sources.load_data(progress=lambda name, done, total: seen.append((name, done, total)))
    assert data.name == "MNIST"
    assert data.origin == f"downloaded to {cache / 'mnist'}"
    assert {name for name, _, _ in seen} == set(sources.MNIST)
    assert sorted(path.name for path in (cache / "mnist").iterdir()) == sorted(
        f"{name}.gz" for name in sources.MNIST
    )
    monkeypatch.setattr(sources, "MIRRORS", ())
    assert sources.load_data().origin == f"found in {cache / 'mnist'}"


def test_wrong_bytes_never_get_into_the_cache(mnist_folder, cache, serve, tmp_path, monkeypatch):
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    for name in sources.MNIST:
        shape = (5, 28, 28) if "images" in name else (5,)
        idx.write_idx(wrong / f"{name}.gz", np.zeros(shape, np.uint8))
    monkeypatch.setattr(sources, "MIRRORS", (serve(partial(Mirror, directory=wrong)),))
    with pytest.raises(DownloadError, match="SHA-256 differs"):
        sources.load_data("mnist")
    assert list((cache / "mnist").iterdir()) == []


def test_without_any_mirror_the_digits_of_scikit_learn_are_taken_and_it_is_said_why(cache):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "MIRRORS", (f"http://127.0.0.1:{port}/",))
        data = sources.load_data()
    assert data.name == "scikit-learn's digits"
    assert "MNIST is neither on this machine nor" in data.origin


def test_a_mirror_that_never_answers_costs_no_more_than_the_time_set(cache, monkeypatch):
    monkeypatch.setattr(sources, "FIRST_BYTE_WITHIN", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        monkeypatch.setattr(sources, "MIRRORS", (url, url))
        start = time.monotonic()
        with pytest.raises(DownloadError, match="no answer in"):
            sources.load_data("mnist")
        assert time.monotonic() - start < 3


def test_the_digits_of_scikit_learn_look_like_mnists():
    data = sources.load_data("digits")
    assert len(data.train.x) + len(data.test.x) == 1797
    pictures = data.train.x.reshape(-1, 28, 28)
    rows = pictures.max(axis=2) > 0
    columns = pictures.max(axis=1) > 0
    assert (np.maximum(rows.sum(axis=1), columns.sum(axis=1)) <= 20).all()
    weight = pictures.sum(axis=(1, 2))
    center = (pictures.sum(axis=2) @ np.arange(28)) / weight
    assert np.abs(center - 14).max() <= 0.51


def test_a_source_without_a_test_set_gives_always_the_same_tenth(tmp_path):
    labels = np.repeat(np.arange(10, dtype=np.uint8), 20)
    x = np.arange(200, dtype=np.uint8)[:, None].repeat(784, axis=1)
    tables.write_csv(tmp_path / "train.csv", x, labels)
    data, again = (sources.load_data(tmp_path / "train.csv") for _ in range(2))
    assert np.bincount(data.test.labels).tolist() == [2] * 10
    np.testing.assert_array_equal(data.test.x, again.test.x)
    assert not set(data.test.x[:, 0]) & set(data.train.x[:, 0])


@pytest.mark.parametrize("name", ["{}.gz", "{}", "dotted"])
def test_idx_files_are_found_under_each_of_their_usual_names(tmp_path, name):
    for base in sources.MNIST:
        file = base.replace("-idx", ".idx") if name == "dotted" else name.format(base)
        shape = (5, 28, 28) if "images" in base else (5,)
        idx.write_idx(tmp_path / file, np.ones(shape, np.uint8))
    assert sources.load_data(tmp_path).train.x.shape == (5, 784)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "no such file or folder"),
        (lambda path: path.write_bytes(gzip.compress(b"x")), "a file of no known form"),
        (lambda path: path.mkdir(), "thing: "),
    ],
)
def test_what_is_no_data_is_named(tmp_path, make, message):
    path = tmp_path / "thing"
    make(path)
    with pytest.raises(DataFileError, match=message):
        sources.load_data(path)


def test_a_table_without_labels_cannot_be_learned_from(tmp_path):
    tables.write_csv(tmp_path / "test.csv", np.ones((3, 784), np.uint8))
    with pytest.raises(DataFileError, match=r"no labels .*glassnet predict"):
        sources.load_data(tmp_path / "test.csv")
