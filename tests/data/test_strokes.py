from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet
from glassnet.data.strokes import PEN, draw, picture_from_strokes, prepare_strokes
from glassnet.errors import PictureError

NEAR = {"aga", "apa", "apb", "app", "art", "ced", "imp", "pri", "syn"}  # write as MNIST's writers

points = st.tuples(st.integers(0, 64), st.integers(0, 64))
drawings = st.lists(
    st.lists(points, min_size=1, max_size=8).map(lambda line: np.array(line, float)),
    min_size=1,
    max_size=3,
)


def differences(strokes, others):
    """Where two drawings come out differently, in grey levels."""
    squares = [prepare_strokes(s).square20.astype(int) for s in (strokes, others)]
    return np.abs(squares[0] - squares[1])


def side(strokes):
    return np.ptp(np.vstack(strokes), axis=0).max()


# Laws


@given(drawings, st.integers(-1000, 1000), st.integers(-1000, 1000))
def test_moving_a_drawing_leaves_its_picture(strokes, right, down):
    moved = [line + np.array([right, down]) for line in strokes]
    assert np.array_equal(picture_from_strokes(moved), picture_from_strokes(strokes))


@given(drawings, st.floats(1e-6, 1e6))
def test_the_unit_of_the_strokes_does_not_matter(strokes, unit):
    assert differences([line * unit for line in strokes], strokes).max() <= 1


@given(drawings, st.randoms())
def test_the_order_of_the_strokes_does_not_matter(strokes, random):
    shuffled = random.sample(strokes, len(strokes))
    assert np.array_equal(picture_from_strokes(shuffled), picture_from_strokes(strokes))


@given(drawings)
def test_the_direction_of_the_strokes_does_not_matter(strokes):
    assert differences([line[::-1] for line in strokes], strokes).max() <= 1


@given(drawings)
def test_a_point_between_two_others_on_their_line_changes_nothing(strokes):
    halves = [(line[1:] + line[:-1]) / 2 for line in strokes]
    finer = [
        np.insert(line, range(1, len(line)), half, axis=0)
        for line, half in zip(strokes, halves, strict=True)
    ]
    assert differences(finer, strokes).max() <= 1


@given(drawings)
def test_a_transposed_drawing_has_the_transposed_picture(strokes):
    transposed = prepare_strokes([line[:, ::-1] for line in strokes])
    assert np.array_equal(transposed.square20, prepare_strokes(strokes).square20.T)


@given(drawings)
def test_one_more_stroke_takes_no_ink_away(strokes):
    low, high = np.vstack(strokes).min(axis=0), np.vstack(strokes).max(axis=0)
    more = prepare_strokes([*strokes, np.array([low, high])]).square20 / 255
    assert (more >= prepare_strokes(strokes).square20 / 255 - 0.01).all()


@given(drawings.filter(side))
def test_the_longer_side_fills_the_box_and_the_shape_is_kept(strokes):
    top, left, bottom, right = prepare_strokes(strokes).box
    inked = [np.ptp(np.flatnonzero(prepare_strokes(strokes).square20.any(a))) + 1 for a in (1, 0)]
    assert max(inked) == 20
    expected = PEN + (20 - PEN) * min(right - left, bottom - top) / max(right - left, bottom - top)
    assert min(inked) == pytest.approx(expected, abs=2)


@given(drawings)
def test_the_box_is_that_of_the_points(strokes):
    x, y = np.vstack(strokes).T
    assert prepare_strokes(strokes).box == (y.min(), x.min(), y.max(), x.max())


@given(points, points)
def test_ink_is_the_share_of_a_pixel_that_a_round_pen_covers(start, end):
    line = np.array([start, end]) / 64 * (20 - PEN) + PEN / 2
    fine = 8  # times as many pixels a side, each wholly covered or not at all
    middle = (np.arange(20 * fine) + 0.5) / fine
    pixels = np.stack(np.meshgrid(middle, middle), axis=-1)
    covered = np.zeros(pixels.shape[:2], bool)
    for place in np.linspace(*line, 1 + int(8 * np.abs(line[1] - line[0]).max())):
        covered |= np.square(pixels - place).sum(axis=2) <= (PEN / 2) ** 2
    share = covered.reshape(20, fine, 20, fine).mean(axis=(1, 3))
    assert np.abs(draw([line]) - share).max() < 0.15


def test_a_dot_has_the_width_of_the_pen():
    square20 = prepare_strokes([[(7, 7)]]).square20 / 255
    assert square20.sum() == pytest.approx(np.pi * (PEN / 2) ** 2, rel=0.1)


