import sys

import numpy as np
import onnx
import pytest

import glassnet
from glassnet.core.initialization import he
from glassnet.core.losses import LOSSES, POISSON
from glassnet.core.network import Network
from glassnet.core.parameters import initialize
from glassnet.model import Model


def test_without_a_name_every_form_has_its_own(run, tmp_path):
    for form in ("onnx", "torch", "keras"):
        code, out, err = run("export", "--to", form)
        assert (code, err) == (0, "")
        assert "bytes. " in out
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "digit.onnx",
        "digit_keras.py",
        "digit_keras.weights.h5",
        "digit_torch.py",
        "digit_torch.safetensors",
    ]
    shipped = glassnet.load_model()
    for model in (
        glassnet.from_torch("digit_torch.safetensors", "relu"),
        glassnet.from_keras("digit_keras.weights.h5", "relu"),
    ):
        assert model.params.theta.tolist() == shipped.params.theta.tolist()


def test_a_model_of_ones_own_becomes_the_file_that_was_named(run, tmp_path):
    params = initialize((9, 2), he, np.random.default_rng(0))
    Model(Network((9, 2), (), LOSSES["cross_entropy"]), params, ("a", "b")).save("own.safetensors")
    code, out, _ = run("export", "own.safetensors", "--to", "onnx", "-o", "own.onnx")
    assert code == 0
    assert out == f"own.onnx: {(tmp_path / 'own.onnx').stat().st_size:,} bytes. " + (
        "X (N, 9) uint8 in, label and probabilities out.\n"
    )


def test_features_are_taken_as_they_are_where_that_is_wished(run):
    params = initialize((9, 1), he, np.random.default_rng(0))
    Model(Network((9, 1), (), POISSON), params, ()).save("counts.safetensors")
    code, out, _ = run("export", "counts.safetensors", "--to", "onnx", "--input", "float32")
    assert (code, out.endswith("X (N, 9) float32 in, variable out.\n")) == (0, True)
    (x,) = onnx.load("digit.onnx").graph.input
    assert x.type.tensor_type.elem_type == onnx.TensorProto.FLOAT


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--to", "torch", "--input", "float32"], "--input: given for torch (expected it for onnx"),
        (["--input", "uint8"], "--input: given for html (expected it for onnx alone"),
        (["--to", "onnx", "--precision", "float16"], "given for onnx (expected them for html al"),
        (["--to", "torch", "-o", "digit.pt"], "a name that ends in .safetensors"),
        (["--to", "keras", "-o", "digit.keras"], "a name that ends in .weights.h5"),
        (["--to", "tflite"], "'tflite' is not one of"),
        (["--to", "onnx", "-o", "none/digit.onnx"], "none/digit.onnx: cannot be written"),
        (["none.safetensors", "--to", "onnx"], "none.safetensors: No such file"),
    ],
)
def test_what_cannot_be_written_is_one_line(run, tmp_path, arguments, message):
    code, _, err = run("export", *arguments)
    assert code != 0
    assert message in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("form", "package"), [("onnx", "onnx"), ("keras", "h5py")])
def test_a_missing_package_is_named(run, monkeypatch, tmp_path, form, package):
    monkeypatch.setitem(sys.modules, package, None)
    code, _, err = run("export", "--to", form)
    assert code == 2
    assert f"{package} is not installed. Try: pip install 'glassnet[export]'" in err
    assert list(tmp_path.iterdir()) == []
