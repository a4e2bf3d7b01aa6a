"""PyTorch: a torch.nn.Sequential as source text and weights; a state dict as a model.

The weights are (outputs, inputs) under `0.weight`, `0.bias`, `2.weight`, ...: an activation takes a
number too. Our own model file has them so already. Nothing here is a pickle, and PyTorch is not
needed for any of it.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.core.activations import LEAK
from glassnet.data.files import write_atomically
from glassnet.errors import ModelFileError, ParamError
from glassnet.formats.foreign import ForeignWeights
from glassnet.formats.script import Library, Sequential, beside, in_lines, make_script, translate
from glassnet.model import Model
from glassnet.model_file import read_safetensors, to_tensors

SUFFIX = ".safetensors"
ACTIVATIONS = {
    "identity": "nn.Identity()",
    "sigmoid": "nn.Sigmoid()",
    "tanh": "nn.Tanh()",
    "relu": "nn.ReLU()",
    "leaky_relu": f"nn.LeakyReLU({LEAK})",
}
LIBRARY = Library(
    kind="torch.nn.Sequential",
    ops="torch",
    losses={
        "cross_entropy": "nn.CrossEntropyLoss",
        "binary_cross_entropy": "nn.BCEWithLogitsLoss",
        "poisson": "nn.PoissonNLLLoss",
    },
    imports="from pathlib import Path\n\nimport torch\nfrom safetensors.torch import load_file\n"
    "from torch import nn",
    load="model.load_state_dict(load_file({file}))",
    show="print(model)",
    decorator="@torch.inference_mode()\n",
)


def to_torch(model: Model) -> Sequential:
    """A model as a torch.nn.Sequential. It ends in logits, without softmax or sigmoid.

    Args:
        model: the model. Its temperature and its classes have no place in a Sequential.

    Returns:
        The source, an expression that needs `from torch import nn`; and the weights, NumPy arrays
        by the names of its state dict.

    Raises:
        ParamError: PyTorch has no such activation.

    Example:
        >>> from glassnet.model import load_model
        >>> source, weights = to_torch(load_model())
        >>> print(source)
        nn.Sequential(
            nn.Linear(784, 256),
            nn.ReLU(),
            nn.Linear(256, 128),
            nn.ReLU(),
            nn.Linear(128, 10),
        )
        >>> weights["4.weight"].shape
        (10, 128)
    """
    shapes = [W.shape for W in model.params.W]
    layers = []
    for (n_in, n_out), activation in zip(shapes, model.network.activations, strict=False):
        layers += [f"nn.Linear({n_in}, {n_out})", translate(activation, ACTIVATIONS, "PyTorch")]
    n_in, n_out = shapes[-1]
    double = ".double()" if model.params.theta.dtype == np.float64 else ""
    source = in_lines("nn.Sequential(", [*layers, f"nn.Linear({n_in}, {n_out})"], f"){double}")
    return Sequential(source, to_tensors(model.params.copy()))


def save_torch(model: Model, path: str | Path) -> Path:
    """Write a model for PyTorch: its weights, and a script beside them that builds and loads it.

    The weights are in a model file of ours, so glassnet.load_model reads them too.

    Args:
        model: the model.
        path: the file of the weights, NAME.safetensors.

    Returns:
        The script, NAME.py, which has the network as `model` and a function `probabilities`,
        or `predict` where there are no classes.

    Raises:
        ParamError: another suffix, an activation that PyTorch does not have, or a NAME.py that was
            not written by this.
        StorageError: they cannot be written.
    """
    weights, script = beside(path, SUFFIX, "a .pt file is a pickle, which can run code")
    text = make_script(model, to_torch(model).source, LIBRARY, weights)
    model.save(weights)
    write_atomically(script, lambda file: file.write(text))
    return script


def from_torch(
    weights: Mapping[str, Any] | str | Path,
    activations: str | Sequence[str],
    loss: str | None = None,
    classes: Sequence[object] | None = None,
) -> Model:
    """A model of a PyTorch network of Linear layers with activations between them.

    Args:
        weights: its state dict, of tensors or NumPy arrays; or a .safetensors file of it.
        activations: what a state dict does not say: one name for all hidden layers, or one for
            each; identity, sigmoid, tanh, relu, or leaky_relu of slope 0.01.
        loss: a name of LOSSES, or "poisson", which says what becomes of the logits; None for
            cross-entropy, and for the binary one where there is one output.
        classes: the names of the answers; None for 0, 1, ...; () for outputs that are no classes.

    Raises:
        ModelFileError: the file cannot be read, is a pickle, or does not hold such a network.
        ParamError: the arrays do not fit together, or the names are none of ours.

    Example:
        >>> arrays = {"0.weight": np.eye(3, 4), "0.bias": np.zeros(3)}
        >>> arrays |= {"2.weight": np.ones((2, 3)), "2.bias": np.zeros(2)}
        >>> from_torch(arrays, "tanh", classes=["no", "yes"])
        Model(4-3-2, tanh, cross_entropy, 23 parameters)
    """
    arrays, where = read(weights)
    layers = [(f"{name}weight", f"{name}bias") for name in find_layers(arrays)]
    foreign = ForeignWeights(where, arrays, layers, outputs_first=True)
    return foreign.to_model(activations, loss, classes, "PyTorch")


def find_layers(arrays: Mapping[str, Any]) -> list[str]:
    """The layers' names up to the last point, by the numbers in them."""
    names = {name.removesuffix(end): None for name in arrays for end in ENDS if name.endswith(end)}
    return sorted(names, key=lambda name: [int(number) for number in re.findall(r"\d+", name)])


ENDS = ("weight", "bias")


def read(weights: Mapping[str, Any] | str | Path) -> tuple[Mapping[str, Any], str | Path]:
    """The tensors of a state dict or a safetensors file, and where they are."""
    if isinstance(weights, Mapping):
        return {str(name): array for name, array in weights.items()}, "weights"
    try:
        path = Path(weights)
    except TypeError as error:
        found, expected = f"a {type(weights).__name__}", "a state dict, or the path of a file"
        raise ParamError("weights", found, expected, "module.state_dict()") from error
    if path.suffix != SUFFIX:
        found = "PyTorch's own files are pickles, which can run code"
        advice = "safetensors.torch.save_file(module.state_dict(), 'weights.safetensors')"
        raise ModelFileError(path, found, f"a {SUFFIX} file", advice)
    arrays, _ = read_safetensors(path)
    return arrays, path
