import base64

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from networks import networks, random_batch, random_parameters, seeds

import glassnet
from glassnet.core.activations import ACTIVATIONS
from glassnet.core.gradient_check import complex_step_gradient
from glassnet.core.initialization import he
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network, forward, loss_and_gradient
from glassnet.core.parameters import initialize
from glassnet.model import Model

in_the_page = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

READ = """const bytes = Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0));
  const { readModel } = await import("/model_file.js");
  const engine = await import("/engine.js");
  const model = readModel(bytes.buffer);"""
EVERYTHING = f"""async ({{ file, x, y, eta }}) => {{
  {READ}
  const passed = engine.forward(model, x);
  const gradient = engine.backward(model, passed, y);
  const {{ W, b }} = engine.step(model, gradient, eta);
  return {{ ...passed, ...gradient, W, b, lossOf: engine.lossOf(model, x, y) }};
}}"""
ANSWERS = f"""async ({{ file, digits }}) => {{
  {READ}
  const {{ prepareStrokes }} = await import("/preparation.js");
  return digits.map((strokes) => {{
    const x = Float64Array.from(prepareStrokes(strokes).picture, (level) => level / 255);
    return engine.forward(model, x).probabilities;
  }});
}}"""
PROBABILITIES = f"""async ({{ file, z, temperature }}) => {{
  {READ}
  return engine.probabilitiesOf({{ ...model, temperature }}, Float64Array.from(z));
}}"""
SLOPES = f"""async ({{ file, x, y, places }}) => {{
  {READ}
  return places.map((place) => engine.finiteDifference(model, x, y, ...place));
}}"""


def model_of(network, params):
    classes = tuple(map(str, range(max(network.layers[-1], 2))))
    return Model(network, params, classes, engine="reference")


@pytest.fixture(scope="session")
def encoded(tmp_path_factory):
    """A model as the page gets it, the bytes of its file, as text."""
    path = tmp_path_factory.mktemp("models") / "model.safetensors"

    def encode(model):
        model.save(path)
        return base64.b64encode(path.read_bytes()).decode()

    return encode


def in_python(model, x, y, eta):
    """The same results from the core, in float64."""
    network, params = model.network, model.params.like(model.params.theta.astype(float))
    a, z = forward(network, params, x[np.newaxis])
    grad = params.like(np.empty_like(params.theta))
    loss = loss_and_gradient(network, params, x[np.newaxis], y[np.newaxis], into=grad)
    stepped = params.like(params.theta - eta * grad.theta)
    sums = [a[l] @ W + b for l, (W, b) in enumerate(zip(params.W, params.b, strict=True))]
    return {
        "z": [z[0] for z in sums],
        "a": [a[0] for a in [*a, network.loss.output(z)]],
        "probabilities": model.probabilities(z)[0],
        "loss": loss,
        "lossOf": loss,
        "delta": grad.b,
        "dW": [dW.ravel() for dW in grad.W],
        "db": grad.b,
        "dx": grad.b[0] @ params.W[0].T,
        "W": [W.ravel() for W in stepped.W],
        "b": stepped.b,
    }


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        pairs = zip(found[name], value, strict=True) if isinstance(value, list) else []
        for l, (mine, theirs) in enumerate(pairs or [(found[name], value)]):
            np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-5, err_msg=f"{name}[{l}]")


# Against Python


@in_the_page
@given(network=networks(), seed=seeds, eta=st.sampled_from([0.0, 0.1, 3.0]))
def test_every_number_is_that_of_python(run, encoded, network, seed, eta):
    model = model_of(network, random_parameters(network, seed, np.float32))
    x, y = (rows[0] for rows in random_batch(network, seed, 1))
    found = run(EVERYTHING, file=encoded(model), x=x.tolist(), y=y.tolist(), eta=eta)
    assert_same(found, in_python(model, x, y, eta))


@pytest.mark.parametrize(
    "layers", [(784, 10), (784, 30, 10), (784, 512, 256, 10), (784, 1024, 10)], ids=str
)
@pytest.mark.parametrize("digit", [0, 1])
def test_every_number_of_a_network_for_mnist_is_that_of_python(run, encoded, mnist, layers, digit):
    activations = (ACTIVATIONS["relu"], ACTIVATIONS["tanh"])[: len(layers) - 2]
    network = Network(layers, activations, LOSSES["cross_entropy"])
    params = initialize(layers, he, np.random.default_rng(digit), np.float32)
    model, x, y = model_of(network, params), mnist.x[digit] / 255, np.eye(10)[mnist.labels[digit]]
    found = run(EVERYTHING, file=encoded(model), x=x.tolist(), y=y.tolist(), eta=0.5)
    assert_same(found, in_python(model, x, y, 0.5))


