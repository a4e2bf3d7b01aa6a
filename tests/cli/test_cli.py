"""The command line as a user meets it: each test runs it as a process would be run."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glassnet import cli
from glassnet.cli.compare import show
from glassnet.compare import Comparison, Result
from glassnet.core.initialization import INITIALIZERS
from glassnet.core.losses import LOSSES, POISSON
from glassnet.core.network import Network
from glassnet.core.parameters import initialize
from glassnet.data.sources import load_data
from glassnet.model import SHIPPED, Model, load_model
from glassnet.recipes import RECIPES

QUICK = ["--data", "digits", "--epochs", "2"]


def assert_one_line(err, code, *parts):
    assert re.fullmatch(rf"glassnet: error\[{code}\]: [^\n]*\n", err), err
    assert len(err) <= 540
    for part in parts:
        assert part in err


def test_a_run_leaves_a_model_its_history_and_pictures(run, tmp_path):
    code, out, err = run("train", "first-network", *QUICK, "--out", "here", "--validation", "0.1")
    assert code == 0
    assert err.startswith("Data: scikit-learn's digits, 1,618 pictures to learn from, 179 for the")
    assert out.startswith("Test accuracy")
    assert err.count("images/s") == 2
    assert "validation" in err
    names = {path.name for path in (tmp_path / "here").iterdir()}
    pictures = {"curves.png", "predictions.png", "mistakes.png", "confusion.png", "weights.png"}
    assert names == {"model.safetensors", "history.jsonl"} | pictures
    for name in pictures:
        with Image.open(tmp_path / "here" / name) as picture:
            assert picture.width > 400
    lines = (tmp_path / "here/history.jsonl").read_text().splitlines()
    history = [json.loads(line) for line in lines]
    assert [epoch["number"] for epoch in history] == [1, 2]
    model = load_model(tmp_path / "here/model.safetensors")
    assert model.training["recipe"] == "first-network"
    assert model.training["data"] == "scikit-learn's digits"


def test_json_is_one_object_on_stdout_and_the_same_seed_gives_the_same_model(run, tmp_path):
    results = []
    for out in ("a", "b"):
        code, stdout, _ = run("train", *QUICK, "--json", "--seed", 5, "--out", out)
        assert code == 0
        results.append(json.loads(stdout))
    first, second = results
    wanted = (
        "recipe data layers epochs epoch_seconds train_accuracy test_accuracy test_loss seconds"
    )
    assert {*wanted.split(), "model"} <= first.keys()
    assert len(first["epoch_seconds"]) == first["epochs"] == 2
    assert first["test_accuracy"] == second["test_accuracy"]
    contents = {(tmp_path / out / "model.safetensors").read_bytes() for out in ("a", "b")}
    assert len(contents) == 1


def test_quiet_prints_nothing(run):
    assert run("train", *QUICK, "--quiet") == (0, "", "")


def test_every_option_of_a_recipe_can_be_changed(run, tmp_path):
    code, _, err = run(
        *["train", "nielsen-30", *QUICK, "--quiet", "--layers", "784,12,8,10"],
        *["--activation", "tanh,relu", "--loss", "cross_entropy", "--initializer", "glorot"],
        *["--optimizer", "adam", "--schedule", "cosine", "--warm-up", "0.5"],
        *["--batch-size", "50", "--l2", "0.001", "--l1", "0.0001", "--dtype", "float64"],
    )
    assert (code, err) == (0, "")
    model = load_model(tmp_path / "runs/nielsen-30/model.safetensors")
    assert repr(model) == "Model(784-12-8-10, tanh relu, cross_entropy, 9,614 parameters)"
    assert model.params.theta.dtype == np.float64
    assert model.training["optimizer"].startswith("Adam(")
    assert "WarmUp(epochs=0.5, then=Cosine(eta=0.001, epochs=2))" in model.training["learning_rate"]


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_runs(run, name):
    code, out, _ = run("train", name, *QUICK, "--json")
    assert code == 0
    assert json.loads(out)["recipe"] == name


def test_early_stopping_ends_before_the_last_epoch(run):
    options = ["--validation", "0.2", "--patience", "1", "--learning-rate", "2"]
    code, out, _ = run("train", "--data", "digits", "--epochs", "50", "--json", *options)
    assert code == 0
    assert json.loads(out)["epochs"] < 50


def test_ctrl_c_keeps_what_was_learned(run, tmp_path, monkeypatch):
    recipe = RECIPES["first-network"]

    class Interrupted(type(recipe)):
        def train(self, *args):
            yield from list(recipe.__class__.train(replace(recipe, epochs=1), *args))
            raise KeyboardInterrupt

    fields = {name: getattr(recipe, name) for name in recipe.__dataclass_fields__}
    monkeypatch.setitem(RECIPES, "first-network", Interrupted(**fields))
    code, out, err = run("train", *QUICK)
    assert code == 130
    assert "What was learned until now is kept" in err
    assert "Test accuracy" in out
    assert load_model(tmp_path / "runs/first-network/model.safetensors").training["epochs"] == 1


def test_a_training_starts_from_a_trained_model_and_its_frozen_layers_keep_every_bit(run, tmp_path):
    options = ["--from", "many-hands", "--freeze", "2", "--validation", "0.2", "--patience", "5"]
    code, _, err = run("train", *QUICK, *options)
    assert code == 0
    assert "Start: many-hands, 2 of 3 layers frozen" in err
    source, tuned = load_model(), load_model(tmp_path / "runs/first-network/model.safetensors")
    assert repr(tuned) == repr(source)
    for l in range(3):
        assert (tuned.params.W[l] != source.params.W[l]).any() == (l == 2)
    assert tuned.training["from"] == "many-hands"
    assert tuned.training["frozen"] == 2


def test_a_recipe_of_other_classes_or_a_wish_brings_a_new_output_layer(run, tmp_path):
    quick = ["train", *QUICK, "--quiet", "--learning-rate", "1e-9", "--from"]
    assert run(*quick, "many-hands", "--dtype", "float64", "--out", "same")[0] == 0
    same = tmp_path / "same/model.safetensors"
    assert run(*quick, same, "--out", "other", "--new-output")[0] == 0
    assert run(*quick, same, "--out", "three", "is-it-a-three", "--freeze", "1")[0] == 0
    source = load_model()
    same, other, three = (
        load_model(tmp_path / f"{d}/model.safetensors") for d in ("same", "other", "three")
    )
    assert {model.params.theta.dtype for model in (same, other, three)} == {np.dtype(float)}
    np.testing.assert_allclose(same.params.theta, source.params.theta, atol=1e-6)
    np.testing.assert_allclose(other.params.W[1], source.params.W[1], atol=1e-6)
    assert np.abs(other.params.W[2] - source.params.W[2]).max() > 0.1
    assert repr(three).startswith("Model(784-256-128-1, relu relu, binary_cross_entropy")


def test_what_cannot_start_from_a_model_is_named_with_the_rest(run, tmp_path):
    network = Network(
        (64, 8, 10), (RECIPES["nielsen-30"].activations[0],), LOSSES["quadratic_cost"]
    )
    rng = np.random.default_rng(0)
    small = Model(network, initialize(network.layers, INITIALIZERS["he"], rng))
    small.save(tmp_path / "model.safetensors")
    options = ["--from", "model.safetensors", "--freeze", "2", "--layers", "784,30,10"]
    code, out, err = run("train", *options, "--epochs", "0", "--out", ".")
    assert (code, out) == (2, "")
    wrong = ["a model of 64 inputs, pictures have 784", "--freeze 2: 0 to 1 of the 2 layers"]
    wrong += ["--layers: not with --from", "--epochs 0", "--out .: --from is there"]
    assert_one_line(err, "PARAM", *wrong)
    code, _, err = run("train", "--freeze", "1", "--new-output")
    assert code == 2
    assert_one_line(err, "PARAM", "--freeze 1: only with --from", "--new-output: only with --from")


def test_a_start_that_is_no_model_ends_with_code_4(run):
    code, out, err = run("train", *QUICK, "--from", "no-such-model.safetensors")
    assert (code, out) == (4, "")
    assert_one_line(err, "MODEL", "no-such-model.safetensors")


def test_a_divergence_is_named_and_nothing_is_saved_where_nothing_was_learned(run, tmp_path):
    # A linear network under a squared error and a huge rate grows until it overflows.
    options = ["--layers", "784,10", "--loss", "squared_error", "--learning-rate", "900"]
    code, out, err = run("train", *QUICK, "--quiet", *options)
    assert (code, out) == (6, "")
    assert_one_line(err, "DIVERGED", "at epoch 1, batch", "learning rate 900", "layer 1")
    assert not (tmp_path / "runs/first-network").exists()


def test_all_impossible_options_are_named_at_once_before_any_data_is_read(run):
    code, out, err = run(
        *["train", "--data", "no-such-file", "--layers", "784,0,10", "--activation", "rellu"],
        *["--learning-rate", "nan", "--batch-size", "0", "--epochs", "0", "--l2", "-1"],
        *["--optimizer", "addam", "--seed", "-1", "--validation", "2", "--threads", "0"],
    )
    assert (code, out) == (2, "")
    wrong = ["--layers 784,0,10", "did you mean relu?", "--learning-rate nan", "--batch-size 0"]
    wrong += ["--epochs 0", "--l2 -1", "did you mean adam?", "--seed -1", "--validation 2"]
    assert_one_line(err, "PARAM", *wrong, "--threads 0")


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--layers", "784,ten"], "widths with commas"),
        (["--layers", "100,10"], "starts with 784 pixels and ends with 10"),
        (["--layers", "784,65000,65000,10"], "parameters"),
        (["--activation", "relu,tanh,relu"], "one for each of 2 hidden layers"),
        (["--learning-rate", "0"], "--learning-rate 0"),
        (["--learning-rate", "inf"], "--learning-rate inf"),
        (["--batch-size", "some"], "--batch-size some"),
        (["--schedule", "cosinus"], "did you mean cosine?"),
        (["--validation", "0.95"], "--validation 0.95"),
        (["--patience", "3"], "only with --validation"),
        (["--dtype", "float16"], "--dtype float16"),
        (["--epochs", "many"], "--epochs"),
        (["--no-such-option"], "--no-such-option"),
    ],
)
def test_an_impossible_option_ends_with_code_2(run, options, part):
    code, out, err = run("train", "--data", "no-such-file", *options)
    assert (code, out) == (2, "")
    assert_one_line(err, "(PARAM|USAGE)", part)


def test_an_unknown_recipe_names_the_nearest(run):
    code, _, err = run("train", "ten-hiden")
    assert code == 2
    assert_one_line(err, "PARAM", "did you mean ten-hidden?")


def test_data_that_are_not_there_end_with_code_3(run):
    code, out, err = run("train", "--data", "no-such-file.csv")
    assert (code, out) == (3, "")
    assert_one_line(err, "DATA", "no-such-file.csv", "no such file")


def test_a_folder_that_cannot_be_written_ends_with_code_8_before_training(run, tmp_path):
    (tmp_path / "file").touch()
    code, out, err = run("train", *QUICK, "--out", "file/under")
    assert (code, out) == (8, "")
    assert_one_line(err, "STORAGE", "file/under")


def test_a_picture_is_read_and_shown(run, digit):
    path, label = digit
    code, out, err = run("predict", path)
    assert (code, err) == (0, "")
    assert out.startswith(f"{path}: {label} (")
    assert "█" in out
    assert len(re.findall(r"\d+\.\d %", out)) == 11


def test_pictures_as_json(run, digit):
    path, label = digit
    code, out, _ = run("predict", path, path, "--json")
    first, second = json.loads(out)
    assert code == 0
    assert first == second
    assert first["digit"] == str(label)
    assert sum(first["probabilities"].values()) == pytest.approx(1, abs=1e-4)


def test_a_folder_is_read_into_a_submission_by_the_model_that_is_named(run, digit, tmp_path):
    path, label = digit
    for i in range(6):
        (tmp_path / f"copy-{i}.png").write_bytes(path.read_bytes())
    code, out, _ = run("predict", SHIPPED, tmp_path, "--out", "answers.csv")
    assert code == 0
    assert "7 answers in answers.csv" in out
    lines = (tmp_path / "answers.csv").read_text().splitlines()
    assert lines == ["ImageId,Label", *(f"{i},{label}" for i in range(1, 8))]


def test_a_file_that_is_no_picture_ends_with_code_5(run, tmp_path):
    (tmp_path / "text.png").write_text("not a picture")
    code, out, err = run("predict", "text.png")
    assert (code, out) == (5, "")
    assert_one_line(err, "PICTURE", "text.png")


def test_an_empty_picture_is_no_digit(run, tmp_path):
    Image.new("L", (50, 50), 255).save(tmp_path / "blank.png")
    code, out, err = run("predict", "blank.png")
    assert (code, out) == (5, "")
    assert_one_line(err, "PICTURE", "no ink found")


def test_a_file_that_is_no_model_ends_with_code_4(run, tmp_path):
    (tmp_path / "bad.safetensors").write_bytes(b"\x80\x04pickle")
    code, out, err = run("evaluate", "bad.safetensors", "--data", "digits")
    assert (code, out) == (4, "")
    assert_one_line(err, "MODEL", "bad.safetensors", "a pickle")


def test_evaluate_says_how_good_a_model_is(run):
    code, out, _ = run("evaluate", "--data", "digits")
    assert code == 0
    assert re.search(
        r"Accuracy \d+\.\d\d % on scikit-learn's digits's test set \(95 % interval", out
    )
    assert "precision" in out
    code, out, _ = run("evaluate", "--data", "digits", "--json")
    result = json.loads(out)
    confusion = np.array(result["confusion"])
    assert confusion.sum() == result["examples"] == 179
    assert result["accuracy"] == pytest.approx(confusion.trace() / 179)
    assert len(result["mistakes"]) == 179 - confusion.trace()


def test_a_yes_or_no_model_is_evaluated_on_its_own_question(run):
    assert run("train", "is-it-a-three", *QUICK, "--quiet")[0] == 0
    code, out, _ = run(
        "evaluate", "runs/is-it-a-three/model.safetensors", "--data", "digits", "--json"
    )
    assert code == 0
    assert json.loads(out)["recall"].keys() == {"not 3", "3"}


def test_plot_draws_a_run_anew(run, tmp_path):
    assert run("train", *QUICK, "--quiet")[0] == 0
    code, out, _ = run("plot", "runs/first-network", "--data", "digits", "--format", "svg")
    assert code == 0
    assert (tmp_path / "runs/first-network/curves.svg").read_text().startswith("<?xml")
    assert out.count(".svg") == 5


def test_recipes_lists_all_of_them(run):
    code, out, _ = run("recipes")
    assert code == 0
    assert all(name in out for name in RECIPES)
    assert [row["recipe"] for row in json.loads(run("recipes", "--json")[1])] == list(RECIPES)


@pytest.mark.parametrize("name", RECIPES)
def test_the_gradient_of_every_recipe_is_right(run, name):
    code, out, _ = run("check", name, "--data", "digits", "--samples", "20", "--json")
    result = json.loads(out)
    assert code == 0
    assert result["right"] is True
    assert max(row["error"] for row in result["tensors"]) < 1e-13


def test_check_prints_a_table(run):
    code, out, _ = run("check", "--data", "digits", "--samples", "5")
    assert code == 0
    assert "W[0]" in out
    assert "The gradient is right" in out


@pytest.mark.parametrize("form", ["csv", "npz", "idx", "pictures"])
def test_data_converted_to_another_form_are_the_same_data(run, form, tmp_path):
    target = "d.npz" if form == "npz" else "folder"
    code, out, _ = run("data", "convert", "digits", target, "--to", form)
    assert (code, "1,618 + 179" in out) == (0, True)
    digits = load_data("digits")
    back = load_data(tmp_path / target)
    for half, original in ((back.train, digits.train), (back.test, digits.test)):
        np.testing.assert_array_equal(np.bincount(half.labels), np.bincount(original.labels))
    if form != "pictures":  # which come back by digit, and prepared anew
        np.testing.assert_array_equal(back.train.x, digits.train.x)
        np.testing.assert_array_equal(back.test.labels, digits.test.labels)
    assert run("data", "convert", "digits", target, "--to", form)[0] == 2  # it exists


def test_data_says_what_is_where(run, monkeypatch):
    monkeypatch.setenv("GLASSNET_DATA", "/nowhere")
    code, out, _ = run("data")
    assert code == 0
    assert "/nowhere/mnist" in out
    assert "1,797 digits" in out


def test_a_mistake_of_ours_is_one_line_and_a_report(run, monkeypatch):
    def broken(source, progress=None):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("glassnet.cli.train.load_data", broken)
    code, out, err = run("train", "--quiet")
    assert (code, out) == (70, "")
    assert_one_line(err, "INTERNAL", "ZeroDivisionError")
    report = re.search(r"(\S+\.txt) says", err)[1]
    assert "Traceback" in Path(report).read_text()
    with pytest.raises(ZeroDivisionError):
        run("train", "--quiet", "--debug")


def test_compare_says_how_a_missing_peer_is_installed(capsys):
    job = {"n_test": 1}
    ours = Result("glassnet", 1, 1.0, None, 1, 1.0, 1.0, 1.0, [])
    show(Comparison("x", job, {}, [ours], {"torch": "not installed; glassnet[peers]"}))
    assert "glassnet[peers]" in capsys.readouterr().out


def test_compare_prints_figures_side_by_side_and_keeps_them(run, tmp_path):
    options = ["--data", "digits", "--epochs", "2", "--runs", "1", "--layers", "784,20,20,10"]
    code, out, _ = run("compare", "first-network", "--peers", "numpy", *options)
    assert code == 0
    assert "glassnet" in out
    assert "numpy" in out
    kept = json.loads((tmp_path / "compare/first-network.json").read_text())
    assert [result["name"] for result in kept["results"]] == ["glassnet", "numpy"]
    assert (tmp_path / "compare/first-network.png").exists()


@pytest.mark.parametrize("engine", ["reference", "buffered", "compiled"])
def test_the_engine_can_be_chosen_and_is_named(run, engine):
    code, out, _ = run("train", *QUICK, "--engine", engine, "--threads", "1")
    assert code == 0
    assert f"({engine} engine)" in out


def test_an_unknown_engine_ends_with_code_2(run):
    code, _, err = run("train", *QUICK, "--engine", "compield", "--threads", "0")
    assert code == 2
    assert_one_line(err, "PARAM", "did you mean compiled?", "--threads 0")


def test_an_answer_never_overwrites_what_it_was_read_from(run, tmp_path):
    (tmp_path / "in.csv").write_text("data")
    code, out, err = run("predict", "in.csv", "--out", "./in.csv")
    assert (code, out) == (2, "")
    assert_one_line(err, "PARAM", "which is to be read")
    assert (tmp_path / "in.csv").read_text() == "data"


def test_without_a_command_there_is_help_and_with_version_the_version(run):
    code, out, err = run()
    assert (code, err) == (0, "")
    assert "train" in out
    assert run("--version")[:2] == (0, "glassnet 0.1.0\n")


def test_the_end_of_a_pipe_is_no_error(run, monkeypatch):
    class Closed:
        encoding = "utf-8"

        def write(self, text):
            raise BrokenPipeError

        def flush(self):
            pass

        def isatty(self):
            return False

    monkeypatch.setattr("os.dup2", lambda *descriptors: None)
    monkeypatch.setattr("sys.stdout", Closed())
    assert cli.run(["recipes"]) == 141


def test_a_network_that_says_the_same_of_every_picture_is_called_out(run):
    code, _, err = run("train", *QUICK, "--learning-rate", "30", "--loss", "quadratic_cost")
    assert code == 0
    assert "output: one answer for everything (each of 809 examples is read as" in err
    assert "Try: a lower learning rate" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "numbers.safetensors", "digit.png"],
        ["predict", "numbers.safetensors", "digit.png", "--out", "answers.csv"],
        ["explain", "numbers.safetensors", "digit.png", "--target", "4"],
        ["explain", "numbers.safetensors", "digits:test:3", "--backward"],
        ["evaluate", "numbers.safetensors", "--data", "digits"],
        ["plot", "numbers.safetensors", "--data", "digits"],
    ],
)
@pytest.mark.parametrize("loss", [POISSON, LOSSES["squared_error"], LOSSES["binary_cross_entropy"]])
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_a_network_that_tells_no_classes_is_refused_in_one_line(
    run, digit, arguments, loss, n_outputs
):
    params = initialize((784, n_outputs), INITIALIZERS["he"], np.random.default_rng(0))
    Model(Network((784, n_outputs), (), loss), params, ()).save("numbers.safetensors")
    before = set(Path().iterdir())
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert_one_line(err, "PARAM", "a network without classes", "Try: glassnet.predict(model.netw")
    assert set(Path().iterdir()) == before
