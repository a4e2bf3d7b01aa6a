"""The model: a network, its parameters and the names of its answers; what is saved and used."""

from dataclasses import dataclass, field
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from glassnet import model_file
from glassnet.core.activations import Array
from glassnet.core.network import Network
from glassnet.core.parameters import Parameters
from glassnet.data.examples import DIGITS
from glassnet.engines import choose_forward
from glassnet.errors import ParamError
from glassnet.familiarity import Familiarity

SHIPPED = Path(__file__).parent / "models" / "many-hands.safetensors"
SURE = 0.8  # of MNIST's digits, the few below it hold most of the mistakes


@dataclass
class Model:
    """A network with its parameters, and the names of its answers.

    Args:
        network: what is computed.
        params: the numbers it is computed with.
        classes: the names of the answers, one for each output; two for a network with one output,
            the second of them the one whose probability it gives; () where an answer is not one of
            several classes but what glassnet.predict gives.
        training: how it was trained, for people to read: anything that JSON can hold.
        temperature: what logits are divided by before they become probabilities, so that of all
            answers given with 80 % eighty in a hundred are right (Guo et al. 2017).
        familiarity: what the pictures it learned from look like, to know what is unlike them.
        engine: which engine answers; "auto" for the fastest, which is compiled on first use,
            "reference" for NumPy alone, which is at once there.

    Example:
        >>> model = load_model()
        >>> model
        Model(784-256-128-10, relu relu, cross_entropy, 235,146 parameters)
        >>> model.predict(np.zeros((2, 28, 28), np.uint8)).shape
        (2,)
    """

    network: Network
    params: Parameters
    classes: tuple[str, ...] = DIGITS
    training: dict[str, Any] = field(default_factory=dict)
    temperature: float = 1.0
    familiarity: Familiarity | None = None
    engine: str = "auto"

    def __repr__(self) -> str:
        widths = "-".join(map(str, self.network.layers))
        activations = " ".join(activation.name for activation in self.network.activations)
        parts = [widths, activations, self.network.loss.name]
        parts.append(f"{len(self.params.theta):,} parameters")
        return f"Model({', '.join(part for part in parts if part)})"

    def _repr_html_(self) -> str:
        from glassnet.display.cards import model_card

        return model_card(self.network, self.params, self.classes, self.training)

    def logits(self, x: Array, threads: int | None = None) -> Array:
        """The logits z (N, K) of rows x (N, n[0]), uint8 or floats; None for all cores."""
        forward = choose_forward(self.engine, self.network, self.params.theta.dtype, threads)
        return forward(self.params, x)

    def probabilities(self, z: Array, temperature: float | None = None) -> Array:
        """Logits z (N, K) as the probability of each class (N, number of classes).

        None is for the model's own temperature.
        """
        T = z.dtype.type(self.temperature if temperature is None else temperature)
        return as_probabilities(self.network.loss.output(z / T), len(self.classes))

    def predict_proba(self, X: Array) -> Array:
        """The probability of each class.

        Args:
            X: rows (N, 784) or pictures (N, 28, 28), or one of either; uint8, or floats in [0, 1].

        Returns:
            (N, number of classes), rows that sum to 1.

        Raises:
            ParamError: X is something else, or there are no classes.
        """
        self.require_classes()
        return self.probabilities(self.logits(self.as_rows(X)))

    def predict(self, X: Array) -> Array:
        """The most probable class: (N,) integers if all classes are numbers, else their names.

        Args:
            X: as in predict_proba.
        """
        self.require_classes()
        z = self.logits(self.as_rows(X))
        answers = as_array(self.classes)
        if len(answers) == 2 and z.shape[1] == 1:
            return answers[(self.network.loss.output(z)[:, 0] > 0.5).astype(int)]
        return answers[z.argmax(axis=1)]

    def doubts(self, X: Array) -> Array:
        """Whether an answer should not be relied on: its picture is unlike all that was learned
        from, or its probability is below 80 %.

        Args:
            X: as in predict_proba.

        Returns:
            (N,) booleans.
        """
        self.require_classes()
        x = self.as_rows(X)
        unsure = self.probabilities(self.logits(x)).max(axis=1) < SURE
        if self.familiarity is None:
            return unsure
        return unsure | (self.familiarity.distance(x) > self.familiarity.limit)

    def require_classes(self) -> None:
        """Raise where there is no class to answer."""
        if not self.classes:
            advice = "glassnet.predict(model.network, model.params, X)"
            raise ParamError("model", "a network without classes", "one that tells classes", advice)

    def as_rows(self, X: Array) -> Array:
        """X as rows (N, n[0]), checked."""
        X = np.asarray(X)
        width = self.network.layers[0]
        square = X.ndim > 1 and X.shape[-2] == X.shape[-1]
        if X.size == 0 or X.ndim == 0 or width not in (X.shape[-1], square * prod(X.shape[-2:])):
            raise ParamError("X", f"shape {X.shape}", f"{width} pixels in each row or picture")
        X = X.reshape(-1, width)
        if X.dtype == np.uint8:
            return X
        if X.dtype.kind not in "iufb":
            raise ParamError("X", f"values of type {X.dtype}", "uint8, or floats in [0, 1]")
        low, high = X.min(), X.max()
        if np.isnan(low):
            raise ParamError("X", "Input X contains NaN.", "numbers in [0, 1]")
        if low < 0 or high > 1:
            found = f"values from {low:g} to {high:g}"
            advice = "X.astype('uint8') for grey levels 0 to 255"
            raise ParamError("X", found, "uint8, or floats in [0, 1]", advice)
        return X

    def save(self, path: str | Path) -> None:
        """Write the model to one safetensors file, whole or not at all.

        Raises:
            StorageError: it cannot be written; what was there before is still there.
        """
        model_file.write(Path(path), self.network, self.params, self.about)

    def to_bytes(self) -> bytes:
        """The bytes of the file that `save` writes."""
        return model_file.encode(self.network, self.params, self.about)

    @property
    def about(self) -> dict[str, Any]:
        """What the file says of the model besides its network and parameters."""
        return {
            "preparation": "mnist",
            "classes": self.classes,
            "training": self.training,
            "temperature": self.temperature,
            "familiarity": self.familiarity and self.familiarity.to_json(),
        }


