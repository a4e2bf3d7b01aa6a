import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from glassnet.core.parameters import Parameters
from glassnet.core.penalties import Penalty

vectors = st.lists(st.floats(-5, 5), min_size=5, max_size=5).map(np.array)


@given(vectors)
def test_biases_cost_nothing(theta):
    params = Parameters((1, 2, 1), np.append(np.zeros(4), theta[:3]))
    grad = params.like(np.zeros(7))
    Penalty(l2=1.0, l1=1.0).add_gradient(params, grad)
    assert Penalty(l2=1.0, l1=1.0).value(params) == 0
    assert not grad.theta.any()


@given(vectors, st.floats(0.1, 4))
def test_l1_grows_with_the_size_of_the_weights_and_l2_with_its_square(theta, factor):
    params = Parameters((4, 1), theta)
    larger = params.like(factor * theta)
    np.testing.assert_allclose(Penalty(l1=1).value(larger), factor * Penalty(l1=1).value(params))
    np.testing.assert_allclose(Penalty(l2=1).value(larger), factor**2 * Penalty(l2=1).value(params))


def test_l1_pulls_every_weight_to_zero_with_the_same_force_and_leaves_zero_alone():
    params = Parameters((3, 1), np.array([2.0, 0.0, -0.1, 9.0]))
    grad = params.like(np.zeros(4))
    Penalty(l1=0.5).add_gradient(params, grad)
    assert grad.theta.tolist() == [0.5, 0.0, -0.5, 0.0]
