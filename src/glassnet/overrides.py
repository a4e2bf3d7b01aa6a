"""Overrides: a recipe changed by what was typed. Here names become values, and all is checked.

Everything that is wrong is said at once, before any data is read.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from math import inf, isfinite
from typing import Any

from glassnet.core.activations import ACTIVATIONS
from glassnet.core.initialization import INITIALIZERS
from glassnet.core.losses import LOSSES
from glassnet.core.parameters import count_parameters
from glassnet.core.penalties import Penalty
from glassnet.core.schedules import Constant, Cosine, Schedule, StepDecay, WarmUp
from glassnet.core.updates import RULES
from glassnet.data.pictures import SIDE
from glassnet.errors import ParamError
from glassnet.model_file import MAX_PARAMETERS, MAX_WIDTH
from glassnet.recipes import RECIPES, Recipe

PIXELS = SIDE * SIDE
SCHEDULES = ("constant", "step", "cosine")
USUAL_RATES = {"sgd": 0.1, "momentum": 0.01, "nesterov": 0.01}
USUAL_ADAPTIVE_RATE = 0.001


@dataclass(frozen=True)
class Overrides:
    """The options of `glassnet train` that change a recipe; None leaves it as it is."""

    layers: str | None = None
    activation: str | None = None
    loss: str | None = None
    initializer: str | None = None
    optimizer: str | None = None
    learning_rate: float | None = None
    schedule: str | None = None
    warm_up: float | None = None
    batch_size: str | None = None
    epochs: int | None = None
    l2: float | None = None
    l1: float | None = None
    seed: int | None = None


def find_recipe(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        ParamError: there is none; the nearest name is told.
    """
    if problem := unknown("recipe", name, RECIPES):
        raise ParamError("RECIPE", problem, advice="glassnet recipes")
    return RECIPES[name]


def override(recipe: Recipe, options: Overrides, others: Iterable[str] = ()) -> Recipe:
    """The recipe with the options applied.

    Args:
        recipe: what to change.
        options: the changes.
        others: what is wrong with options that are not the recipe's, to be said with the rest.

    Raises:
        ParamError: options that cannot work, all of them in one message.
    """
    changes: dict[str, Any] = {}
    problems = [
        *change_network(recipe, options, changes),
        *change_training(recipe, options, changes),
        *others,
    ]
    if problems:
        raise ParamError("options", "; ".join(problems), advice="glassnet train --help")
    return replace(recipe, **changes)


def change_network(recipe: Recipe, options: Overrides, changes: dict[str, Any]) -> Iterable[str]:
    """Collect what changes about the network, and yield what is wrong with it."""
    layers = recipe.layers
    if options.layers is not None:
        try:
            layers = changes["layers"] = tuple(int(width) for width in options.layers.split(","))
        except ValueError:
            yield f"--layers {options.layers}: widths with commas between them, such as 784,128,10"
            return
        yield from check_layers(layers, n_outputs=recipe.layers[-1])

    names = [activation.name for activation in recipe.activations] or ["relu"]
    if options.activation is not None:
        names = options.activation.split(",")
    n_hidden = max(len(layers) - 2, 0)
    names = names * n_hidden if len(set(names)) == 1 else names
    names = names[:n_hidden] if n_hidden == 0 or len(set(names)) == 1 else names
    problems = [unknown("--activation", name, ACTIVATIONS) for name in names]
    if any(problems):
        yield from filter(None, problems)
    elif len(names) != n_hidden:
        yield f"--activation {','.join(names)}: one, or one for each of {n_hidden} hidden layers"
    else:
        changes["activations"] = tuple(ACTIVATIONS[name] for name in names)

    for option, table in (("loss", LOSSES), ("initializer", INITIALIZERS)):
        name = getattr(options, option)
        if name is None:
            continue
        if problem := unknown(f"--{option}", name, table):
            yield problem
        else:
            changes[option] = table[name]
    if layers[-1] == 1 and changes.get("loss") is LOSSES["cross_entropy"]:
        yield "--loss cross_entropy: needs two outputs or more; binary_cross_entropy takes one"


