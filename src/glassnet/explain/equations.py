"""Equations with the line of our code that is each of them.

A function's docstring begins with its equation; its line is found in its source, not noted here.
"""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from glassnet.core.gradient_check import complex_step_gradient
from glassnet.core.network import backward, forward
from glassnet.core.updates import GradientDescent
from glassnet.display.blocks import Equation, Source
from glassnet.model import Model

PACKAGE = Path(__file__).parents[1]


def equation_of(function: Callable[..., Any], before: str = "") -> Equation:
    """What a function computes, as its docstring says, and the line that does it, its last."""
    first = (inspect.getdoc(function) or function.__name__).split("\n")[0]
    return Equation(before + first.rstrip("."), line_of(function))


def line_of(function: Callable[..., Any], part: str = "") -> Source | None:
    """The last line of a function that holds a part; None where its source is not to be had."""
    try:
        lines, start = inspect.getsourcelines(function)
        path = Path(inspect.getsourcefile(function) or "")
    except (OSError, TypeError):  # typed into a prompt, or not written in Python
        return None
    k = max(k for k, line in enumerate(lines) if part in line and line.strip())
    file = path.relative_to(PACKAGE).as_posix() if path.is_relative_to(PACKAGE) else path.name
    return Source(file, start + k, lines[k].strip())


def hidden_layer(l: int) -> Equation:
    """The weighted inputs of a hidden layer."""
    return Equation(f"z = a[{l}] W[{l}] + b[{l}]", line_of(forward, "@ W + b"))


def last_layer(l: int) -> Equation:
    """The logits."""
    return Equation(f"z = a[{l}] W[{l}] + b[{l}]", line_of(forward, "@ params.W[-1]"))


def tempered(output: str) -> Equation:
    """From the logits to the probabilities."""
    return Equation(f"p = {output}(z / T)", line_of(Model.probabilities, "output(z / T)"))


def output_error(error: Callable[..., Any]) -> Equation:
    """The slope of the loss in the logits, of one example."""
    return equation_of(error, "delta = ")


def back_one_layer(l: int) -> Equation:
    """From the errors of a layer to those of the layer below it, a[l]."""
    text = f"delta = (delta W[{l}]^T) * f'(a[{l}])"
    return Equation(text, line_of(backward, "delta = (delta @"))


def weight_gradient(l: int) -> Equation:
    """The slopes of the loss in the weights W[l]."""
    return Equation(f"dW[{l}] = a[{l}]^T delta", line_of(backward, "into.W[l]"))


def bias_gradient(l: int) -> Equation:
    """The slopes of the loss in the biases b[l]."""
    return Equation(f"db[{l}] = delta", line_of(backward, "into.b[l]"))


def finite_difference() -> Equation:
    """The same slope without backpropagation."""
    text = "dloss/dw = Im loss(w + i h) / h, with h = 1e-30"
    return Equation(text, line_of(complex_step_gradient, "np.imag"))


def gradient_descent() -> Equation:
    """One step."""
    return Equation("theta <- theta - eta grad", line_of(GradientDescent.step, "theta -="))
