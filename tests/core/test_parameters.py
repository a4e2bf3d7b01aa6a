import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.core.parameters import Parameters, count_parameters

widths = st.lists(st.integers(1, 7), min_size=2, max_size=5).map(tuple)


@given(widths)
def test_every_number_of_theta_is_in_exactly_one_view(layers):
    theta = np.arange(count_parameters(layers))
    params = Parameters(layers, theta)
    seen = np.concatenate([view.ravel() for view in [*params.W, *params.b]])
    np.testing.assert_array_equal(np.sort(seen), theta)


@given(widths)
def test_weights_come_first_and_biases_last(layers):
    params = Parameters(layers, np.arange(count_parameters(layers)))
    weights = np.concatenate([W.ravel() for W in params.W])
    np.testing.assert_array_equal(params.weights, weights)
    assert all((b >= len(weights)).all() for b in params.b)


def test_to_change_a_view_is_to_change_theta_and_the_other_way_round():
    params = Parameters((2, 3, 1), np.zeros(13))
    params.W[1][...] = 7
    params.theta += 1
    assert params.W[1].tolist() == [[8.0]] * 3
    assert params.theta.sum() == 13 + 3 * 7


def test_a_copy_is_its_own():
    params = Parameters((2, 1), np.zeros(3))
    params.copy().theta += 1
    assert not params.theta.any()


def test_a_vector_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match=r"shape \(12,\).* need \(13,\)"):
        Parameters((2, 3, 1), np.zeros(12))
