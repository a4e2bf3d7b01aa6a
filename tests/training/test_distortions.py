import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from glassnet.training.distortions import Distortion, gaussian

ALL = Distortion(15, 0.2, 0.3, 1.0, 40, 5, 0.5)


@pytest.fixture(scope="module")
def pictures():
    """Blobs (40, 784) that fade out before the edge."""
    rng = np.random.default_rng(0)
    noise = ndimage.gaussian_filter(rng.random((40, 16, 16)), (0, 1.5, 1.5))
    blobs = np.pad(noise > np.median(noise), ((0, 0), (6, 6), (6, 6)))
    return (
        (255 * ndimage.gaussian_filter(blobs.astype(float), (0, 0.7, 0.7)))
        .astype(np.uint8)
        .reshape(40, -1)
    )


def test_no_distortion_leaves_pictures_as_they_are(pictures):
    np.testing.assert_array_equal(Distortion()(pictures, seed=0, epoch=1), pictures)


@settings(max_examples=20)
@given(st.integers(0, 2**62), st.integers(1, 10_000), st.integers(1, 5), st.integers(0, 39))
def test_it_depends_on_seed_epoch_and_place_alone(pictures, seed, epoch, threads, cut):
    whole = ALL(pictures, seed, epoch)
    np.testing.assert_array_equal(ALL(pictures, seed, epoch, threads), whole)
    np.testing.assert_array_equal(ALL(pictures[: cut + 1], seed, epoch), whole[: cut + 1])
    assert (ALL(pictures, seed, epoch + 1) != whole).any()


def test_every_place_is_distorted_in_its_own_way(pictures):
    same = np.repeat(pictures[:1], 50, axis=0)
    assert len({row.tobytes() for row in ALL(same, seed=0, epoch=1)}) == 50


@pytest.mark.parametrize("degrees", [5, 30])
def test_a_rotation_is_that_of_scipy(pictures, degrees):
    """Each is found among SciPy's rotations by angles up to the largest."""
    rotated = Distortion(rotation=degrees)(pictures[:8], seed=1, epoch=1).reshape(-1, 28, 28)
    angles = np.linspace(-degrees, degrees, 241)
    for before, after in zip(pictures.reshape(-1, 28, 28), rotated, strict=False):
        candidates = [
            ndimage.rotate(before.astype(float), angle, reshape=False, order=1) for angle in angles
        ]
        assert min(np.abs(candidate - after).mean() for candidate in candidates) < 1


def test_a_shift_moves_the_center_of_mass_evenly_to_both_sides(pictures):
    same = np.repeat(pictures[:1], 2000, axis=0)
    moved = Distortion(shift=2)(same, seed=0, epoch=1).reshape(-1, 28, 28)
    before = ndimage.center_of_mass(same[0].reshape(28, 28))
    by = np.array([ndimage.center_of_mass(picture) for picture in moved]) - before
    assert np.abs(by).max() == pytest.approx(2, abs=0.1)
    np.testing.assert_allclose(by.mean(axis=0), 0, atol=0.1)
    np.testing.assert_allclose(by.var(axis=0), 4 / 3, rtol=0.1)  # that of a uniform number


def test_inking_makes_lines_thicker_and_thinner(pictures):
    same = np.repeat(pictures[:1], 500, axis=0)
    ink = Distortion(inking=1)(same, seed=0, epoch=1).sum(axis=1, dtype=float)
    assert ink.min() < 0.8 * same[0].sum() < 1.2 * same[0].sum() < ink.max()


def test_bending_moves_ink_as_far_as_the_paper_says():
    """The field's standard deviation is strength sqrt(1/3) |G_i| |G_j|."""
    ramp = np.broadcast_to(np.uint8(4 * np.arange(28) + 60), (4000, 28, 28)).reshape(4000, -1)
    bent = Distortion(strength=20, smoothness=4)(ramp, seed=0, epoch=1).reshape(-1, 28, 28)
    moved = (bent[:, 14, 14].astype(float) - (4 * 14 + 60)) / 4  # pixels to the right
    weights = gaussian(4)[14].astype(float)
    assert moved.std() == pytest.approx(20 * (weights**2).sum() / np.sqrt(3), rel=0.1)
