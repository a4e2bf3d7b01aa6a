import io
import json
import re

import numpy as np
import pytest

import glassnet.cli.explain
from glassnet import load_data
from glassnet.cli.terminal import Terminal
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network
from glassnet.core.parameters import Parameters
from glassnet.explain import explain
from glassnet.model import SHIPPED, Model, load_model

EVERYTHING = ["--target", "3", "--neuron", "1.17", "--backward"]


def titles(out):
    return re.findall(r"^(.+)\n-+$", out, re.MULTILINE)


def test_a_picture_is_explained_as_predict_reads_it(run, digit):
    path, label = digit
    code, out, err = run("explain", path)
    assert (code, err) == (0, "")
    assert f"The answer is {label} (" in out
    assert [title.partition(":")[0] for title in titles(out)] == [
        *["The example", "Layer 1", "Layer 2", "Layer 3, the output"]
    ]
    assert max(map(len, out.splitlines())) <= 80
    assert out == run("explain", SHIPPED, path)[1]


def test_a_digit_of_the_data_is_named_by_its_number_and_brings_its_right_answer(run):
    code, out, _ = run("explain", "digits:test:5", "--backward")
    digits = load_data("digits").test
    model = load_model(engine="reference")
    assert code == 0
    assert out == f"{explain(model, digits.x[5], str(digits.labels[5]))}\n"
    assert f"The right answer is {digits.labels[5]}," in out


def test_a_neuron_is_told_before_the_way_back(run, digit):
    code, out, _ = run("explain", digit[0], *EVERYTHING)
    assert code == 0
    assert [title for title in titles(out) if "euron" in title or "Back" in title] == [
        *["Neuron 1.17", "Back to neuron 1.17", "Back to layer 3, the output"],
        *["Back to layer 2", "Back to layer 1"],
    ]
    _, out, _ = run("explain", digit[0], "--neuron", "3.4")
    assert titles(out)[-1] == "Neuron 3.4, the output 4"


def test_without_a_right_answer_the_way_back_takes_its_own_and_says_so(run, digit):
    path, label = digit
    code, out, err = run("explain", path, "--backward")
    assert code == 0
    assert f"--target {label}" in err
    assert f"The right answer is {label}, which it says" in out


def test_as_json_there_is_every_number(run):
    code, out, _ = run("explain", "digits:test:0", *EVERYTHING, "--json")
    found = json.loads(out)
    expected = explain(load_model(), load_data("digits").test.x[0], 3)
    assert code == 0
    assert (found["target"], found["answer"]) == ("3", expected.answer)
    for layer, numbers in zip(expected.layers, found["layers"], strict=True):
        assert (numbers["z"], numbers["a"]) == (layer.z.tolist(), layer.a.tolist())
    for change, numbers in zip(expected.backward.layers, found["backward"], strict=True):
        assert numbers["delta"] == change.delta.tolist()
        assert all(slope["digits"] >= 9 for slope in numbers["steepest"])
    neuron = found["neuron"]
    total = neuron["bias"] + np.dot(neuron["inputs"], neuron["weights"])
    assert total == pytest.approx(neuron["z"])


def test_a_terminal_shows_the_same_in_colors(run, digit, monkeypatch):
    _, plain, _ = run("explain", digit[0], *EVERYTHING)
    terminal = Terminal(force_terminal=True, width=100, highlight=False, file=io.StringIO())
    monkeypatch.setattr(glassnet.cli.explain, "stdout", terminal)
    assert run("explain", digit[0], *EVERYTHING)[:2] == (0, "")
    shown = terminal.file.getvalue()
    assert "\x1b[1m" in shown
    without_colors = re.sub(r"\x1b\[[\d;]*m", "", shown)
    assert without_colors.split() == re.sub(r"^-+$", "", plain, flags=re.MULTILINE).split()


def test_a_yes_or_no_model_is_explained_on_its_own_question(run, tmp_path):
    network = Network((784, 1), (), LOSSES["binary_cross_entropy"])
    model = Model(network, Parameters((784, 1), np.zeros(785, np.float32)), ("not 3", "3"))
    model.save(tmp_path / "three.safetensors")
    label = load_data("digits").test.labels[0]
    code, out, _ = run("explain", "three.safetensors", "digits:test:0", "--backward")
    assert code == 0
    assert f"The right answer is {'3' if label == 3 else 'not 3'}," in out


def test_the_names_of_classes_are_neither_colors_nor_commands(run, digit, tmp_path):
    network, names = Network((784, 2), (), LOSSES["cross_entropy"]), ("[/red]\x1b[2J", "\ud800")
    theta = np.r_[np.zeros(1569), 1].astype(np.float32)
    Model(network, Parameters((784, 2), theta), names).save(tmp_path / "m.safetensors")
    code, out, err = run("explain", "m.safetensors", digit[0], "--backward", "--neuron", "1.1")
    assert code == 0
    assert (out + err).replace("\n", "").isprintable()
    assert "[/red]" in out


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        ([], "USAGE", "Missing argument"),
        (["model.safetensors"], "PARAM", "a model and no picture"),
        (["a.png", "b.png"], "PARAM", "2 pictures"),
        (["model.safetensors", "a.png"], "MODEL", "model.safetensors"),
        (["a.png"], "PICTURE", "a.png"),
        (["."], "PICTURE", "is a directory"),
        (["\0"], "PICTURE", ""),
        (["digits:test:179"], "PARAM", "0 to 178"),
        (["digits:best:1"], "PICTURE", "digits:best:1"),
        (["nowhere:test:1"], "DATA", "nowhere"),
        (["digits:test:0", "--neuron", "4.0"], "PARAM", "3.9"),
        (["digits:test:0", "--neuron", "1"], "PARAM", "LAYER.INDEX"),
        (["digits:test:0", "--neuron", "²۳.1"], "PARAM", "LAYER.INDEX"),
        (["digits:test:0", "--target", "ten"], "PARAM", "one of 0, 1, 2"),
    ],
)
def test_what_cannot_be_explained_is_said_in_one_line(run, arguments, code, part):
    exit_code, out, err = run("explain", *arguments)
    assert (exit_code in range(2, 9), out) == (True, "")
    assert re.fullmatch(rf"glassnet: error\[{code}\]: [^\n]*\n", err), err
    assert part in err
