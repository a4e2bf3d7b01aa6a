"""The model file: numbers and text in one safetensors file, nothing in it that could run.

The weights have the names and shapes of torch.nn.Sequential (`0.weight` (outputs, inputs),
`0.bias`, `2.weight`, ...: an activation takes a number too), so they load there as they are. One
JSON text in the metadata says what the network is, and holds a SHA-256 of the weights. Nothing is
used before all of it has been checked.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.core.activations import ACTIVATIONS, Array
from glassnet.core.losses import ALL_LOSSES, LOSSES
from glassnet.core.network import Network
from glassnet.core.parameters import Parameters, count_parameters
from glassnet.data.files import write_atomically
from glassnet.errors import ModelFileError
from glassnet.familiarity import Familiarity

FORMAT = 1
MAX_WIDTH = 65_536
MAX_PARAMETERS = 100_000_000
TRAIN_IT = "a file made by `glassnet train`"
RUNS_CODE = {b"\x80": "a pickle", b"PK": "a zip archive (.pt, .keras, .npz)", b"\x89HDF": "HDF5"}


def write(path: Path, network: Network, params: Parameters, about: Mapping[str, Any]) -> None:
    """Write a network, its parameters, and what JSON can hold about them."""
    content = encode(network, params, about)
    write_atomically(path, lambda file: file.write(content))


def encode(network: Network, params: Parameters, about: Mapping[str, Any]) -> bytes:
    """The bytes of a model file: the same for the same model."""
    from safetensors.numpy import save

    tensors = to_tensors(params)
    description = {
        "format": FORMAT,
        **describe(network),
        **about,
        "sha256": digest(tensors),
    }
    # safetensors writes several metadata keys in no fixed order, so there is only one.
    return save(tensors, {"glassnet": json.dumps(description)})


def describe(network: Network) -> dict[str, Any]:
    """What a network is, as read_network reads it."""
    return {
        "layers": network.layers,
        "activations": [activation.name for activation in network.activations],
        "loss": network.loss.name,
    }


def read(path: Path) -> tuple[Network, Parameters, dict[str, Any]]:
    """Read what `write` has written, checked.

    Returns:
        The network, its parameters, and the description they came with.

    Raises:
        ModelFileError: it is missing, damaged, of another format, or holds what cannot be.
    """
    refuse_formats_that_run_code(path)
    tensors, metadata = read_safetensors(path)
    description = read_description(path, metadata)
    network = read_network(path, description)
    check_tensors(path, network, tensors)
    if digest(tensors) != description.get("sha256"):
        found = "weights that are not those it was saved with (SHA-256 differs)"
        raise ModelFileError(path, found, "an undamaged file", TRAIN_IT)
    return (
        network,
        from_tensors(network.layers, tensors),
        description | read_trust(path, description, len(description["classes"]), network.layers[0]),
    )


def to_tensors(params: Parameters) -> dict[str, Array]:
    """Weights and biases by torch.nn.Sequential's names and in its (outputs, inputs) layout."""
    tensors = {}
    for l, (W, b) in enumerate(zip(params.W, params.b, strict=True)):
        tensors[f"{2 * l}.weight"] = np.ascontiguousarray(W.T)
        tensors[f"{2 * l}.bias"] = b
    return tensors


def from_tensors(layers: tuple[int, ...], tensors: Mapping[str, Array]) -> Parameters:
    """The inverse of to_tensors."""
    params = Parameters(layers, np.empty(count_parameters(layers), tensors["0.weight"].dtype))
    for l, (W, b) in enumerate(zip(params.W, params.b, strict=True)):
        W[...] = tensors[f"{2 * l}.weight"].T
        b[...] = tensors[f"{2 * l}.bias"]
    return params


def digest(tensors: Mapping[str, Array]) -> str:
    """SHA-256 of the bytes of all tensors, in the order of their names."""
    sha = hashlib.sha256()
    for name in sorted(tensors):
        sha.update(tensors[name].tobytes())
    return sha.hexdigest()


def refuse_formats_that_run_code(path: Path) -> None:
    """Look at the first bytes, and name the format where it is a dangerous one."""
    try:
        with path.open("rb") as file:
            start = file.read(9)
    except OSError as error:
        raise ModelFileError(path, error.strerror or "cannot be read", advice=TRAIN_IT) from error
    for magic, kind in RUNS_CODE.items():
        if start.startswith(magic) and start[8:] != b"{":
            found = f"{kind}, a format that can run code: refused"
            raise ModelFileError(path, found, "a safetensors file", TRAIN_IT)


