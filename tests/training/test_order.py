import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from glassnet.training.order import WEIGHTS, epoch_order, generator

seeds = st.integers(0, 2**63 - 1)


@given(seeds, st.integers(1, 1000), st.integers(0, 50))
def test_an_order_visits_every_example_once(seed, epoch, n):
    assert sorted(epoch_order(seed, epoch, n)) == list(range(n))


@given(seeds)
def test_epochs_seeds_and_weights_have_randomness_of_their_own(seed):
    keys = [(seed, 1), (seed, 2), ((seed + 1) % 2**63, 1), (seed, WEIGHTS)]
    draws = [tuple(generator(*key).integers(0, 2**62, 4)) for key in keys]
    assert len(set(draws)) == len(draws)


def test_every_position_is_equally_likely():
    firsts = [epoch_order(0, epoch, 5)[0] for epoch in range(1, 2001)]
    assert np.abs(np.bincount(firsts, minlength=5) - 400).max() < 5 * np.sqrt(400)
