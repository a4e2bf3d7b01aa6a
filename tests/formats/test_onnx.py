import json
import sys
from dataclasses import replace

import numpy as np
import onnx
import pytest
from hypothesis import given
from networks import networks, seeds
from small_models import LOSSES_AND_OUTPUTS, model_of

import glassnet
from glassnet.core.activations import ACTIVATIONS
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network
from glassnet.errors import ParamError

SMALL = Network((5, 3, 2), (ACTIVATIONS["relu"],), LOSSES["cross_entropy"])
MISSING = 0.1  # of the sum of outputs, below which their shares are rounding


def compare(model, X, answer):
    """Hold label and probabilities against ours, where they do not hang on the last digit."""
    expected = model.predict_proba(X)
    a = model.network.loss.output(model.logits(X) / model.temperature)
    told = np.clip(a, 0, 1).sum(axis=1) > MISSING if a.shape[1] > 1 else slice(None)
    np.testing.assert_allclose(answer["probabilities"][told], expected[told], rtol=1e-4, atol=1e-5)
    z = np.sort(model.logits(X), axis=1)
    a = model.network.loss.output(z)
    clear = (z[:, -1] - z[:, -2] if z.shape[1] > 1 else np.abs(a[:, 0] - 0.5)) > 1e-4
    np.testing.assert_array_equal(answer["label"][clear], model.predict(X)[clear])
    assert answer["label"].dtype == np.int64


@given(networks(), seeds)
def test_grey_levels_are_answered_as_the_model_answers_them(run, network, seed):
    model = model_of(network, seed)
    X = np.random.default_rng(seed).integers(0, 256, (6, network.layers[0]), np.uint8)
    compare(model, X, run(glassnet.to_onnx(model), X))


@given(networks(), seeds)
def test_floats_are_answered_as_the_model_answers_them(run, network, seed):
    model = model_of(network, seed)
    X = np.random.default_rng(seed).random((6, network.layers[0]), np.float32)
    compare(model, X, run(glassnet.to_onnx(model, "float32"), X))


@pytest.mark.parametrize(("loss", "outputs"), LOSSES_AND_OUTPUTS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_and_every_loss(run, activation, loss, outputs):
    network = Network((5, 4, outputs), (ACTIVATIONS[activation],), LOSSES[loss])
    model = model_of(network)
    X = np.random.default_rng(0).integers(0, 256, (200, 5), np.uint8)
    compare(model, X, run(glassnet.to_onnx(model), X))


def test_the_shipped_model_answers_all_of_mnist_as_here(run, mnist, tmp_path):
    model = glassnet.load_model(engine="reference")
    answer = run(glassnet.to_onnx(model), mnist)
    assert np.abs(answer["probabilities"] - model.predict_proba(mnist)).max() <= 1e-5
    np.testing.assert_array_equal(answer["label"], model.predict(mnist))


def test_outputs_that_are_all_zero_make_all_classes_alike(run):
    model = model_of(Network((5, 4), (), LOSSES["squared_error"]))
    model.params.theta[:] = -1
    answer = run(glassnet.to_onnx(model), np.full((1, 5), 255, np.uint8))
    np.testing.assert_array_equal(answer["probabilities"], np.full((1, 4), 0.25, np.float32))


def test_classes_with_names_are_answered_by_name(run):
    model = replace(model_of(SMALL), classes=("cat", "dög"))
    X = np.random.default_rng(0).integers(0, 256, (40, 5), np.uint8)
    assert run(glassnet.to_onnx(model), X)["label"].tolist() == model.predict(X).tolist()


def test_a_network_without_classes_answers_its_numbers_for_features_of_any_size(run):
    model = replace(model_of(Network((5, 3), (), LOSSES["squared_error"])), classes=())
    X = np.random.default_rng(0).normal(0, 9, (7, 5)).astype(np.float32)
    answer = run(glassnet.to_onnx(model, "float32"), X)
    assert list(answer) == ["variable"]
    expected = glassnet.predict(model.network, model.params, X)
    np.testing.assert_allclose(answer["variable"], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("n", [1, 7])
def test_any_number_of_rows_is_taken(run, n):
    answer = run(glassnet.to_onnx(model_of(SMALL)), np.zeros((n, 5), np.uint8))
    assert answer["label"].shape == (n,)
    assert answer["probabilities"].shape == (n, 2)


def test_the_graph_says_what_it_is():
    model = replace(model_of(SMALL), training={"recipe": "test"})
    proto = glassnet.to_onnx(model)
    assert (proto.ir_version, proto.opset_import[0].version) == (8, 17)
    assert (proto.producer_name, proto.producer_version) == ("glassnet", glassnet.__version__)
    shapes = {v.name: v.type.tensor_type.shape for v in [*proto.graph.input, *proto.graph.output]}
    assert {name: shape.dim[0].dim_param for name, shape in shapes.items()} == {
        "X": "N",
        "label": "N",
        "probabilities": "N",
    }
    about = {prop.key: prop.value for prop in proto.metadata_props}
    assert json.loads(about["classes"]) == ["0", "1"]
    assert json.loads(about["training"]) == {"recipe": "test"}
    assert float(about["temperature"]) == 1.5
    assert "255" in about["preparation"]


def test_a_saved_graph_is_what_to_onnx_gives_and_always_the_same(tmp_path):
    contents = set()
    for name in "ab":
        glassnet.save_onnx(model_of(SMALL), tmp_path / name)
        contents.add((tmp_path / name).read_bytes())
    assert len(contents) == 1
    assert onnx.load_from_string(contents.pop()) == glassnet.to_onnx(model_of(SMALL))


def test_what_a_graph_cannot_hold_is_refused():
    own = ACTIVATIONS["relu"]._replace(name="mine")
    with pytest.raises(ParamError, match=r"'mine'.*ONNX"):
        glassnet.to_onnx(model_of(replace(SMALL, activations=(own,))))
    loss = LOSSES["cross_entropy"]._replace(name="mine")
    with pytest.raises(ParamError, match=r"'mine'.*ONNX"):
        glassnet.to_onnx(model_of(replace(SMALL, loss=loss)))
    with pytest.raises(ParamError, match=r"'int8' .expected uint8, float32"):
        glassnet.to_onnx(model_of(SMALL), "int8")
    model = model_of(SMALL, dtype=np.float64)
    model.params.theta[0] = -1e300
    with pytest.raises(ParamError, match=r"a weight of 1e[+]300 .expected what float32 can hold"):
        glassnet.to_onnx(model)


def test_without_the_package_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ParamError, match=r"onnx is not installed. Try: pip install 'glassnet\[exp"):
        glassnet.to_onnx(model_of(SMALL))
