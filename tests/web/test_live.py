"""Trainings that are watched: what happens to them, and what is told of it."""

from dataclasses import replace
from itertools import pairwise
from time import sleep

import numpy as np
import pytest

from glassnet import cli
from glassnet.data.sources import load_data
from glassnet.errors import BusyError, DivergedError, ParamError
from glassnet.model import load_model
from glassnet.overrides import Overrides, override
from glassnet.recipes import RECIPES
from glassnet.training.calibration import fit_temperature
from glassnet.training.measures import evaluate
from glassnet.web import live as live_module
from glassnet.web.live import ENDS, Live, Run, merged

QUICK = replace(RECIPES["first-network"], epochs=3, batch_size=10, layers=(784, 20, 20, 10))
LONG = replace(QUICK, epochs=100_000)


@pytest.fixture(scope="module")
def data():
    return load_data("digits")


@pytest.fixture
def live(data):
    """A Live that keeps models in its list `kept`."""
    kept = []

    def keep(name, model):
        kept.append(model)
        return f"{len(kept) - 1}"

    live = Live(data, keep)
    live.kept = kept
    yield live
    live.close()
    assert live.run is None or has_ended(live.run)


def has_ended(run):
    run.thread.join(60)
    return not run.thread.is_alive()


def wait_for(live, *states):
    for _ in range(3000):
        if {event.get("state") for event in live.run.history} & set(states):
            return live.run
        sleep(0.01)
    raise AssertionError(f"still {live.run.state}")


def of_kind(run, kind):
    return [event for event in run.history if event["type"] == kind]


def measured(run):
    return [event for event in of_kind(run, "metrics") if event["train_accuracy"] is not None]


def finish(live, recipe, **options):
    live.start(recipe, **options)
    assert has_ended(live.run)
    return live.run


@pytest.mark.parametrize(
    ("name", "validation", "options"),
    [
        ("first-network", 0.0, {}),
        ("one-layer", 0.2, {"learning_rate": 0.01}),
        ("nielsen-30", 0.0, {"batch_size": "50", "optimizer": "adam", "seed": 7}),
        ("ten-hidden", 0.0, {"layers": "784,12,12,10", "activation": "tanh"}),
        ("is-it-a-three", 0.1, {}),
    ],
)
def test_a_watched_training_gives_the_same_file_as_glassnet_train(
    live, tmp_path, name, validation, options
):
    options = {"epochs": 3, **options}
    typed = [f"--{key.replace('_', '-')}={value}" for key, value in options.items()]
    where = ["--data=digits", "--quiet", f"--out={tmp_path}", f"--validation={validation}"]
    assert cli.run(["train", name, *typed, *where]) == 0
    finish(live, override(RECIPES[name], Overrides(**options)), validation=validation)
    assert live.kept[0].to_bytes() == (tmp_path / "model.safetensors").read_bytes()


def test_pauses_and_single_batches_change_nothing(live):
    undisturbed = finish(live, QUICK)
    live.start(QUICK)
    for command in ("pause", "step", "step", "step", "resume", "pause", "step", "resume"):
        live.run.commands.put(command)
    wait_for(live, "done")
    assert undisturbed.state == "done"
    np.testing.assert_array_equal(live.kept[0].params.theta, live.kept[1].params.theta)


def test_events_are_numbered_and_a_training_is_told_from_start_to_end(live):
    run = finish(live, QUICK)
    assert [event["seq"] for event in run.history] == list(range(1, len(run.history) + 1))
    states = [event["state"] for event in of_kind(run, "status")]
    assert states == ["starting", "running", "finishing", "done"]
    assert run.history[0]["run"] == run.id
    assert run.history[0]["config"]["layers"] == QUICK.layers
    assert run.history[-1]["model"] == "0"