@pytest.mark.parametrize("digit", range(5))
def test_every_number_of_the_shipped_model_is_that_of_python(run, encoded, mnist, digit):
    model = glassnet.load_model(engine="reference")
    x, y = mnist.x[digit] / 255, np.eye(10)[3]
    found = run(EVERYTHING, file=encoded(model), x=x.tolist(), y=y.tolist(), eta=0.1)
    assert_same(found, in_python(model, x, y, 0.1))


def test_drawn_digits_get_the_probabilities_that_python_gives(run, encoded, pen_digits):
    digits = [digit["strokes"] for digit in pen_digits[::15]]
    model = glassnet.load_model(engine="reference")
    pictures = np.array([glassnet.picture_from_strokes(digit) for digit in digits])
    found = run(ANSWERS, file=encoded(model), digits=digits)
    np.testing.assert_allclose(found, model.predict_proba(pictures), atol=1e-5)


@in_the_page
@given(network=networks(), seed=seeds, temperature=st.floats(0.2, 5))
def test_a_temperature_divides_the_logits(run, encoded, network, seed, temperature):
    model = model_of(network, random_parameters(network, seed, np.float32))
    z = np.random.default_rng(seed).normal(0, 3, network.layers[-1])
    found = run(PROBABILITIES, file=encoded(model), z=z.tolist(), temperature=temperature)
    expected = model.probabilities(z[np.newaxis] / temperature)[0]
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_where_every_output_is_negative_all_classes_are_as_probable(run, encoded):
    network = Network((2, 4), (), LOSSES["squared_error"])
    model = model_of(network, random_parameters(network, 0, np.float32))
    assert run(PROBABILITIES, file=encoded(model), z=[-1.0] * 4, temperature=1) == [0.25] * 4


# Laws


@in_the_page
@given(network=networks(), seed=seeds)
def test_a_finite_difference_is_the_slope(run, encoded, network, seed):
    params = random_parameters(network, seed, np.float32)
    x, y = random_batch(network, seed, 1)
    places = [(l, *at) for l, W in enumerate(params.W) for at in np.ndindex(W.shape)]
    file = encoded(model_of(network, params))
    slopes = run(SLOPES, file=file, x=x[0].tolist(), y=y[0].tolist(), places=places)
    params = params.like(params.theta.astype(float))
    expected = complex_step_gradient(network, params, x, y)[: len(places)]  # weights come first
    np.testing.assert_allclose(slopes, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("z", [-1000.0, 1000.0])
def test_no_logit_is_too_large(run, encoded, loss, z):
    network = Network((1, 2), (), LOSSES[loss])
    params = random_parameters(network, 0, np.float32)
    params.theta[:] = [z, -z, 0, 0]
    x, y = np.ones(1), np.array([1.0, 0.0])
    found = run(EVERYTHING, file=encoded(model_of(network, params)), x=[1.0], y=[1.0, 0.0], eta=0)
    assert_same(found, in_python(model_of(network, params), x, y, 0))


@in_the_page
@given(network=networks(), seed=seeds)
def test_a_step_and_a_copy_leave_the_model_as_it_is(run, encoded, network, seed):
    model = model_of(network, random_parameters(network, seed, np.float32))
    x, y = (rows[0].tolist() for rows in random_batch(network, seed, 1))
    before, after = run(
        f"""async ({{ file, x, y }}) => {{
          {READ}
          const before = JSON.stringify(model);
          const copy = engine.copyOf(model);
          [...copy.W, ...copy.b].forEach((numbers) => numbers.fill(7));
          engine.step(model, engine.backward(model, engine.forward(model, x), y), 0.5);
          return [before, JSON.stringify(model)];
        }}""",
        file=encoded(model),
        x=x,
        y=y,
    )
    assert before == after


@pytest.mark.parametrize(("width", "target"), [(1, [1]), (2, [0, 1]), (4, [0, 1, 0, 0])])
def test_the_target_of_a_class_is_one_hot_or_the_class_itself(run, width, target):
    found = run(
        """async ({ layers }) => (await import("/engine.js")).targetOf({ layers }, 1)""",
        layers=[5, width],
    )
    assert found == target