def read_safetensors(path: Path) -> tuple[dict[str, Array], dict[str, str]]:
    """The tensors and the metadata of a safetensors file."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return tensors, file.metadata() or {}
    except (SafetensorError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        found = f"not a whole safetensors file ({error})"
        raise ModelFileError(path, found, advice=TRAIN_IT) from error


def read_description(path: Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    """The JSON text that says what the network is."""
    try:
        description = json.loads(metadata["glassnet"])
        version = description["format"]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        found = "weights without glassnet's description of their network"
        raise ModelFileError(path, found, advice=TRAIN_IT) from error
    require(version == FORMAT, path, f"format {version!r}", f"{FORMAT}, this version's")
    return description


def read_network(path: Path, description: Mapping[str, Any]) -> Network:
    """The network that a description describes, if it is a possible one."""
    layers: Any = description.get("layers")
    possible = isinstance(layers, list) and len(layers) >= 2 and all(map(is_width, layers))
    expected = f"two or more widths from 1 to {MAX_WIDTH:,}"
    require(possible, path, f"layers {layers!r}", expected)
    n = count_parameters(layers)
    require(n <= MAX_PARAMETERS, path, f"{n:,} parameters", f"{MAX_PARAMETERS:,} at most")

    names: Any = description.get("activations")
    loss: Any = description.get("loss")
    possible = are_names(names, len(layers) - 2) and all(name in ACTIVATIONS for name in names)
    expected = f"{len(layers) - 2} of {', '.join(ACTIVATIONS)}"
    require(possible, path, f"activations {names!r}", expected)
    possible = isinstance(loss, str) and loss in ALL_LOSSES
    require(possible, path, f"loss {loss!r}", f"one of {', '.join(ALL_LOSSES)}")

    classes, training = description.get("classes"), description.get("training")
    n_classes = max(layers[-1], 2) if loss in LOSSES else 0
    possible = classes == [] or are_names(classes, n_classes)
    require(possible, path, f"classes {classes!r}", f"{n_classes} names")
    require(isinstance(training, dict), path, f"training {training!r}", "a JSON object")
    return Network(tuple(layers), tuple(ACTIVATIONS[name] for name in names), ALL_LOSSES[loss])


def read_trust(
    path: Path, description: Mapping[str, Any], n_classes: int, width: int
) -> dict[str, Any]:
    """How far answers can be trusted: the temperature, and the familiarity if there is one."""
    temperature, familiarity = description.get("temperature", 1.0), description.get("familiarity")
    possible = type(temperature) in (int, float) and 0.01 <= temperature <= 100
    require(possible, path, f"temperature {temperature!r}", "0.01 to 100")
    try:
        if familiarity is not None:
            familiarity = Familiarity.from_json(familiarity, n_classes, width)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFileError(path, f"familiarity with {error}", advice=TRAIN_IT) from error
    return {"temperature": float(temperature), "familiarity": familiarity}


def is_width(value: object) -> bool:
    """A whole number (and not True) that a layer can have neurons."""
    return type(value) is int and 1 <= value <= MAX_WIDTH


def are_names(value: object, count: int) -> bool:
    """A list of so many texts."""
    return (
        isinstance(value, list)
        and len(value) == count
        and all(isinstance(name, str) for name in value)
    )


def check_tensors(path: Path, network: Network, tensors: Mapping[str, Array]) -> None:
    """The tensors the network needs and no others, each of its shape, finite and of one type."""
    needed = to_tensors(
        Parameters(network.layers, np.zeros(count_parameters(network.layers), bool))
    )
    names = ", ".join(sorted(needed))
    require(tensors.keys() == needed.keys(), path, f"tensors {', '.join(sorted(tensors))}", names)
    for name, tensor in tensors.items():
        shape, dtype = needed[name].shape, tensors["0.weight"].dtype
        require(tensor.shape == shape, path, f"{name} of shape {tensor.shape}", f"{shape}")
        possible = tensor.dtype == dtype and dtype in (np.float32, np.float64)
        require(possible, path, f"{name} of type {tensor.dtype}", "all float32 or all float64")
        require(bool(np.isfinite(tensor).all()), path, f"nan or inf in {name}", "finite numbers")


def require(holds: bool, path: Path, found: str, expected: str) -> None:
    """Raise unless it holds."""
    if not holds:
        raise ModelFileError(path, found[:200], expected, TRAIN_IT)
