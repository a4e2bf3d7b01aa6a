import subprocess
import sys
from importlib.metadata import version
from types import ModuleType

import pytest

import glassnet

HEAVY = "numba scipy sklearn matplotlib PIL typer rich pooch requests safetensors torch jax keras"
HEAVY += " starlette uvicorn websockets onnx onnxruntime h5py"
PUBLIC = {name: value for name, value in vars(glassnet).items() if not name.startswith("_")}


def test_importing_glassnet_loads_numpy_and_nothing_heavier():
    program = "import sys, glassnet; print(*{name.partition('.')[0] for name in sys.modules})"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(run.stdout.split())
    assert "numpy" in loaded
    assert loaded & set(HEAVY.split()) == set()


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_says_what_it_is(name):
    value = PUBLIC[name]
    if isinstance(value, ModuleType) or callable(value):
        assert value.__doc__
        assert not value.__doc__.startswith(f"{name}(")  # what a dataclass says by itself


def test_the_estimators_are_there_though_they_are_loaded_late():
    assert glassnet.MLPClassifier.__module__ == "glassnet.estimators.classifier"
    with pytest.raises(AttributeError, match="no attribute 'MLPClasifier'"):
        glassnet.MLPClasifier  # noqa: B018


def test_the_versions_agree():
    assert glassnet.__version__ == version("glassnet")


@pytest.mark.parametrize("name", glassnet._LATE)
def test_the_estimators_are_listed_before_they_are_loaded(name):
    program = f"import sys, glassnet; print({name!r} in dir(glassnet), 'sklearn' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["True", "False"]
    assert getattr(glassnet, name).__name__ == name
