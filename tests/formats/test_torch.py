import runpy
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import networks, seeds
from safetensors.numpy import save_file
from small_models import LOSSES_AND_OUTPUTS, model_of

import glassnet
from glassnet.core.activations import ACTIVATIONS
from glassnet.core.losses import LOSSES, POISSON
from glassnet.core.network import Network, forward
from glassnet.errors import ModelFileError, ParamError, StorageError

STATE = {
    "0.weight": np.ones((4, 5), np.float32),
    "0.bias": np.zeros(4, np.float32),
    "2.weight": np.ones((3, 4), np.float32),
    "2.bias": np.zeros(3, np.float32),
}


def build(torch, source):
    return eval(source, {"nn": torch.nn})


@settings(max_examples=30)
@given(networks(), seeds, st.sampled_from([np.float32, np.float64]))
def test_pytorch_computes_the_same_logits(torch, network, seed, dtype):
    model = model_of(network, seed, dtype)
    source, weights = glassnet.to_torch(model)
    module = build(torch, source)
    module.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    x = np.random.default_rng(seed).random((6, network.layers[0])).astype(dtype)
    _, z = forward(network, model.params, x)
    theirs = module(torch.from_numpy(x)).detach().numpy()
    assert theirs.dtype == dtype
    np.testing.assert_allclose(theirs, z, rtol=1e-4, atol=1e-5)


@settings(max_examples=30)
@given(networks(), seeds, st.sampled_from([np.float32, np.float64]))
def test_to_pytorch_and_back_is_the_same_model(network, seed, dtype):
    model = model_of(network, seed, dtype)
    names = [activation.name for activation in network.activations]
    back = glassnet.from_torch(glassnet.to_torch(model).weights, names, network.loss.name)
    assert back.network == network
    assert back.params.theta.dtype == dtype
    np.testing.assert_array_equal(back.params.theta, model.params.theta)
    assert back.classes == model.classes


def test_modules_of_pytorch_with_other_numbers_are_read_in_their_order(torch, tmp_path):
    from safetensors.torch import save_file

    nn = torch.nn
    hidden = [layer for _ in range(5) for layer in (nn.Linear(6, 6), nn.Dropout(), nn.Tanh())]
    module = nn.Sequential(nn.Flatten(), *hidden, nn.Linear(6, 3)).eval()
    x = torch.rand(4, 6)
    save_file(module.state_dict(), tmp_path / "weights.safetensors")
    for weights in (module.state_dict(), tmp_path / "weights.safetensors"):
        model = glassnet.from_torch(weights, "tanh", classes="abc")
        _, z = forward(model.network, model.params, x.numpy())
        np.testing.assert_allclose(z, module(x).detach().numpy(), rtol=1e-4, atol=1e-6)
        assert model.classes == ("a", "b", "c")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_tensors_of_every_float_type_are_read_without_their_gradients(torch, dtype):
    module = torch.nn.Linear(3, 2).to(getattr(torch, dtype))
    model = glassnet.from_torch(dict(module.named_parameters()), "relu")
    expected = np.float64 if dtype == "float64" else np.float32
    assert model.params.theta.dtype == expected
    np.testing.assert_array_equal(model.params.W[0].T, module.weight.detach().double().numpy())


def test_the_shipped_model_gives_the_same_probabilities_on_all_of_mnist(torch, mnist, tmp_path):
    model = glassnet.load_model(engine="reference")
    script = glassnet.save_torch(model, tmp_path / "digit.safetensors")
    answer = runpy.run_path(str(script))["probabilities"]
    theirs = answer(torch.from_numpy(mnist).float() / 255).numpy()
    assert np.abs(theirs - model.predict_proba(mnist)).max() <= 1e-5


