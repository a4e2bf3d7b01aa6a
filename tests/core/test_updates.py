import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.core.updates import RULES, Adam, AdamW, GradientDescent, Momentum, Nesterov, RMSprop

rules = st.sampled_from([rule() for rule in RULES.values()])
gradients = st.lists(
    st.lists(st.floats(-10, 10), min_size=3, max_size=3), min_size=1, max_size=6
).map(np.array)


def walk(rule, gradients, eta=0.1, start=(1.0, -2.0, 0.5)):
    """Where theta is after each of the gradients."""
    theta = np.array(start)
    state = rule.init(theta)
    places = []
    for grad in gradients:
        rule.step(theta, grad, state, eta)
        places.append(theta.copy())
    return np.array(places)


@given(rules, gradients)
def test_a_rate_of_zero_changes_nothing(rule, gradients):
    np.testing.assert_array_equal(walk(rule, gradients, eta=0.0)[-1], [1.0, -2.0, 0.5])


@given(st.sampled_from([Momentum(0.0), Nesterov(0.0)]), gradients)
def test_momentum_zero_is_gradient_descent(rule, gradients):
    np.testing.assert_allclose(
        walk(rule, gradients), walk(GradientDescent(), gradients), rtol=1e-12, atol=1e-12
    )


@given(gradients)
def test_momentum_adds_up_all_past_gradients_each_step_weaker(gradients):
    mu, eta, theta = 0.7, 0.1, np.array([1.0, -2.0, 0.5])
    for t in range(len(gradients)):
        ages = np.arange(t, -1, -1)[:, np.newaxis]
        theta = theta - eta * (mu**ages * gradients[: t + 1]).sum(axis=0)
    np.testing.assert_allclose(walk(Momentum(mu), gradients)[-1], theta, rtol=1e-9, atol=1e-9)


@given(gradients)
def test_nesterov_is_momentum_that_takes_its_gradient_one_step_ahead(gradients):
    # Nesterov's own form keeps phi and asks for the gradient at phi + mu v; theta is that place.
    mu, eta = 0.7, 0.1
    phi, v = np.array([1.0, -2.0, 0.5]), np.zeros(3)
    for grad in gradients:
        v = mu * v - eta * grad
        phi = phi + v
    np.testing.assert_allclose(
        walk(Nesterov(mu), gradients)[-1], phi + mu * v, rtol=1e-9, atol=1e-9
    )


@given(st.lists(st.floats(1e-3, 1e3), min_size=3, max_size=3).map(np.array))
def test_the_first_step_of_adam_has_the_size_of_the_rate(grad):
    first = walk(Adam(), [grad])[0] - [1.0, -2.0, 0.5]
    np.testing.assert_allclose(first, -0.1 * np.sign(grad), rtol=2e-5)


@given(gradients)
def test_adam_equals_the_sums_of_the_paper(gradients):
    # Section 3 of Kingma and Ba: v_t = (1 - beta2) sum_i beta2^(t - i) g_i^2, and likewise m_t.
    adam, theta = Adam(), np.array([1.0, -2.0, 0.5])
    for t in range(1, len(gradients) + 1):
        ages = np.arange(t - 1, -1, -1)[:, np.newaxis]
        g = gradients[:t]
        m = (1 - adam.beta1) * (adam.beta1**ages * g).sum(axis=0) / (1 - adam.beta1**t)
        v = (1 - adam.beta2) * (adam.beta2**ages * g**2).sum(axis=0) / (1 - adam.beta2**t)
        theta = theta - 0.1 * m / (np.sqrt(v) + adam.epsilon)
    np.testing.assert_allclose(walk(adam, gradients)[-1], theta, rtol=1e-6, atol=1e-9)


@given(gradients)
def test_adamw_without_decay_is_adam(gradients):
    np.testing.assert_array_equal(walk(AdamW(decay=0.0), gradients), walk(Adam(), gradients))


def test_adamw_shrinks_what_has_no_gradient_by_rate_times_decay():
    after = walk(AdamW(decay=0.2), [np.zeros(3)] * 2, eta=0.5, start=(4.0, 1.0, -2.0))
    np.testing.assert_allclose(after[-1], np.array([4.0, 1.0, -2.0]) * 0.9**2)


@given(st.floats(1e-2, 1e2), gradients)
def test_rmsprop_and_adam_do_not_depend_on_the_scale_of_the_gradient(scale, gradients):
    gradients = np.where(np.abs(gradients) < 1e-2, 1.0, gradients)
    for rule in (RMSprop(), Adam()):
        np.testing.assert_allclose(
            walk(rule, scale * gradients), walk(rule, gradients), rtol=1e-3, atol=1e-3
        )


@pytest.mark.parametrize("rule", [rule() for rule in RULES.values()], ids=lambda rule: rule.name)
def test_every_rule_finds_the_lowest_point_of_a_bowl(rule):
    theta = np.array([3.0, -4.0])
    state = rule.init(theta)
    for step in range(3000):
        rule.step(theta, theta * [1.0, 10.0], state, 0.05 / (1 + step / 50))
    assert np.abs(theta).max() < 1e-2


@pytest.mark.parametrize("rule", [rule() for rule in RULES.values()], ids=lambda rule: rule.name)
def test_float32_stays_float32(rule):
    theta = np.ones(3, np.float32)
    state = rule.init(theta)
    rule.step(theta, np.ones(3, np.float32), state, 0.1)
    assert theta.dtype == np.float32
    assert all(slot.dtype == np.float32 for name, slot in state.items() if name != "t")
