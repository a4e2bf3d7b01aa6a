import numpy as np
import pytest

from glassnet.core.losses import LOSSES
from glassnet.core.network import Network
from glassnet.core.parameters import Parameters, count_parameters
from glassnet.data.examples import Examples
from glassnet.model import Model
from glassnet.training.calibration import calibrate, fit_temperature
from glassnet.training.measures import evaluate


def confident_model(scale):
    """Ten inputs, each the logit of its class, times a scale."""
    network = Network((10, 10), (), LOSSES["cross_entropy"])
    params = Parameters(network.layers, np.zeros(count_parameters(network.layers), np.float32))
    params.W[0][...] = scale * np.eye(10)
    return Model(network, params)


def honest_examples(n, seed=0):
    """Inputs x, and labels drawn with the probabilities softmax x."""
    rng = np.random.default_rng(seed)
    x = 4 * rng.random((n, 10))
    noise = rng.gumbel(size=x.shape)  # the largest of x + noise is k with probability softmax(x)_k
    return Examples(x.astype(np.float32) / 4, (x + noise).argmax(axis=1).astype(np.uint8))


@pytest.mark.parametrize("boldness", [0.5, 1, 2, 3])
def test_the_temperature_undoes_what_logits_are_too_large_by(boldness):
    model, examples = confident_model(4 * boldness), honest_examples(20_000)
    assert fit_temperature(model, examples) == pytest.approx(boldness, rel=0.05)


def test_calibrated_confidence_is_how_often_the_model_is_right():
    model, aside, new = confident_model(12), honest_examples(20_000), honest_examples(20_000, 1)
    before = evaluate(model, new)
    calibrate(model, aside, aside)
    after = evaluate(model, new)
    assert before.calibration_error > 0.1 > 0.03 > after.calibration_error
    assert after.accuracy == before.accuracy
    assert after.loss == before.loss


def test_without_examples_set_aside_the_temperature_stays():
    model = confident_model(12)
    calibrate(model, honest_examples(500), None)
    assert model.temperature == 1
    assert model.familiarity is not None


def test_a_class_without_examples_leaves_nothing_to_be_familiar_with():
    model, examples = confident_model(1), honest_examples(200)
    calibrate(model, examples.take(examples.labels != 3), None)
    assert model.familiarity is None
