import json
from math import inf, isfinite, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import networks, random_batch, random_parameters, seeds

from glassnet.core.gradient_check import complex_step_gradient
from glassnet.data.examples import Examples
from glassnet.model import Model
from glassnet.recipes import FIRST_NETWORK
from glassnet.web.facts import as_json, of_layers

numbers = st.floats() | st.integers(-(2**53), 2**53)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def without_what_is_no_number(value):
    if isinstance(value, float) and not isfinite(value):
        return None
    if isinstance(value, list):
        return [without_what_is_no_number(element) for element in value]
    if isinstance(value, dict):
        return {key: without_what_is_no_number(element) for key, element in value.items()}
    return value


@given(values)
def test_json_holds_every_value_but_what_is_no_number(value):
    def refuse(name):
        raise AssertionError(f"{name} is no JSON")

    assert json.loads(as_json(value), parse_constant=refuse) == without_what_is_no_number(value)


def test_no_loss_is_written_as_nan():
    assert as_json([nan, inf, -inf, 0.5]) == "[null,null,null,0.5]"


@given(networks(losses=("cross_entropy", "squared_error")), seeds)
def test_the_gradient_of_each_layer_has_the_size_of_the_slope_of_the_loss(network, seed):
    params = random_parameters(network, seed)
    x, y = random_batch(network, seed, 5)
    labels = y.argmax(axis=1) if y.shape[1] > 1 else y[:, 0].astype(int)
    sample = Examples(x, labels, tuple("abcd"[: max(y.shape[1], 2)]))
    model = Model(network, params, sample.classes)
    slopes = params.like(complex_step_gradient(network, params, x, y))
    layers = of_layers(model, params.theta, sample)
    expected = [np.sqrt(np.square(W).sum()) for W in slopes.W]
    np.testing.assert_allclose([layer["gradient"] for layer in layers], expected, atol=1e-9)
    assert [layer["change"] for layer in layers] == [0] * len(layers)


@given(networks(losses=("cross_entropy",)), seeds, st.floats(0.01, 3))
def test_a_change_is_told_relative_to_the_weights(network, seed, share):
    params = random_parameters(network, seed)
    x, y = random_batch(network, seed, 5)
    model = Model(network, params, tuple("abcd"[: y.shape[1]]))
    sample = Examples(x, y.argmax(axis=1), model.classes)
    layers = of_layers(model, params.theta * (1 + share), sample)
    assert [layer["change"] for layer in layers] == pytest.approx([share] * len(layers))


def test_neurons_that_no_example_reaches_are_dead():
    model = FIRST_NETWORK.model(tuple("0123456789"))
    model.params.b[0][:5] = -1e6
    model.params.b[1][:] = -1e6
    rng = np.random.default_rng(0)
    sample = Examples(rng.integers(1, 256, (20, 784), dtype=np.uint8), np.arange(20) % 10)
    first, second, last = of_layers(model, model.params.theta, sample)
    assert 5 <= first["dead"] < 128
    assert (second["dead"], last["dead"]) == (64, 0)
    assert first["gradient"] == second["gradient"] == 0
