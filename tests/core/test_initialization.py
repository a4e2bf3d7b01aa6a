import numpy as np
import pytest

from glassnet.core.activations import ACTIVATIONS
from glassnet.core.initialization import INITIALIZERS, zeros
from glassnet.core.parameters import initialize

VARIANCES = {"normal": 1.0, "lecun": 1 / 300, "glorot": 2 / (300 + 200), "he": 2 / 300}


@pytest.mark.parametrize("name", VARIANCES)
def test_weights_have_the_variance_of_the_paper_and_mean_zero(name):
    W = INITIALIZERS[name](np.random.default_rng(1), 300, 200)
    n = W.size
    assert W.shape == (300, 200)
    assert abs(W.mean()) < 5 * np.sqrt(VARIANCES[name] / n)
    assert W.var() == pytest.approx(VARIANCES[name], rel=5 * np.sqrt(2 / n))


def test_zeros_are_zero():
    assert not zeros(np.random.default_rng(1), 3, 2).any()


@pytest.mark.parametrize(("name", "activation"), [("he", "relu"), ("lecun", "identity")])
def test_the_signal_keeps_its_size_through_many_layers(name, activation):
    rng = np.random.default_rng(0)
    a = rng.standard_normal((200, 256))
    size = (a**2).mean()
    gain = 2 if activation == "relu" else 1  # half of a ReLU's outputs are zero
    for _ in range(10):
        z = a @ INITIALIZERS[name](rng, 256, 256)
        a = ACTIVATIONS[activation].f(z)
    assert (z**2).mean() == pytest.approx(size * gain, rel=0.5)


def test_biases_start_at_zero_and_the_same_generator_gives_the_same_weights():
    params = initialize((5, 4, 3), INITIALIZERS["he"], np.random.default_rng(7))
    again = initialize((5, 4, 3), INITIALIZERS["he"], np.random.default_rng(7))
    assert not np.concatenate(params.b).any()
    assert params.weights.all()
    np.testing.assert_array_equal(params.theta, again.theta)
