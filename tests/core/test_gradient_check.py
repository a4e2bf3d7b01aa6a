from dataclasses import replace

import numpy as np
from networks import random_batch, random_parameters

from glassnet.core.activations import ACTIVATIONS, Activation
from glassnet.core.gradient_check import check_gradient
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network

NETWORK = Network((4, 5, 3), (ACTIVATIONS["tanh"],), LOSSES["cross_entropy"])


def errors(network, **options):
    params, (x, y) = random_parameters(network, 3), random_batch(network, 3, 4)
    return {row.tensor: row.error for row in check_gradient(network, params, x, y, **options)}


def test_a_right_gradient_passes():
    assert max(errors(NETWORK).values()) < 1e-15


def test_a_planted_wrong_slope_is_caught_in_the_layer_it_spoils():
    slope_of_sigmoid = ACTIVATIONS["sigmoid"].derivative
    wrong = Activation("tanh", np.tanh, slope_of_sigmoid)
    found = errors(replace(NETWORK, activations=(wrong,)))
    assert found["W[0]"] > 1e-3
    assert found["b[0]"] > 1e-3
    assert found["W[1]"] < 1e-15


def test_a_planted_wrong_error_is_caught_in_every_layer():
    wrong = LOSSES["quadratic_cost"]._replace(error=LOSSES["cross_entropy"].error)
    assert min(errors(replace(NETWORK, loss=wrong)).values()) > 1e-4


def test_a_sample_checks_only_so_many_of_each_tensor():
    params, (x, y) = random_parameters(NETWORK, 3), random_batch(NETWORK, 3, 4)
    rows = check_gradient(NETWORK, params, x, y, samples=4)
    assert [row.checked for row in rows] == [4, 4, 4, 3]
