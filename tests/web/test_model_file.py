import base64
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutants import mutants
from networks import networks, random_parameters, seeds
from safetensors.numpy import load, save

from glassnet.core.activations import ACTIVATIONS
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network
from glassnet.core.parameters import Parameters
from glassnet.model import Model, load_model

in_the_page = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

READ = """async ({ file }) => {
  const { readModel, ModelFileError } = await import("/model_file.js");
  const bytes = Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0));
  try {
    return readModel(bytes.buffer);
  } catch (error) {
    if (error instanceof ModelFileError) return String(error);
    throw error;
  }
}"""


def model_of(network, params):
    classes = tuple(map(str, range(max(network.layers[-1], 2))))
    return Model(network, params, classes, {"recipe": "test"})


@pytest.fixture(scope="session")
def file(tmp_path_factory):
    """The bytes of a model's file."""
    path = tmp_path_factory.mktemp("models") / "model.safetensors"

    def write(model):
        model.save(path)
        return path.read_bytes()

    return write


@pytest.fixture
def read(run):
    """The model that the page reads from bytes, or what it says of them."""
    return lambda content: run(READ, file=base64.b64encode(content).decode())


def description_of(content):
    length = int.from_bytes(content[:8], "little")
    return json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["glassnet"])


def changed(content, tensors=None, **text):
    """A model file with some of its tensors, or of its description, replaced."""
    description = json.dumps(description_of(content) | text)
    return save(load(content) | (tensors or {}), {"glassnet": description})


def flat(matrices):
    return [np.float32(matrix).ravel().tolist() for matrix in matrices]


@in_the_page
@given(network=networks(), seed=seeds, dtype=st.sampled_from([np.float32, np.float64]))
def test_a_model_is_read_as_it_was_saved(read, file, network, seed, dtype):
    params = random_parameters(network, seed, dtype)
    found = read(file(model_of(network, params)))
    assert found["layers"] == list(network.layers)
    assert found["activations"] == [activation.name for activation in network.activations]
    assert found["loss"] == network.loss.name
    assert found["classes"] == [str(i) for i in range(max(network.layers[-1], 2))]
    assert found["training"] == {"recipe": "test"}
    assert (found["W"], found["b"]) == (flat(params.W), flat(params.b))


def test_the_shipped_model_is_read(read, file):
    model = load_model()
    found = read(file(model))
    assert (found["W"], found["b"]) == (flat(model.params.W), flat(model.params.b))


def test_every_number_of_16_bits_is_read(read, file):
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    finite = every[np.isfinite(every)].reshape(248, 256)
    network = Network((256, 248), (), LOSSES["cross_entropy"])
    content = file(model_of(network, random_parameters(network, 0, np.float32)))
    half = {"0.weight": finite, "0.bias": np.zeros(248, np.float16)}
    assert read(changed(content, half))["W"] == flat([finite.T])


# Damage


NETWORK = Network((3, 2, 2), (ACTIVATIONS["relu"],), LOSSES["cross_entropy"])


@pytest.fixture(scope="session")
def content(file):
    return file(model_of(NETWORK, Parameters(NETWORK.layers, np.arange(14, dtype=np.float32))))


@in_the_page
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_in_words(read, content, data):
    found = read(data.draw(mutants(content)))
    if isinstance(found, str):
        assert found.startswith("ModelFileError: model file: ")
        assert found.endswith(". Try: a file made by `glassnet train`")
    else:
        numbers = [value for matrix in found["W"] + found["b"] for value in matrix]
        assert np.isfinite(numbers).all()
        assert len(numbers) == 14


@pytest.mark.parametrize("length", [0, 7, 8, 100, -1])
def test_a_file_that_was_cut_off_is_refused(read, content, length):
    assert "ModelFileError" in read(content[:length])


def test_weights_without_a_description_are_refused(read):
    found = read(save({"0.weight": np.zeros((2, 3), np.float32)}))
    assert "weights alone (expected glassnet's description of their network)" in found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ({"format": 2}, "format 2 (expected 1, this version's)"),
        ({"layers": [3]}, "layers [3] (expected two or more widths from 1 to 65536)"),
        ({"layers": [3, 2.5, 2]}, "layers [3,2.5,2]"),
        ({"layers": {"length": 3}}, 'layers {"length":3}'),
        ({"activations": ["swish"]}, 'activations ["swish"] (expected 1 of identity,sigmoid'),
        ({"activations": ["toString"]}, 'activations ["toString"]'),
        ({"activations": []}, "activations []"),
        ({"loss": "hinge"}, 'loss "hinge" (expected one of cross_entropy'),
        ({"loss": {"toString": 1}}, 'loss {"toString":1}'),
        ({"classes": ["0"]}, 'classes ["0"] (expected 2 names)'),
        ({"training": None}, "training null"),
        ({"layers": [3, 2, 2, 2], "activations": ["relu"] * 2}, "tensors 0.bias,0.weight,"),
        ({"layers": [4, 2, 2]}, "0.weight of shape [2,3] (expected [2,4])"),
    ],
)
def test_a_description_of_what_cannot_be_is_refused(read, content, text, message):
    assert f"model file: {message}" in read(changed(content, **text))


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"0.weight": np.zeros((3, 2), np.float32)}, "0.weight of shape [3,2] (expected [2,3])"),
        ({"0.bias": np.zeros(2, np.int64)}, '0.bias of type "I64" (expected one of F64,F32,F16)'),
        ({"2.bias": np.array([0, np.nan], np.float32)}, "nan or inf in 2.bias"),
        ({"2.bias": np.array([0, 1e300])}, "nan or inf in 2.bias"),
        ({"4.bias": np.zeros(2, np.float32)}, "tensors 0.bias,0.weight,2.bias,2.weight,4.bias"),
    ],
)
def test_tensors_of_another_network_are_refused(read, content, tensors, message):
    assert f"model file: {message}" in read(changed(content, tensors))


@pytest.mark.parametrize(
    "offsets", [[0, 9], [-4, 4], [1e300, 1e300], [4000, 4008], None, [0.5, 8.5]]
)
def test_numbers_that_are_not_in_the_file_are_refused(read, content, offsets):
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    header["0.bias"]["data_offsets"] = offsets
    text = json.dumps(header).encode()
    found = read(len(text).to_bytes(8, "little") + text + content[8 + length :])
    assert found.startswith("ModelFileError: model file: ")