def check_layers(layers: tuple[int, ...], n_outputs: int) -> Iterable[str]:
    """Yield what is wrong with the widths of a network."""
    text = ",".join(map(str, layers))
    if len(layers) < 2 or layers[0] != PIXELS or layers[-1] != n_outputs:
        yield f"--layers {text}: starts with {PIXELS} pixels and ends with {n_outputs} outputs"
    elif not all(1 <= width <= MAX_WIDTH for width in layers):
        yield f"--layers {text}: widths from 1 to {MAX_WIDTH:,}"
    elif (n := count_parameters(layers)) > MAX_PARAMETERS:
        yield f"--layers {text}: {n:,} parameters, {MAX_PARAMETERS:,} at most"


def change_training(recipe: Recipe, options: Overrides, changes: dict[str, Any]) -> Iterable[str]:
    """Collect what changes about the training, and yield what is wrong with it."""
    if options.optimizer is not None:
        if problem := unknown("--optimizer", options.optimizer, RULES):
            yield problem
        else:
            changes["rule"] = RULES[options.optimizer]()
    if options.batch_size == "all":
        changes["batch_size"] = None
    elif options.batch_size is not None:
        if options.batch_size.isdecimal() and int(options.batch_size) >= 1:
            changes["batch_size"] = int(options.batch_size)
        else:
            yield f"--batch-size {options.batch_size}: a whole number from 1, or all"
    for option, lowest, below in (("epochs", 1, 1_000_001), ("seed", 0, 2**63)):
        value = getattr(options, option)
        if value is None:
            continue
        changes[option] = value
        if not lowest <= value < below:
            yield f"--{option} {value}: from {lowest} to {below - 1:,}"
    for option in ("l2", "l1"):
        yield from check_number(f"--{option}", getattr(options, option), lowest=0)
    changes["penalty"] = Penalty(
        recipe.penalty.l2 if options.l2 is None else options.l2,
        recipe.penalty.l1 if options.l1 is None else options.l1,
    )
    yield from change_rate(recipe, options, changes)


def change_rate(recipe: Recipe, options: Overrides, changes: dict[str, Any]) -> Iterable[str]:
    """Collect what changes about the learning rate, and yield what is wrong with it."""
    yield from check_number("--learning-rate", options.learning_rate, above=0)
    yield from check_number("--warm-up", options.warm_up, above=0)
    schedule = options.schedule or "constant"
    if problem := unknown("--schedule", schedule, SCHEDULES):
        yield problem
    eta = options.learning_rate
    if eta is None and options.optimizer is not None:
        eta = USUAL_RATES.get(options.optimizer, USUAL_ADAPTIVE_RATE)
    if eta is None and options.schedule is None and options.warm_up is None:
        return
    epochs = changes.get("epochs", recipe.epochs)
    eta = recipe.rate(0) if eta is None else eta
    rates: dict[str, Schedule] = {
        "constant": Constant(eta),
        "step": StepDecay(eta, every=max(epochs / 4, 1)),
        "cosine": Cosine(eta, epochs),
    }
    rate = rates.get(schedule, recipe.rate)
    changes["rate"] = rate if options.warm_up is None else WarmUp(options.warm_up, rate)


def check_number(
    option: str,
    value: float | None,
    lowest: float = -inf,
    above: float = -inf,
    highest: float = 1000,
) -> Iterable[str]:
    """Yield what is wrong with a number."""
    if value is not None and not (lowest <= value <= highest and value > above):
        bound = f"from {lowest:g}" if isfinite(lowest) else f"above {above:g}"
        yield f"{option} {value:g}: a number {bound} to {highest:g}"


def unknown(what: str, name: str, known: Iterable[str]) -> str | None:
    """What is wrong with a name that is not among the known ones."""
    known = list(known)
    if name in known:
        return None
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(known)}"
    return f"{what} {name!r}: {hint}"