def test_the_losses_told_are_those_of_all_batches(live):
    run = finish(live, replace(QUICK, batch_size=809))  # two batches of the same size
    metrics = of_kind(run, "metrics")
    steps = [0] + [event["step"] for event in metrics]
    assert all(before < after for before, after in pairwise(steps))
    assert [event["epoch"] for event in metrics] == [step / 2 for step in steps[1:]]
    assert steps[-1] == 6
    total = sum(
        event["loss"] * (after - before)
        for event, (before, after) in zip(metrics, pairwise(steps), strict=True)
    )
    assert total / 2 == pytest.approx(sum(epoch.loss for epoch in run.epochs))


def test_batches_are_told_together_until_it_is_time_or_something_else_is_told(live, monkeypatch):
    monkeypatch.setattr(live_module, "REPORT_EVERY", 1e9)
    run = finish(live, QUICK)
    metrics = of_kind(run, "metrics")
    assert [event["epoch"] for event in metrics] == [1, 2, 3]
    assert [event["train_loss"] for event in metrics] == [epoch.loss for epoch in run.epochs]
    assert all(event["loss"] == pytest.approx(event["train_loss"], rel=0.05) for event in metrics)


def test_a_paused_training_stands_still(live):
    live.start(LONG)
    live.command("pause")
    run = wait_for(live, "paused")
    events = len(run.history)
    theta = run.model.params.theta.copy()
    sleep(0.3)
    assert len(run.history) == events
    np.testing.assert_array_equal(run.model.params.theta, theta)


def test_a_step_is_one_batch_and_told_at_once(live):
    live.start(LONG)
    live.command("pause")
    run = wait_for(live, "paused")
    before = run.weights[0]
    for n in range(1, 6):
        live.command("step")
        for _ in range(1000):
            if run.weights[0] == before + n:
                break
            sleep(0.005)
        assert run.history[-1]["type"] == "metrics"
        assert run.history[-1]["step"] == before + n
        assert run.state == "paused"
        np.testing.assert_array_equal(run.weights[1], run.model.params.W[0])


def test_an_epoch_that_ends_with_a_step_is_told_at_once(live):
    live.start(replace(LONG, batch_size=809))  # two batches in an epoch
    live.command("pause")
    run = wait_for(live, "paused")
    before = len(run.epochs)
    for _ in range(2):
        live.command("step")
    for _ in range(1000):
        if [event for event in measured(run) if event["epoch"] == before + 1]:
            break
        sleep(0.01)
    assert [event["epoch"] for event in measured(run)] == list(range(1, before + 2))
    assert run.state == "paused"


def test_what_a_stopped_training_has_learned_is_kept(live):
    live.start(LONG)
    live.command("pause")
    live.command("step")
    wait_for(live, "paused")
    live.command("stop")
    run = wait_for(live, "stopped")
    assert run.history[-1]["model"] == "0"
    assert (run.model.params.theta != QUICK.model(run.model.classes).params.theta).any()
    assert live.kept[0].training["epochs"] == len(run.epochs)
    assert of_kind(run, "eval")[-1]["step"] == run.step
    assert of_kind(run, "eval")[-1]["test"]["accuracy"] == live.kept[0].training["test_accuracy"]


def test_a_stopped_training_is_calibrated_like_one_that_is_done(live):
    live.start(LONG, validation=0.2)
    while not measured(live.run):
        sleep(0.01)
    live.command("stop")
    run = wait_for(live, "stopped")
    (model,) = live.kept
    assert model.temperature == fit_temperature(model, run.aside) != 1
    assert model.familiarity.distance(run.examples.x).mean() < model.familiarity.limit


def test_a_paused_training_can_be_stopped(live):
    live.start(LONG)
    live.command("pause")
    wait_for(live, "paused")
    live.command("stop")
    wait_for(live, "stopped")


def test_a_divergence_is_told_with_what_to_do(live):
    wild = override(
        QUICK, Overrides(layers="784,10", loss="squared_error", learning_rate=900.0, batch_size="9")
    )
    run = finish(live, wild)
    (error,) = of_kind(run, "error")
    assert error["code"] == "DIVERGED"
    assert "epoch 1" in error["message"]
    assert "learning rate of" in error["fix"]
    assert run.history[-1] | {"state": "failed", "model": None} == run.history[-1]
    assert live.kept == []


