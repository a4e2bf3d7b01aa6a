from dataclasses import replace

import naive
import numpy as np
import pytest
from explanations import example_of, explained, model_of
from hypothesis import given
from networks import networks, seeds

from glassnet.core.activations import ACTIVATIONS, Activation
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network, forward
from glassnet.core.parameters import Parameters
from glassnet.errors import ParamError
from glassnet.explain import explain
from glassnet.model import Model, load_model


@given(networks(), seeds)
def test_every_number_forward_and_backward_equals_the_equations_neuron_by_neuron(network, seed):
    model, x, target = example_of(network, seed)
    explanation = explain(model, x, target)
    W, b = [W.tolist() for W in model.params.W], [b.tolist() for b in model.params.b]
    names = [activation.name for activation in network.activations]
    k, width = model.classes.index(target), network.layers[-1]
    y = [float(k)] if width == 1 else np.eye(width)[k].tolist()

    z, a = naive.forward(W, b, names, x.tolist())
    loss, dW, db = naive.loss_and_gradient(W, b, names, network.loss.name, [x.tolist()], [y])
    outputs = [*a[1:], naive.outputs(network.loss.name, z[-1])]
    backward, close = explanation.backward, {"rtol": 1e-10, "atol": 1e-12}
    assert backward.loss == pytest.approx(loss, rel=1e-11, abs=1e-13)
    for l, (layer, change) in enumerate(zip(explanation.layers, backward.layers, strict=True)):
        assert layer.number == change.number == l + 1
        np.testing.assert_allclose(layer.z, z[l], **close)
        np.testing.assert_allclose(layer.a, outputs[l], **close)
        np.testing.assert_allclose(change.delta, db[l], **close)
        np.testing.assert_allclose(backward.gradient.W[l], dW[l], **close)
    np.testing.assert_allclose(backward.layers[-1].direction, np.subtract(y, outputs[-1]), **close)


@given(networks(), seeds)
def test_the_direction_of_a_hidden_neuron_is_against_the_slope_of_the_loss_in_its_output(
    network, seed
):
    explanation = explained(network, seed)
    for l in range(1, len(explanation.layers)):
        rest = Network(network.layers[l:], network.activations[l:], network.loss)
        theta = [*explanation.params.W[l:], *explanation.params.b[l:]]
        params = Parameters(rest.layers, np.concatenate([part.ravel() for part in theta]))
        nudged = explanation.a[l] + 1e-30j * np.eye(network.layers[l])
        y = explanation.backward.y[np.newaxis]
        losses = [
            network.loss.value(forward(rest, params, row[np.newaxis])[1], y)[0] for row in nudged
        ]
        direction = explanation.backward.layers[l - 1].direction
        np.testing.assert_allclose(-np.imag(losses) / 1e-30, direction, rtol=1e-9, atol=1e-12)


@given(networks(), seeds)
def test_the_finite_difference_agrees_with_the_steepest_slopes(network, seed):
    explanation = explained(network, seed)
    for layer, W in enumerate(explanation.backward.gradient.W, start=1):
        slopes = explanation.steepest(layer)
        sizes = sorted(np.abs(W[W != 0]), reverse=True)
        assert [abs(slope.slope) for slope in slopes] == sizes[:4]
        for slope in slopes:
            assert slope.slope == pytest.approx(slope.a * slope.delta, rel=1e-14)
            assert abs(slope.slope - slope.check) < 1e-12 * max(sizes[0], 1)
            if abs(slope.slope) > 1e-3:
                assert slope.digits >= 9


def test_a_wrong_slope_is_called_out_by_the_finite_difference():
    slope_of_sigmoid = ACTIVATIONS["sigmoid"].derivative
    wrong = Activation("tanh", np.tanh, slope_of_sigmoid)
    right = Network((4, 5, 3), (ACTIVATIONS["tanh"],), LOSSES["cross_entropy"])
    model = model_of(replace(right, activations=(wrong,)), 0)
    found = explain(model, np.ones(4), model.classes[0])
    assert max(slope.digits for slope in found.steepest(1)) <= 1
    assert min(slope.digits for slope in found.steepest(2)) >= 12


