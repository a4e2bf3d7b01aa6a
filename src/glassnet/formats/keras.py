"""Keras: a keras.Sequential as source text and weights; its weights as a model.

A .weights.h5 file has a group for each layer, called by its class and a number, whatever the layer
itself is called: `layers/dense/vars/0` is the kernel (inputs, outputs) and `/1` the bias of the
first Dense, `layers/dense_1` the second. h5py reads and writes it; Keras is not needed.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.core.activations import LEAK
from glassnet.data.files import write_atomically
from glassnet.errors import ModelFileError, ParamError
from glassnet.formats.foreign import ForeignWeights
from glassnet.formats.packages import load_package
from glassnet.formats.script import Library, Sequential, beside, in_lines, make_script, translate
from glassnet.model import Model

SUFFIX = ".weights.h5"
LEAKY = "leaky_relu"  # a layer of its own, since the activation of that name has slope 0.2
ACTIVATIONS = {
    "identity": "linear",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "relu": "relu",
    LEAKY: f"keras.layers.LeakyReLU(negative_slope={LEAK}",
}
LIBRARY = Library(
    kind="keras.Sequential",
    ops="keras.ops",
    losses={
        "cross_entropy": "keras.losses.CategoricalCrossentropy(from_logits=True)",
        "binary_cross_entropy": "keras.losses.BinaryCrossentropy(from_logits=True)",
    },
    imports="from pathlib import Path\n\nimport keras",
    load="model.load_weights({file})",
    show="model.summary()",
)


def to_keras(model: Model) -> Sequential:
    """A model as a keras.Sequential. It ends in logits, without softmax or sigmoid.

    Args:
        model: the model. Its temperature and its classes have no place in a Sequential.

    Returns:
        The source, an expression that needs `import keras`; and the weights, the list of NumPy
        arrays that `set_weights` takes.

    Raises:
        ParamError: Keras has no such activation.

    Example:
        >>> from glassnet.model import load_model
        >>> source, weights = to_keras(load_model())
        >>> print(source)
        keras.Sequential([
            keras.Input((784,)),
            keras.layers.Dense(256, activation="relu"),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(10),
        ])
        >>> [array.shape for array in weights]
        [(784, 256), (256,), (256, 128), (128,), (128, 10), (10,)]
    """
    dtype = ', dtype="float64"' if model.params.theta.dtype == np.float64 else ""
    n_inputs, *widths, n_outputs = model.network.layers
    layers = [f"keras.Input(({n_inputs},){dtype})"]
    for width, activation in zip(widths, model.network.activations, strict=True):
        f = translate(activation, ACTIVATIONS, "Keras")
        if activation.name == LEAKY:
            layers += [f"keras.layers.Dense({width}{dtype})", f"{f}{dtype})"]
        else:
            layers.append(f'keras.layers.Dense({width}, activation="{f}"{dtype})')
    layers.append(f"keras.layers.Dense({n_outputs}{dtype})")
    params = model.params.copy()
    weights = [array for pair in zip(params.W, params.b, strict=True) for array in pair]
    return Sequential(in_lines("keras.Sequential([", layers, "])"), weights)


def save_keras(model: Model, path: str | Path) -> Path:
    """Write a model for Keras: its weights, and a script beside them that builds and loads it.

    Args:
        model: the model.
        path: the file of the weights, NAME.weights.h5.

    Returns:
        The script, NAME.py, which has the network as `model` and a function `probabilities`,
        or `predict` where there are no classes.

    Raises:
        ParamError: another suffix, an activation that Keras does not have, h5py is missing, or
            a NAME.py that was not written by this.
        StorageError: they cannot be written.
    """
    weights, script = beside(path, SUFFIX, "Keras insists on it")
    text = make_script(model, to_keras(model).source, LIBRARY, weights)
    content = encode(model)
    write_atomically(weights, lambda file: file.write(content))
    write_atomically(script, lambda file: file.write(text))
    return script


def from_keras(
    weights: Sequence[Any] | str | Path,
    activations: str | Sequence[str],
    loss: str | None = None,
    classes: Sequence[object] | None = None,
) -> Model:
    """A model of a Keras network of Dense layers.

    Args:
        weights: the list that `get_weights` gives, or a .weights.h5 file that `save_weights` wrote.
        activations: what weights do not say: one name for all hidden layers, or one for each;
            identity, sigmoid, tanh, relu, or leaky_relu of slope 0.01 (Keras' own has 0.2 or 0.3).
        loss: a name of LOSSES, or "poisson", which says what becomes of the logits; None for
            cross-entropy, and for the binary one where there is one output.
        classes: the names of the answers; None for 0, 1, ...; () for outputs that are no classes.

    Raises:
        ModelFileError: the file cannot be read, or does not hold such a network.
        ParamError: the arrays do not fit together, the names are none of ours, or h5py is missing.

    Example:
        >>> from_keras([np.eye(4, 3), np.zeros(3), np.ones((3, 1)), np.zeros(1)], "relu")
        Model(4-3-1, relu, binary_cross_entropy, 19 parameters)
    """
    if isinstance(weights, str | Path):
        with opened(Path(weights)) as foreign:
            return foreign.to_model(activations, loss, classes, "Keras")
    try:
        arrays = {f"weights[{i}]": array for i, array in enumerate(weights)}
    except TypeError as error:
        found, expected = f"a {type(weights).__name__}", "a list of arrays, or the path of a file"
        raise ParamError("weights", found, expected, "model.get_weights()") from error
    layers = [(f"weights[{i}]", f"weights[{i + 1}]") for i in range(0, len(arrays), 2)]
    return ForeignWeights("weights", arrays, layers).to_model(activations, loss, classes, "Keras")


def encode(model: Model) -> bytes:
    """The bytes of a .weights.h5 file. Layers without weights have groups, too."""
    h5py = load_package("h5py")
    content, params = BytesIO(), model.params
    leaky = [activation for activation in model.network.activations if activation.name == LEAKY]
    with h5py.File(content, "w") as file:
        file.create_group("vars")
        for l, (W, b) in enumerate(zip(params.W, params.b, strict=True)):
            group = file.create_group(f"layers/{numbered('dense', l)}/vars")
            group["0"], group["1"] = W, b
        for l in range(len(leaky)):
            file.create_group(f"layers/{numbered('leaky_re_lu', l)}/vars")
    return content.getvalue()


def numbered(name: str, l: int) -> str:
    """The name of the l-th layer of a class."""
    return f"{name}_{l}" if l else name


@contextmanager
def opened(path: Path) -> Iterator[ForeignWeights]:
    """The weights of a .weights.h5 file, none of which is read before it is used.

    Raises:
        ModelFileError: it is no such file.
    """
    h5py = load_package("h5py")
    if not path.name.endswith(SUFFIX):
        advice = f"model.save_weights('name{SUFFIX}')"
        raise ModelFileError(path, "perhaps a whole model", f"a {SUFFIX} file", advice)
    try:
        with h5py.File(path) as file:
            names: list[str] = []
            file.visit(names.append)
            arrays = {name: file[name] for name in names if name.startswith("layers")}
            arrays = {name: item for name, item in arrays.items() if hasattr(item, "dtype")}
            yield ForeignWeights(path, arrays, find_layers(arrays))
    except (OSError, RuntimeError, KeyError) as error:
        raise ModelFileError(path, f"not a whole HDF5 file ({error})") from error


def find_layers(arrays: Iterable[str]) -> list[tuple[str, str]]:
    """The kernel and the bias of each Dense, by their numbers."""
    dense = [re.fullmatch(r"(layers/dense(_(\d+))?/vars)/[01]", name) for name in arrays]
    groups = {match[1]: int(match[3] or 0) for match in dense if match}
    return [(f"{name}/0", f"{name}/1") for name in sorted(groups, key=groups.__getitem__)]
