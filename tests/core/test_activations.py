import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from glassnet.core.activations import ACTIVATIONS, sigmoid

activations = st.sampled_from(sorted(ACTIVATIONS)).map(ACTIVATIONS.get)
numbers = st.lists(st.floats(-40, 40), min_size=1, max_size=9).map(np.array)


@given(activations, numbers)
def test_the_slope_written_in_the_output_is_the_slope(activation, z):
    z = z[z != 0]  # ReLU has a corner there
    slope = np.imag(activation.f(z + 1e-30j)) / 1e-30
    np.testing.assert_allclose(activation.derivative(activation.f(z)), slope, rtol=1e-9, atol=1e-15)


@given(activations, numbers)
def test_no_activation_ever_falls(activation, z):
    assert (np.diff(activation.f(np.sort(z))) >= 0).all()


@given(numbers)
def test_the_sigmoid_is_the_logistic_function(z):
    np.testing.assert_allclose(sigmoid(z), special.expit(z), rtol=0, atol=2.3e-16)


@pytest.mark.parametrize("name", ["relu", "leaky_relu"])
def test_at_the_corner_the_slope_is_the_one_to_the_left(name):
    activation = ACTIVATIONS[name]
    left = activation.derivative(activation.f(np.array([-1.0])))
    np.testing.assert_array_equal(activation.derivative(activation.f(np.array([0.0]))), left)


@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
def test_saturating_activations_do_not_overflow(name):
    with np.errstate(all="raise"):
        a = ACTIVATIONS[name].f(np.array([-1e30, -1e4, 1e4, 1e30], np.float32))
    low = {"sigmoid": 0, "tanh": -1}[name]
    np.testing.assert_array_equal(a, [low, low, 1, 1])