def test_the_slopes_of_one_neuron_are_of_weights_that_lead_to_it():
    explanation = explained(Network((6, 4), (), LOSSES["cross_entropy"]), 5)
    slopes = explanation.steepest(1, neuron=2, count=10)
    assert {slope.j for slope in slopes} == {2}
    assert len(slopes) == np.count_nonzero(explanation.backward.gradient.W[0][:, 2])


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("seed", range(5))
def test_a_small_step_changes_the_loss_as_predicted(loss, seed):
    network = Network((5, 6, 3), (ACTIVATIONS["tanh"],), LOSSES[loss])
    backward = explained(network, seed).backward
    assert backward.step.predicted < 0
    assert backward.step.actual == pytest.approx(backward.step.predicted, rel=0.1)
    assert -backward.step.predicted < 0.02 * backward.loss


@given(networks(), seeds)
def test_an_explanation_answers_as_its_model_does(network, seed):
    model, x, _ = example_of(network, seed)
    explanation = explain(model, x)
    np.testing.assert_array_equal(explanation.probabilities, model.predict_proba(x)[0])
    assert [explanation.answer] == model.predict(x).tolist()
    assert (explanation.backward, explanation.steepest(1)) == (None, [])


@given(networks(), seeds)
def test_a_model_in_float32_is_explained_in_float64(network, seed):
    model, x, target = example_of(network, seed, np.float32)
    explanation = explain(model, x, target)
    same = Model(network, model.params.like(model.params.theta.astype(float)), model.classes)
    expected = explain(same, x, target).backward.gradient.theta
    np.testing.assert_array_equal(explanation.backward.gradient.theta, expected)
    for slope in explanation.steepest(1):
        assert slope.digits >= 9 or abs(slope.slope) < 1e-3


@given(networks(), seeds)
def test_every_neuron_has_its_numbers_and_no_other_neuron_is_there(network, seed):
    explanation = explained(network, seed)
    for layer, width in enumerate(network.layers[1:], start=1):
        for index in range(width):
            neuron = explanation.neuron(layer, index)
            total = naive.neuron(neuron.inputs.tolist(), neuron.weights.tolist(), neuron.bias)
            assert neuron.z == pytest.approx(total, rel=1e-12, abs=1e-13)
            assert neuron.a == explanation.layers[layer - 1].a[index]
        for index in (-1, width):
            with pytest.raises(ParamError, match=f"no neuron {layer}.{index}"):
                explanation.neuron(layer, index)
    for layer in (-1, 0, len(network.layers)):
        with pytest.raises(ParamError, match="expected LAYER"):
            explanation.neuron(layer, 0)
        with pytest.raises(ParamError, match="expected LAYER"):
            explanation.steepest(layer)


@pytest.mark.parametrize("target", [7, "7", np.uint8(7), np.int64(7)])
def test_a_target_may_be_a_number_or_a_name(target):
    picture = np.zeros((28, 28), np.uint8)
    assert explain(load_model(), picture, target).backward.target == 7


@pytest.mark.parametrize("target", [10, -1, "seven", "", 7.0])
def test_a_target_that_is_no_class_is_refused(target):
    with pytest.raises(ParamError, match="one of 0, 1, 2"):
        explain(load_model(), np.zeros(784), target)


def test_only_one_example_is_explained_at_a_time():
    with pytest.raises(ParamError, match="2 examples"):
        explain(load_model(), np.zeros((2, 784)))


@pytest.mark.parametrize("size", [1e200, 1e308])
def test_weights_too_large_to_multiply_are_refused(size):
    network = Network((3, 4, 2), (ACTIVATIONS["identity"],), LOSSES["squared_error"])
    model = model_of(network, 0)
    model.params.theta[:] = size
    with pytest.raises(ParamError, match="finite"):
        explain(model, np.ones(3), model.classes[0])


@pytest.mark.parametrize("target", [None, "4"])
def test_a_network_that_tells_no_classes_is_refused(target):
    network = Network((4, 3), (), LOSSES["squared_error"])
    model = replace(model_of(network, 0), classes=())
    with pytest.raises(ParamError, match=r"without classes"):
        explain(model, np.zeros((1, 4)), target)
