"""The doctor: what is wrong with data or with a network, as values; nothing is printed here.

    findings   what a finding is, and several of them as one text
    data       before a training: shapes, what is not finite, scale, classes
    network    after it: what is not finite, dead ReLUs, saturated sigmoids, one answer

Findings come causes first: data, then layers from the first to the last, answers, losses. The
limits were measured: networks that learn, those of every recipe and of scikit-learn's toy data, are
on one side of them, and networks that cannot learn on the other.
"""

from collections.abc import Sequence

from glassnet.data.examples import Examples, one_hot
from glassnet.doctor.data import examine_data, misfits, not_finite
from glassnet.doctor.findings import Finding
from glassnet.doctor.network import examine_losses, examine_network
from glassnet.model import Model


def examine(model: Model, examples: Examples, losses: Sequence[float] = ()) -> list[Finding]:
    """What is wrong with a model, and with what it learned from.

    Args:
        model: the model, after its training.
        examples: what it learned from.
        losses: of its epochs, one after the other.

    Returns:
        Findings, the likeliest cause first; none if all is well.

    Example:
        >>> from glassnet import load_data, load_model
        >>> model, digits = load_model(), load_data("digits").train
        >>> examine(model, digits)
        []
        >>> model.params.b[0][:] = -100
        >>> for finding in examine(model, digits):
        ...     print(finding)
        layer 1: dead ReLUs (256 of 256 are 0 for each of 809 examples). Try: ...
        output: one answer for everything (each of 809 examples is read as ...). Try: ...
    """
    x, labels, _ = examples
    if found := misfits(x, labels) or not_finite("x", x):
        return found
    y = one_hot(labels, model.network.layers[-1], model.params.theta.dtype)
    found = examine_data(x, labels)
    found += examine_network(model.network, model.params, x, y, model.classes)
    return found or examine_losses(losses)
