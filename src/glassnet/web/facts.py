"""Facts: what the page is told about models, answers and pictures, as values that JSON can hold."""

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from glassnet import __version__
from glassnet.core.activations import ACTIVATIONS, Array
from glassnet.core.losses import LOSSES
from glassnet.core.network import backward, forward, loss_and_gradient, predict
from glassnet.core.updates import RULES
from glassnet.data.examples import DataSet, Examples, grey_to_unit, one_hot
from glassnet.data.images import read_image
from glassnet.data.ink import find_ink
from glassnet.data.pictures import picture_from_image, prepare
from glassnet.data.resampling import shrink
from glassnet.doctor.network import dead_neurons
from glassnet.errors import GlassnetError, ParamError
from glassnet.model import Model
from glassnet.overrides import PIXELS
from glassnet.recipes import Recipe
from glassnet.training.measures import Evaluation

Facts = dict[str, Any]
LARGEST_THUMBNAIL = 140  # pixels a side


def of_data(data: DataSet) -> Facts:
    """What the data are, and how much of them there is."""
    return {
        "name": data.name,
        "origin": data.origin,
        "classes": data.train.classes,
        "train": len(data.train.x),
        "test": len(data.test.x),
    }


def of_model(model: Model) -> Facts:
    """What a model is, without its numbers, and which glassnet says so."""
    return {
        "layers": model.network.layers,
        "activations": [activation.name for activation in model.network.activations],
        "loss": model.network.loss.name,
        "classes": model.classes,
        "parameters": len(model.params.theta),
        "glassnet": __version__,
        "training": model.training,
    }


def of_recipe(recipe: Recipe) -> Facts:
    """What a recipe trains, and how."""
    return {
        "recipe": recipe.name,
        "about": recipe.about,
        "reaches": recipe.reaches,
        "layers": recipe.layers,
        "activations": [activation.name for activation in recipe.activations],
        "loss": recipe.loss.name,
        "optimizer": recipe.rule.name,
        "learning_rate": recipe.rate(0),
        "batch_size": recipe.batch_size,
        "epochs": recipe.epochs,
        "seed": recipe.seed,
        "rows": recipe.rows,
        "positive": recipe.positive,
    }


def of_evaluation(evaluation: Evaluation) -> Facts:
    """How good a model is: few numbers."""
    return {
        "examples": len(evaluation.labels),
        "accuracy": evaluation.accuracy,
        "interval": evaluation.interval,
        "loss": evaluation.loss,
        "calibration_error": evaluation.calibration_error,
        "confusion": evaluation.confusion.tolist(),
    }


def of_mistakes(evaluation: Evaluation, at_most: int | None = None) -> list[Facts]:
    """The wrong answers, the worst first; the loss of each is -log p of what is right."""
    p, labels, predictions = evaluation.probabilities, evaluation.labels, evaluation.predictions
    return [
        {
            "id": int(row),
            "label": int(labels[row]),
            "predicted": int(predictions[row]),
            "loss": float(-np.log(max(p[row, labels[row]], np.finfo(p.dtype).tiny))),
        }
        for row in evaluation.mistakes[:at_most]
    ]


def of_one_example(model: Model, picture: bytes, target: int) -> Facts:
    """Every number that Python finds on the way of one picture, forward and backward, in float64.

    Args:
        model: the model.
        picture: 784 grey levels, ink = 255.
        target: which class is right.

    Returns:
        The activations of every layer, logits, output and loss; of the gradient all of b, which is
        delta (and dW[l] = a[l]^T delta), and of every W the norm.

    Raises:
        ParamError: that is no picture.
    """
    if len(picture) != PIXELS:
        raise ParamError("picture", f"{len(picture)} bytes", f"{PIXELS}, one for each pixel")
    network, params = model.network, model.params.like(model.params.theta.astype(float))
    x = grey_to_unit(np.frombuffer(picture, np.uint8)[np.newaxis], float)
    y = one_hot(np.array([target]), network.layers[-1], float)
    gradient = params.like(np.empty_like(params.theta))
    a, z = forward(network, params, x)
    loss = loss_and_gradient(network, params, x, y, into=gradient)
    return {
        "activations": [layer[0].tolist() for layer in a],
        "logits": z[0].tolist(),
        "output": network.loss.output(z)[0].tolist(),
        "loss": float(loss),
        "gradient": {
            "b": [b.tolist() for b in gradient.b],
            "W_norms": [norm(W) for W in gradient.W],
        },
    }


