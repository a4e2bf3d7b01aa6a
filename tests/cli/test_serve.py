"""`glassnet serve` as a process, from its first line to its end."""

import builtins
import json
import os
import signal
import socket
import subprocess
import sys

import httpx
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from glassnet import cli
from glassnet.core.losses import LOSSES, POISSON
from glassnet.core.network import Network
from glassnet.core.parameters import Parameters
from glassnet.model import SHIPPED, Model
from glassnet.web import server

SERVE = [sys.executable, "-m", "glassnet", "serve", "--data", "digits", "--no-open"]


def hear_interrupts():
    """Undo what a shell does to its background jobs, and those to what they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def start():
    """Start the command, and give the process and the URL that it prints."""
    processes = []

    def start(*arguments):
        process = subprocess.Popen(
            [*SERVE, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=hear_interrupts,
        )
        processes.append(process)
        return process, process.stdout.readline().strip()

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def run(capsys, monkeypatch):
    """Run the command in this process, which serves nothing."""
    served = []
    monkeypatch.setattr(server, "serve", lambda *arguments: served.append(arguments))

    def run(*arguments):
        code = cli.run(["serve", "--data", "digits", *map(str, arguments)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    run.served = served
    yield run
    for _, _, listener in served:
        listener.socket.close()


def test_it_prints_where_the_page_is_and_the_page_is_there(start):
    process, url = start("--port", "0")
    assert url.startswith("http://127.0.0.1:")
    assert httpx.get(url).status_code == 200
    assert len(httpx.get(f"{url}api/models").json()) == 1
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err


def test_told_to_end_it_ends_the_training_too_and_leaves_quietly(start):
    process, url = start("--port", "0")
    with connect(url.replace("http", "ws") + "ws", proxy=None) as page:
        page.send(json.dumps({"type": "hello", "protocol": 1}))
        page.send(json.dumps({"type": "start", "recipe": "first-network", "epochs": 100_000}))
        while json.loads(page.recv(60)).get("state") != "starting":
            pass
        process.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed):
            page.recv(20)
            page.recv(20)
    _, err = process.communicate(timeout=20)
    assert process.returncode in (-signal.SIGTERM, 128 + signal.SIGTERM)
    assert "Traceback" not in err


def test_a_port_that_is_taken_is_said_and_ends_with_code_9(run):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, out, err = run("--port", port)
    assert (code, out) == (9, "")
    assert f"error[BUSY]: --port: {port} taken" in err


def test_by_default_another_port_is_taken_and_that_is_said(run, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setattr("glassnet.web.listener.PORT", port)
        code, out, err = run()
    assert code == 0
    assert f"Port {port} is taken" in err
    assert 0 < int(out.strip().rstrip("/").rpartition(":")[2]) - port < 10


def test_several_models_are_put_on_the_shelf(run, tmp_path):
    copy = tmp_path / "my-run" / "model.safetensors"
    copy.parent.mkdir()
    copy.write_bytes(SHIPPED.read_bytes())
    assert run(SHIPPED, copy, "--port", 0)[0] == 0
    ((shelf, _, _),) = run.served
    assert [shelved.name for shelved in shelf.values()] == ["many-hands", "my-run"]


def test_models_of_the_same_name_can_be_told_apart(run):
    assert run(SHIPPED, SHIPPED, "--port", 0)[0] == 0
    ((shelf, _, _),) = run.served
    assert len({shelved.name for shelved in shelf.values()}) == 2


def test_a_file_that_is_no_model_ends_with_code_4_before_anything_is_served(run, tmp_path):
    (tmp_path / "bad.safetensors").write_bytes(b"\x80\x04pickle")
    code, out, err = run(tmp_path / "bad.safetensors", "--port", 0)
    assert (code, out, run.served) == (4, "", [])
    assert "error[MODEL]" in err


def test_a_network_that_is_not_for_pictures_of_digits_is_refused(run, tmp_path):
    network = Network((3, 2), (), LOSSES["cross_entropy"])
    params = Parameters((3, 2), np.zeros(8, np.float32))
    Model(network, params, ("a", "b")).save(tmp_path / "small.safetensors")
    code, _, err = run(tmp_path / "small.safetensors", "--port", 0)
    assert (code, run.served) == (4, [])
    assert "a network of 3 inputs (expected 784" in err


def test_a_network_that_tells_no_classes_is_refused(run, tmp_path):
    params = Parameters((784, 1), np.zeros(785, np.float32))
    Model(Network((784, 1), (), POISSON), params, ()).save(tmp_path / "counts.safetensors")
    code, _, err = run(tmp_path / "counts.safetensors", "--port", 0)
    assert (code, run.served) == (4, [])
    assert "counts.safetensors: a network without classes (expected one that tells" in err
    assert err.count("\n") == 1


def test_for_other_machines_the_printed_address_has_a_token(run):
    code, out, _ = run("--host", "0.0.0.0", "--port", 0)
    ((_, _, listener),) = run.served
    assert code == 0
    assert out.strip().endswith(f"/?token={listener.token}")


@pytest.mark.parametrize("options", [["--port", "70000"], ["--port", "x"], ["--host", "no.such"]])
def test_an_impossible_option_ends_with_code_2(run, options):
    code, out, err = run(*options)
    assert (code, out, run.served) == (2, "", [])
    assert err.count("\n") == 1


def test_no_browser_is_opened_where_nobody_looks(run, monkeypatch):
    monkeypatch.setattr("webbrowser.open", lambda url: pytest.fail("opened"))
    assert run("--port", 0)[0] == 0


def test_without_its_libraries_it_says_what_to_install(run, monkeypatch):
    real = builtins.__import__

    def without_starlette(name, *arguments):
        if name.partition(".")[0] in ("starlette", "uvicorn"):
            raise ImportError("no", name=name)
        return real(name, *arguments)

    for name in [name for name in sys.modules if name.startswith("glassnet.web")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("glassnet.web")
    monkeypatch.setattr(builtins, "__import__", without_starlette)
    code, out, err = run()
    assert (code, out) == (2, "")
    assert "pip install 'glassnet[serve]'" in err


def test_damaged_data_that_nobody_asked_for_are_replaced_and_that_is_said(
    run, monkeypatch, tmp_path
):
    (tmp_path / "mnist").mkdir()
    monkeypatch.setenv("GLASSNET_DATA", os.fspath(tmp_path))
    code = cli.run(["serve", "--port", "0", "--no-open"])
    assert code == 0
    ((_, data, _),) = run.served
    assert data.name == "scikit-learn's digits"
    assert "mnist" in data.origin
