"""A training that is stopped or killed, as real processes, and what --resume makes of it."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glassnet import cli
from glassnet.cli.run_folder import RunFolder
from glassnet.cli.stopping import Stopping
from glassnet.data.files import write_atomically
from glassnet.data.locks import locked
from glassnet.errors import StorageError
from glassnet.model import load_model
from glassnet.recipes import RECIPES
from glassnet.training.checkpoint import Checkpoints

NUMPY_ALONE = ["--data", "digits", "--engine", "reference", "--quiet"]
SMALL = [*NUMPY_ALONE, "--epochs", "20", "--layers", "784,16,10", "--optimizer", "adam"]
SMALL += ["--validation", "0.2", "--patience", "15"]


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    monkeypatch.setattr(RunFolder, "draw", lambda *args: None)


@pytest.fixture
def stop_after(monkeypatch):
    """Have the training stopped, as by Ctrl-C, before a step."""

    def stop_after(steps):
        countdown = iter(range(steps, -1, -1))

        def asked(self):
            if next(countdown, 1) == 0:
                self.note(signal.SIGINT, None)
            return asked_before(self)

        monkeypatch.setattr(Stopping, "asked", asked)

    asked_before = Stopping.asked
    return stop_after


def model_bytes(folder):
    return (Path(folder) / "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unbroken") / "run"
    assert cli.run(["train", *SMALL, "--out", str(folder)]) == 0
    return folder


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_process_stopped_or_killed_and_resumed_leaves_the_same_model(number, unbroken, tmp_path):
    out, rng = tmp_path / "run", np.random.default_rng()
    start = [sys.executable, "-m", "glassnet", "train", "--checkpoint-every", "3"]
    process = subprocess.Popen([*start, *SMALL, "--out", str(out)])
    cuts = 0
    while cuts < (2 if number == signal.SIGKILL else 1):
        known = Checkpoints(out).paths
        deadline = time.monotonic() + 60
        while Checkpoints(out).paths == known and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.3))
        process.send_signal(number)
        code = process.wait(60)
        if code == 0:  # it was faster
            break
        assert code == (-number if number == signal.SIGKILL else 128 + number)
        cuts += 1
        process = subprocess.Popen([*start, "--resume", str(out), "--quiet"])
    assert process.wait(60) == 0
    assert cuts
    assert model_bytes(out) == model_bytes(unbroken)
    assert not Checkpoints(out).paths


def test_what_was_stopped_goes_on_and_what_is_finished_says_so(run, unbroken, stop_after):
    stop_after(2)
    code, out, err = run("train", *[a for a in SMALL if a != "--quiet"], "--out", "here")
    assert code == 130
    assert "Stopped. What was learned until now is kept.\n" in err
    assert "To go on: glassnet train --resume here\n" in err
    assert "Test accuracy" in out
    assert load_model("here/model.safetensors").training["epochs"] < 20
    code, out, err = run("train", "--resume", "here")
    assert code == 0
    assert "Resumed in epoch 1, after" in err
    assert model_bytes("here") == model_bytes(unbroken)
    code, out, err = run("train", "--resume", "here")
    assert (code, out, err) == (0, "", "The training in here is finished.\n")


@pytest.mark.parametrize(
    "options",
    [
        ["many-hands", "--epochs", "2"],
        ["is-it-a-three", "--epochs", "2"],
        ["--from", "many-hands", "--freeze", "1", "--epochs", "2"],
        ["--from", "start.safetensors", "--freeze", "1", "--epochs", "2", "--dtype", "float64"],
    ],
)
def test_recipes_distortions_and_frozen_layers_go_on_too(run, stop_after, options):
    assert run("train", *NUMPY_ALONE, "--epochs", "1", "--out", "other")[0] == 0
    Path("other/model.safetensors").rename("start.safetensors")
    options = [*options, *NUMPY_ALONE, "--batch-size", 64]  # 26 steps to an epoch
    assert run("train", *options, "--out", "whole")[0] == 0
    stop_after(30)
    assert run("train", *options, "--checkpoint-every", 1, "--out", "cut")[0] == 130
    Path("start.safetensors").unlink()
    assert run("train", "--resume", "cut", "--quiet") == (0, "", "")
    assert model_bytes("cut") == model_bytes("whole")


def test_another_option_beside_resume_is_refused(run, stop_after):
    stop_after(2)
    run("train", *SMALL, "--out", "here")
    code, _, err = run("train", "nielsen-30", "--epochs", 30, "--resume", "here")
    assert code == 2
    assert "--resume: recipe, --epochs: a training goes on with the options it was started" in err


def test_other_data_are_refused(run, stop_after):
    run("data", "convert", "digits", "mine.npz")
    stop_after(2)
    options = [option if option != "digits" else "mine.npz" for option in SMALL]
    assert run("train", *options, "--out", "here")[0] == 130
    with np.load("mine.npz") as file:
        arrays = dict(file)
    arrays["x_train"][7, 14, 14] ^= 1
    np.savez_compressed("mine.npz", **arrays)
    code, _, err = run("train", "--resume", "here")
    assert code == 3
    assert "other examples than those the training began with" in err


def test_a_recipe_that_has_changed_since_is_refused(run, stop_after, monkeypatch):
    stop_after(2)
    run("train", *SMALL, "--out", "here")
    changed = replace(RECIPES["first-network"], batch_size=33)
    monkeypatch.setitem(RECIPES, "first-network", changed)
    code, _, err = run("train", "--resume", "here")
    assert code == 2
    assert "batch_size was 32, is 33" in err


def test_another_environment_is_warned_of(run, stop_after, monkeypatch):
    stop_after(2)
    run("train", *SMALL, "--out", "here")
    monkeypatch.setattr("glassnet.training.checkpoint.version_of", lambda package: "9.9")
    code, _, err = run("train", "--resume", "here")
    assert code == 0
    assert "Warning: the last digits may differ from an unbroken run's: glassnet was" in err


def test_a_torn_checkpoint_is_named_and_the_one_before_it_is_taken(run, unbroken, stop_after):
    stop_after(12)
    run("train", *SMALL, "--out", "here", "--checkpoint-every", 1)
    newest = Checkpoints(Path("here")).paths[-1]
    os.truncate(newest, 1000)
    code, _, err = run("train", "--resume", "here")
    assert code == 0
    assert f"Warning: skipped {newest}: not a whole safetensors file" in err
    assert model_bytes("here") == model_bytes(unbroken)


def test_where_nothing_was_stopped_there_is_nothing_to_resume(run):
    code, _, err = run("train", "--resume", "nowhere")
    assert code == 2
    assert "--resume nowhere: no checkpoint" in err
    assert not Path("nowhere").exists()


def test_a_checkpoint_that_cannot_be_written_ends_with_code_8(run, monkeypatch):
    def fails(path, write):
        if path.name.startswith("checkpoint-00000002"):
            raise StorageError(path, "cannot be written: no space left on device")
        return write_atomically(path, write)

    monkeypatch.setattr("glassnet.training.checkpoint.write_atomically", fails)
    code, _, err = run("train", *SMALL, "--out", "here", "--checkpoint-every", 3)
    assert code == 8
    assert "checkpoint-00000002.safetensors: cannot be written" in err
    assert len(Checkpoints(Path("here")).paths) == 1


def test_a_second_training_into_a_folder_is_told_who_is_there(run):
    Path("here").mkdir()
    with locked(Path("here/.lock")):
        code, _, err = run("train", *SMALL, "--out", "here")
    assert code == 9
    assert f"here: process {os.getpid()} is at work there" in err


def test_a_second_signal_is_not_held_back():
    with Stopping() as stopping:
        signal.raise_signal(signal.SIGINT)
        assert stopping.asked().exit_code == 130
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
