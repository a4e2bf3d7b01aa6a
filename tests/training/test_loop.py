import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.core.activations import ACTIVATIONS
from glassnet.core.initialization import INITIALIZERS
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network, forward, loss_and_gradient
from glassnet.core.parameters import initialize
from glassnet.core.penalties import Penalty
from glassnet.core.schedules import Constant, Cosine
from glassnet.core.updates import Adam, GradientDescent, Momentum
from glassnet.data.examples import Examples, grey_to_unit, one_hot
from glassnet.errors import DivergedError, ParamError
from glassnet.model import Model
from glassnet.training.loop import Epoch, stop_early, train
from glassnet.training.measures import evaluate
from glassnet.training.order import epoch_order

NETWORK = Network((16, 8, 3), (ACTIVATIONS["tanh"],), LOSSES["cross_entropy"])
CLASSES = ("a", "b", "c")


def blobs(n, seed=0):
    """Three kinds of rows that a small network can tell apart."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=n).astype(np.uint8)
    centers = np.random.default_rng(99).integers(40, 200, (3, 16))
    x = np.clip(centers[labels] + rng.normal(0, 20, (n, 16)), 0, 255).astype(np.uint8)
    return Examples(x, labels, CLASSES)


def new_model(seed=0):
    rng = np.random.default_rng(seed)
    return Model(NETWORK, initialize(NETWORK.layers, INITIALIZERS["glorot"], rng), CLASSES)


def run(model, rule=GradientDescent(), rate=Constant(0.5), **options):  # noqa: B008
    options = {"batch_size": 10, "epochs": 5} | options
    return list(train(model, blobs(205), rule, rate, **options))


def test_training_learns():
    model = new_model()
    before = evaluate(model, blobs(200, seed=1))
    history = run(model, epochs=10)
    after = evaluate(model, blobs(200, seed=1))
    assert history[-1].loss < history[0].loss
    assert after.loss < before.loss
    assert after.accuracy > 0.9
    assert [epoch.number for epoch in history] == list(range(1, 11))


def test_the_same_seed_gives_the_same_weights_and_another_seed_gives_others():
    models = [new_model() for _ in range(3)]
    for model, seed in zip(models, (1, 1, 2), strict=True):
        run(model, seed=seed)
    same, again, other = (model.params.theta for model in models)
    np.testing.assert_array_equal(same, again)
    assert (same != other).any()


def test_a_rate_of_zero_changes_nothing():
    model = new_model()
    before = model.params.theta.copy()
    run(model, rate=Constant(0.0))
    np.testing.assert_array_equal(model.params.theta, before)


def test_in_full_batch_the_order_does_not_matter():
    models = [new_model(), new_model()]
    for seed, model in enumerate(models):
        run(model, batch_size=None, seed=seed)
    np.testing.assert_allclose(models[0].params.theta, models[1].params.theta, rtol=1e-4, atol=1e-6)


def test_a_batch_larger_than_the_data_is_the_full_batch():
    models = [new_model(), new_model()]
    for size, model in zip((205, 10_000), models, strict=True):
        run(model, batch_size=size)
    np.testing.assert_array_equal(models[0].params.theta, models[1].params.theta)


def test_the_loss_of_an_epoch_is_the_mean_over_examples_not_over_batches():
    # At rate zero every example is seen by the same network; 205 examples in tens leave a five.
    model = new_model()
    (epoch,) = run(model, rate=Constant(0.0), epochs=1)
    assert epoch.loss == pytest.approx(evaluate(model, blobs(205)).loss, rel=1e-5)


def test_a_penalty_makes_weights_smaller_at_every_batch_size():
    for size in (5, 50, None):
        free, priced = new_model(), new_model()
        run(free, batch_size=size, epochs=20)
        run(priced, batch_size=size, epochs=20, penalty=Penalty(l2=0.1))
        assert np.abs(priced.params.weights).sum() < 0.8 * np.abs(free.params.weights).sum()


def test_epochs_are_measured_every_k_and_at_the_end():
    history = run(new_model(), epochs=7, measure_every=3, validation=blobs(50, seed=2))
    measured = [epoch.number for epoch in history if epoch.train_accuracy is not None]
    assert measured == [3, 6, 7]
    assert all((e.train_accuracy is None) == (e.validation_loss is None) for e in history)


def test_the_watcher_sees_every_epoch_grow_to_its_last_step():
    seen = []
    run(new_model(), epochs=2, watch=lambda done, steps, loss: seen.append((done, steps)))
    assert all(steps == 21 for _, steps in seen)
    done = [done for done, _ in seen]
    end_of_first = done.index(21) + 1
    for epoch in (done[:end_of_first], done[end_of_first:]):
        assert epoch == sorted(set(epoch))
        assert epoch[-1] == 21
    assert end_of_first == 20


@given(st.data())
def test_however_an_epoch_is_cut_into_pieces_the_weights_are_the_same_bits(data):
    whole, cut = new_model(), new_model()
    seen = []

    def pieces(steps):
        cuts = data.draw(st.sets(st.integers(1, steps - 1)))
        return np.split(np.arange(steps), sorted(cuts))

    def watch(done, steps, losses):
        assert len(losses) == done
        seen.append(done)

    expected = run(whole, Adam(), Cosine(0.1, epochs=2), epochs=2)
    history = run(cut, Adam(), Cosine(0.1, epochs=2), epochs=2, pieces=pieces, watch=watch)
    np.testing.assert_array_equal(whole.params.theta, cut.params.theta)
    assert [epoch.loss for epoch in history] == [epoch.loss for epoch in expected]
    assert seen.count(21) == 2


def test_what_is_raised_between_two_pieces_ends_the_training_there():
    class Enough(Exception):
        pass

    def pieces(steps):
        yield np.arange(3)
        raise Enough

    model, seen = new_model(), []
    with pytest.raises(Enough):
        run(model, pieces=pieces, watch=lambda done, steps, losses: seen.append(done))
    assert seen == [3]
    assert (model.params.theta != new_model().params.theta).any()


def test_the_rate_follows_the_schedule():
    history = run(new_model(), rate=Cosine(0.5, epochs=5))
    expected = [Cosine(0.5, epochs=5)(number - 1 / 21) for number in range(1, 6)]
    assert [epoch.rate for epoch in history] == pytest.approx(expected)


def test_a_divergence_says_where_and_leaves_the_last_good_weights():
    model = new_model()
    theta, weights = None, []

    def explode(t):
        return 0.5 if t < 2 else 1e38

    with pytest.raises(DivergedError, match=r"at epoch 3, batch \d+ \(learning rate 1e\+38\)"):
        for _ in train(model, blobs(205), Adam(), explode, batch_size=10, epochs=9):
            weights.append(model.params.theta.copy())
    theta = model.params.theta
    assert len(weights) == 2
    np.testing.assert_array_equal(theta, weights[-1])


def test_to_stop_early_is_to_have_the_weights_of_the_best_epoch():
    model = new_model()
    kept = {}
    losses = [3.0, 2.0, 2.5, 2.4, 1.0]

    def epochs():
        for number, loss in enumerate(losses, start=1):
            model.params.theta[:] = number
            yield Epoch(number, 0.0, 0.1, 1.0, 1, 0.5, 0.5, loss)

    for epoch in stop_early(epochs(), model, patience=2):
        kept[epoch.number] = model.params.theta[0]
    assert list(kept) == [1, 2, 3, 4]
    assert (model.params.theta == 2).all()


def test_an_interrupt_keeps_the_best_weights_too_and_the_last_where_none_was_measured():
    for measured, expected in ((True, 1), (False, 2)):
        model = new_model()

        def epochs(model=model, measured=measured):
            for number in (1, 2):
                model.params.theta[:] = number
                epoch = Epoch(number, 0.0, 0.1, 1.0, 1, validation_loss=float(number))
                yield epoch if measured else replace(epoch, validation_loss=None)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            list(stop_early(epochs(), model, patience=5))
        assert (model.params.theta == expected).all()


@pytest.mark.parametrize("rule", [GradientDescent(), Momentum(), Adam()])
@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_a_divergence_names_the_layer_where_the_same_steps_by_hand_go_wrong(rule, engine):
    network = Network((16, 8, 8, 3), (ACTIVATIONS["leaky_relu"],) * 2, LOSSES["cross_entropy"])
    examples, rate = blobs(205), lambda t: 0.01 if t < 1.5 else 1e16
    x, y = grey_to_unit(examples.x, np.float32), one_hot(examples.labels, 3)
    start = initialize(network.layers, INITIALIZERS["he"], np.random.default_rng(0))

    model = Model(network, start.copy(), CLASSES)
    with pytest.raises(DivergedError, match=r"layer ., outputs: values that are not") as diverged:
        list(train(model, examples, rule, rate, batch_size=10, epochs=9, engine=engine))
    epoch, batch = map(int, re.findall(r"at epoch (\d+), batch (\d+)", str(diverged.value))[0])

    grad, state = start.like(np.empty_like(start.theta)), rule.init(start.theta)
    for number in range(1, epoch + 1):
        batches = np.split(epoch_order(0, number, 205), range(10, 205, 10))
        for step, rows in enumerate(batches[: batch - 1 if number == epoch else None]):
            loss_and_gradient(network, start, x[rows], y[rows], grad)
            rule.step(start.theta, grad.theta, state, rate(number - 1 + step / 21))
    with np.errstate(over="ignore", invalid="ignore"):
        a, z = forward(network, start, x[batches[batch - 1]])
    first = [np.isfinite(outputs).all() for outputs in (*a[1:], z)].index(False) + 1
    assert f"layer {first}, outputs" in str(diverged.value)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda e: e._replace(labels=e.labels[:, np.newaxis]), r"labels: a column"),
        (lambda e: e._replace(x=e.x.T), "x: rows and columns are swapped"),
        (lambda e: e._replace(labels=e.labels[:-1]), "x: not one row for each label"),
        (lambda e: e._replace(x=np.where(e.x == e.x[3, 2], np.nan, e.x)), "nan at"),
    ],
)
def test_examples_that_cannot_be_learned_from_are_refused_in_words(change, expected):
    with pytest.raises(ParamError, match=expected):
        list(train(new_model(), change(blobs(205)), Adam(), Constant(0.1), batch_size=9, epochs=1))
