import runpy

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import networks, seeds
from small_models import LOSSES_AND_OUTPUTS, model_of

import glassnet
from glassnet.core.activations import ACTIVATIONS
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network, forward
from glassnet.errors import ModelFileError, ParamError

WEIGHTS = [np.ones((5, 4)), np.zeros(4), np.ones((4, 3)), np.zeros(3)]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:keras")  # NumPy's, of Keras
DTYPES = st.sampled_from([np.float32, np.float64])


def numbers(tensor):
    import keras

    return keras.ops.convert_to_numpy(tensor)


def names_of(network):
    return [activation.name for activation in network.activations]


@settings(max_examples=25)
@given(networks(), seeds, DTYPES)
def test_keras_computes_the_same_logits(keras, network, seed, dtype):
    model = model_of(network, seed, dtype)
    source, weights = glassnet.to_keras(model)
    theirs = eval(source, {"keras": keras})
    theirs.set_weights(weights)
    x = np.random.default_rng(seed).random((6, network.layers[0])).astype(dtype)
    _, z = forward(network, model.params, x)
    answer = numbers(theirs(x))
    assert answer.dtype == dtype
    np.testing.assert_allclose(answer, z, rtol=1e-4, atol=1e-5)


@settings(max_examples=15)
@given(networks(), seeds, DTYPES)
def test_keras_loads_the_file_and_saves_it_as_the_same_model(
    keras, tmp_path_factory, network, seed, dtype
):
    folder = tmp_path_factory.mktemp("keras")
    model = model_of(network, seed, dtype)
    script = glassnet.save_keras(model, folder / "ours.weights.h5")
    theirs = runpy.run_path(str(script))["model"]
    theirs.save_weights(folder / "theirs.weights.h5")
    for weights in (folder / "ours.weights.h5", folder / "theirs.weights.h5", theirs.get_weights()):
        back = glassnet.from_keras(weights, names_of(network), network.loss.name)
        assert back.network == network
        assert back.params.theta.dtype == dtype
        np.testing.assert_array_equal(back.params.theta, model.params.theta)


def test_a_network_that_keras_has_trained_is_read(keras, tmp_path):
    layers = keras.layers
    hidden = [layer for _ in range(11) for layer in (layers.Dense(6, "tanh"), layers.Dropout(0.1))]
    theirs = keras.Sequential([keras.Input((6,)), *hidden, layers.Dense(3, name="last")])
    x = np.random.default_rng(0).random((8, 6), np.float32)
    theirs.compile("adam", "mse")
    theirs.fit(x, np.zeros((8, 3)), verbose=0)
    theirs.save_weights(tmp_path / "trained.weights.h5")
    model = glassnet.from_keras(tmp_path / "trained.weights.h5", "tanh")
    model.engine = "reference"
    np.testing.assert_allclose(model.logits(x), numbers(theirs(x)), rtol=1e-4, atol=1e-6)


def test_the_shipped_model_gives_the_same_probabilities_on_all_of_mnist(keras, mnist, tmp_path):
    model = glassnet.load_model(engine="reference")
    script = glassnet.save_keras(model, tmp_path / "digit.weights.h5")
    theirs = runpy.run_path(str(script))["probabilities"](mnist.astype(np.float32) / 255)
    assert np.abs(numbers(theirs) - model.predict_proba(mnist)).max() <= 1e-5


