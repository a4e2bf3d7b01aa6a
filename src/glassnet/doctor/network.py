"""A network under examination, after a training or where one broke."""

from collections.abc import Iterator, Sequence

import numpy as np

from glassnet.core.activations import Array, identity
from glassnet.core.network import Network, forward
from glassnet.core.parameters import Parameters
from glassnet.data.examples import grey_to_unit
from glassnet.display.numbers import percent, printable
from glassnet.doctor.data import not_finite
from glassnet.doctor.findings import Finding, sample

# Networks that have learned explain half of their targets or more, and may have nine of ten
# sigmoids saturated then. Of those that explain less, the ones that are merely young have no layer
# with more than 0.55 of it dead or saturated. The others, after too large a rate, too large weights
# or inputs, or biases far below 0, have one with 0.7 or more.
WELL, SICK = 0.5, 2 / 3
END = 0.01  # of its range: so near to an end of it an activation is saturated
ENDS = {"sigmoid": (0, 1), "tanh": (-1, 1)}
SLOWER = "a lower learning rate"


def examine_network(
    network: Network, params: Parameters, x: Array, y: Array, classes: Sequence[str] = ()
) -> list[Finding]:
    """What is wrong with a network.

    Args:
        network: the network.
        params: its parameters.
        x: what it learned from (N, n[0]), as in examine_data; a thousand of the rows are looked at.
        y: the targets (N, K): one-hot, or numbers.
        classes: the names of the answers; their numbers where there are none.

    Returns:
        Findings. What explains half of its targets is well, however many of its neurons are dead.
    """
    x, y = grey_to_unit(sample(x), params.theta.dtype), sample(y)
    with np.errstate(over="ignore", invalid="ignore"):
        if found := first_not_finite(network, params, x):
            return found
        a, z = forward(network, params, x)
        output = network.loss.output(z)
        share = explained(output, y)
    found = list(sick_layers(network, a)) if share < WELL else []
    # What cures the first layer cures the answers.
    advice = found[0].advice if found else f"{SLOWER} if the loss jumps, a higher one if it crawls"
    if of_classes := are_classes(network, y):
        answers, right = as_classes(output), as_classes(y)
        found += one_answer(answers, right, classes, advice)
    return found or explains_nothing(output, y, share, of_classes)


def first_not_finite(network: Network, params: Parameters, x: Array) -> list[Finding]:
    """The first layer with a weight, a bias or an output that is no number."""
    a, z = forward(network, params, x)
    for kind, arrays in (("W", params.W), ("b", params.b), ("outputs", [*a[1:], z])):
        for l, values in enumerate(arrays):
            name = kind if kind == "outputs" else f"{kind}[{l}]"
            if found := not_finite(f"layer {l + 1}, {name}", values):
                return [found[0]._replace(advice=SLOWER)]
    return []


