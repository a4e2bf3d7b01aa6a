import numpy as np
import pytest
from drawings import drawings, light
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from glassnet.data.ink import find_ink

LEVEL = st.integers(0, 255)


def on_paper(ink, paper, level):
    """The drawing (h, w) as light in [0, 1], its margin wide enough for the frame to be paper."""
    return np.where(np.pad(ink, 2) > 0, level, paper) / 255


@given(drawings(), LEVEL, LEVEL)
def test_on_paper_of_one_level_ink_is_the_distance_from_it(ink, paper, level):
    found = find_ink(on_paper(ink, paper, level))
    assert found == pytest.approx(np.pad(ink, 2) / 255 * abs(paper - level) / 255)


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=30)))
def test_ink_is_between_none_and_all_whatever_the_picture(levels):
    ink = find_ink(levels / 255)
    assert ink.min() >= 0
    assert ink.max() <= 1


@given(drawings())
def test_a_faint_pixel_far_from_a_drawing_is_left_out(ink):
    page = on_paper(ink, 255, 0)
    found = find_ink(page)
    page[0, 0] -= 1 / 255
    assert np.array_equal(find_ink(page), found)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (28, 28), (300, 200)])
@pytest.mark.parametrize("level", [0, 0.3, 1])
def test_one_color_has_no_ink(shape, level):
    assert not find_ink(np.full(shape, level)).any()


@pytest.mark.parametrize("shape", [(28, 28), (50, 90), (400, 300)])
@pytest.mark.parametrize("seed", range(5))
def test_noise_has_no_ink(shape, seed):
    rng = np.random.default_rng(seed)
    assert not find_ink(rng.random(shape)).any()
    assert not find_ink(rng.normal(0.8, 0.05, shape).clip(0, 1)).any()


@pytest.mark.parametrize("seed", range(20))
def test_shadows_and_noise_on_an_empty_page_are_no_ink(seed):
    assert not find_ink(photographed(np.full((300, 400), 0.8), seed)).any()


def photographed(page, seed):
    """The page under a lamp, with a shadow and noise."""
    rng = np.random.default_rng(seed)
    page = page * light(*page.shape, rng) + rng.normal(0, 0.02, page.shape)
    return page.clip(0, 1)


def stroke(height, width):
    """A page with an upright stroke."""
    page = np.full((300, 400), 0.8)
    page[100 : 100 + height, 150 : 150 + width] = 0.3
    return page


def slenderness(ink):
    """The height of the ink's box in widths."""
    rows, columns = np.nonzero(ink)
    return (np.ptp(rows) + 1) / (np.ptp(columns) + 1)


@pytest.mark.parametrize("height", [24, 30, 120])
@pytest.mark.parametrize("seed", range(20))
def test_in_a_photo_of_a_stroke_there_is_the_stroke_and_nothing_else(height, seed):
    ink = find_ink(photographed(stroke(height, height // 6), seed))
    assert slenderness(ink) == pytest.approx(6, rel=0.05)
    assert np.median(ink[ink > 0]) == 1


@pytest.mark.parametrize("seed", range(20))
def test_the_negative_of_a_photo_has_the_same_ink(seed):
    photo = photographed(stroke(100, 30), seed)
    assert find_ink(1 - photo) == pytest.approx(find_ink(photo), abs=1e-6)


def test_a_speck_far_from_a_stroke_is_left_out():
    page = stroke(120, 20)
    page[20:23, 380:383] = 0.3
    assert slenderness(find_ink(photographed(page, seed=0))) == pytest.approx(6, rel=0.15)
