"""The model that ships, on people it has never met."""

import numpy as np
import pytest

import glassnet

NEAR = {"aga", "apa", "apb", "app", "art", "ced", "imp", "pri", "syn"}  # write as MNIST's writers


@pytest.fixture(scope="module")
def model():
    return glassnet.load_model()


@pytest.fixture(scope="module")
def hands(pen_digits):
    """Pictures of pen strokes and their labels, of writers near to MNIST's and of others."""
    groups = {True: [], False: []}
    for digit in pen_digits:
        groups[digit["writer"].split("/")[0] in NEAR].append(digit)
    return {
        near: (
            np.array([glassnet.picture_from_strokes(d["strokes"]) for d in digits]),
            np.array([d["label"] for d in digits]),
        )
        for near, digits in groups.items()
    }


@pytest.fixture(scope="module")
def mnist_test(mnist_folder):
    return glassnet.load_data(mnist_folder).test


def test_it_reads_98_of_100_digits_of_writers_like_mnists(model, hands):
    x, labels = hands[True]
    assert (model.predict(x) == labels).mean() >= 0.98


def test_it_reads_mnist(model, mnist_test):
    assert glassnet.evaluate(model, mnist_test).accuracy >= 0.985


def test_it_doubts_half_of_what_it_misreads_of_other_writers(model, hands):
    x, labels = hands[False]
    wrong = model.predict(x) != labels
    assert model.doubts(x)[wrong].mean() >= 0.5


def test_it_doubts_few_of_mnists_digits(model, mnist_test):
    assert model.doubts(mnist_test.x).mean() <= 0.05


def test_its_percentages_mean_what_they_say(model, mnist_test):
    assert glassnet.evaluate(model, mnist_test).calibration_error < 0.01


def test_noise_is_doubted(model):
    noise = np.random.default_rng(0).integers(0, 256, (100, 784), dtype=np.uint8)
    assert model.doubts(noise).all()