def where_it_broke(network: Network, params: Parameters, x: Array) -> Finding:
    """In which layer a loss that is not finite begins.

    Args:
        network: the network.
        params: its parameters before the step whose loss it is.
        x: the inputs of that step (B, n[0]).
    """
    x = grey_to_unit(x, params.theta.dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        for finding in first_not_finite(network, params, x):
            return finding
        _, z = forward(network, params, x)
    evidence = f"up to {np.abs(z).max():.2g}"
    return Finding("too large for the loss", f"layer {len(params.W)}, outputs", evidence, SLOWER)


def dead_neurons(network: Network, a: list[Array]) -> list[int]:
    """How many neurons of each hidden layer have no slope for any example.

    Args:
        network: the network.
        a: the inputs of every layer, as forward gave them.
    """
    slopes = [f.derivative(a_l) for f, a_l in zip(network.activations, a[1:], strict=True)]
    return [int((~slope.any(axis=0)).sum()) for slope in slopes]


def sick_layers(network: Network, a: list[Array]) -> Iterator[Finding]:
    """Yield the hidden layers through which next to no gradient comes."""
    dead = dead_neurons(network, a)
    for l, f in enumerate(network.activations, start=1):
        n, width = a[l].shape
        if f.name == "relu" and dead[l - 1] >= SICK * width:
            evidence = f"{dead[l - 1]:,} of {width:,} are 0 for each of {n:,} examples"
            yield Finding(
                "dead ReLUs", f"layer {l}", evidence, f"{SLOWER}, inputs of about 1, or leaky_relu"
            )
        if f.name in ENDS and (share := saturated(a[l], *ENDS[f.name])) >= SICK:
            low, high = ENDS[f.name]
            evidence = f"{percent(share, 0)} of outputs are within 1 % of {low} or {high}"
            advice = f"{SLOWER}, inputs of about 1, or smaller weights at the start"
            yield Finding(f"saturated {f.name}s", f"layer {l}", evidence, advice)


def saturated(a: Array, low: float, high: float) -> float:
    """The share of activations that are near an end of their range."""
    margin = END * (high - low)
    return float(((a < low + margin) | (a > high - margin)).mean())


def explained(output: Array, y: Array) -> float:
    """How much of what is different between targets the outputs explain.

        1 - sum (a - y)^2 / sum (y - mean y)^2

    1 for outputs that are right, 0 for the mean whatever is asked: R^2 for numbers; for
    probabilities the skill score of Brier, Monthly Weather Review 78, 1950.

    Example:
        >>> y = np.array([[1.0], [0.0]])
        >>> [explained(output, y) for output in (y, np.full((2, 1), 0.5), 1 - y)]
        [1.0, 0.0, -3.0]
    """
    total = ((y - y.mean(axis=0)) ** 2).sum()
    return float(1 - ((output - y) ** 2).sum() / total) if total > 0 else 1.0


def are_classes(network: Network, y: Array) -> bool:
    """Whether targets are classes: one-hot, or yes and no, for outputs that are probabilities."""
    one_each = y.shape[1] == 1 or (y.sum(axis=1) == 1).all()
    return bool(one_each and np.isin(y, (0, 1)).all()) and network.loss.output is not identity


def as_classes(y: Array) -> Array:
    """The class of each row (N,)."""
    return y.argmax(axis=1) if y.shape[1] > 1 else (y[:, 0] > 0.5).astype(int)


def one_answer(answers: Array, right: Array, classes: Sequence[str], advice: str) -> list[Finding]:
    """Whether all examples are read as one class, and are not of one."""
    if (answers != answers[0]).any() or (right == right[0]).all():
        return []
    name = printable(classes[answers[0]], 16) if classes else answers[0]
    n_right = int((answers == right).sum())
    evidence = f"each of {len(answers):,} examples is read as {name}, {n_right:,} of them rightly"
    return [Finding("one answer for everything", "output", evidence, advice)]


def explains_nothing(output: Array, y: Array, share: float, of_classes: bool) -> list[Finding]:
    """Whether the mean of the targets, classes or numbers, would be as good an answer."""
    if share > 0:
        return []
    spans = [f"{values.min():.4g} to {values.max():.4g}" for values in (output, y)]
    evidence = f"R^2 = {share:.2g}, outputs {spans[0]}, targets {spans[1]}"
    remedy = "smaller weights at the start" if of_classes else "targets of mean 0 and variance 1"
    advice = f"more epochs, a higher learning rate, or {remedy}"
    return [Finding("no better than the mean of the targets", "output", evidence, advice)]


def examine_losses(losses: Sequence[float]) -> list[Finding]:
    """Whether the loss, of epochs one after the other, has not fallen."""
    if len(losses) < 2 or losses[-1] < losses[0]:
        return []
    evidence = f"{losses[0]:.4g} in the first epoch, {losses[-1]:.4g} in the last of {len(losses)}"
    return [Finding("has not fallen", "loss", evidence, SLOWER)]
