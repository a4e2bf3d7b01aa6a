"""Small random networks and batches, as Hypothesis strategies."""

import numpy as np
from hypothesis import strategies as st

from glassnet.core.activations import ACTIVATIONS
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network
from glassnet.core.parameters import Parameters, count_parameters
from glassnet.core.penalties import Penalty

seeds = st.integers(0, 2**32 - 1)
penalties = st.builds(
    Penalty, l2=st.sampled_from([0.0, 0.01, 0.3]), l1=st.sampled_from([0.0, 0.02])
)


@st.composite
def networks(draw, losses=tuple(LOSSES), max_hidden=3):
    """Any depth from none to three hidden layers, any mix of activations, any loss."""
    loss = LOSSES[draw(st.sampled_from(losses))]
    lowest = 2 if loss.name == "cross_entropy" else 1
    hidden = draw(st.lists(st.integers(1, 6), max_size=max_hidden))
    layers = (draw(st.integers(1, 5)), *hidden, draw(st.integers(lowest, 4)))
    names = draw(st.tuples(*[st.sampled_from(sorted(ACTIVATIONS))] * len(hidden)))
    return Network(layers, tuple(ACTIVATIONS[name] for name in names), loss)


def random_parameters(network, seed, dtype=np.float64):
    rng = np.random.default_rng(seed)
    theta = rng.normal(0, 0.8, count_parameters(network.layers)).astype(dtype)
    return Parameters(network.layers, theta)


def random_batch(network, seed, size, dtype=np.float64):
    """Inputs, and targets that are one-hot where there are several outputs."""
    rng = np.random.default_rng(seed + 1)
    k = network.layers[-1]
    x = rng.normal(size=(size, network.layers[0])).astype(dtype)
    labels = rng.integers(max(k, 2), size=size)
    y = labels[:, None] if k == 1 else np.eye(k)[labels]
    return x, y.astype(dtype)
