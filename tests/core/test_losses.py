import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special
from sklearn.metrics import mean_poisson_deviance

from glassnet.core.losses import LOSSES, POISSON, softmax

names = st.sampled_from(sorted(LOSSES))
logits = st.lists(st.lists(st.floats(-50, 50), min_size=3, max_size=3), min_size=1, max_size=4).map(
    np.array
)


def one_hot_like(z):
    return np.eye(z.shape[1])[np.arange(len(z)) % z.shape[1]]


@given(logits)
def test_softmax_equals_scipys(z):
    np.testing.assert_allclose(softmax(z), special.softmax(z, axis=1), rtol=1e-12, atol=1e-300)


@given(logits, st.floats(-1e6, 1e6))
def test_softmax_ignores_a_constant_added_to_a_row(z, constant):
    np.testing.assert_allclose(softmax(z + constant), softmax(z), rtol=1e-8, atol=1e-9)


@given(logits)
def test_softmax_rows_are_probabilities(z):
    p = softmax(z)
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-14)


@given(names, logits)
def test_no_loss_is_negative(name, z):
    assert (LOSSES[name].value(z, one_hot_like(z)) >= -1e-14).all()


@given(logits)
def test_binary_cross_entropy_equals_scipys_logarithms(z):
    y = one_hot_like(z)
    a, not_a = special.log_expit(z), special.log_expit(-z)
    expected = -(y * a + (1 - y) * not_a).sum(axis=1)
    found = LOSSES["binary_cross_entropy"].value(z, y)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-13)


@given(st.floats(-30, 30))
def test_softmax_over_two_logits_is_a_sigmoid_of_their_difference(z):
    two, one = np.array([[0.0, z]]), np.array([[z]])
    sigmoid = LOSSES["binary_cross_entropy"]
    assert softmax(two)[0, 1] == pytest.approx(sigmoid.output(one)[0, 0], rel=1e-9, abs=1e-15)
    pair, single = np.array([[0.0, 1.0]]), np.array([[1.0]])
    assert LOSSES["cross_entropy"].value(two, pair) == pytest.approx(
        sigmoid.value(one, single), rel=1e-9, abs=1e-13
    )


@given(names, logits)
def test_the_error_is_zero_where_the_output_is_the_target(name, z):
    loss = LOSSES[name]
    np.testing.assert_allclose(loss.error(z, loss.output(z)), 0, atol=1e-15)


@pytest.mark.parametrize("name", LOSSES)
def test_the_loss_is_high_when_the_output_is_wrong_and_low_when_it_is_right(name):
    z, y = np.array([[9.0, -9.0]]), np.array([[1.0, 0.0]])
    z = z if name != "squared_error" else np.array([[1.0, 0.0]])
    assert LOSSES[name].value(z, y) < 0.01 < 0.9 < LOSSES[name].value(z, 1 - y)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("size", [1e2, 1e4])
def test_everything_stays_finite_for_huge_logits_in_float32(name, size):
    z = np.array([[size, -size, 0.0], [-size, -size, size]], np.float32)
    y = np.eye(3, dtype=np.float32)[[1, 0]]
    loss = LOSSES[name]
    assert np.isfinite(loss.value(z, y)).all()
    assert np.isfinite(loss.output(z)).all()
    assert np.isfinite(loss.error(z, y)).all()


def test_cross_entropy_of_a_surely_wrong_answer_is_the_distance_of_the_logits():
    z, y = np.array([[1e4, 0.0]], np.float32), np.array([[0.0, 1.0]], np.float32)
    assert LOSSES["cross_entropy"].value(z, y) == 1e4
    z, y = np.array([[1e4]], np.float32), np.array([[0.0]], np.float32)
    assert LOSSES["binary_cross_entropy"].value(z, y) == 1e4


@given(
    st.lists(st.floats(-20, 20), min_size=1, max_size=4),
    st.lists(st.integers(0, 50), min_size=4, max_size=4),
)
def test_poisson_is_half_of_scikit_learns_deviance(z, counts):
    z, y = np.array([z]), np.array([counts[: len(z)]], float)
    expected = mean_poisson_deviance(y[0], np.exp(z[0])) * len(z[0]) / 2
    assert POISSON.value(z, y)[0] == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(st.floats(-5, 5), st.floats(0, 50))
def test_the_error_of_poisson_is_its_slope(z, y):
    moved, target = np.array([[z + 1e-30j]]), np.array([[y]])
    slope = POISSON.value(moved, target).imag / 1e-30
    error = POISSON.error(np.array([[z]]), target)[0]
    np.testing.assert_allclose(error, slope, rtol=1e-9, atol=1e-12)
