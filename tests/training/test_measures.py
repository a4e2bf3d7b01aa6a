from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn import metrics

from glassnet.data.examples import Examples
from glassnet.errors import ParamError
from glassnet.model import load_model
from glassnet.training.measures import Evaluation, evaluate, wilson_interval

CLASSES = ("a", "b", "c")


@st.composite
def evaluations(draw):
    n = draw(st.integers(1, 30))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    probabilities = rng.dirichlet(np.ones(3), n)
    return Evaluation(CLASSES, probabilities, rng.integers(3, size=n), 0.0)


@given(evaluations())
def test_accuracy_and_confusion_equal_scikit_learns(evaluation):
    labels, predictions = evaluation.labels, evaluation.predictions
    assert evaluation.accuracy == pytest.approx(metrics.accuracy_score(labels, predictions))
    expected = metrics.confusion_matrix(labels, predictions, labels=range(3))
    np.testing.assert_array_equal(evaluation.confusion, expected)


@given(evaluations())
def test_precision_and_recall_equal_scikit_learns_where_they_mean_something(evaluation):
    precision, recall, _, _ = metrics.precision_recall_fscore_support(
        evaluation.labels, evaluation.predictions, labels=range(3), zero_division=np.nan
    )
    np.testing.assert_allclose(evaluation.precision, precision)
    np.testing.assert_allclose(evaluation.recall, recall)


@given(evaluations())
def test_mistakes_are_the_wrong_ones_the_least_right_first(evaluation):
    wrong = {i for i in range(len(evaluation.labels)) if not is_right(evaluation, i)}
    chance_given = [evaluation.probabilities[i, evaluation.labels[i]] for i in evaluation.mistakes]
    assert set(evaluation.mistakes.tolist()) == wrong
    assert chance_given == sorted(chance_given)


def is_right(evaluation, i):
    return evaluation.probabilities[i].argmax() == evaluation.labels[i]


@given(evaluations())
def test_the_calibration_error_is_a_share_and_is_nothing_where_nothing_is_in_doubt(evaluation):
    assert 0 <= evaluation.calibration_error <= 1
    certain = replace(evaluation, probabilities=np.eye(3)[evaluation.labels])
    assert certain.calibration_error == 0


@given(st.integers(1, 40), st.floats(0.5, 1), st.data())
def test_where_all_answers_are_as_sure_the_calibration_error_is_the_gap_to_the_share_that_is_right(
    n, confidence, data
):
    right = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    probabilities = np.tile([confidence, 1 - confidence], (n, 1))
    evaluation = Evaluation(("a", "b"), probabilities, np.where(right, 0, 1), 0.0)
    assert evaluation.calibration_error == pytest.approx(abs(np.mean(right) - confidence))


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_wilsons(right_of_n):
    right, n = right_of_n
    expected = binomtest(right, n).proportion_ci(0.95, method="wilson")
    low, high = wilson_interval(right / n, n, z=1.959963984540054)
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_labels_that_are_no_row_of_numbers_are_refused_in_words():
    x, labels = np.zeros((3, 784), np.uint8), np.arange(3)
    with pytest.raises(ParamError, match="labels: a column"):
        evaluate(load_model(), Examples(x, labels[:, np.newaxis]))


def test_a_model_that_tells_no_classes_cannot_be_right_or_wrong():
    numbers = replace(load_model(engine="reference"), classes=())
    with pytest.raises(ParamError, match=r"without classes"):
        evaluate(numbers, Examples(np.zeros((1, 784), np.uint8), np.zeros(1, np.uint8), CLASSES))
