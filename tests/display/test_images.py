import io
from base64 import b64decode

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from glassnet.display.images import BLUE, MIDDLE, ORANGE, ink_uri, png, signed_uri

pictures = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=9))


def decoded(content, mode):
    return np.asarray(Image.open(io.BytesIO(content)).convert(mode))


def shown(uri):
    prefix, content = uri.split(",")
    assert prefix == "data:image/png;base64"
    return decoded(b64decode(content, validate=True), "RGB")


@given(pictures)
def test_a_png_holds_the_pixels(pixels):
    np.testing.assert_array_equal(decoded(png(pixels), "L"), pixels)


@given(pictures, arrays(np.uint8, (256, 3)))
def test_a_png_with_a_palette_holds_its_colors(pixels, palette):
    np.testing.assert_array_equal(decoded(png(pixels, palette), "RGB"), palette[pixels])


def test_ink_is_dark_on_white_paper():
    picture = shown(ink_uri(np.array([[0, 255]], np.uint8)))
    assert picture.tolist() == [[[255] * 3, [0] * 3]]


@given(st.floats(1e-300, 1e300))
def test_the_color_of_a_number_depends_on_its_share_of_the_largest(size):
    picture = shown(signed_uri(size * np.array([[-1.0, 0.0, 1.0]])))
    assert picture.tolist() == [[list(ORANGE), list(MIDDLE), list(BLUE)]]


def test_zeros_alone_are_white():
    assert (shown(signed_uri(np.zeros((2, 2)))) == MIDDLE).all()