def test_a_speck_is_not_blown_up_to_a_digit():
    speck = [[(0.5, 0.5), (0.52, 0.5)]]
    assert np.count_nonzero(picture_from_strokes(speck).any(axis=0)) == 20
    assert np.count_nonzero(picture_from_strokes(speck, smallest=0.2).any(axis=0)) <= 6


@given(drawings)
def test_what_is_not_small_is_scaled_as_ever(strokes):
    again = picture_from_strokes(strokes, smallest=side(strokes))
    assert np.array_equal(again, picture_from_strokes(strokes))


def test_a_long_drawing_is_the_same_as_its_parts():
    rng = np.random.default_rng(0)
    walk = rng.normal(size=(5000, 2)).cumsum(axis=0)
    parts = [walk[i : i + 101] for i in range(0, 5000, 100)]
    assert np.array_equal(picture_from_strokes([walk]), picture_from_strokes(parts))


# MNIST's likeness


def width(pictures):
    """How wide lines are, of each picture (N, 28, 28): twice the area by the length of the outline.

    The length of the outline is the total variation of the grey levels.
    """
    padded = np.pad(pictures / 255, ((0, 0), (1, 1), (1, 1)))
    down, right = np.diff(padded, axis=1), np.diff(padded, axis=2)
    down = (down[:, :, 1:] + down[:, :, :-1]) / 2
    right = (right[:, 1:] + right[:, :-1]) / 2
    return 2 * pictures.sum(axis=(1, 2)) / 255 / np.hypot(down, right).sum(axis=(1, 2))


@pytest.fixture(scope="module")
def pictures(pen_digits):
    return np.array([picture_from_strokes(digit["strokes"]) for digit in pen_digits])


def is_near(digit):
    return digit["writer"].split("/")[0] in NEAR


def test_lines_are_as_wide_and_pictures_as_dark_as_in_mnist(pictures, pen_digits, mnist_folder):
    near = pictures[[is_near(digit) for digit in pen_digits]]
    mnist = glassnet.load_data(mnist_folder).train.x[:10_000].reshape(-1, 28, 28)
    assert np.median(width(near)) == pytest.approx(np.median(width(mnist)), abs=0.1)
    assert near.mean() == pytest.approx(mnist.mean(), rel=0.05)


def test_real_hands_are_read(pictures, pen_digits):
    right = Counter()
    answers = glassnet.load_model(engine="reference").predict(pictures)
    for digit, answer in zip(pen_digits, answers, strict=True):
        right[is_near(digit), digit["label"] == answer] += 1
    assert right[True, True] / (right[True, True] + right[True, False]) > 0.955
    assert right[False, True] / (right[False, True] + right[False, False]) > 0.82


# Bad input


@pytest.mark.parametrize(
    ("strokes", "message"),
    [
        ([], r"strokes: none \(expected lists of points \(x, y\)\)\. Try: draw"),
        (7, "strokes: 'int' object is not iterable"),
        ("seven", "strokes: could not convert string to float"),
        ([[(0, 0), (1,)]], "strokes: .* inhomogeneous"),
        ([[(0, 10**400)]], "strokes: int too large"),
        ([[(0, 0)], []], r"strokes\[1\]: shape \(0,\) \(expected \(points, 2\)\)"),
        ([(0, 0), (1, 1)], r"strokes\[0\]: shape \(2,\)"),
        ([[(0, 0, 0)]], r"strokes\[0\]: shape \(1, 3\)"),
        ([[(0, 0)], [(0, np.nan)]], r"strokes\[1\]: values from nan to nan \(expected finite"),
        ([[(0, 0), (1, np.inf)]], r"strokes\[0\]: values from 0 to inf"),
        ([[(0, 0), (-1e300, 1)]], r"strokes\[0\]: values from -1e\+300 to 1"),
    ],
)
def test_what_are_no_strokes_is_refused(strokes, message):
    with pytest.raises(PictureError, match=message):
        picture_from_strokes(strokes)


numbers = st.one_of(st.floats(), st.integers(-1000, 1000), st.none(), st.text(max_size=3))


@given(st.recursive(numbers, lambda inner: st.lists(inner, max_size=3), max_leaves=12))
def test_anything_gives_a_picture_or_is_refused(strokes):
    try:
        picture = picture_from_strokes(strokes)
    except PictureError:
        return
    assert (picture.shape, picture.dtype) == ((28, 28), np.uint8)
    assert picture.any()