@pytest.mark.parametrize(("loss", "outputs"), LOSSES_AND_OUTPUTS)
def test_its_script_answers_as_the_model_does(torch, tmp_path, loss, outputs):
    network = Network((5, 3, outputs), (ACTIVATIONS["tanh"],), LOSSES[loss])
    model = model_of(network, seed=outputs)
    script = glassnet.save_torch(model, tmp_path / "small.safetensors")
    x = np.random.default_rng(0).random((50, 5), np.float32)
    answer = runpy.run_path(str(script))["probabilities"](torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(answer, model.predict_proba(x), rtol=1e-4, atol=1e-5)


def test_its_script_runs_by_itself_and_shows_the_network(torch, tmp_path):
    model = replace(model_of(Network((4, 2), (), LOSSES["cross_entropy"])), classes=('"', "it's\n"))
    script = glassnet.save_torch(model, tmp_path / "näher dran.safetensors")
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert "Linear(in_features=4, out_features=2" in run.stdout
    assert runpy.run_path(str(script))["CLASSES"] == ['"', "it's\n"]


def test_its_weights_are_a_model_file_of_ours(tmp_path):
    model = model_of(Network((5, 3, 2), (ACTIVATIONS["relu"],), LOSSES["quadratic_cost"]))
    glassnet.save_torch(model, tmp_path / "small.safetensors")
    again = glassnet.load_model(tmp_path / "small.safetensors")
    assert (again.network, again.temperature) == (model.network, 1.5)


@pytest.mark.parametrize("loss", [*LOSSES.values(), POISSON], ids=lambda loss: loss.name)
def test_a_script_without_classes_predicts_as_glassnet_does(torch, tmp_path, loss):
    model = replace(model_of(Network((5, 3), (), loss), dtype=np.float64), classes=())
    script = glassnet.save_torch(model, tmp_path / "numbers.safetensors")
    x = np.random.default_rng(0).normal(0, 2, (50, 5))
    answer = runpy.run_path(str(script))["predict"](torch.from_numpy(x)).numpy()
    expected = glassnet.predict(model.network, model.params, x)
    np.testing.assert_allclose(answer, expected, rtol=1e-12, atol=1e-15)


def test_a_network_without_classes_has_no_probabilities(torch, tmp_path):
    network = Network((5, 1), (), LOSSES["squared_error"])
    model = replace(model_of(network), classes=())
    script = glassnet.save_torch(model, tmp_path / "numbers.safetensors")
    assert "probabilities" not in runpy.run_path(str(script))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"0.weight": np.ones((5, 4))}, r"0.weight of shape \(5, 4\), expected \(4, any\)"),
        ({"2.weight": np.ones((4, 3))}, r"2.weight of shape \(4, 3\), expected \(3, 4\)"),
        ({"0.bias": np.zeros(7)}, r"0.bias of shape \(7,\), expected \(4,\)"),
        ({"0.bias": np.zeros((4, 1))}, r"0.bias of shape \(4, 1\), expected \(4,\)"),
        ({"2.bias": None}, r"2.bias is missing, expected \(3,\)"),
        ({"2.weight": None}, r"2.weight is missing, expected \(3, 4\)"),
        ({"1.running_mean": np.zeros(4)}, "1.running_mean is not expected"),
        ({"0.weight": np.full((4, 5), np.nan)}, "nan or inf in 0.weight"),
        ({"0.bias": np.full(4, np.inf)}, "nan or inf in 0.bias"),
        ({"0.bias": np.zeros(4, int)}, "0.bias of type int64, expected floats"),
        (dict.fromkeys(STATE), "no weights of a layer"),
        (
            {"0.weight": np.ones((5, 4)), "2.bias": None, "fc": np.ones(1)},
            r"0.weight of shape.*; 2.bias is missing, expected \(3,\); fc is not expected",
        ),
    ],
)
def test_what_does_not_fit_is_named_all_at_once(tmp_path, change, message):
    arrays = {name: array for name, array in (STATE | change).items() if array is not None}
    with pytest.raises(ParamError, match=f"^weights: .*{message}"):
        glassnet.from_torch(arrays, "relu")
    save_file(arrays, tmp_path / "foreign.safetensors")
    with pytest.raises(ModelFileError, match=rf"foreign.safetensors: .*{message}"):
        glassnet.from_torch(tmp_path / "foreign.safetensors", "relu")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"activations": "gelu"}, "activation 'gelu' .expected identity, sigmoid"),
        ({"activations": ["relu", "relu"]}, "2 activations .*expected 1, one for each"),
        ({"activations": "relu", "loss": "hinge"}, "loss 'hinge'"),
        (
            {"activations": ["elu", "relu"], "loss": "hinge"},
            "activation 'elu', 2 activations, loss 'hinge'",
        ),
        ({"activations": "relu", "classes": "ab"}, r"classes: 2 names .expected 3"),
    ],
)
def test_names_that_are_none_of_ours_are_refused(arguments, message):
    with pytest.raises(ParamError, match=message):
        glassnet.from_torch(STATE, **arguments)


