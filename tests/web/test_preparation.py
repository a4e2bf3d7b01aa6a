import numpy as np
import pytest
from drawings import drawings
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from glassnet.data.pictures import prepare
from glassnet.data.strokes import prepare_strokes

PREPARE_STROKES = """async ({ drawings, smallest }) => {
  const { prepareStrokes } = await import("/preparation.js");
  return drawings.map((strokes) => prepareStrokes(strokes, smallest));
}"""
PREPARE_INK = """async ({ images }) => {
  const { prepareInk } = await import("/preparation.js");
  return images.map((image) => prepareInk(image.flat(), image.length, image[0].length));
}"""

in_the_page = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def drawings_with(coordinates):
    points = st.tuples(coordinates, coordinates)
    return st.lists(st.lists(points, min_size=1, max_size=12), min_size=1, max_size=4)


def assert_same(found, expected):
    """Every stage the same, to the last bit."""
    assert found["box"] == list(expected.box)
    assert np.array_equal(found["square20"], expected.square20.ravel())
    assert found["center"] == list(expected.center)
    assert np.array_equal(found["picture"], expected.picture.ravel())


def test_pen_digits_are_prepared_as_in_python(run, pen_digits):
    digits = [digit["strokes"] for digit in pen_digits[::9]]
    prepared = run(PREPARE_STROKES, drawings=digits)
    for found, digit in zip(prepared, digits, strict=True):
        assert_same(found, prepare_strokes(digit))


@in_the_page
@given(
    drawing=drawings_with(st.integers(0, 64)) | drawings_with(st.floats(-1e6, 1e6)),
    smallest=st.sampled_from([0, 30, 1e6]),
)
def test_any_strokes_are_prepared_as_in_python(run, drawing, smallest):
    (found,) = run(PREPARE_STROKES, drawings=[drawing], smallest=smallest)
    assert_same(found, prepare_strokes(drawing, smallest))


def test_mnist_is_prepared_as_in_python(run, mnist):
    digits = mnist.x[:500].reshape(-1, 28, 28) / 255
    prepared = run(PREPARE_INK, images=digits.tolist())
    for found, digit in zip(prepared, digits, strict=True):
        assert_same(found, prepare(digit))


@in_the_page
@given(ink=drawings() | arrays(np.uint8, st.tuples(st.integers(1, 14), st.integers(1, 14))))
def test_any_ink_is_prepared_as_in_python(run, ink):
    """But for the order of a sum, which can decide a rounding, and then a center of mass."""
    assume(ink.any())
    ink = ink / 255
    (found,) = run(PREPARE_INK, images=[ink.tolist()])
    expected = prepare(ink)
    assert found["box"] == list(expected.box)
    assert np.abs(np.array(found["square20"]) - expected.square20.ravel()).max() <= 1
    assert found["center"] == pytest.approx(expected.center, abs=0.01)
    if np.array_equal(found["square20"], expected.square20.ravel()):
        assert_same(found, expected)


@pytest.mark.parametrize("nothing", [[], [[]], [[], []]])
def test_where_there_is_nothing_no_picture_is_made(run, nothing):
    message = run(
        """async ({ nothing }) => {
          const { prepareStrokes } = await import("/preparation.js");
          try { prepareStrokes(nothing); } catch (error) { return String(error); }
        }""",
        nothing=nothing,
    )
    assert message == "PictureError: no ink found (expected a digit). Try: draw one"
