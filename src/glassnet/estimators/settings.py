"""Settings: an estimator's parameters, checked, and as the values that the lower floors work with.

Here names become values, and here alone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import get_close_matches
from math import inf
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np

from glassnet.core.activations import ACTIVATIONS, Activation
from glassnet.core.gradient_check import check_activation, check_loss
from glassnet.core.losses import ALL_LOSSES, Loss
from glassnet.core.schedules import Constant, Cosine, Schedule
from glassnet.core.updates import (
    Adam,
    AdamW,
    GradientDescent,
    Momentum,
    Nesterov,
    RMSprop,
    Rule,
)
from glassnet.errors import ParamError

ACTIVATION_NAMES = {"logistic": ACTIVATIONS["sigmoid"], **ACTIVATIONS}
SOLVERS = ("lbfgs", "sgd", "adam", "rmsprop", "adamw")
RATES = ("constant", "invscaling", "adaptive", "cosine")


class Fits(NamedTuple):
    """What a parameter may be: a test, the words for it, and the names among which it chooses."""

    test: Callable[[Any], bool]
    words: str
    names: tuple[str, ...] = ()


def number(low: float, high: float = inf, closed: str = "[)", kind: Any = Real) -> Fits:
    """A number in a range; a bracket says that its end belongs to it."""

    def test(value: Any) -> bool:
        if isinstance(value, bool | np.bool_) or not isinstance(value, kind):
            return False
        above = value >= low if closed[0] == "[" else value > low
        return bool(above and (value <= high if closed[1] == "]" else value < high))

    kind_name = "an int" if kind is Integral else "a float"
    return Fits(test, f"{kind_name} in the range {closed[0]}{low:g}, {high:g}{closed[1]}")


def one_of(*names: str) -> Fits:
    """One of some names."""
    return Fits(lambda value: isinstance(value, str) and value in names, f"one of {names}", names)


def either(*choices: Fits) -> Fits:
    """What fits one of several."""
    words = " or ".join(choice.words for choice in choices)
    names = tuple(name for choice in choices for name in choice.names)
    return Fits(lambda value: any(choice.test(value) for choice in choices), words, names)


def list_of(choice: Fits) -> Fits:
    """A sequence of what fits."""

    def test(value: Any) -> bool:
        is_list = isinstance(value, Sequence | np.ndarray) and not isinstance(value, str)
        return is_list and all(choice.test(one) for one in value)

    return Fits(test, f"a sequence of {choice.words}")


def is_pair(value: Any) -> bool:
    """Whether it is two functions."""
    return isinstance(value, tuple) and len(value) == 2 and all(map(callable, value))


def is_real_type(value: Any) -> bool:
    """Whether it is float32 or float64, by name or as a type."""
    is_type = isinstance(value, str | type | np.dtype)
    return is_type and value in ("float32", "float64", np.float32, np.float64)


def is_seed(value: Any) -> bool:
    """Whether scikit-learn draws random numbers from it."""
    if isinstance(value, Integral):
        return 0 <= int(value) < 2**32
    return value is None or value is np.random or isinstance(value, np.random.RandomState)


def is_weights(value: Any) -> bool:
    """Whether it is a pair of sequences."""
    halves = value if isinstance(value, tuple) and len(value) == 2 else (None,)
    return all(isinstance(half, Sequence | np.ndarray) for half in halves)


ANY_NUMBER = number(0)
NONE = Fits(lambda value: value is None, "None")
TRUTH = Fits(lambda value: isinstance(value, bool | np.bool_), "a bool")
CALLABLE = Fits(callable, "a callable")
DICT = Fits(lambda value: isinstance(value, dict), "a dict")
COUNT = number(1, kind=Integral)
SHARE = number(0, 1)
AN_ACTIVATION = either(
    one_of(*ACTIVATION_NAMES),
    Fits(lambda value: isinstance(value, Activation), "an Activation"),
    Fits(is_pair, "a pair (f, derivative)"),
)
A_LOSS = either(
    Fits(lambda value: isinstance(value, Loss), "a Loss"),
    Fits(is_pair, "a pair (value, error)"),
)

MAY_BE = {
    "hidden_layer_sizes": either(COUNT, list_of(COUNT)),
    "activation": either(AN_ACTIVATION, list_of(AN_ACTIVATION)),
    "solver": one_of(*SOLVERS),
    "alpha": ANY_NUMBER,
    "batch_size": either(one_of("auto"), COUNT),
    "learning_rate": either(one_of(*RATES), CALLABLE),
    "learning_rate_init": number(0, closed="()"),
    "power_t": ANY_NUMBER,
    "max_iter": COUNT,
    "shuffle": TRUTH,
    "random_state": Fits(is_seed, "an int in the range [0, 2**32), a RandomState or None"),
    "tol": ANY_NUMBER,
    "verbose": either(TRUTH, number(0, kind=Integral)),
    "warm_start": TRUTH,
    "momentum": number(0, 1, "[]"),
    "nesterovs_momentum": TRUTH,
    "early_stopping": TRUTH,
    "validation_fraction": SHARE,
    "beta_1": SHARE,
    "beta_2": SHARE,
    "epsilon": number(0, closed="()"),
    "n_iter_no_change": either(
        COUNT, Fits(lambda value: isinstance(value, float) and value == inf, "inf")
    ),
    "max_fun": COUNT,
    "dropout": either(SHARE, list_of(SHARE)),
    "class_weight": either(NONE, one_of("balanced"), DICT, list_of(DICT)),
    "scoring": either(NONE, Fits(lambda value: isinstance(value, str), "a str"), CALLABLE),
    "restore_best_weights": TRUTH,
    "initial_weights": either(NONE, Fits(is_weights, "a tuple (coefs, intercepts)")),
    "freeze": number(0, kind=Integral),
    "max_time": either(NONE, number(0, closed="()")),
    "dtype": either(NONE, Fits(is_real_type, "float32 or float64")),
    "n_threads": either(NONE, COUNT),
    "engine": one_of("auto", "compiled", "buffered", "reference"),
    "callbacks": list_of(CALLABLE),
}


def check(name: str, parameters: dict[str, Any], own: dict[str, Fits]) -> None:
    """Check parameters.

    Args:
        name: of the estimator.
        parameters: what `get_params` gives.
        own: what the estimator alone allows.

    Raises:
        ParamError: some are wrong; all of them are told.
    """
    if faults := list(find_faults(name, parameters, MAY_BE | own)):
        raise ParamError(name, " ".join(faults))


def find_faults(name: str, parameters: dict[str, Any], may_be: dict[str, Fits]) -> Iterator[str]:
    """What is wrong, in scikit-learn's words."""
    for key, value in parameters.items():
        if key not in may_be or may_be[key].test(value):
            continue
        fault = (
            f"The {key!r} parameter of {name} must be {may_be[key].words}. Got {value!r} instead."
        )
        near = get_close_matches(str(value), may_be[key].names, n=1)
        yield fault + (f" Did you mean {near[0]!r}?" if near and isinstance(value, str) else "")
    if not may_be["hidden_layer_sizes"].test(parameters["hidden_layer_sizes"]):
        return
    n_hidden = len(sizes_of(parameters["hidden_layer_sizes"]))
    if MAY_BE["freeze"].test(parameters["freeze"]) and parameters["freeze"] > n_hidden:
        fault = f"The 'freeze' parameter of {name} must leave a layer that learns."
        yield f"{fault} Got {parameters['freeze']} of {n_hidden + 1}."
    for key, for_all in (("activation", AN_ACTIVATION), ("dropout", SHARE)):
        value = parameters[key]
        one_each = may_be[key].test(value) and not for_all.test(value)
        if one_each and len(value) != n_hidden:
            yield f"The {key!r} parameter of {name} has {len(value)} for {n_hidden} hidden layers."