def as_probabilities(a: Array, n_classes: int) -> Array:
    """Outputs a (N, K) as the probability of each class (N, n_classes).

    Outputs that are no distribution, such as ten sigmoids, are divided by their sum.

    Example:
        >>> as_probabilities(np.array([[0.2]]), 2)
        array([[0.8, 0.2]])
        >>> as_probabilities(np.array([[0.5, 0.5, 1.0], [-1.0, 0.0, 0.0]]), 3).round(2)
        array([[0.25, 0.25, 0.5 ],
               [0.33, 0.33, 0.33]])
    """
    a = np.clip(a, 0, 1)
    if n_classes == 2 and a.shape[1] == 1:
        return np.hstack([1 - a, a])
    total = a.sum(axis=1, keepdims=True)
    return np.divide(a, total, out=np.full_like(a, 1 / a.shape[1]), where=total > 0)


@lru_cache(maxsize=8)
def as_array(classes: tuple[str, ...]) -> Array:
    """The names of classes, as integers if all of them are numbers."""
    digits = all(name.isdecimal() for name in classes)
    return np.array([int(name) for name in classes] if digits else classes)


def load_model(path: str | Path | None = None, engine: str = "auto") -> Model:
    """Load a model, after checking all of it.

    Args:
        path: a file that Model.save has written; None for the model that comes with glassnet.
        engine: the model's.

    Raises:
        ModelFileError: it is missing, damaged, of another format, or holds what cannot be.
    """
    network, params, about = model_file.read(SHIPPED if path is None else Path(path))
    return Model(
        network,
        params,
        tuple(about["classes"]),
        about["training"],
        about["temperature"],
        about["familiarity"],
        engine,
    )
