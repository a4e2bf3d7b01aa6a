import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.data.examples import Examples, grey_to_unit, one_against_rest, one_hot, split
from glassnet.errors import DataFileError

labels = st.lists(st.integers(0, 9), min_size=1, max_size=200).map(
    lambda values: np.array(values, np.uint8)
)


def numbered(labels):
    """Examples whose pixels say which row they are."""
    return Examples(np.arange(len(labels))[:, None].repeat(784, axis=1).astype(np.uint8), labels)


@given(labels, st.floats(0.01, 0.9), st.integers(0, 99))
def test_a_split_loses_nothing_doubles_nothing_and_keeps_the_order(labels, fraction, seed):
    rest, aside = split(numbered(labels), fraction, np.random.default_rng(seed))
    rows = [part.x[:, 0].tolist() for part in (rest, aside)]
    assert sorted(rows[0] + rows[1]) == list(range(len(labels)))
    assert all(part == sorted(part) for part in rows)


@given(labels, st.floats(0.01, 0.9))
def test_a_split_takes_the_same_share_of_every_class_and_leaves_at_least_one(labels, fraction):
    rest, aside = split(numbered(labels), fraction, np.random.default_rng(0))
    for label in set(labels.tolist()):
        n = int((labels == label).sum())
        taken = int((aside.labels == label).sum())
        assert abs(taken - fraction * n) <= 1
        assert (rest.labels == label).any()


@given(labels)
def test_one_hot_rows_name_their_label_and_nothing_else(labels):
    y = one_hot(labels, 10)
    assert y.sum() == len(labels)
    np.testing.assert_array_equal(y.argmax(axis=1), labels)
    assert one_hot(labels % 2, 1).tolist() == (labels % 2)[:, None].tolist()


def test_grey_levels_become_their_share_of_255_and_floats_stay():
    levels = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(grey_to_unit(levels, np.float64) * 255, levels)
    x = np.array([0.25], np.float32)
    assert grey_to_unit(x, np.float32) is x


def test_one_against_the_rest_asks_only_for_that_class():
    examples = one_against_rest(numbered(np.array([3, 1, 3, 0])), "3")
    assert examples.labels.tolist() == [1, 0, 1, 0]
    assert examples.classes == ("not 3", "3")
    with pytest.raises(DataFileError, match="a class 'x'"):
        one_against_rest(numbered(np.array([3])), "x")
