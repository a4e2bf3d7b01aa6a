"""An engine is admitted by one law: for all it accepts, it equals the reference."""

from dataclasses import replace

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import networks, penalties, random_batch, random_parameters, seeds

from glassnet.core.activations import ACTIVATIONS, Activation
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network
from glassnet.core.penalties import NO_PENALTY, Penalty
from glassnet.core.updates import RULES, Adam, GradientDescent, Momentum
from glassnet.data.examples import one_hot
from glassnet.data.sources import load_data
from glassnet.engines import FASTEST_FIRST, buffered, choose, choose_forward
from glassnet.engines.compiled import compiling, passes, training
from glassnet.errors import ParamError

FAST = ("buffered", "compiled")
rules = st.sampled_from([rule() for rule in RULES.values()])
MNIST_LIKE = Network((784, 130, 20, 10), (ACTIVATIONS["relu"],) * 2, LOSSES["cross_entropy"])


def descend(
    name, network, rule, penalty, x, y, order, size, dtype=np.float64, threads=None, weights=None
):
    """Where one pass leads: parameters, state and losses."""
    params = random_parameters(network, 1, dtype)
    params.theta *= 0.3
    state = rule.init(params.theta)
    rates = np.linspace(0.05, 0.01, -(-len(order) // size))
    options = {"batch_size": size, "dtype": dtype, "threads": threads}
    engine = choose(name, network, rule, penalty, **options)
    losses = engine.descend(params, state, x, y, order, rates, weights)
    return params.theta, state, losses


def assert_same(found, expected, rtol, atol):
    for a, b in zip((found[0], found[2]), (expected[0], expected[2]), strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)
    assert found[1].keys() == expected[1].keys()
    for name in found[1]:
        np.testing.assert_allclose(found[1][name], expected[1][name], rtol=rtol, atol=atol)


def pixels(network, seed, n):
    """Pictures that are mostly paper."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 256, (n, network.layers[0]), np.uint8)
    return x * rng.integers(0, 2, x.shape, np.uint8)


@pytest.mark.parametrize("name", FAST)
@given(networks(), seeds, st.integers(1, 12), st.integers(1, 5), rules, penalties, st.booleans())
def test_an_engine_equals_the_reference(name, network, seed, n, size, rule, penalty, grey):
    x, y = random_batch(network, seed, n)
    if grey:
        x = pixels(network, seed, n)
    # Where a gradient is rounding alone, to divide by its size is to blow the rounding up.
    rule = replace(rule, epsilon=1e-3) if hasattr(rule, "epsilon") else rule
    order = np.random.default_rng(seed).permutation(n)
    arguments = (network, rule, penalty, x, y, order, size)
    assert_same(descend(name, *arguments), descend("reference", *arguments), 1e-8, 1e-10)


@pytest.mark.parametrize("name", FAST)
@given(networks(), seeds, st.integers(1, 12), st.integers(1, 5), rules)
def test_an_engine_weighs_examples_as_the_reference_does(name, network, seed, n, size, rule):
    x, y = random_batch(network, seed, n)
    rng = np.random.default_rng(seed)
    weights = rng.integers(0, 3, n) * rng.random(n)
    rule = replace(rule, epsilon=1e-3) if hasattr(rule, "epsilon") else rule
    arguments = (network, rule, NO_PENALTY, x, y, rng.permutation(n), size)
    found, expected = (descend(which, *arguments, weights=weights) for which in (name, "reference"))
    assert_same(found, expected, 1e-8, 1e-10)


@pytest.mark.parametrize("name", FASTEST_FIRST)
@given(networks(), seeds, st.lists(st.integers(0, 3), min_size=1, max_size=6).filter(any))
def test_a_weight_is_a_number_of_repetitions(name, network, seed, times):
    x, y = random_batch(network, seed, len(times))
    params = random_parameters(network, seed)
    engine = choose(name, network, GradientDescent(), batch_size=8, dtype=np.float64)
    weighted, repeated = params.like(np.empty_like(params.theta)), params.copy()
    loss = engine.gradient(params, x, y, weighted, np.array(times))
    again = engine.gradient(params, x.repeat(times, axis=0), y.repeat(times, axis=0), repeated)
    assert loss == pytest.approx(again, rel=1e-10, abs=1e-12)
    np.testing.assert_allclose(weighted.theta, repeated.theta, rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("name", FAST)
@given(networks(), seeds, st.integers(1, 6), penalties)
def test_the_gradient_of_a_batch_equals_the_references(name, network, seed, n, penalty):
    x, y = random_batch(network, seed, n)
    params = random_parameters(network, seed)
    results = []
    for engine in (name, "reference"):
        into = params.like(np.full_like(params.theta, np.nan))
        chosen = choose(engine, network, GradientDescent(), penalty, batch_size=n, dtype=np.float64)
        results.append((chosen.gradient(params, x, y, into), into.theta))
    (loss, grad), (expected_loss, expected) = results
    assert loss == pytest.approx(expected_loss, rel=1e-10, abs=1e-12)
    np.testing.assert_allclose(grad, expected, rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("name", FAST)
@pytest.mark.parametrize("size", [1, 7, 64, 300, 700])
@pytest.mark.parametrize(
    "rule", [GradientDescent(), Adam(epsilon=1e-4)], ids=lambda rule: rule.name
)
@pytest.mark.parametrize("penalty", [NO_PENALTY, Penalty(l2=0.01)], ids=["free", "l2"])
def test_on_real_digits_at_every_batch_size_in_float32(name, size, rule, penalty):
    examples = load_data("digits").train.take(slice(700))
    y = one_hot(examples.labels, 10)
    order = np.random.default_rng(0).permutation(700)
    arguments = (MNIST_LIKE, rule, penalty, examples.x, y, order, size, np.float32)
    assert_same(descend(name, *arguments), descend("reference", *arguments), 2e-3, 2e-4)


@pytest.mark.parametrize("name", FAST)
@pytest.mark.parametrize("width", [1, 15, 16, 17, 64, 65, 130, 200])
def test_every_width_is_padded_right(name, width):
    layers = (20, width, 3)
    network = Network(layers, (ACTIVATIONS["tanh"],), LOSSES["squared_error"])
    x, y = random_batch(network, 0, 50)
    arguments = (network, Momentum(), NO_PENALTY, x, y, np.arange(50), 8)
    assert_same(descend(name, *arguments), descend("reference", *arguments), 1e-9, 1e-11)


@pytest.mark.parametrize("rule", [GradientDescent(), Adam()], ids=lambda rule: rule.name)
@pytest.mark.parametrize("size", [32, 300])
@pytest.mark.parametrize("penalty", [NO_PENALTY, Penalty(l2=0.01)], ids=["free", "l2"])
def test_the_bits_do_not_depend_on_the_number_of_threads(rule, size, penalty, monkeypatch):
    monkeypatch.setattr(training, "LEAST_WORK", 1)  # so that as many threads work as are asked for
    examples = load_data("digits").train.take(slice(700))
    y = one_hot(examples.labels, 10)
    order = np.random.default_rng(0).permutation(700)
    results = [
        descend(
            *["compiled", MNIST_LIKE, rule, penalty, examples.x, y, order, size, np.float32],
            threads=threads,
        )
        for threads in (1, 2, 3, 4, 2)
    ]
    assert len({theta.tobytes() + losses.tobytes() for theta, _, losses in results}) == 1


@given(networks(), seeds, st.sampled_from([1, 3, 65, 200]), st.booleans())
def test_compiled_predictions_equal_the_references(network, seed, n, grey):
    x = pixels(network, seed, n) if grey else random_batch(network, seed, n)[0]
    params = random_parameters(network, seed)
    z, expected = (
        choose_forward(name, network, np.dtype(np.float64))(params, x)
        for name in ("compiled", "reference")
    )
    np.testing.assert_allclose(z, expected, rtol=1e-9, atol=1e-11)


def test_a_prediction_does_not_depend_on_the_number_of_threads():
    examples = load_data("digits").train.take(slice(1000))
    params = random_parameters(MNIST_LIKE, 0, np.float32)
    logits = [
        choose_forward("compiled", MNIST_LIKE, params.theta.dtype, threads)(params, examples.x)
        for threads in (1, 2, 3, None)
    ]
    assert len({z.tobytes() for z in logits}) == 1


def test_a_prediction_follows_weights_that_change():
    examples = load_data("digits").train.take(slice(300))
    params = random_parameters(MNIST_LIKE, 0, np.float32)
    forward = choose_forward("compiled", MNIST_LIKE, params.theta.dtype)
    for n in (1, 300):
        before = forward(params, examples.x[:n])
        params.theta[:] *= 2
        assert not np.array_equal(forward(params, examples.x[:n]), before)


def test_a_pass_in_two_parts_is_a_pass():
    x, y = random_batch(MNIST_LIKE, 0, 64)
    params = [random_parameters(MNIST_LIKE, 0), random_parameters(MNIST_LIKE, 0)]
    order, rates = np.arange(64), np.full(8, 0.01)
    for name in FASTEST_FIRST:
        engine = choose(name, MNIST_LIKE, Adam(), batch_size=8, dtype=np.float64)
        whole, parts = (p.copy() for p in params)
        state = Adam().init(whole.theta)
        engine.descend(whole, state, x, y, order, rates)
        state_2 = Adam().init(parts.theta)
        engine.descend(parts, state_2, x, y, order[:24], rates[:3])
        engine.descend(parts, state_2, x, y, order[24:], rates[3:])
        np.testing.assert_array_equal(whole.theta, parts.theta)
        np.testing.assert_array_equal(state["v"], state_2["v"])


def test_a_loss_that_is_no_longer_finite_is_given_as_it_is():
    x, y = random_batch(MNIST_LIKE, 0, 32)
    for name in FASTEST_FIRST:
        params = random_parameters(MNIST_LIKE, 0)
        engine = choose(name, MNIST_LIKE, GradientDescent(), batch_size=8, dtype=np.float64)
        with np.errstate(all="ignore"):
            losses = engine.descend(params, {}, x, y, np.arange(32), np.full(4, 1e200))
        assert np.isfinite(losses[0])
        assert not np.isfinite(losses[-1])


def test_what_an_engine_does_not_know_it_refuses_and_auto_takes_the_next():
    swish = Activation("swish", lambda z: z / (1 + np.exp(-z)), lambda a: a)
    own = Network((4, 3, 2), (swish,), LOSSES["cross_entropy"])
    assert choose("auto", own, Adam(), batch_size=2).name == "reference"
    for name in FAST:
        with pytest.raises(ParamError, match=f"{name} cannot do this: .* activation swish"):
            choose(name, own, Adam(), batch_size=2)

    own_loss = replace(own, activations=(ACTIVATIONS["relu"],), loss=LOSSES["squared_error"])
    own_loss = replace(own_loss, loss=own_loss.loss._replace(name="mine"))
    assert choose("auto", own_loss, Adam(), batch_size=2).name == "buffered"
    with pytest.raises(ParamError, match="loss mine"):
        choose("compiled", own_loss, Adam(), batch_size=2)

    class Slower(GradientDescent):
        name = "slower"

    assert choose("auto", MNIST_LIKE, Slower(), batch_size=2).name == "buffered"
    with pytest.raises(ParamError, match=r"compiled cannot do this: .* activation swish"):
        choose_forward("compiled", own, np.dtype(np.float32))
    z = choose_forward("auto", own, np.dtype(np.float32))
    assert z(random_parameters(own, 0, np.float32), np.ones((1, 4), np.float32)).shape == (1, 2)
    with pytest.raises(ParamError, match="compute in float16"):
        choose("compiled", MNIST_LIKE, Adam(), batch_size=2, dtype=np.float16)


def test_an_unknown_engine_is_named():
    with pytest.raises(
        ParamError, match=r"'fast' \(expected auto, compiled, buffered, reference\)"
    ):
        choose("fast", MNIST_LIKE, Adam(), batch_size=2)


def test_the_buffered_engine_knows_every_activation_of_the_core():
    assert buffered.IN_PLACE.keys() == ACTIVATIONS.keys()


def test_code_on_disk_is_of_all_sources_as_they_are_now():
    assert passes.descend._cache._cache_file._source_stamp == compiling.STAMP


def test_without_a_place_for_code_it_compiles_all_the_same(monkeypatch):
    def refuse_to_cache(cache=False, **options):
        if cache:
            raise RuntimeError("no locator available")
        return numba.njit(**options)

    monkeypatch.setattr(compiling, "njit", refuse_to_cache)
    assert compiling.entry(lambda x: 1 / x)(np.float64(0)) == np.inf