def sizes_of(hidden_layer_sizes: Any) -> list[int]:
    """The widths of the hidden layers."""
    if np.ndim(hidden_layer_sizes) == 0:
        return [hidden_layer_sizes]
    return [int(width) for width in hidden_layer_sizes]


def activations_of(activation: Any, n_hidden: int) -> tuple[Activation, ...]:
    """The activation of each hidden layer."""
    if AN_ACTIVATION.test(activation):
        return (activation_of(activation),) * n_hidden
    return tuple(activation_of(one) for one in activation)


def activation_of(activation: Any) -> Activation:
    """An activation by its name, as itself, or as a pair (f, derivative), which is checked."""
    if isinstance(activation, str):
        return ACTIVATION_NAMES[activation]
    if not isinstance(activation, Activation):
        activation = Activation(getattr(activation[0], "__name__", "own"), *activation)
    if ACTIVATIONS.get(activation.name) != activation:
        check_activation(activation)
    return activation


def loss_of(loss: Any) -> Loss:
    """A loss by its name, as itself, or as a pair (value, error) over z, which is checked."""
    if isinstance(loss, str):
        return ALL_LOSSES[loss]
    if not isinstance(loss, Loss):
        loss = Loss(getattr(loss[0], "__name__", "own"), ACTIVATIONS["identity"].f, *loss)
    if ALL_LOSSES.get(loss.name) != loss:
        check_loss(loss)
    return loss


def rates_of_dropout(dropout: Any, n_hidden: int) -> tuple[float, ...]:
    """The probability that a neuron is left out, for each hidden layer."""
    return tuple(dropout) if isinstance(dropout, Iterable) else (dropout,) * n_hidden


def rule_of(estimator: Any) -> Rule:
    """How a gradient becomes a change."""
    if estimator.solver == "sgd":
        if estimator.momentum == 0:
            return GradientDescent()
        kind = Nesterov if estimator.nesterovs_momentum else Momentum
        return kind(estimator.momentum)
    if estimator.solver == "rmsprop":
        return RMSprop(estimator.beta_2, estimator.epsilon)
    adam = (estimator.beta_1, estimator.beta_2, estimator.epsilon)
    return AdamW(*adam, estimator.alpha) if estimator.solver == "adamw" else Adam(*adam)


def schedule_of(estimator: Any, eta: float) -> Schedule:
    """The learning rate over the epochs; eta is the one that is constant."""
    if callable(estimator.learning_rate):
        return estimator.learning_rate
    if estimator.learning_rate == "cosine":
        return Cosine(estimator.learning_rate_init, estimator.max_iter)
    return Constant(eta)