@pytest.mark.parametrize(("loss", "outputs"), LOSSES_AND_OUTPUTS)
def test_its_script_answers_as_the_model_does(keras, tmp_path, loss, outputs):
    model = model_of(Network((5, 3, outputs), (ACTIVATIONS["tanh"],), LOSSES[loss]))
    script = glassnet.save_keras(model, tmp_path / "small.weights.h5")
    x = np.random.default_rng(0).random((50, 5), np.float32)
    answer = runpy.run_path(str(script))["probabilities"](x)
    np.testing.assert_allclose(numbers(answer), model.predict_proba(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([WEIGHTS[0].T, *WEIGHTS[1:]], r"weights\[0\] of shape \(4, 5\), expected \(any, 4\)"),
        (WEIGHTS[:3], r"weights\[3\] is missing, expected \(3,\)"),
        ([], "no weights of a layer"),
        (
            [WEIGHTS[0], np.zeros(9), WEIGHTS[2], np.zeros(2), WEIGHTS[2]],
            r"weights\[1\] of shape \(9,\), expected \(4,\); .*weights\[5\] is missing",
        ),
    ],
)
def test_what_does_not_fit_is_named_all_at_once(weights, message):
    with pytest.raises(ParamError, match=f"^weights: .*{message}"):
        glassnet.from_keras(weights, "relu")


def test_a_model_in_place_of_its_weights_is_refused(keras):
    with pytest.raises(ParamError, match=r"weights: a Sequential .*model.get_weights\(\)"):
        glassnet.from_keras(keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)]), ())


def test_layers_that_are_not_dense_are_named(keras, tmp_path):
    layers = [keras.Input((5,)), keras.layers.Dense(4), keras.layers.BatchNormalization()]
    theirs = keras.Sequential([*layers, keras.layers.Dense(3, use_bias=False)])
    theirs.save_weights(tmp_path / "other.weights.h5")
    expected = r"dense_1/vars/1 is missing, expected \(3,\).*batch_normalization/vars/0 is not exp"
    with pytest.raises(ModelFileError, match=expected):
        glassnet.from_keras(tmp_path / "other.weights.h5", "relu")


def test_files_of_other_kinds_are_refused(tmp_path):
    with pytest.raises(ModelFileError, match=r"model.keras: .*save_weights"):
        glassnet.from_keras(tmp_path / "model.keras", "relu")
    with pytest.raises(ModelFileError, match=r"none.weights.h5: not a whole HDF5 file"):
        glassnet.from_keras(tmp_path / "none.weights.h5", "relu")
    (tmp_path / "broken.weights.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    with pytest.raises(ModelFileError, match=r"broken.weights.h5: not a whole HDF5 file"):
        glassnet.from_keras(tmp_path / "broken.weights.h5", "relu")
    with h5py.File(tmp_path / "other.weights.h5", "w") as file:
        file["layers"] = np.zeros(3)
    with pytest.raises(ModelFileError, match=r"other.weights.h5: no weights of a layer"):
        glassnet.from_keras(tmp_path / "other.weights.h5", "relu")
    with pytest.raises(ParamError, match=r"ends in .weights.h5"):
        glassnet.save_keras(glassnet.load_model(), tmp_path / "digit.h5")


def test_numbers_that_a_file_only_promises_are_not_read(tmp_path):
    with h5py.File(tmp_path / "huge.weights.h5", "w") as file:
        file.create_dataset("layers/dense/vars/0", (2**20, 2**20), "f4", chunks=(64, 64))
        file.create_dataset("layers/dense/vars/1", (2**20,), "f4", chunks=(64,))
    with pytest.raises(ModelFileError, match=r"numbers, expected 100,000,000 at most"):
        glassnet.from_keras(tmp_path / "huge.weights.h5", ())


def test_the_same_model_gives_the_same_bytes(tmp_path):
    for name in "ab":
        glassnet.save_keras(glassnet.load_model(), tmp_path / f"{name}.weights.h5")
    contents = {(tmp_path / f"{name}.weights.h5").read_bytes() for name in "ab"}
    assert len(contents) == 1


def test_an_activation_that_keras_does_not_have_is_refused():
    own = ACTIVATIONS["relu"]._replace(name="mine")
    with pytest.raises(ParamError, match=r"'mine'.*Keras"):
        glassnet.to_keras(model_of(Network((5, 3, 2), (own,), LOSSES["cross_entropy"])))