def test_a_mistake_of_ours_is_told_and_not_hidden(live, monkeypatch):
    def broken(*arguments):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(live_module.facts, "of_layers", broken)
    run = finish(live, QUICK)
    (error,) = of_kind(run, "error")
    assert error["code"] == "INTERNAL"
    assert "ZeroDivisionError" in error["message"]
    assert run.state == "failed"


def test_what_was_learned_before_a_divergence_is_kept(live, monkeypatch):
    def diverge(run, steps):
        if run.epochs:
            raise DivergedError("training", "loss became nan", "", "a lower rate")
        yield np.arange(steps)

    monkeypatch.setattr(Run, "pieces", diverge)
    run = finish(live, QUICK)
    assert (run.state, run.history[-1]["model"]) == ("failed", "0")
    assert live.kept[0].training["epochs"] == 1


def test_a_model_that_cannot_be_kept_ends_the_training_all_the_same(live, monkeypatch):
    live.keep = lambda name, model: 1 / 0
    run = finish(live, QUICK)
    assert (run.state, run.history[-1]["model"]) == ("failed", None)
    assert of_kind(run, "error")


def test_there_is_one_training_at_a_time_and_then_another(live):
    with pytest.raises(ParamError, match="no training is running"):
        live.command("pause")
    live.start(LONG)
    with pytest.raises(BusyError, match="stop it first"):
        live.start(QUICK)
    first = live.run
    live.command("stop")
    wait_for(live, "stopped")
    second = finish(live, QUICK)
    assert second.id != first.id
    with pytest.raises(ParamError, match="no training is running"):
        live.command("stop")


def test_evaluations_say_how_good_it_is_by_then(live, data):
    run = finish(live, QUICK, validation=0.2)
    for name in ("train_accuracy", "validation_loss", "validation_accuracy"):
        told = [event[name] for event in measured(run)]
        assert told == [getattr(epoch, name) for epoch in run.epochs]
    last = of_kind(run, "eval")[-1]
    model = live.kept[0]
    model.temperature = 1.0  # as it was, before it was fitted when all was done
    expected = evaluate(model, data.test)
    assert last["epoch"] == 3
    assert last["test"]["accuracy"] == expected.accuracy
    np.testing.assert_array_equal(last["test"]["confusion"], expected.confusion)
    assert {row["id"] for row in last["worst"]} <= set(expected.mistakes.tolist())
    losses = [row["loss"] for row in last["worst"]]
    assert losses == sorted(losses, reverse=True)
    assert len(last["layers"]) == 3


def test_the_listeners_hear_of_every_event_and_cannot_hold_it_up(live):
    heard = []
    live.listeners.add(lambda: heard.append(len(live.run.history) if live.run else 0))
    run = finish(live, QUICK)
    assert heard[-1] == len(run.history)
    assert run.state in ENDS


def test_a_closed_server_leaves_no_training_behind(data):
    live = Live(data, lambda name, model: "0")
    live.start(LONG)
    live.close()
    assert has_ended(live.run)


def test_merged_metrics_hold_all_that_the_single_ones_did(live):
    run = finish(live, replace(QUICK, epochs=20))
    told = list(merged(run.history))
    metrics = of_kind(run, "metrics")
    for name in ("step", "epoch", "loss", "train_accuracy"):
        values = [value for event in told if event["type"] == "metrics" for value in event[name]]
        assert values == [event[name] for event in metrics]
    others = [event for event in told if event["type"] != "metrics"]
    assert others == [event for event in run.history if event["type"] != "metrics"]
    assert all(a["type"] != b["type"] for a, b in pairwise(told) if "metrics" in a.values())


def test_a_kept_model_is_a_model_file(live, tmp_path):
    finish(live, QUICK)
    path = tmp_path / "kept.safetensors"
    path.write_bytes(live.kept[0].to_bytes())
    assert load_model(path).training == live.kept[0].training
