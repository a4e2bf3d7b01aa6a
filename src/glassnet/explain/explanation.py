"""The explanation: all numbers of one example, to be asked for a neuron, or to be shown."""

from dataclasses import dataclass

import numpy as np

from glassnet.core.activations import Array
from glassnet.core.gradient_check import complex_step_gradient
from glassnet.core.network import Network
from glassnet.core.parameters import Parameters
from glassnet.errors import ParamError
from glassnet.explain.values import Backward, Layer, Slope


@dataclass(frozen=True, repr=False)
class Explanation:
    """One example through every equation; printed it is text, and in a notebook a page.

    Args:
        network: what is computed.
        params: its parameters, float64.
        classes: the names of the answers.
        x: the example (n[0],), in [0, 1].
        layers: what each layer did, from the first to the last.
        probabilities: of each class.
        temperature: what logits are divided by where they become probabilities.
        backward: what the right answer asks for; None where it is not known.
    """

    network: Network
    params: Parameters
    classes: tuple[str, ...]
    x: Array
    layers: tuple[Layer, ...]
    probabilities: Array
    temperature: float = 1.0
    backward: Backward | None = None

    @property
    def answer(self) -> str:
        """What the model says: the class of the largest logit, of one output yes or no."""
        z, a = self.layers[-1].z, self.layers[-1].a
        return self.classes[z.argmax() if len(z) > 1 else int(a[0] > 0.5)]

    @property
    def a(self) -> list[Array]:
        """a[0] = x, a[1], ... a[L]."""
        return [self.x, *(layer.a for layer in self.layers)]

    def neuron(self, layer: int, index: int) -> "Neuron":
        """One neuron of a layer.

        Args:
            layer: from 1, the first hidden layer, to the output's.
            index: of the neuron in its layer, from 0.

        Raises:
            ParamError: there is no such neuron.
        """
        widths = self.network.layers
        if not (0 < layer < len(widths) and 0 <= index < widths[layer]):
            last = ", ".join(f"{l}.{n - 1}" for l, n in enumerate(widths) if l)
            expected = f"LAYER.INDEX, the last of each layer: {last}"
            raise ParamError("neuron", f"no neuron {layer}.{index}", expected)
        return Neuron(self, layer, index)

    def steepest(self, layer: int, neuron: int | None = None, count: int = 4) -> list[Slope]:
        """The slopes of the loss in the weights that lead into a layer, the steepest first.

        Args:
            layer: from 1.
            neuron: only of the weights that lead to this one.
            count: how many at most; slopes of 0 are left out.

        Returns:
            Each held against a finite difference; nothing where the right answer is not known.

        Raises:
            ParamError: there is no such layer, or no such neuron in it.
        """
        self.neuron(layer, neuron or 0)
        if self.backward is None:
            return []
        l, gradient = layer - 1, self.backward.gradient
        size = np.abs(gradient.W[l])
        if neuron is not None:
            size = np.where(np.arange(size.shape[1]) == neuron, size, 0)
        order = np.argsort(-size, axis=None, kind="stable")[:count]
        at = [(int(i), int(j)) for i, j in zip(*np.unravel_index(order, size.shape), strict=True)]
        at = [place for place in at if size[place] > 0]
        position = self.params.like(np.arange(len(self.params.theta))).W[l]
        theta = np.array([position[place] for place in at], int)
        x, y = self.x[np.newaxis], self.backward.y[np.newaxis]
        checks = complex_step_gradient(self.network, self.params, x, y, indices=theta)
        a, delta, W = self.a[l], gradient.b[l], self.params.W[l]
        return [
            Slope(l, i, j, *map(float, (W[i, j], a[i], delta[j], gradient.W[l][i, j], check)))
            for (i, j), check in zip(at, checks, strict=True)
        ]

    def __repr__(self) -> str:
        widths = "-".join(map(str, self.network.layers))
        return f"Explanation({widths}, answer {self.answer!r})"

    def __str__(self) -> str:
        from glassnet.display.text import to_text
        from glassnet.explain.story import story

        return to_text(story(self))

    def _repr_html_(self) -> str:
        from glassnet.display.html import to_html
        from glassnet.explain.story import story

        return to_html("One example through every equation", story(self), opened=1)


@dataclass(frozen=True, repr=False)
class Neuron:
    """One neuron of an explained network.

    Args:
        explanation: of the network.
        layer: of the neuron, from 1.
        index: of the neuron in its layer, from 0.
    """

    explanation: Explanation
    layer: int
    index: int

    @property
    def inputs(self) -> Array:
        """a[l - 1], what it sees (I,)."""
        return self.explanation.a[self.layer - 1]

    @property
    def weights(self) -> Array:
        """What its inputs are multiplied with (I,)."""
        return self.explanation.params.W[self.layer - 1][:, self.index]

    @property
    def bias(self) -> float:
        """What is added to them."""
        return float(self.explanation.params.b[self.layer - 1][self.index])

    @property
    def z(self) -> float:
        """bias + sum_i weights_i inputs_i."""
        return float(self.explanation.layers[self.layer - 1].z[self.index])

    @property
    def a(self) -> float:
        """Its output."""
        return float(self.explanation.layers[self.layer - 1].a[self.index])

    def __repr__(self) -> str:
        return f"Neuron({self.layer}.{self.index}, z = {self.z:.4f}, a = {self.a:.4f})"

    def __str__(self) -> str:
        from glassnet.display.text import to_text
        from glassnet.explain.story import neuron_story

        return to_text(neuron_story(self))

    def _repr_html_(self) -> str:
        from glassnet.display.html import to_html
        from glassnet.explain.story import neuron_story

        return to_html("One neuron, term by term", neuron_story(self), opened=2)
