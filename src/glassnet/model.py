"""The model: a network, its parameters and the names of its answers; what is saved and used."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from glassnet import model_file
from glassnet.core.activations import Array
from glassnet.core.network import Network, forward
from glassnet.core.parameters import Parameters
from glassnet.data.examples import DIGITS, grey_to_unit
from glassnet.errors import ParamError

SHIPPED = Path(__file__).parent / "models" / "first-network.safetensors"
ROWS_AT_ONCE = 4096


@dataclass
class Model:
    """A network with its parameters, and the names of its answers.

    Args:
        network: what is computed.
        params: the numbers it is computed with.
        classes: the names of the answers, one for each output; two for a network with one output,
            the second of them the one whose probability it gives.
        training: how it was trained, for people to read: anything that JSON can hold.

    Example:
        >>> model = load_model()
        >>> model
        Model(784-128-64-10, relu relu, cross_entropy, 109,386 parameters)
        >>> model.predict(np.zeros((2, 28, 28), np.uint8)).shape
        (2,)
    """

    network: Network
    params: Parameters
    classes: tuple[str, ...] = DIGITS
    training: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        widths = "-".join(map(str, self.network.layers))
        activations = " ".join(activation.name for activation in self.network.activations)
        parts = [widths, activations, self.network.loss.name]
        parts.append(f"{len(self.params.theta):,} parameters")
        return f"Model({', '.join(part for part in parts if part)})"

    def logits(self, x: Array) -> Array:
        """The logits z (N, K) of rows x (N, n[0]), uint8 or floats; some thousands at a time."""
        z = np.empty((len(x), self.network.layers[-1]), self.params.theta.dtype)
        for start in range(0, len(x), ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            _, z[rows] = forward(self.network, self.params, grey_to_unit(x[rows], z.dtype))
        return z

    def probabilities(self, z: Array) -> Array:
        """Logits z (N, K) as the probability of each class (N, number of classes).

        Outputs that are no distribution, such as ten sigmoids, are divided by their sum.
        """
        a = np.clip(self.network.loss.output(z), 0, 1)
        if len(self.classes) == 2 and a.shape[1] == 1:
            return np.hstack([1 - a, a])
        total = a.sum(axis=1, keepdims=True)
        return np.divide(a, total, out=np.full_like(a, 1 / a.shape[1]), where=total > 0)

    def predict_proba(self, X: Array) -> Array:
        """The probability of each class.

        Args:
            X: rows (N, 784) or pictures (N, 28, 28), or one of either; uint8, or floats in [0, 1].

        Returns:
            (N, number of classes), rows that sum to 1.

        Raises:
            ParamError: X is something else.
        """
        return self.probabilities(self.logits(self.as_rows(X)))

    def predict(self, X: Array) -> Array:
        """The most probable class: (N,) integers if all classes are numbers, else their names.

        Args:
            X: as in predict_proba.
        """
        digits = all(name.isdecimal() for name in self.classes)
        names = np.array([int(name) for name in self.classes] if digits else self.classes)
        return names[self.predict_proba(X).argmax(axis=1)]

    def as_rows(self, X: Array) -> Array:
        """X as rows (N, n[0]), checked."""
        X = np.asarray(X)
        width = self.network.layers[0]
        if X.size == 0 or X.ndim == 0 or width not in (X.shape[-1], int(np.prod(X.shape[-2:]))):
            raise ParamError("X", f"shape {X.shape}", f"{width} pixels in each row or picture")
        X = X.reshape(-1, width)
        if X.dtype == np.uint8:
            return X
        if X.dtype.kind not in "iufb":
            raise ParamError("X", f"values of type {X.dtype}", "uint8, or floats in [0, 1]")
        if np.isnan(X).any():
            raise ParamError("X", "Input X contains NaN.", "numbers in [0, 1]")
        if X.min() < 0 or X.max() > 1:
            found = f"values from {X.min():g} to {X.max():g}"
            advice = "X.astype('uint8') for grey levels 0 to 255"
            raise ParamError("X", found, "uint8, or floats in [0, 1]", advice)
        return X

    def save(self, path: str | Path) -> None:
        """Write the model to one safetensors file, whole or not at all.

        Raises:
            StorageError: it cannot be written; what was there before is still there.
        """
        about = {"preparation": "mnist", "classes": self.classes, "training": self.training}
        model_file.write(Path(path), self.network, self.params, about)


def load_model(path: str | Path | None = None) -> Model:
    """Load a model, after checking all of it.

    Args:
        path: a file that Model.save has written; None for the model that comes with glassnet.

    Raises:
        ModelFileError: it is missing, damaged, of another format, or holds what cannot be.
    """
    network, params, about = model_file.read(SHIPPED if path is None else Path(path))
    return Model(network, params, tuple(about["classes"]), about["training"])
