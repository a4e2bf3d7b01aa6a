"""Small random models, for what is held against other libraries."""

import numpy as np
from networks import random_parameters

from glassnet.core.losses import LOSSES
from glassnet.model import Model

ONE_CERTAINTY = ("cross_entropy", 1)  # the softmax of one output is always 1
LOSSES_AND_OUTPUTS = [(loss, k) for loss in LOSSES for k in (1, 4) if (loss, k) != ONE_CERTAINTY]


def model_of(network, seed=0, dtype=np.float32):
    """A model with random parameters, and with a temperature."""
    classes = tuple(map(str, range(max(network.layers[-1], 2))))
    params = random_parameters(network, seed, dtype)
    return Model(network, params, classes, temperature=1.5, engine="reference")
