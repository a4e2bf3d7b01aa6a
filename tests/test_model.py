import hashlib
import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import networks, random_parameters, seeds
from safetensors.numpy import load, save

from glassnet.core.activations import ACTIVATIONS
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network, predict
from glassnet.errors import GlassnetError, ModelFileError, ParamError, StorageError
from glassnet.familiarity import learn_familiarity
from glassnet.model import SHIPPED, Model, load_model

DEEP = Network((784, 4, 3, 10), (ACTIVATIONS["relu"], ACTIVATIONS["tanh"]), LOSSES["cross_entropy"])


def model_of(network, seed=0, dtype=np.float32):
    classes = tuple(map(str, range(max(network.layers[-1], 2))))
    return Model(network, random_parameters(network, seed, dtype), classes, {"recipe": "test"})


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "model.safetensors"
    model_of(DEEP).save(path)
    return path


def rewrite(path, change_tensors=None, change_text=None):
    """The file with some tensors or some of its text changed, and the right SHA-256 for them."""
    tensors = load(path.read_bytes())
    text = description(path)
    tensors |= change_tensors or {}
    tensors = {name: tensor for name, tensor in tensors.items() if tensor is not None}
    content = b"".join(tensors[name].tobytes() for name in sorted(tensors))
    text["sha256"] = hashlib.sha256(content).hexdigest()
    text |= change_text or {}
    path.write_bytes(save(tensors, {"glassnet": json.dumps(text)}))


def description(path):
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["glassnet"])


def test_how_far_it_can_be_trusted_comes_back_too(tmp_path):
    model = model_of(DEEP)
    rng = np.random.default_rng(0)
    x, labels = rng.integers(0, 256, (50, 784), dtype=np.uint8), np.arange(50) % 10
    model.temperature, model.familiarity = 1.5, learn_familiarity(x, labels, 10)
    model.save(tmp_path / "model.safetensors")
    again = load_model(tmp_path / "model.safetensors")
    assert again.temperature == 1.5
    np.testing.assert_array_equal(again.familiarity.distance(x), model.familiarity.distance(x))


@pytest.mark.parametrize(
    "text", [{"temperature": 0}, {"temperature": "hot"}, {"familiarity": {"means": ""}}]
)
def test_what_says_impossible_things_about_trust_is_refused(saved, text):
    rewrite(saved, change_text=text)
    with pytest.raises(ModelFileError):
        load_model(saved)


@given(networks(), seeds, st.sampled_from([np.float32, np.float64]))
def test_a_model_comes_back_as_it_was_saved(tmp_path_factory, network, seed, dtype):
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    model = model_of(network, seed, dtype)
    model.save(path)
    again = load_model(path)
    assert again.network == model.network
    assert (again.classes, again.training) == (model.classes, model.training)
    assert again.params.theta.dtype == dtype
    np.testing.assert_array_equal(again.params.theta, model.params.theta)


def test_the_same_model_gives_the_same_bytes(tmp_path):
    contents = set()
    for name in "abcdef":
        model_of(DEEP).save(tmp_path / name)
        contents.add((tmp_path / name).read_bytes())
    assert len(contents) == 1


def test_weights_have_the_names_and_shapes_of_a_torch_sequential(saved):
    tensors = load(saved.read_bytes())
    assert {name: tensor.shape for name, tensor in tensors.items()} == {
        "0.weight": (4, 784),
        "0.bias": (4,),
        "2.weight": (3, 4),
        "2.bias": (3,),
        "4.weight": (10, 3),
        "4.bias": (10,),
    }


def test_rows_and_pictures_bytes_and_floats_are_read_alike():
    model = model_of(DEEP)
    pictures = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)
    expected = model.predict_proba(pictures)
    rows = pictures.reshape(5, 784)
    for X in (rows, rows / 255, (pictures / 255).astype(np.float32)):
        np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-5)
    np.testing.assert_allclose(model.predict_proba(pictures[2]), expected[[2]], rtol=1e-5)
    np.testing.assert_allclose(model.predict_proba(rows[2]), expected[[2]], rtol=1e-5)
    np.testing.assert_array_equal(model.predict(pictures), expected.argmax(axis=1))


def test_many_rows_are_answered_like_few():
    model = model_of(DEEP)
    x = np.random.default_rng(0).integers(0, 256, (10_000, 784), np.uint8)
    whole = model.logits(x)
    model.engine = "reference"
    np.testing.assert_allclose(whole[4090:4100], model.logits(x[4090:4100]), rtol=1e-4, atol=1e-5)
    assert whole.shape == (10_000, 10)


@given(networks(), seeds)
def test_what_is_predicted_is_most_probable(network, seed):
    model = model_of(network, seed)
    x = np.random.default_rng(seed).random((6, network.layers[0]), np.float32)
    p = model.predict_proba(x)
    assert (p[np.arange(6), model.predict(x)] >= p.max(axis=1) - 1e-6).all()


@given(networks(), seeds)
def test_probabilities_are_probabilities_whatever_the_loss(network, seed):
    model = model_of(network, seed)
    x = np.random.default_rng(seed).random((6, network.layers[0]), np.float32)
    p = model.predict_proba(x)
    assert p.shape == (6, len(model.classes))
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)


