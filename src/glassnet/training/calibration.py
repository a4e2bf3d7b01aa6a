"""Calibration: after the training, how far its answers can be trusted."""

import numpy as np

from glassnet.core.activations import Array
from glassnet.data.examples import Examples
from glassnet.familiarity import learn_familiarity
from glassnet.model import Model

TEMPERATURES = np.geomspace(0.25, 8, 241)  # 1.5 % apart


def calibrate(model: Model, learned: Examples, aside: Examples | None) -> None:
    """Give a model its temperature and its familiarity.

    Args:
        model: a trained model; these two fields of it change.
        learned: the examples it learned from: what is familiar.
        aside: examples that it did not learn from, which say how sure it may be; if there are none
            its temperature stays as it is.
    """
    if aside is not None:
        model.temperature = fit_temperature(model, aside)
    n_classes = len(model.classes)
    if len(np.unique(learned.labels)) == n_classes:
        model.familiarity = learn_familiarity(learned.x, learned.labels, n_classes)


def fit_temperature(model: Model, examples: Examples) -> float:
    """The temperature under which the right answers are most probable.

        T = argmin  -mean log p(right | z / T)

    Guo, Pleiss, Sun and Weinberger, On Calibration of Modern Neural Networks, ICML 2017. The
    answers themselves do not change.

    Args:
        model: the model.
        examples: of its classes, which it did not learn from.

    Returns:
        One of TEMPERATURES.
    """
    z = model.logits(examples.x)
    surprises = [surprise(model, z, examples.labels, T) for T in TEMPERATURES]
    return float(TEMPERATURES[np.argmin(surprises)])


def surprise(model: Model, z: Array, labels: Array, temperature: float) -> float:
    """-mean log p of what is right."""
    p = model.probabilities(z, temperature)[np.arange(len(labels)), labels.astype(int)]
    return float(-np.log(np.maximum(p, np.finfo(p.dtype).tiny)).mean())
