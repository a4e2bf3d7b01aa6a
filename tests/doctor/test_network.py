import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from networks import networks, random_batch, random_parameters, seeds
from sklearn.metrics import r2_score

from glassnet.core.activations import ACTIVATIONS
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network, forward
from glassnet.doctor.network import (
    dead_neurons,
    examine_losses,
    examine_network,
    explained,
    where_it_broke,
)


def whats(findings):
    return [finding.what for finding in findings]


@given(st.integers(2, 20), st.integers(1, 4), seeds)
def test_what_is_explained_is_the_coefficient_of_determination(n, k, seed):
    y, output = np.random.default_rng(seed).normal(size=(2, n, k))
    expected = r2_score(y, output, multioutput="variance_weighted")
    assert explained(output, y) == pytest.approx(expected)


@given(networks(), seeds, st.data())
def test_a_number_that_is_not_finite_is_found_in_the_layer_it_was_put_in(network, seed, data):
    params = random_parameters(network, seed)
    x, y = random_batch(network, seed, 5)
    kind = data.draw(st.sampled_from("Wb"))
    l = data.draw(st.integers(0, len(params.W) - 1))
    getattr(params, kind)[l].flat[0] = data.draw(st.sampled_from([np.nan, np.inf]))
    (finding,) = examine_network(network, params, x, y)
    assert finding.where == f"layer {l + 1}, {kind}[{l}]"
    assert "learning rate" in finding.advice


@given(networks(), seeds)
def test_numbers_that_are_finite_are_not_called_otherwise(network, seed):
    params = random_parameters(network, seed)
    x, y = random_batch(network, seed, 5)
    assert "values that are not finite" not in whats(examine_network(network, params, x, y))


def test_a_loss_that_is_not_finite_began_in_the_first_layer_whose_outputs_are_not():
    network = Network((2, 3, 3, 2), (ACTIVATIONS["relu"],) * 2, LOSSES["cross_entropy"])
    params = random_parameters(network, 0, np.float32)
    params.theta[:] = 1e15
    finding = where_it_broke(network, params, np.ones((4, 2), np.float32))
    assert finding.where == "layer 3, outputs"
    params.theta[:] = 1e25
    finding = where_it_broke(network, params, np.ones((4, 2), np.float32))
    assert finding.where == "layer 2, outputs"


def test_outputs_may_be_finite_and_yet_too_large_for_the_loss():
    network = Network((2, 1), (), LOSSES["squared_error"])
    params = random_parameters(network, 0, np.float32)
    params.theta[:] = 1e25
    finding = where_it_broke(network, params, np.ones((4, 2), np.float32))
    assert (finding.what, finding.where) == ("too large for the loss", "layer 1, outputs")
    assert "3e+25" in finding.evidence


@given(networks(losses=("cross_entropy",)), seeds, st.data())
def test_the_neurons_that_were_killed_are_counted(network, seed, data):
    assume(network.n_hidden)
    network = Network(network.layers, (ACTIVATIONS["relu"],) * network.n_hidden, network.loss)
    params = random_parameters(network, seed)
    x, _ = random_batch(network, seed, 20)
    killed = data.draw(st.integers(0, network.layers[1]))
    params.W[0][...], params.b[0][:] = 0, 1
    params.b[0][:killed] = -1
    a, _ = forward(network, params, x)
    assert dead_neurons(network, a)[0] == killed


@pytest.mark.parametrize("classes", [(), ("no", "yes")])
def test_one_answer_is_found_where_there_should_be_two_and_only_there(classes):
    network = Network((1, 1), (), LOSSES["binary_cross_entropy"])
    params = random_parameters(network, 0)
    x, y = np.array([[-1.0], [1.0], [2.0]]), np.array([[0.0], [1.0], [1.0]])
    params.W[0][...], params.b[0][:] = 0, 1
    (finding,) = examine_network(network, params, x, y, classes)
    assert finding.what == "one answer for everything"
    assert f"each of 3 examples is read as {'yes' if classes else 1}, 2 of" in finding.evidence
    assert examine_network(network, params, x, np.ones((3, 1)), classes) == []
    params.W[0][...], params.b[0][:] = 2, 0
    assert examine_network(network, params, x, y, classes) == []


def test_an_answer_no_better_than_the_mean_is_found_for_numbers():
    network = Network((1, 1), (), LOSSES["squared_error"])
    params = random_parameters(network, 0)
    x, y = np.array([[1.0], [2.0]]), np.array([[100.0], [200.0]])
    params.W[0][...], params.b[0][:] = 1, 0
    (finding,) = examine_network(network, params, x, y)
    assert finding.what == "no better than the mean of the targets"
    assert "outputs 1 to 2, targets 100 to 200" in finding.evidence
    params.W[0][...] = 90
    assert examine_network(network, params, x, y) == []


@given(st.lists(st.floats(0, 10), max_size=5))
def test_a_loss_is_told_of_that_ends_no_lower_than_it_began(losses):
    fallen = len(losses) < 2 or losses[-1] < losses[0]
    assert bool(examine_losses(losses)) is not fallen
