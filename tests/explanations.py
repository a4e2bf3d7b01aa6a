"""Models with random weights, and what explains one example to them."""

import numpy as np
from networks import random_parameters

from glassnet.explain import explain
from glassnet.model import Model


def model_of(network, seed, dtype=np.float64):
    classes = tuple(f"class {k}" for k in range(max(network.layers[-1], 2)))
    return Model(network, random_parameters(network, seed, dtype), classes, engine="reference")


def example_of(network, seed, dtype=np.float64):
    """A model, an input in [0, 1] of which about half is 0, and the name of its right answer."""
    model, rng = model_of(network, seed, dtype), np.random.default_rng(seed)
    x = rng.random(network.layers[0]) * rng.integers(0, 2, network.layers[0])
    return model, x, model.classes[rng.integers(len(model.classes))]


def explained(network, seed, temperature=1.0):
    model, x, target = example_of(network, seed)
    model.temperature = temperature
    return explain(model, x, target)
