import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.familiarity import DIRECTIONS, Familiarity, learn_familiarity


def strokes(rng, n, vertical):
    """Pictures (n, 784) of a line at some place, upright or level."""
    pictures = np.zeros((n, 28, 28), np.uint8)
    for picture, at in zip(pictures, rng.integers(10, 18, n), strict=True):
        picture[(slice(4, 24), at) if vertical else (at, slice(4, 24))] = 255
    return pictures.reshape(n, -1)


@pytest.fixture(scope="module")
def learned():
    rng = np.random.default_rng(0)
    x = np.vstack([strokes(rng, 400, True), strokes(rng, 400, False)])
    return x, learn_familiarity(x, np.repeat([0, 1], 400), n_classes=2)


def test_what_was_learned_from_is_familiar_up_to_the_share_that_is_not(learned):
    x, familiarity = learned
    assert 0.96 <= (familiarity.distance(x) <= familiarity.limit).mean() <= 1


def test_what_is_like_no_class_is_not_familiar(learned):
    x, familiarity = learned
    cross = np.maximum(x[:1], x[-1:])
    noise = np.random.default_rng(1).integers(0, 256, (5, 784), dtype=np.uint8)
    assert (familiarity.distance(np.vstack([cross, noise])) > familiarity.limit).all()


def test_the_distance_is_that_to_the_nearest_class_by_least_squares(learned):
    x, familiarity = learned
    x = np.vstack([x[::50], np.random.default_rng(2).integers(0, 256, (4, 784), dtype=np.uint8)])
    for row, distance in zip(x / 255, familiarity.distance(x), strict=True):
        to_classes = []
        for mean, directions in zip(familiarity.means / 255, familiarity.directions, strict=True):
            basis = directions.T.astype(float)
            along, *_ = np.linalg.lstsq(basis, row - mean, rcond=None)
            to_classes.append(np.linalg.norm(row - mean - basis @ along))
        assert distance == pytest.approx(min(to_classes), abs=1e-3)


def test_grey_levels_and_numbers_in_the_unit_interval_are_the_same(learned):
    x, familiarity = learned
    np.testing.assert_allclose(
        familiarity.distance(x[:9] / 255), familiarity.distance(x[:9]), atol=1e-3
    )


@given(st.integers(1, 4), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_it_comes_back_from_json_as_it_was(n_classes, width, seed):
    rng = np.random.default_rng(seed)
    n_directions = min(width, DIRECTIONS)
    one = Familiarity(
        rng.integers(0, 256, (n_classes, width), dtype=np.uint8),
        rng.integers(-127, 128, (n_classes, n_directions, width)).astype(np.int8),
        float(rng.random()),
    )
    again = Familiarity.from_json(json.loads(json.dumps(one.to_json())), n_classes, width)
    np.testing.assert_array_equal(again.means, one.means)
    np.testing.assert_array_equal(again.directions, one.directions)
    assert again.limit == one.limit


@pytest.mark.parametrize(
    "change",
    [{"means": "no base64!"}, {"means": "AAAA"}, {"limit": float("nan")}, {"limit": "1"}],
)
def test_what_is_none_is_refused(learned, change):
    _, familiarity = learned
    with pytest.raises(ValueError):
        Familiarity.from_json(familiarity.to_json() | change, 2, 784)


def test_the_directions_are_the_principal_components():
    rng = np.random.default_rng(3)
    spread = np.repeat([5.0, 0.1], [DIRECTIONS, 100 - DIRECTIONS]) @ np.diag(np.ones(100)) / 50
    axes, _ = np.linalg.qr(rng.standard_normal((100, 100)))
    x = 0.5 + (rng.standard_normal((3000, 100)) * spread) @ axes.T
    learned = learn_familiarity(np.clip(x, 0, 1), np.zeros(3000, int), n_classes=1)
    basis, _ = np.linalg.qr(learned.directions[0].T.astype(float))
    cosines = np.linalg.svd(basis.T @ axes[:, :DIRECTIONS], compute_uv=False)
    assert cosines.min() > 0.99
