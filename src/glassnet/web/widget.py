"""A widget for notebooks: draw a digit, and have it in Python.

widget = DrawDigit()        in a cell of its own; then, when something is drawn
widget.prediction           '7'
widget.picture              (28, 28) uint8, as any model takes it
"""

import re

import anywidget
import numpy as np
import traitlets

from glassnet.core.activations import Array
from glassnet.data.pictures import SIDE
from glassnet.model import Model, load_model
from glassnet.web.one_file import STATIC, joined


def as_host(root: re.Match[str]) -> str:
    """The root of a page, or of what a widget is in."""
    return f":host({root[1]})" if root[1] else ":host"


class DrawDigit(anywidget.AnyWidget):
    """Paper to draw on in a notebook, and what a model reads.

    Args:
        model: what reads; None for the model that comes with glassnet.

    Attributes:
        prediction: the most probable class; empty while nothing is drawn.
        probabilities: of every class.
        strokes: what was drawn, lists of points (x, y) in [0, 1].
    """

    _esm = f"{joined('widget')}\nexport default {{ render: widget.render }};\n"
    style = traitlets.Unicode().tag(sync=True)
    file = traitlets.Bytes().tag(sync=True)
    pixels = traitlets.List(trait=traitlets.Int()).tag(sync=True)
    strokes: traitlets.List[list[list[float]]] = traitlets.List().tag(sync=True)
    probabilities = traitlets.List(trait=traitlets.Float()).tag(sync=True)
    prediction = traitlets.Unicode().tag(sync=True)

    def __init__(self, model: Model | None = None) -> None:
        model = model or load_model()
        model.require_classes()
        style = re.sub(r":root(\S*)", as_host, (STATIC / "style.css").read_text())
        style += ":host { color: var(--ink); background: var(--paper); }\n"
        super().__init__(file=model.to_bytes(), style=style)

    @property
    def picture(self) -> Array:
        """What the network sees (28, 28) uint8, ink = 255; all paper while nothing is drawn."""
        pixels = self.pixels or [0] * SIDE * SIDE
        return np.array(pixels, np.uint8).reshape(SIDE, SIDE)
