"""Values: the numbers of one example, layer by layer, forward and backward."""

from dataclasses import dataclass
from math import floor, log10
from typing import NamedTuple

from glassnet.core.activations import Array
from glassnet.core.parameters import Parameters

MOST_DIGITS = 16


@dataclass(frozen=True)
class Layer:
    """What one layer did.

    Args:
        number: l, from 1: it made a[l] of a[l - 1], by W[l - 1] and b[l - 1].
        name: of its activation, or of the output function.
        z: its weighted inputs (O,).
        a: its outputs (O,).
    """

    number: int
    name: str
    z: Array
    a: Array


class Slope(NamedTuple):
    """The slope of the loss in one weight, found in two ways.

    Args:
        layer: l, of W[l].
        i: where the weight comes from.
        j: where it leads to.
        weight: W[l][i, j].
        a: a[l][i], what it is multiplied with.
        delta: the slope of the loss in z of the neuron it leads to.
        slope: a delta, as backpropagation gives it.
        check: the same by finite difference, with an imaginary step.
    """

    layer: int
    i: int
    j: int
    weight: float
    a: float
    delta: float
    slope: float
    check: float

    @property
    def digits(self) -> int:
        """To how many digits the two agree."""
        if self.slope == self.check:
            return MOST_DIGITS
        return max(floor(-log10(abs(self.slope - self.check) / abs(self.slope))), 0)


@dataclass(frozen=True)
class LayerGradient:
    """What one layer should change.

    Args:
        number: as of the Layer.
        direction: where each neuron's output should move (O,): of the last layer y - a, of
            the others -dloss/da.
        delta: dloss/dz (O,), which is the slope in the biases too.
    """

    number: int
    direction: Array
    delta: Array


class Step(NamedTuple):
    """A small step against the gradient.

    Args:
        eta: the learning rate.
        predicted: the change of the loss if it were a plane, -eta |grad|^2.
        actual: the change of the loss.
    """

    eta: float
    predicted: float
    actual: float


@dataclass(frozen=True)
class Backward:
    """What the right answer asks for.

    Args:
        target: the right answer, an index into the classes.
        y: the outputs that are wanted (K,).
        loss: of this example.
        gradient: of the loss, in every parameter.
        layers: one for each layer, in the order of the layers.
        step: against the gradient.
    """

    target: int
    y: Array
    loss: float
    gradient: Parameters
    layers: tuple[LayerGradient, ...]
    step: Step
