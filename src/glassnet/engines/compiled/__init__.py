"""The compiled engine: a pass over the data as one compiled loop, on all cores, over ink alone.

Compiled by Numba on first use and then kept on disk. The bits of a result do not depend on the
number of threads. It knows the activations, losses and rules of `core`; anything else it refuses.
"""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from glassnet.core.activations import ACTIVATIONS
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network
from glassnet.core.penalties import Penalty
from glassnet.core.updates import RULES, Rule
from glassnet.engines import Engine, Forward, Refusal


def prepare(
    network: Network,
    rule: Rule,
    penalty: Penalty,
    batch_size: int,
    dtype: DTypeLike = np.float32,
    threads: int | None = None,
) -> Engine:
    """The engine for one network, rule, penalty, batch size and type.

    Args:
        network: as in the contract.
        rule: likewise.
        penalty: likewise.
        batch_size: likewise.
        dtype: float32 or float64.
        threads: how many at most; None for as many as there are cores.

    Raises:
        Refusal: it does not know the activation, loss, rule or type.
    """
    refuse_the_unknown(network, rule, np.dtype(dtype))
    from glassnet.engines.compiled.training import Training

    training = Training(network, rule, penalty, batch_size, np.dtype(dtype), threads)
    training.warm_up()
    return Engine("compiled", training.gradient, training.descend)


def prepare_forward(network: Network, dtype: DTypeLike, threads: int | None) -> Forward:
    """What gives logits by this engine; raises Refusal where it does not know an activation."""
    refuse_unknown_activations(network, np.dtype(dtype))
    from glassnet.engines.compiled.prediction import Prediction

    return Prediction(network, np.dtype(dtype), threads)


def refuse_unknown_activations(network: Network, dtype: np.dtype[Any]) -> None:
    """Raise Refusal for what this engine would compute otherwise than the core."""
    for activation in network.activations:
        if ACTIVATIONS.get(activation.name) != activation:
            raise Refusal(f"it does not know the activation {activation.name}")
    if dtype not in (np.float32, np.float64):
        raise Refusal(f"it does not compute in {dtype}")


def refuse_the_unknown(network: Network, rule: Rule, dtype: np.dtype[Any]) -> None:
    """The same for training."""
    refuse_unknown_activations(network, dtype)
    if LOSSES.get(network.loss.name) != network.loss:
        raise Refusal(f"it does not know the loss {network.loss.name}")
    if RULES.get(rule.name) is not type(rule):
        raise Refusal(f"it does not know the update rule {rule.name}")
