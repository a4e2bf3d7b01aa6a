import io

import numpy as np
import pytest
from drawings import drawings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import glassnet
from glassnet.data.images import grey_levels
from glassnet.data.ink import find_ink
from glassnet.data.pictures import picture_from_image

in_the_page = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

FIND_INK = """async ({ grey }) => {
  const { findInk } = await import("/ink.js");
  return findInk(Float64Array.from(grey.flat()), grey.length, grey[0].length);
}"""
GREY_LEVELS = """async ({ rgba }) => {
  const { greyLevels } = await import("/ink.js");
  return greyLevels(Uint8ClampedArray.from(rgba));
}"""
PICTURES = """async ({ images }) => {
  const { findInk } = await import("/ink.js");
  const { prepareInk } = await import("/preparation.js");
  return images.map((image) => {
    const grey = Float64Array.from(image.flat(), (level) => level / 255);
    const size = [image.length, image[0].length];
    return prepareInk(findInk(grey, ...size), ...size).picture;
  });
}"""


def jpeg(image, quality):
    """An image as it comes out of a JPEG file."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


@in_the_page
@given(ink=drawings(), paper=st.integers(0, 255), level=st.integers(0, 255))
def test_ink_in_a_clean_image_is_that_of_python(run, ink, paper, level):
    grey = np.where(np.pad(ink, 1), level, paper) / 255
    assert np.array_equal(run(FIND_INK, grey=grey.tolist()), find_ink(grey).ravel())


def test_ink_in_mnist_is_that_of_python(run, mnist):
    images = [image if i % 2 else 255 - image for i, image in enumerate(mnist.x[:300])]
    images = [np.pad(image.reshape(28, 28), i % 3, mode="edge") for i, image in enumerate(images)]
    pictures = run(PICTURES, images=[image.tolist() for image in images])
    expected = [picture_from_image(image).ravel() for image in images]
    assert np.array_equal(pictures, expected)


def test_specks_at_the_edge_are_not_ink(run):
    page = np.ones((300, 300))
    page[50:250, 140:160] = 0
    page[2, 2] = page[290, 280] = 0
    assert np.array_equal(run(FIND_INK, grey=page.tolist()), find_ink(page).ravel())


def test_a_blank_page_has_no_ink(run):
    rng = np.random.default_rng(0)
    noise = rng.normal(0.8, 0.02, (80, 80)).clip(0, 1)
    for page in (np.full((40, 30), 0.7), noise):
        assert not any(run(FIND_INK, grey=page.tolist()))


@pytest.mark.parametrize("quality", [40, 75, 95])
def test_a_jpeg_of_a_digit_is_read_as_the_digit(run, mnist, quality):
    model = glassnet.load_model(engine="reference")
    pages = [255 - image.reshape(28, 28).repeat(4, 0).repeat(4, 1) for image in mnist.x[:100]]
    pictures = run(PICTURES, images=[jpeg(page, quality).tolist() for page in pages])
    assert (model.predict(np.array(pictures, np.uint8)) == mnist.labels[:100]).mean() > 0.95


levels = st.integers(0, 255)


@in_the_page
@given(pixels=st.lists(st.tuples(levels, levels, levels, levels), min_size=1, max_size=20))
def test_light_is_weighed_as_in_python(run, pixels):
    image = Image.fromarray(np.array([pixels], np.uint8), "RGBA")
    expected = grey_levels(image).ravel()
    found = run(GREY_LEVELS, rgba=[level for pixel in pixels for level in pixel])
    np.testing.assert_allclose(found, expected, atol=1e-12)
