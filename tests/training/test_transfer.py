from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import networks, penalties, random_parameters, seeds

from glassnet.core.activations import ACTIVATIONS
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network
from glassnet.core.penalties import Penalty
from glassnet.core.schedules import Constant
from glassnet.core.updates import RULES, Adam, GradientDescent
from glassnet.data.examples import Examples
from glassnet.errors import DivergedError, ParamError
from glassnet.model import Model
from glassnet.training.distortions import Distortion
from glassnet.training.loop import stop_early, train
from glassnet.training.measures import evaluate
from glassnet.training.transfer import fine_tune, transfer

TANH, RELU = ACTIVATIONS["tanh"], ACTIVATIONS["relu"]
NETWORK = Network((784, 7, 5, 3), (RELU, TANH), LOSSES["cross_entropy"])
CLASSES = ("a", "b", "c")


def new_model(network=NETWORK, seed=0, dtype=np.float64, engine="reference"):
    classes = tuple("abcdef"[: max(network.layers[-1], 2)])
    params = random_parameters(network, seed)
    params.theta[:] *= 0.3
    return Model(network, params.like(params.theta.astype(dtype)), classes, engine=engine)


def pictures(n, seed=0):
    """Blots of ink, each class somewhere else."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=n)
    x = rng.integers(0, 100, (n, 28, 28), dtype=np.uint8)
    for row, label in zip(x, labels, strict=True):
        row[6 * label + 4 : 6 * label + 12, 8:20] += 100
    return Examples(x.reshape(n, 784), labels, CLASSES)


class Still:
    """A rule for the whole network, to which the gradients of the first layers are zero."""

    def __init__(self, rule, params, frozen):
        self.rule = rule
        self.moves = params.like(np.ones(len(params.theta), bool))
        for array in self.moves.W[:frozen] + self.moves.b[:frozen]:
            array[...] = False

    def init(self, theta):
        return self.rule.init(theta)

    def step(self, theta, grad, state, eta):
        before = theta.copy()
        self.rule.step(theta, np.where(self.moves.theta, grad, 0), state, eta)
        theta[:] = np.where(self.moves.theta, theta, before)  # AdamW's decay is no gradient


def assert_tail_learns_as_the_whole_does(model, examples, rule, frozen, **options):
    whole = replace(model, params=model.params.copy())
    options = {"batch_size": 4, "epochs": 2, "engine": "reference"} | options
    still = Still(rule, whole.params, frozen)
    expected = list(train(whole, examples, still, Constant(0.05), **options))
    history = list(fine_tune(model, examples, rule, Constant(0.05), frozen=frozen, **options))
    np.testing.assert_allclose(model.params.theta, whole.params.theta, rtol=1e-12, atol=1e-12)
    return expected, history


@given(networks(), st.sampled_from(sorted(RULES)), penalties, seeds, st.data())
def test_what_is_not_frozen_learns_as_if_the_gradients_of_the_rest_were_zero(
    network, rule, penalty, seed, data
):
    model = new_model(network, seed)
    rng = np.random.default_rng(seed)
    x = rng.random((11, network.layers[0]))
    examples = Examples(x, rng.integers(len(model.classes), size=11), model.classes)
    frozen = data.draw(st.integers(0, len(model.params.W) - 1))
    options = {"penalty": penalty, "seed": seed}
    assert_tail_learns_as_the_whole_does(model, examples, RULES[rule](), frozen, **options)


def test_so_it_does_from_distorted_pictures_and_both_are_measured_alike():
    options = {"distortion": Distortion(20, 0.2, 0.2, 2, 30, 4, 0.5), "validation": pictures(15, 1)}
    model = new_model()
    expected, history = assert_tail_learns_as_the_whole_does(
        model, pictures(30), GradientDescent(), 1, **options
    )
    for one, other in zip(expected, history, strict=True):
        assert one.train_accuracy == other.train_accuracy
        assert one.validation_accuracy == other.validation_accuracy
        assert one.validation_loss == pytest.approx(other.validation_loss, rel=1e-12)
        assert one.loss == pytest.approx(other.loss, rel=1e-12)


@pytest.mark.parametrize("engine", ["reference", "buffered", "compiled"])
@pytest.mark.parametrize("rule", RULES)
def test_no_bit_of_a_frozen_layer_changes_and_every_other_layer_does(engine, rule):
    model = new_model(dtype=np.float32, engine=engine)
    before = model.params.copy()
    options = {"batch_size": 8, "epochs": 2, "engine": engine, "penalty": Penalty(l2=0.1)}
    list(fine_tune(model, pictures(40), RULES[rule](), Constant(0.05), frozen=2, **options))
    for l in range(3):
        assert (model.params.W[l] != before.W[l]).any() == (l == 2)
        assert (model.params.b[l] != before.b[l]).any() == (l == 2)


def test_every_epoch_is_given_with_the_model_it_was_measured_of():
    model, examples, validation = new_model(), pictures(40), pictures(40, seed=1)
    options = {"batch_size": 8, "epochs": 4, "validation": validation}
    for epoch in fine_tune(model, examples, Adam(), Constant(0.05), frozen=1, **options):
        assert evaluate(model, examples).accuracy == epoch.train_accuracy
        assert evaluate(model, validation).loss == pytest.approx(epoch.validation_loss, rel=1e-12)


def test_early_stopping_leaves_the_weights_of_the_best_epoch():
    model, validation = new_model(), pictures(20, seed=1)
    options = {"batch_size": 4, "epochs": 30, "validation": validation}
    epochs = fine_tune(model, pictures(20), Adam(), Constant(0.3), frozen=1, **options)
    losses = [epoch.validation_loss for epoch in stop_early(epochs, model, patience=3)]
    del epochs
    assert min(losses) < losses[-1]
    assert evaluate(model, validation).loss == pytest.approx(min(losses), rel=1e-12)


def test_ctrl_c_in_the_middle_of_an_epoch_keeps_what_was_learned_until_then():
    model = new_model()
    before = model.params.copy()

    def watch(done, steps, losses):
        if done > 2:
            raise KeyboardInterrupt

    options = {"batch_size": 4, "epochs": 1, "watch": watch}
    with pytest.raises(KeyboardInterrupt):
        list(fine_tune(model, pictures(40), GradientDescent(), Constant(0.1), frozen=1, **options))
    np.testing.assert_array_equal(model.params.W[0], before.W[0])
    assert (model.params.W[1] != before.W[1]).any()


def test_a_divergence_leaves_the_last_good_weights():
    model, kept = new_model(dtype=np.float32), []
    options = {"batch_size": 4, "epochs": 9, "frozen": 1}

    def explode(t):
        return 0.1 if t < 2 else 1e38

    with pytest.raises(DivergedError, match="epoch 3"):
        for _ in fine_tune(model, pictures(20), Adam(), explode, **options):
            kept.append(model.params.theta.copy())
    np.testing.assert_array_equal(model.params.theta, kept[-1])


@pytest.mark.parametrize("frozen", [-1, 3, 4])
def test_the_last_layer_cannot_be_frozen(frozen):
    with pytest.raises(ParamError, match=f"{frozen} of 3 layers .expected 0 to 2"):
        fine_tune(new_model(), pictures(5), Adam(), Constant(0.1), frozen=frozen)


@given(networks(), seeds)
def test_a_transfer_to_the_same_classes_is_the_same_model(network, seed):
    source, target = new_model(network, seed), new_model(network, seed + 1)
    transfer(source, target)
    np.testing.assert_array_equal(source.params.theta, target.params.theta)
    target.params.theta[:] = 0
    assert source.params.theta.any()


@pytest.mark.parametrize("change", ["classes", "outputs", "asked"])
def test_a_transfer_leaves_another_output_layer_as_it_is(change):
    source, target = new_model(), new_model(seed=1)
    if change == "classes":
        target.classes = ("x", "y", "z")
    if change == "outputs":
        target = new_model(replace(NETWORK, layers=(784, 7, 5, 4)), seed=1)
    before = target.params.copy()
    transfer(source, target, new_output=change == "asked")
    for l in (0, 1):
        np.testing.assert_array_equal(target.params.W[l], source.params.W[l])
        np.testing.assert_array_equal(target.params.b[l], source.params.b[l])
    np.testing.assert_array_equal(target.params.W[2], before.W[2])
    np.testing.assert_array_equal(target.params.b[2], before.b[2])


def test_a_transfer_between_other_hidden_layers_is_refused():
    for layers, activations in (((784, 6, 5, 3), (RELU, TANH)), ((784, 7, 5, 3), (RELU, RELU))):
        target = new_model(replace(NETWORK, layers=layers, activations=activations))
        with pytest.raises(ParamError, match="expected 784-7-5 relu tanh"):
            transfer(new_model(), target)