def test_counts_have_no_classes():
    model = glassnet.from_torch(STATE, "relu", "poisson")
    assert (model.network.loss, model.classes) == (POISSON, ())
    with pytest.raises(ParamError, match=r"classes: 3 names .expected 0, or"):
        glassnet.from_torch(STATE, "relu", "poisson", classes="abc")


def test_the_loss_that_a_script_names_for_counts_has_our_slope(torch):
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(40, 3)), rng.poisson(2, (40, 3)).astype(float)
    logits = torch.tensor(z, requires_grad=True)
    torch.nn.PoissonNLLLoss(reduction="sum")(logits, torch.tensor(y)).backward()
    np.testing.assert_allclose(logits.grad.numpy(), POISSON.error(z, y), rtol=1e-12)


def test_one_output_takes_the_binary_loss():
    state = {"weight": np.ones((1, 5)), "bias": np.zeros(1)}
    model = glassnet.from_torch(state, ())
    assert (model.network.loss.name, model.classes) == ("binary_cross_entropy", ("0", "1"))
    with pytest.raises(ParamError, match=r"cross_entropy of two or more"):
        glassnet.from_torch(state, (), "cross_entropy")


@pytest.mark.parametrize("name", ["weights.pt", "weights.pth", "weights.bin"])
def test_pickles_are_neither_read_nor_written(tmp_path, name):
    with pytest.raises(ModelFileError, match=r"run code.*safetensors.torch.save_file"):
        glassnet.from_torch(tmp_path / name, "relu")
    with pytest.raises(ParamError, match=r"ends in .safetensors"):
        glassnet.save_torch(glassnet.load_model(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_none_is_refused(tmp_path):
    with pytest.raises(ModelFileError, match=r"none.safetensors"):
        glassnet.from_torch(tmp_path / "none.safetensors", "relu")
    (tmp_path / "broken.safetensors").write_bytes(b"\x80pickle")
    with pytest.raises(ModelFileError, match=r"broken.safetensors"):
        glassnet.from_torch(tmp_path / "broken.safetensors", "relu")
    with pytest.raises(StorageError, match=r"no-folder"):
        glassnet.save_torch(glassnet.load_model(), tmp_path / "no-folder" / "a.safetensors")


def test_a_script_of_someone_else_is_not_overwritten(tmp_path):
    (tmp_path / "train.py").write_text("import torch\n")
    with pytest.raises(ParamError, match=r"train.py is there, and would be lost"):
        glassnet.save_torch(glassnet.load_model(), tmp_path / "train.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["train.py"]
    for _ in range(2):
        glassnet.save_torch(glassnet.load_model(), tmp_path / "ours.safetensors")


@pytest.mark.parametrize("weights", [3, None, [("0.weight", np.ones((2, 2)))]])
def test_what_is_no_state_dict_is_refused(weights):
    with pytest.raises(ParamError, match=r"weights: a \w+ .*module.state_dict\(\)"):
        glassnet.from_torch(weights, "relu")


def test_an_activation_that_pytorch_does_not_have_is_refused():
    own = ACTIVATIONS["relu"]._replace(name="mine")
    with pytest.raises(ParamError, match=r"'mine'.*PyTorch"):
        glassnet.to_torch(model_of(Network((5, 3, 2), (own,), LOSSES["cross_entropy"])))


def test_a_loss_whose_output_no_script_knows_leaves_no_file(tmp_path):
    own = LOSSES["squared_error"]._replace(name="mine")
    with pytest.raises(ParamError, match=r"'mine'.*a script"):
        glassnet.save_torch(model_of(Network((5, 2), (), own)), tmp_path / "a.safetensors")
    assert list(tmp_path.iterdir()) == []
