import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from networks import networks, penalties, random_batch, random_parameters, seeds

from glassnet.core.network import loss_and_gradient
from glassnet.core.updates import RULES
from glassnet.engines import reference

rules = st.sampled_from([rule() for rule in RULES.values()])


@given(networks(), seeds, st.integers(1, 9), st.integers(1, 4), rules, penalties)
def test_one_pass_is_a_gradient_and_a_step_for_each_batch(network, seed, n, size, rule, penalty):
    x, y = random_batch(network, seed, n)
    order = np.random.default_rng(seed).permutation(n)
    batches = [order[i : i + size] for i in range(0, n, size)]
    rates = np.linspace(0.05, 0.01, len(batches))

    params = random_parameters(network, seed)
    params.theta *= 0.3  # from larger weights a linear network may run away
    by_hand, grad = params.copy(), params.copy()
    state, losses = rule.init(by_hand.theta), []
    for batch, eta in zip(batches, rates, strict=True):
        losses.append(loss_and_gradient(network, by_hand, x[batch], y[batch], grad, penalty))
        rule.step(by_hand.theta, grad.theta, state, float(eta))

    engine = reference.prepare(network, rule, penalty, size)
    found = engine.descend(params, rule.init(params.theta), x, y, order, rates)
    np.testing.assert_array_equal(params.theta, by_hand.theta)
    np.testing.assert_array_equal(found, losses)


@given(networks(), seeds)
def test_grey_levels_are_learned_from_as_numbers_from_zero_to_one(network, seed):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (4, network.layers[0]), np.uint8)
    _, y = random_batch(network, seed, 4)
    params = random_parameters(network, seed)
    from_bytes, from_floats = params.copy(), params.copy()
    engine = reference.prepare(network, RULES["sgd"](), penalty=reference.Penalty(), batch_size=4)
    a = engine.gradient(params, pixels, y, from_bytes)
    b = engine.gradient(params, pixels / 255, y, from_floats)
    assert a == b
    np.testing.assert_array_equal(from_bytes.theta, from_floats.theta)