def test_a_network_of_one_output_gives_the_probability_of_its_second_class():
    network = Network((784, 1), (), LOSSES["binary_cross_entropy"])
    model = Model(network, random_parameters(network, 0, np.float32), ("not 3", "3"))
    x = np.random.default_rng(0).random((4, 784), np.float32)
    a = predict(network, model.params, x)[:, 0]
    np.testing.assert_allclose(model.predict_proba(x), np.stack([1 - a, a], axis=1), rtol=1e-5)
    assert set(model.predict(x)) <= {"not 3", "3"}


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((3, 100)), r"shape \(3, 100\) \(expected 784 pixels"),
        (np.zeros((0, 784)), "shape"),
        ("x", r"shape \(\)"),
        (np.full((1, 784), 255.0), r"values from 255 to 255 .*astype\('uint8'\)"),
        (np.full((1, 784), -0.5), "values from -0.5 to -0.5"),
        (np.full((1, 784), np.nan), "Input X contains NaN"),
        (np.full((1, 784), "7"), "values of type <U1"),
        (np.full((1, 784), 1j), "values of type complex128"),
    ],
)
def test_what_is_no_picture_is_refused(X, message):
    with pytest.raises(ParamError, match=message):
        model_of(DEEP).predict(X)


def test_a_model_that_cannot_be_written_leaves_the_old_one(saved, tmp_path):
    with pytest.raises(StorageError, match="no-such-folder"):
        model_of(DEEP).save(tmp_path / "no-such-folder" / "model.safetensors")
    before = saved.read_bytes()
    broken = model_of(DEEP)
    broken.training = {"not JSON": object()}
    with pytest.raises(TypeError):
        broken.save(saved)
    assert saved.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [saved.name]


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(ModelFileError, match="No such file"):
        load_model(tmp_path / "none.safetensors")
    with pytest.raises(ModelFileError, match=tmp_path.name):
        load_model(tmp_path)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x80\x04\x95rest", "a pickle"),
        (b"PK\x03\x04" + bytes(40), "zip archive"),
        (b"\x89HDF\r\n\x1a\n" + bytes(40), "HDF5"),
        (b"", "not a whole safetensors file"),
        (b"GIF89a", "not a whole safetensors file"),
        (save({"w": np.zeros(3)}), "without glassnet's description"),
        (save({"w": np.zeros(3)}, {"glassnet": "[" * 100_000}), "without glassnet's description"),
        (save({"w": np.zeros(3)}, {"glassnet": '{"format": 99}'}), "format 99"),
    ],
)
def test_other_formats_are_refused_by_name(tmp_path, content, kind):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=kind):
        load_model(path)


@pytest.mark.parametrize(
    ("tensors", "text", "message"),
    [
        ({"0.bias": np.zeros(5, np.float32)}, {}, r"0.bias of shape \(5,\) \(expected \(4,\)\)"),
        ({"0.bias": None}, {}, "tensors 0.weight, 2.bias"),
        ({"6.bias": np.zeros(5, np.float32)}, {}, "tensors .*6.bias"),
        ({"0.bias": np.full(4, np.nan, np.float32)}, {}, "nan or inf in 0.bias"),
        ({"0.bias": np.full(4, np.inf, np.float32)}, {}, "nan or inf in 0.bias"),
        ({"0.bias": np.zeros(4)}, {}, "0.bias of type float64"),
        ({"0.bias": np.zeros(4, np.int32)}, {}, "0.bias of type int32"),
        ({}, {"layers": [784, 0, 10]}, r"layers \[784, 0, 10\]"),
        ({}, {"layers": [784, True, 10]}, "layers"),
        ({}, {"layers": [784]}, "layers"),
        ({}, {"layers": None}, "layers None"),
        ({}, {"layers": [65_536] * 4}, "parameters"),
        ({}, {"layers": [784, 4, 3, 7], "classes": list("0123456")}, "shape"),
        ({}, {"activations": ["relu"]}, "activations"),
        ({}, {"activations": ["relu", "gelu"]}, "activations"),
        ({}, {"activations": "relu"}, "activations 'relu'"),
        ({}, {"loss": "hinge"}, "loss 'hinge'"),
        ({}, {"loss": ["cross_entropy"]}, "loss"),
        ({}, {"loss": "poisson"}, r"classes .*expected 0 names"),
        ({}, {"classes": ["0"]}, "classes"),
        ({}, {"classes": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}, "classes"),
        ({}, {"training": []}, "training"),
        ({}, {"sha256": "0" * 64}, "SHA-256"),
        ({}, {"sha256": None}, "SHA-256"),
    ],
)
def test_a_file_that_says_what_cannot_be_is_refused(saved, tensors, text, message):
    rewrite(saved, tensors, text)
    with pytest.raises(ModelFileError, match=message):
        load_model(saved)


@given(st.data())
def test_a_damaged_file_is_refused_or_the_same(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    model = model_of(DEEP)
    model.save(path)
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        for _ in range(data.draw(st.integers(1, 3))):
            content[data.draw(st.integers(0, min(len(content) - 1, 2000)))] = data.draw(
                st.integers(0, 255)
            )
    path.write_bytes(content)
    try:
        again = load_model(path)
    except GlassnetError as error:
        assert isinstance(error, ModelFileError)
    else:
        np.testing.assert_array_equal(again.params.theta, model.params.theta)


def test_the_shipped_model_says_how_it_was_made_and_is_small():
    training = load_model().training
    assert training["recipe"] == "many-hands"
    assert training["data"] == "MNIST"
    assert SHIPPED.stat().st_size < 1_200_000
