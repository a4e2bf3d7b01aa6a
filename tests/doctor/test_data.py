import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import datasets

from glassnet.core.activations import ACTIVATIONS
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network
from glassnet.data.examples import Examples
from glassnet.data.sources import load_data
from glassnet.doctor.data import examine_data, refuse_misfits
from glassnet.errors import ParamError

NETWORK = Network((4, 5, 3), (ACTIVATIONS["relu"],), LOSSES["cross_entropy"])
seeds = st.integers(0, 2**32 - 1)


def rows(n, width=4, seed=0):
    """Rows that nothing is wrong with, and their labels."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, width)), np.arange(n) % 3


def whats(findings):
    return [finding.what for finding in findings]


def cure(finding, x, labels):
    """The data after the advice, which is Python, was taken."""
    better = eval(finding.advice, {"x": x, "labels": labels})
    return (better, labels) if finding.where == "x" else (x, better)


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "digits", "diabetes"])
def test_nothing_is_wrong_with_toy_data_of_mean_0_and_variance_1(name):
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    assert examine_data((x - x.mean(axis=0)) / (x.std(axis=0) + (x.std(axis=0) == 0)), y) == []


def test_nothing_is_wrong_with_flowers_in_centimeters_digits_up_to_16_or_bytes():
    for load in (datasets.load_iris, datasets.load_digits):
        assert examine_data(*load(return_X_y=True)) == []
    x, labels, _ = load_data("digits").train
    assert examine_data(x, labels) == []
    assert examine_data(x / 255, labels) == []


@given(st.integers(2, 50), st.integers(1, 8), seeds)
def test_labels_in_a_column_are_found_and_the_advice_cures_them(n, width, seed):
    x, labels = rows(n, width, seed)
    (finding,) = examine_data(x, labels[:, np.newaxis])
    assert (finding.what, finding.where) == ("a column", "labels")
    assert f"({n}, 1)" in finding.evidence
    assert examine_data(*cure(finding, x, labels[:, np.newaxis])) == []


@given(st.integers(2, 50), st.integers(1, 8), seeds)
def test_swapped_rows_and_columns_are_found_and_the_advice_cures_them(n, width, seed):
    x, labels = rows(n, width, seed)
    findings = examine_data(x.T, labels)
    if n == width:
        assert findings == []
    else:
        assert whats(findings) == ["rows and columns are swapped"]
        assert examine_data(*cure(findings[0], x.T, labels)) == []


def test_pictures_are_found_and_the_advice_makes_rows_of_them():
    x, labels = rows(6, 4)
    (finding,) = examine_data(x.reshape(6, 2, 2), labels)
    np.testing.assert_array_equal(cure(finding, x.reshape(6, 2, 2), labels)[0], x)


@given(st.integers(2, 30), st.integers(1, 6), st.sampled_from([np.nan, np.inf, -np.inf]), seeds)
def test_a_value_that_is_not_finite_is_found_where_it_is(n, width, bad, seed):
    x, labels = rows(n, width, seed)
    i, j = seed % n, seed % width
    x[i, j] = bad
    (finding,) = examine_data(x, labels)
    assert finding.what == "values that are not finite"
    assert finding.evidence == f"1 of {n * width:,}, the first {bad} at [{i}, {j}]"


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_pixels_up_to_255_that_are_no_bytes_are_found_and_the_advice_cures_them(dtype):
    x, labels, _ = load_data("digits").train
    (finding,) = examine_data(x.astype(dtype), labels)
    assert (finding.what, finding.evidence) == ("unscaled pixels", "whole numbers from 0 to 255")
    assert examine_data(*cure(finding, x.astype(dtype), labels)) == []


@pytest.mark.parametrize("name", ["wine", "breast_cancer"])
def test_features_of_very_different_sizes_are_found_and_the_advice_cures_them(name):
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    (finding,) = examine_data(x, y)
    assert finding.what == "unscaled features"
    assert f"column {np.abs(x).max(axis=0).argmax()} is up to {x.max():.4g}" in finding.evidence
    assert examine_data(*cure(finding, x, y)) == []


def test_labels_that_are_all_the_same_and_rows_that_are_all_the_same_are_found():
    x, labels = rows(9)
    assert whats(examine_data(x, np.full(9, "cat"))) == ["nothing to tell apart"]
    assert "all 9 are cat" in examine_data(x, np.full(9, "cat"))[0].evidence
    assert whats(examine_data(np.zeros((9, 4)), labels)) == ["nothing to tell apart by"]
    x[:, 1] = 7  # one feature that never changes is no illness: MNIST has 67
    assert examine_data(x, labels) == []


def test_several_numbers_for_each_row_are_no_illness():
    x, _ = rows(9)
    assert examine_data(x, x[:, :2]) == []


@pytest.mark.parametrize(
    ("x", "labels", "expected"),
    [
        (np.ones((6, 4)), np.zeros((6, 1), int), r"labels: a column, .*Try: labels.ravel\(\)"),
        (np.ones((4, 6)), np.zeros(6, int), r"x: rows and columns are swapped, .*Try: x.T"),
        (np.ones((6, 4)), np.zeros(5, int), r"x: not one row for each label, .* 5 labels"),
        (np.ones((6, 2, 2)), np.zeros(6, int), "x: not one row for each label"),
        (np.ones((6, 3)), np.zeros(6, int), r"shape \(6, 3\) \(expected .*rows of 4 values"),
        (np.ones((0, 4)), np.zeros(0, int), "expected one or more rows"),
        (np.ones((6, 4)), np.zeros((6, 2), int), r"labels: shape \(6, 2\)"),
        (np.ones((6, 4)), np.zeros(6), "labels: values of type float64 .*from 0 to 2"),
        (np.ones((6, 4)), np.full(6, "cat"), "labels: values of type <U3"),
        (np.ones((6, 4)), np.arange(6), "labels: from 0 to 5 .*from 0 to 2"),
        (np.ones((6, 4)), np.arange(6) % 3 - 1, "labels: from -1 to 1"),
        ([[1.0] * 4] * 6, np.zeros(6, int), "x: a list"),
    ],
)
def test_what_a_network_cannot_be_given_is_refused_in_words(x, labels, expected):
    with pytest.raises(ParamError, match=expected):
        refuse_misfits(NETWORK, Examples(x, labels, ("a", "b", "c")))
