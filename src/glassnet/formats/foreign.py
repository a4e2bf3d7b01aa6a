"""Foreign weights: the arrays of another library, checked all at once, and made a Model.

Nobody says in a pile of arrays how wide the layers are, but the arrays testify: the width between
two layers is how many biases the one has, how many outputs its weights, and how many inputs the
weights of the next. What most of them say is expected of all.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from glassnet.core.activations import ACTIVATIONS, Array
from glassnet.core.losses import ALL_LOSSES, LOSSES
from glassnet.core.network import Network
from glassnet.core.parameters import Parameters, count_parameters
from glassnet.errors import GlassnetError, ModelFileError, ParamError
from glassnet.model import Model
from glassnet.model_file import MAX_PARAMETERS

Shape = tuple[int | None, ...]  # None where nothing tells


class ForeignWeights(NamedTuple):
    """Arrays by name, and which of them are the layers'.

    Args:
        where: the file they come from, or the argument.
        arrays: whatever has a shape and becomes a NumPy array.
        layers: the names of the weights and of the biases of each layer, the first layer first.
        outputs_first: whether weights are (outputs, inputs), not (inputs, outputs).
    """

    where: str | Path
    arrays: Mapping[str, Any]
    layers: Sequence[tuple[str, str]]
    outputs_first: bool = False

    def to_model(
        self,
        activations: str | Sequence[str],
        loss: str | None,
        classes: Sequence[object] | None,
        origin: str,
    ) -> Model:
        """A model with these weights.

        Args:
            activations: names of ours, one for all hidden layers or one for each.
            loss: a name of ours; None for cross-entropy, of one output the binary one.
            classes: the names of the answers; None for 0, 1, ..., or for none of counts.
            origin: where they come from, for people to read.

        Raises:
            ModelFileError, ParamError: they do not fit together; all that is wrong is said.
        """
        params = self.parameters()
        network = make_network(params.layers, activations, loss)
        n_classes = max(network.layers[-1], 2) if network.loss.name in LOSSES else 0
        names = tuple(map(str, range(n_classes) if classes is None else classes))
        if len(names) not in (0, n_classes):
            raise ParamError("classes", f"{len(names)} names", f"{n_classes}, or () for none")
        return Model(network, params, names, {"origin": origin})

    def parameters(self) -> Parameters:
        """The arrays in our layout, float64 if any of them is, else float32."""
        self.refuse(list(self.shape_problems()))
        arrays = {name: as_array(self.arrays[name]) for pair in self.layers for name in pair}
        self.refuse(list(number_problems(arrays)))
        first, _ = self.layers[0]
        layers = [self.weight_shape(first)[0], *(arrays[bias].size for _, bias in self.layers)]
        dtype = np.result_type(np.float32, *{array.dtype for array in arrays.values()})
        params = Parameters(layers, np.empty(count_parameters(layers), dtype))
        for W, b, (weight, bias) in zip(params.W, params.b, self.layers, strict=True):
            W[...] = arrays[weight].T if self.outputs_first else arrays[weight]
            b[...] = arrays[bias]
        return params

    def shape_problems(self) -> Iterator[str]:
        """What is missing, of another shape, or too much."""
        expected = self.expected_shapes()
        if not expected:
            yield "no weights of a layer"
        for name, shape in expected.items():
            if name not in self.arrays:
                yield f"{name} is missing, expected {as_text(shape)}"
            elif not fits(found := shape_of(self.arrays[name]), shape):
                yield f"{name} of shape {found}, expected {as_text(shape)}"
        yield from (f"{name} is not expected" for name in self.arrays if name not in expected)
        numbers = sum(size(shape_of(array)) for array in self.arrays.values())
        if numbers > MAX_PARAMETERS:
            yield f"{numbers:,} numbers, expected {MAX_PARAMETERS:,} at most"

    def expected_shapes(self) -> dict[str, Shape]:
        """The shape that each array should have, as most of them say."""
        shapes: dict[str, Shape] = {}
        inputs: int | None = None
        for l, (weight, bias) in enumerate(self.layers):
            following = self.layers[l + 1][0] if l + 1 < len(self.layers) else ""
            bias_shape = shape_of(self.arrays.get(bias))
            said = [bias_shape[0] if len(bias_shape) == 1 else None]
            said += [self.weight_shape(weight)[1], self.weight_shape(following)[0]]
            votes = Counter(width for width in said if width is not None)
            outputs = votes.most_common(1)[0][0] if votes else None
            shapes[weight] = (outputs, inputs) if self.outputs_first else (inputs, outputs)
            shapes[bias] = (outputs,)
            inputs = outputs
        return shapes

    def weight_shape(self, name: str) -> Any:
        """(inputs, outputs) of weights; (None, None) if there are none of that name."""
        shape = shape_of(self.arrays.get(name))
        if len(shape) != 2:
            return None, None
        return shape[::-1] if self.outputs_first else shape

    def refuse(self, problems: Sequence[str]) -> None:
        """Raise if there are problems, with all of them."""
        error: type[GlassnetError] = ModelFileError if isinstance(self.where, Path) else ParamError
        if problems:
            expected = "fully connected layers alone, each with its biases"
            raise error(self.where, "; ".join(problems), expected)


def make_network(
    layers: tuple[int, ...], activations: str | Sequence[str], loss: str | None
) -> Network:
    """A network of parts that are called by our names.

    Raises:
        ParamError: names that are none of ours, or not one for each hidden layer.
    """
    n_hidden = len(layers) - 2
    names = (activations,) * n_hidden if isinstance(activations, str) else tuple(activations)
    loss = loss or ("cross_entropy" if layers[-1] > 1 else "binary_cross_entropy")
    problems = [f"activation {name!r}" for name in dict.fromkeys(names) if name not in ACTIVATIONS]
    expected = [", ".join(ACTIVATIONS)] if problems else []
    if len(names) != n_hidden:
        problems.append(f"{len(names)} activations")
        expected.append(f"{n_hidden}, one for each hidden layer of {layers}")
    if loss not in ALL_LOSSES or (loss == "cross_entropy" and layers[-1] == 1):
        problems.append(f"loss {loss!r} of {layers[-1]} outputs")
        expected.append(f"{', '.join(ALL_LOSSES)}; cross_entropy of two or more")
    if problems:
        raise ParamError("network", ", ".join(problems), "; ".join(expected))
    return Network(layers, tuple(ACTIVATIONS[name] for name in names), ALL_LOSSES[loss])


def number_problems(arrays: Mapping[str, Array]) -> Iterator[str]:
    """Arrays of other things than finite floats."""
    for name, array in arrays.items():
        if array.dtype.kind != "f":
            yield f"{name} of type {array.dtype}, expected floats"
        elif not np.isfinite(array).all():
            yield f"nan or inf in {name}, expected finite numbers"


def as_array(tensor: Any) -> Array:
    """A NumPy array of whatever can become one; of PyTorch's tensors as well."""
    if hasattr(tensor, "detach"):
        tensor = tensor.detach().cpu()
        if str(tensor.dtype) == "torch.bfloat16":  # which NumPy does not have
            tensor = tensor.float()
    return np.asarray(tensor)


def shape_of(array: Any) -> tuple[int, ...]:
    """The shape, before anything is read or copied."""
    return tuple(getattr(array, "shape", ()))


def size(shape: tuple[int, ...]) -> int:
    """How many numbers an array of that shape holds."""
    return int(np.prod(shape, dtype=object))


def fits(found: tuple[int, ...], expected: Shape) -> bool:
    """Whether a shape is as expected, where anything is expected."""
    return len(found) == len(expected) and all(
        e in (None, f) for e, f in zip(expected, found, strict=True)
    )


def as_text(shape: Shape) -> str:
    """A shape, with `any` for what nothing tells."""
    return str(tuple("any" if width is None else width for width in shape)).replace("'", "")
