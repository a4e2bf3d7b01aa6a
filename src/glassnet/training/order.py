"""Randomness by name: every random choice depends on (seed, what it is for) alone.

The order of epoch e can be made without having made the orders before it, so a run that goes on
from epoch e needs no generator's state.
"""

import numpy as np

from glassnet.core.activations import Array

# Epochs count from 1, so these keys are free.
WEIGHTS = 0
VALIDATION = 2**63


def generator(seed: int, purpose: int) -> np.random.Generator:
    """A generator of its own for every seed and purpose; Philox is keyed by both.

    Args:
        seed: of the run, 0 <= seed < 2^63.
        purpose: WEIGHTS, VALIDATION, or the number of an epoch from 1.
    """
    return np.random.Generator(np.random.Philox(key=[seed, purpose]))


def epoch_order(seed: int, epoch: int, n: int) -> Array:
    """In which order epoch number `epoch`, from 1, visits n examples: a permutation (n,).

    Example:
        >>> epoch_order(seed=0, epoch=7, n=5).tolist() == epoch_order(0, 7, 5).tolist()
        True
    """
    return generator(seed, epoch).permutation(n)
