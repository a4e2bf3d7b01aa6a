import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import networks, random_batch, random_parameters, seeds

from glassnet.core.activations import ACTIVATIONS
from glassnet.core.dropout import drop, thin
from glassnet.core.gradient_check import complex_step_gradient
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network, forward, loss_and_gradient

rates = st.sampled_from([0.0, 0.2, 0.5, 0.9])


def rng(seed=0):
    return np.random.default_rng(seed)


@given(networks(), seeds, rates)
def test_the_gradient_with_dropout_is_the_slope_of_the_loss_with_dropout(network, seed, p):
    x, y = random_batch(network, seed, 4)
    params = random_parameters(network, seed)
    thinned = thin(network, (p,) * network.n_hidden, 4, rng(seed))
    grad = params.like(np.empty_like(params.theta))
    loss_and_gradient(thinned, params, x, y, grad)
    slopes = complex_step_gradient(thinned, params, x, y)
    np.testing.assert_allclose(grad.theta, slopes, rtol=1e-9, atol=1e-12)


@given(networks(), seeds)
def test_without_dropout_nothing_changes(network, seed):
    assert thin(network, (0.0,) * network.n_hidden, 5, rng(seed)) == network


@pytest.mark.parametrize("p", [0.2, 0.5, 0.8])
def test_so_many_are_left_out_and_on_average_an_output_stays_what_it_was(p):
    network = Network((1, 1000, 1), (ACTIVATIONS["sigmoid"],), LOSSES["squared_error"])
    thinned = thin(network, (p,), 500, rng())
    a = thinned.activations[0].f(np.full((500, 1000), 0.3))
    spread = np.sqrt(p / (1 - p) / a.size)
    whole = ACTIVATIONS["sigmoid"].f(np.array(0.3))
    assert (a == 0).mean() == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / a.size))
    assert a.mean() == pytest.approx(whole, abs=4 * spread)


def test_every_example_loses_neurons_of_its_own_and_another_step_others():
    network = Network((1, 50, 1), (ACTIVATIONS["identity"],), LOSSES["squared_error"])
    source = rng()
    first, second = (thin(network, (0.5,), 2, source).activations[0] for _ in range(2))
    ones = np.ones((2, 50))
    rows = [*first.f(ones), *second.f(ones)]
    assert len({row.tobytes() for row in rows}) == 4


def test_a_neuron_left_out_has_no_part_in_the_output_nor_in_the_gradient():
    network = Network((2, 2, 1), (ACTIVATIONS["tanh"],), LOSSES["squared_error"])
    params = random_parameters(network, 3)
    kept = np.array([[False, True]])
    thinned = Network(network.layers, (drop(network.activations[0], kept, 0.5),), network.loss)
    x, y = np.array([[0.4, -0.7]]), np.array([[1.0]])
    grad = params.like(np.empty_like(params.theta))
    loss_and_gradient(thinned, params, x, y, grad)
    assert not grad.W[0][:, 0].any() and grad.b[0][0] == grad.W[1][0, 0] == 0
    before = forward(thinned, params, x)[1]
    params.W[1][0] += 5
    np.testing.assert_array_equal(forward(thinned, params, x)[1], before)
