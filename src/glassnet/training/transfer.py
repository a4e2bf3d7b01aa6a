"""Transfer: what one network has learned, as the start of another.

    a = the frozen layers, applied to x         a fixed function, computed once
    the tail, which is the layers after them, learns from (a, y) as any smaller network does

The weights are those that come out where the whole network is trained and the gradients of the
frozen layers are set to zero. Which layers to keep: Yosinski, Clune, Bengio and Lipson, How
transferable are features in deep neural networks?, NIPS 2014.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from glassnet.core.activations import Array
from glassnet.core.network import Network
from glassnet.core.parameters import Parameters
from glassnet.core.schedules import Schedule
from glassnet.core.updates import Rule
from glassnet.data.examples import Examples
from glassnet.errors import ParamError
from glassnet.model import Model
from glassnet.training.loop import Distort, Epoch, train


def transfer(source: Model, target: Model, new_output: bool = False) -> None:
    """Give a model the weights of a trained one, but for the output layer where that is another.

    Args:
        source: the trained model.
        target: a model with the same hidden layers; its weights change. Its output layer keeps its
            own where it has other classes, or another number of outputs.
        new_output: whether it keeps its own in any case.

    Raises:
        ParamError: the hidden layers are not the same.
    """
    mine, theirs = hidden_layers(target), hidden_layers(source)
    if mine != theirs:
        raise ParamError("target", mine, theirs, "replace(recipe, layers=..., activations=...)")
    same = source.classes == target.classes and source.network.layers == target.network.layers
    last = None if same and not new_output else -1
    copy(arrays(source.params, last=last), arrays(target.params, last=last))


def fine_tune(
    model: Model,
    examples: Examples,
    rule: Rule,
    rate: Schedule,
    *,
    frozen: int = 0,
    distortion: Distort | None = None,
    validation: Examples | None = None,
    threads: int | None = None,
    **options: Any,
) -> Iterator[Epoch]:
    """Train a model in place, all but its first layers, which stay as they are to the last bit.

    Args:
        model: what is trained; its parameters change after each epoch.
        examples: what it learns from.
        rule: how a gradient becomes a change.
        rate: the learning rate over time.
        frozen: how many layers of weights are kept, counted from the input; fewer than there are.
        distortion: as in train.
        validation: likewise.
        threads: likewise.
        options: the others of train, such as batch_size and epochs.

    Returns:
        What train yields.

    Raises:
        ParamError: there are not so many layers to freeze; and what train raises.

    Example:
        >>> from dataclasses import replace
        >>> from glassnet.data.sources import load_data
        >>> from glassnet.model import load_model
        >>> from glassnet.recipes import MANY_HANDS
        >>> trained, data = load_model(), load_data("digits")
        >>> recipe = replace(MANY_HANDS, positive="3", layers=(784, 256, 128, 2))
        >>> examples = recipe.examples(data.train).take(slice(100))
        >>> model = recipe.model(examples.classes)
        >>> transfer(trained, model)
        >>> tune = {"frozen": 2, "batch_size": 10, "epochs": 5}
        >>> for epoch in fine_tune(model, examples, recipe.rule, recipe.rate, **tune):
        ...     pass
        >>> bool((model.params.W[1] == trained.params.W[1]).all()), epoch.train_accuracy > 0.9
        (True, True)
    """
    n_layers = len(model.params.W)
    if not 0 <= frozen < n_layers:
        raise ParamError("frozen", f"{frozen} of {n_layers} layers", f"0 to {n_layers - 1}")
    if frozen == 0:
        options |= {"distortion": distortion, "validation": validation, "threads": threads}
        return train(model, examples, rule, rate, **options)

    front, tail = part(model, 0, frozen), part(model, frozen, n_layers)
    f = model.network.activations[frozen - 1].f

    def through(x: Array) -> Array:
        return f(front.logits(x, threads))

    def shown(_: Array, seed: int, epoch: int, threads: int | None) -> Array:
        assert distortion is not None
        return through(distortion(examples.x, seed, epoch, threads))

    epochs = train(
        tail,
        examples._replace(x=through(examples.x)),
        rule,
        rate,
        distortion=distortion and shown,
        validation=validation and validation._replace(x=through(validation.x)),
        threads=threads,
        **options,
    )
    return after_each(epochs, lambda: copy(arrays(tail.params), arrays(model.params, frozen)))


def part(model: Model, first: int, last: int | None) -> Model:
    """Some layers of a model as one of their own, with weights of its own; None for to the end."""
    last = len(model.params.W) if last is None else last
    network = Network(
        model.network.layers[first : last + 1],
        model.network.activations[first : last - 1],
        model.network.loss,
    )
    theta = np.concatenate([array.ravel() for array in arrays(model.params, first, last)])
    return Model(network, Parameters(network.layers, theta), model.classes, engine=model.engine)


def after_each(epochs: Iterator[Epoch], act: Callable[[], None]) -> Iterator[Epoch]:
    """The epochs; something is done before each of them is passed on, and when they end."""
    while True:
        try:
            epoch = next(epochs, None)
        finally:  # Ctrl-C too; but not at the yield, where the caller may have changed the model
            act()
        if epoch is None:
            return
        yield epoch


def arrays(params: Parameters, first: int = 0, last: int | None = None) -> list[Array]:
    """The weights of some layers, then their biases."""
    return params.W[first:last] + params.b[first:last]


def copy(source: Iterable[Array], target: Iterable[Array]) -> None:
    """Copy arrays into others."""
    for values, into in zip(source, target, strict=True):
        into[...] = values


def hidden_layers(model: Model) -> str:
    """The widths up to the last hidden layer, and the activations, for people to read."""
    widths = "-".join(map(str, model.network.layers[:-1]))
    return " ".join([widths, *(activation.name for activation in model.network.activations)])
