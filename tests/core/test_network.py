import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import networks, penalties, random_batch, random_parameters, seeds

from glassnet.core.activations import ACTIVATIONS
from glassnet.core.gradient_check import complex_step_gradient
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network, forward, loss_and_gradient, predict

sizes = st.integers(1, 5)


def gradient_of(network, params, x, y, *penalty):
    grad = params.like(np.full_like(params.theta, np.nan))
    return loss_and_gradient(network, params, x, y, grad, *penalty), grad


@given(networks(), seeds, sizes)
def test_loss_and_gradient_equal_the_equations_written_neuron_by_neuron(network, seed, size):
    params, (x, y) = random_parameters(network, seed), random_batch(network, seed, size)
    loss, grad = gradient_of(network, params, x, y)
    naive_loss, dW, db = naive.loss_and_gradient(
        [W.tolist() for W in params.W],
        [b.tolist() for b in params.b],
        [activation.name for activation in network.activations],
        network.loss.name,
        x.tolist(),
        y.tolist(),
    )
    assert loss == pytest.approx(naive_loss, rel=1e-12, abs=1e-13)
    for l in range(len(params.W)):
        np.testing.assert_allclose(grad.W[l], dW[l], rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(grad.b[l], db[l], rtol=1e-11, atol=1e-13)


@given(networks(), seeds, sizes)
def test_predictions_equal_the_equations_written_neuron_by_neuron(network, seed, size):
    params, (x, _) = random_parameters(network, seed), random_batch(network, seed, size)
    names = [activation.name for activation in network.activations]
    W, b = [W.tolist() for W in params.W], [b.tolist() for b in params.b]
    expected = [
        naive.outputs(network.loss.name, naive.forward(W, b, names, row)[0][-1])
        for row in x.tolist()
    ]
    np.testing.assert_allclose(predict(network, params, x), expected, rtol=1e-12, atol=1e-14)


@given(networks(), seeds, sizes, penalties)
def test_gradient_equals_the_complex_step(network, seed, size, penalty):
    params, (x, y) = random_parameters(network, seed), random_batch(network, seed, size)
    _, grad = gradient_of(network, params, x, y, penalty)
    slopes = complex_step_gradient(network, params, x, y, penalty)
    assert np.abs(grad.theta - slopes).max() <= 1e-12 * max(1, np.abs(slopes).max())


def test_the_gradient_of_a_network_of_110_parameters_is_right_to_the_last_digits():
    network = Network((8, 7, 4, 3), (ACTIVATIONS["tanh"],) * 2, LOSSES["cross_entropy"])
    params, (x, y) = random_parameters(network, 0), random_batch(network, 0, 6)
    _, grad = gradient_of(network, params, x, y)
    slopes = complex_step_gradient(network, params, x, y)
    assert len(slopes) == 110
    assert np.abs(grad.theta - slopes).max() < 1e-15


@given(networks(), seeds, sizes)
def test_the_order_of_a_batch_changes_nothing(network, seed, size):
    params, (x, y) = random_parameters(network, seed), random_batch(network, seed, size)
    order = np.random.default_rng(seed).permutation(size)
    loss, grad = gradient_of(network, params, x, y)
    loss_2, grad_2 = gradient_of(network, params, x[order], y[order])
    assert loss_2 == pytest.approx(loss, rel=1e-12, abs=1e-14)
    np.testing.assert_allclose(grad_2.theta, grad.theta, rtol=1e-10, atol=1e-13)


@given(networks(), seeds, sizes, penalties)
def test_a_batch_given_twice_has_the_same_mean(network, seed, size, penalty):
    params, (x, y) = random_parameters(network, seed), random_batch(network, seed, size)
    loss, grad = gradient_of(network, params, x, y, penalty)
    twice, grad_twice = gradient_of(
        network, params, np.tile(x, (2, 1)), np.tile(y, (2, 1)), penalty
    )
    assert twice == pytest.approx(loss, rel=1e-12, abs=1e-14)
    np.testing.assert_allclose(grad_twice.theta, grad.theta, rtol=1e-10, atol=1e-13)


@given(networks(), seeds, sizes)
def test_the_gradient_of_a_batch_is_the_mean_of_its_examples_gradients(network, seed, size):
    params, (x, y) = random_parameters(network, seed), random_batch(network, seed, size)
    _, grad = gradient_of(network, params, x, y)
    each = [gradient_of(network, params, x[[i]], y[[i]])[1].theta for i in range(size)]
    np.testing.assert_allclose(grad.theta, np.mean(each, axis=0), rtol=1e-10, atol=1e-13)


@given(networks(), seeds)
def test_hidden_neurons_in_another_order_give_the_same_output(network, seed):
    params, (x, _) = random_parameters(network, seed), random_batch(network, seed, 3)
    before = predict(network, params, x)
    rng = np.random.default_rng(seed)
    for l in range(network.n_hidden):
        order = rng.permutation(network.layers[l + 1])
        params.W[l][...] = params.W[l][:, order]
        params.b[l][...] = params.b[l][order]
        params.W[l + 1][...] = params.W[l + 1][order]
    np.testing.assert_allclose(predict(network, params, x), before, rtol=1e-11, atol=1e-13)


@given(networks(), seeds, sizes, penalties)
def test_a_small_step_against_the_gradient_lowers_the_loss(network, seed, size, penalty):
    params, (x, y) = random_parameters(network, seed), random_batch(network, seed, size)
    loss, grad = gradient_of(network, params, x, y, penalty)
    slope = grad.theta @ grad.theta
    eta = 1e-6
    moved, _ = gradient_of(network, params.like(params.theta - eta * grad.theta), x, y, penalty)
    assert moved - loss <= -0.5 * eta * slope + 1e-14


@given(networks(), seeds)
def test_a_network_and_its_gradient_stay_in_the_type_they_are_given_in(network, seed):
    params = random_parameters(network, seed, np.float32)
    x, y = random_batch(network, seed, 3, np.float32)
    a, z = forward(network, params, x)
    assert {array.dtype for array in [*a, z, network.loss.error(z, y)]} == {np.dtype(np.float32)}
    assert predict(network, params, x).dtype == np.float32
    loss, grad = gradient_of(network, params, x, y)
    assert np.isfinite(loss)
    assert np.isfinite(grad.theta).all()


@given(networks(), seeds, sizes)
def test_float32_agrees_with_float64(network, seed, size):
    params, (x, y) = random_parameters(network, seed), random_batch(network, seed, size)
    single = params.like(params.theta.astype(np.float32))
    loss, _ = gradient_of(network, params, x, y)
    loss_32, _ = gradient_of(network, single, x.astype(np.float32), y.astype(np.float32))
    assert loss_32 == pytest.approx(loss, rel=1e-4, abs=1e-5)


def test_a_network_needs_one_activation_for_each_hidden_layer():
    with pytest.raises(ValueError, match="1 activations for 0 hidden layers"):
        Network((3, 2), (ACTIVATIONS["relu"],), LOSSES["cross_entropy"])
