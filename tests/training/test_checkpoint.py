"""The law: what is cut off anywhere, kept in a file and gone on with ends in the same bits."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.core.activations import ACTIVATIONS
from glassnet.core.initialization import INITIALIZERS
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network
from glassnet.core.parameters import initialize
from glassnet.core.schedules import Cosine
from glassnet.core.updates import RULES, Adam, GradientDescent
from glassnet.data.examples import Examples
from glassnet.errors import DivergedError, ModelFileError, ParamError, StorageError
from glassnet.model import Model
from glassnet.training.checkpoint import Checkpoint, Checkpoints, Saving, read
from glassnet.training.loop import stop_early, train
from glassnet.training.transfer import fine_tune

NETWORK = Network((16, 6, 3), (ACTIVATIONS["leaky_relu"],), LOSSES["cross_entropy"])
EPOCHS = 4


class Killed(Exception):
    """What ends a training between two of its steps."""


def examples(n=53, seed=0):
    rng = np.random.default_rng(seed)
    return Examples(
        rng.integers(0, 256, (n, 16), dtype=np.uint8), rng.integers(3, size=n), ("a", "b", "c")
    )


def inverted(x, seed, epoch, threads):
    """A distortion: other pictures in every other epoch."""
    return 255 - x if epoch % 2 else x


def new():
    rng = np.random.default_rng(0)
    model = Model(NETWORK, initialize(NETWORK.layers, INITIALIZERS["glorot"], rng), ("a", "b", "c"))
    return Checkpoint(model, {"kept": ["as", 1.5, None]})


def go_on(checkpoint, rule, rate=Cosine(0.05, EPOCHS), patience=None, **options):  # noqa: B008
    """Train from a checkpoint to the end, or to what a piece raises."""
    model = checkpoint.model
    options = {"batch_size": 10, "epochs": EPOCHS, "engine": "reference"} | options
    options |= {"validation": examples(20, 1), "position": checkpoint.position}
    epochs = fine_tune(model, examples(), rule, rate, **options)
    if patience is not None:
        epochs = stop_early(epochs, model, patience, checkpoint.best)
    for epoch in epochs:
        checkpoint.history.append(epoch)


def cut(path, checkpoint, rule, at, **options):
    """Train up to a step, keep what is there in a file, and give what is read from it."""

    def save():
        path.write_bytes(checkpoint.encode())

    countdown = iter(range(at, -1, -1))
    saving = Saving(save, 1, lambda: Killed() if next(countdown) == 0 else None)
    try:
        go_on(checkpoint, rule, pieces=saving, **options)
    except Killed:
        return read(path)
    return checkpoint


def without_times(history):
    return [replace(epoch, seconds=0) for epoch in history]


def assert_same(one, other):
    np.testing.assert_array_equal(one.model.params.theta, other.model.params.theta)
    assert without_times(one.history) == without_times(other.history)


@pytest.fixture(scope="session")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("checkpoints") / "one"


@settings(max_examples=100)
@given(
    rule=st.sampled_from(sorted(RULES)),
    batch_size=st.sampled_from([7, 10, 53]),
    cuts=st.lists(st.integers(0, 12), min_size=1, max_size=4),
    distortion=st.sampled_from([None, inverted]),
    frozen=st.integers(0, 1),
    patience=st.sampled_from([None, 1, 3]),
)
def test_what_is_cut_anywhere_and_resumed_is_the_unbroken_training_to_the_bit(
    file, rule, batch_size, cuts, **options
):
    rule, options = RULES[rule](), options | {"batch_size": batch_size}
    unbroken, resumed = new(), new()
    go_on(unbroken, rule, **options)
    for at in cuts:
        if len(resumed.history) < len(unbroken.history):
            resumed = cut(file, resumed, rule, at, **options)
    if len(resumed.history) < len(unbroken.history):
        go_on(resumed, rule, **options)
    assert_same(resumed, unbroken)


@pytest.mark.parametrize("rule", [rule() for rule in RULES.values()])
def test_the_compiled_engine_resumes_to_the_bit_too(file, rule):
    unbroken, options = new(), {"engine": "compiled"}
    go_on(unbroken, rule, **options)
    resumed = cut(file, new(), rule, 9, **options)
    assert resumed.position.epoch == 2
    assert len(resumed.position.losses) == 3
    go_on(resumed, rule, **options)
    assert_same(resumed, unbroken)


@pytest.mark.parametrize("at", [3, 13, 14])
def test_a_divergence_after_a_resume_is_the_same_divergence(file, at):
    def explode(t):
        return 0.05 if t < 2.5 else 1e25

    def diverge(checkpoint):
        with pytest.raises(DivergedError) as diverged:
            go_on(checkpoint, Adam(), explode)
        return str(diverged.value)

    unbroken, resumed = new(), cut(file, new(), Adam(), at, rate=explode)
    assert diverge(resumed) == diverge(unbroken)
    assert_same(resumed, unbroken)


def test_a_position_of_another_rule_is_refused(file):
    resumed = cut(file, new(), GradientDescent(), 9)
    with pytest.raises(ParamError, match=r"position: vectors .*those of this network and rule"):
        go_on(resumed, Adam())


def test_a_position_at_the_very_end_of_an_epoch_goes_on_with_the_next():
    unbroken, resumed = new(), new()
    go_on(unbroken, Adam())

    def watch(done, steps, losses):
        if done == steps:
            raise Killed

    for _ in range(EPOCHS):
        with pytest.raises(Killed):
            go_on(resumed, Adam(), watch=watch)
        go_on(resumed, Adam(), epochs=resumed.position.epoch)
    np.testing.assert_array_equal(resumed.model.params.theta, unbroken.model.params.theta)


def test_a_checkpoint_is_read_as_it_was_written(file):
    written = cut(file, new(), Adam(), 9, patience=3)
    read_back = read(file)
    assert read_back.encode() == written.encode()
    assert read_back.about == {"kept": ["as", 1.5, None]}


def test_no_prefix_is_taken_for_a_checkpoint_and_no_flipped_bit_for_another_one(file):
    cut(file, new(), GradientDescent(), 9)
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        with pytest.raises(ModelFileError):
            read(file)
    for at in range(0, len(whole), 5):
        damaged = bytearray(whole)
        damaged[at] ^= 1
        file.write_bytes(damaged)
        try:
            accepted = read(file)
        except ModelFileError:
            continue
        assert accepted.encode() == whole, at


def test_the_newest_whole_one_is_found_and_the_torn_are_named_and_left(tmp_path):
    checkpoints, skipped, steps = Checkpoints(tmp_path), [], new()
    for steps.position.epoch in (1, 2, 3):
        checkpoints.save(steps)
    older, newest = checkpoints.paths
    newest.write_bytes(newest.read_bytes()[:-1])
    assert checkpoints.newest(skipped.append).position.epoch == 2
    assert [error.where for error in skipped] == [str(newest)]
    older.write_bytes(b"")
    assert checkpoints.newest(skipped.append) is None
    assert checkpoints.paths == [older, newest]


def test_only_when_the_new_one_is_durable_are_old_ones_removed(tmp_path, monkeypatch):
    checkpoints, events = Checkpoints(tmp_path), []
    for _ in range(3):
        checkpoints.save(new())
    before = checkpoints.paths
    assert len(before) == 2

    def fails(descriptor):
        events.append(checkpoints.paths)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fails)
    with pytest.raises(StorageError, match="no space left"):
        checkpoints.save(new())
    assert events == [before]
    assert sorted(tmp_path.iterdir()) == before


def test_checkpoints_are_as_many_steps_apart_as_was_asked_for():
    for every in (1, 3, 4, 100):
        checkpoint, saved = new(), []
        saving = Saving(
            lambda c=checkpoint, s=saved: s.append((c.position.epoch, len(c.position.losses))),
            every,
        )
        go_on(checkpoint, GradientDescent(), pieces=saving)
        steps = [6 * (epoch - 1) + batch for epoch, batch in saved]
        assert steps == list(range(0, 6 * EPOCHS, every))


def test_a_training_without_a_checkpoint_is_the_same_training():
    one, other = new(), new()
    go_on(one, Adam())
    list(
        train(
            other.model,
            examples(),
            Adam(),
            Cosine(0.05, EPOCHS),
            batch_size=10,
            epochs=EPOCHS,
            engine="reference",
        )
    )
    np.testing.assert_array_equal(one.model.params.theta, other.model.params.theta)
