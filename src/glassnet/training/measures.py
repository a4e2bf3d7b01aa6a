"""Measures: how good a model is on examples it was not trained on."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from glassnet.core.activations import Array
from glassnet.data.examples import Examples, one_hot
from glassnet.display.numbers import percent
from glassnet.doctor.data import refuse_misfits
from glassnet.model import Model

N_BINS = 15


@dataclass(frozen=True)
class Evaluation:
    """What came out when a model was asked about labelled examples.

    Args:
        classes: the names of the K classes.
        probabilities: of each example and class (N, K).
        labels: what is right (N,).
        loss: the mean of the network's own loss.

    Example:
        >>> p = np.array([[0.9, 0.1], [0.8, 0.2]])
        >>> half_right = Evaluation(("a", "b"), p, labels=np.array([0, 1]), loss=0.7)
        >>> half_right.accuracy, half_right.confusion.tolist()
        (0.5, [[1, 0], [1, 0]])
    """

    classes: tuple[str, ...]
    probabilities: Array
    labels: Array
    loss: float

    @property
    def predictions(self) -> Array:
        """The most probable class of each example (N,)."""
        return self.probabilities.argmax(axis=1)

    @property
    def accuracy(self) -> float:
        """The share that is right, in [0, 1]; the error is 1 - accuracy."""
        return float((self.predictions == self.labels).mean())

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the accuracy."""
        return wilson_interval(self.accuracy, len(self.labels))

    @property
    def calibration_error(self) -> float:
        """How far the probability of the answers is from the share that is right, in [0, 1].

            sum over bins of confidence of  (size of bin / N) |accuracy - mean confidence|

        The expected calibration error with 15 bins: Guo et al., ICML 2017.
        """
        confidence = self.probabilities.max(axis=1)
        bins = np.minimum((N_BINS * confidence).astype(int), N_BINS - 1)
        gaps = np.bincount(bins, (self.predictions == self.labels) - confidence)
        return float(np.abs(gaps).sum() / len(bins))

    @property
    def confusion(self) -> Array:
        """Counts (K, K): the row is what is right, the column what was predicted."""
        k = len(self.classes)
        return np.bincount(self.labels * k + self.predictions, minlength=k * k).reshape(k, k)

    @property
    def precision(self) -> Array:
        """Of what was called a class, how much was of it (K,); nan where nothing was."""
        with np.errstate(invalid="ignore"):
            return self.confusion.diagonal() / self.confusion.sum(axis=0)

    @property
    def recall(self) -> Array:
        """Of what is of a class, how much was called so (K,); nan where nothing is."""
        with np.errstate(invalid="ignore"):
            return self.confusion.diagonal() / self.confusion.sum(axis=1)

    @property
    def mistakes(self) -> Array:
        """The rows that are wrong, the most surely wrong first."""
        right = self.probabilities[np.arange(len(self.labels)), self.labels]
        wrong = np.flatnonzero(self.predictions != self.labels)
        return wrong[np.argsort(right[wrong], kind="stable")]

    def _repr_html_(self) -> str:
        from glassnet.display.cards import evaluation_card

        low, high = self.interval
        title = (
            f"Accuracy {percent(self.accuracy)} (95 % interval {percent(low)} to {percent(high)}),"
            f" {len(self.mistakes):,} of {len(self.labels):,} wrong, loss {self.loss:.4f}"
        )
        return evaluation_card(title, self.classes, self.precision, self.recall, self.confusion)


def wilson_interval(share: float, n: int, z: float = 1.96) -> tuple[float, float]:
    """The interval that holds the true share with 95 % confidence.

        center +- half width, of  (p + z^2/2n +- z sqrt(p (1-p)/n + z^2/4n^2)) / (1 + z^2/n)

    Wilson, JASA 22, 1927: right also near 0 and 1, where p +- 1.96 sqrt(p (1-p)/n) is not.

    Args:
        share: the share p that was seen, in [0, 1].
        n: among how many.
        z: how many standard deviations; 1.96 for 95 %.

    Example:
        >>> low, high = wilson_interval(0.978, 10_000)
        >>> round(low, 4), round(high, 4)
        (0.9749, 0.9807)
    """
    center = share + z * z / (2 * n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max((center - half) / scale, 0.0), min((center + half) / scale, 1.0)


def evaluate(model: Model, examples: Examples, threads: int | None = None) -> Evaluation:
    """Ask a model about labelled examples.

    Args:
        model: the model.
        examples: of the model's own classes.
        threads: how many it may use; None for as many as there are cores.

    Returns:
        An Evaluation.

    Raises:
        ParamError: the examples are not a row and a label each, or the model has no classes.
    """
    model.require_classes()
    refuse_misfits(model.network, examples)
    z = model.logits(examples.x, threads)
    y = one_hot(examples.labels, z.shape[1], z.dtype)
    loss = float(model.network.loss.value(z, y).mean())
    return Evaluation(model.classes, model.probabilities(z), examples.labels.astype(int), loss)