def of_layers(model: Model, before: Array, sample: Examples) -> list[Facts]:
    """How the layers fare: the dead neurons, the gradient, and how far the weights have gone.

    Args:
        model: the model as it is now.
        before: its theta at some earlier time.
        sample: some training examples.

    Returns:
        For each W[l]: how many of its neurons are dead, that is, have no slope for any example;
        |dW[l]|; and |W[l] - W[l] before| / |W[l]|.
    """
    network, params = model.network, model.params
    x = grey_to_unit(sample.x, params.theta.dtype)
    y = one_hot(sample.labels, network.layers[-1], params.theta.dtype)
    gradient = params.like(np.empty_like(params.theta))
    a, z = forward(network, params, x)
    backward(network, params, a, network.loss.error(z, y) / len(x), into=gradient)
    dead = [*dead_neurons(network, a), 0]
    moved = params.like(params.theta - before)
    return [
        {"dead": n, "gradient": norm(dW), "change": norm(moved_W) / (norm(W) or 1)}
        for n, dW, moved_W, W in zip(dead, gradient.W, moved.W, params.W, strict=True)
    ]


def norm(W: Array) -> float:
    """|W|, the root of the sum of squares."""
    return float(np.linalg.norm(W))


def of_picture(content: bytes) -> Facts:
    """An image file on its way to the picture that MNIST would have made of it.

    Args:
        content: the bytes of the file.

    Returns:
        Its height and width; its ink, at most 140 pixels a side; the box of the ink in the file's
        own pixels; then as in Prepared. Ink is 0 to 255, row by row.

    Raises:
        PictureError: it cannot be read, or shows no ink.
    """
    ink = find_ink(read_image(content))
    prepared = prepare(ink)
    small = np.rint(255 * shrink(ink, LARGEST_THUMBNAIL)).astype(int)
    return {
        "height": ink.shape[0],
        "width": ink.shape[1],
        "ink": small.tolist(),
        "box": [int(edge) for edge in prepared.box],
        "square20": prepared.square20.tolist(),
        "center": prepared.center,
        "picture": prepared.picture.tolist(),
    }


def of_source() -> dict[str, Facts]:
    """The lines of Python that do it, of each function: its file, its first line, and its text."""
    functions: list[Callable[..., Any]] = [forward, backward, loss_and_gradient, predict]
    functions += [prepare, picture_from_image]
    functions += [f for activation in ACTIVATIONS.values() for f in activation[1:]]
    functions += [f for loss in LOSSES.values() for f in loss[1:]]
    functions += [rule.step for rule in RULES.values()]
    return {function.__qualname__: source_of(function) for function in functions}


def source_of(function: Callable[..., Any]) -> Facts:
    """Where a function is in the installed package, and its text."""
    lines, first = inspect.getsourcelines(function)
    file = Path(inspect.getfile(function)).relative_to(Path(__file__).parents[2])
    return {"file": file.as_posix(), "line": first, "text": "".join(lines)}


def of_error(error: GlassnetError) -> Facts:
    """What is wrong, and what to do about it."""
    return {
        "code": error.code,
        "where": error.where,
        "found": error.found,
        "expected": error.expected,
        "advice": error.advice,
    }


def as_json(value: Any) -> str:
    """A value as JSON; a number that is none, such as an infinite loss, is null.

    Example:
        >>> as_json({"loss": [0.5, float("nan")]})
        '{"loss":[0.5,null]}'
    """
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"))
    except ValueError:
        return as_json(json.loads(json.dumps(value), parse_constant=lambda name: None))
