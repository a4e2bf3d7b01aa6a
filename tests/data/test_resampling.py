import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from glassnet.data.resampling import area_weights, resample, shrink

sides = st.integers(1, 40)
images = hnp.arrays(
    float, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40), elements=st.floats(0, 1)
)


@given(sides, sides)
def test_every_new_pixel_is_a_mean_and_every_old_one_counts_alike(n_in, n_out):
    weights = area_weights(n_in, n_out)
    assert weights.min() >= 0
    assert weights.sum(axis=1) == pytest.approx(1)
    assert weights.sum(axis=0) == pytest.approx(n_out / n_in)


@given(images)
def test_the_same_size_is_the_same_image(image):
    assert np.array_equal(resample(image, *image.shape), image)


@given(images, sides, sides)
def test_doubling_the_pixels_before_changes_nothing(image, height, width):
    doubled = image.repeat(2, axis=0).repeat(2, axis=1)
    assert resample(doubled, height, width) == pytest.approx(resample(image, height, width))


@given(hnp.arrays(np.float32, (24, 36), elements=st.floats(0, 1, width=32)))
def test_shrinking_by_whole_factors_is_pillows_box_filter(image):
    theirs = Image.fromarray(image).resize((9, 12), Image.Resampling.BOX)
    assert resample(image, 12, 9) == pytest.approx(np.asarray(theirs), abs=1e-5)


@given(images, st.integers(1, 50))
def test_shrinking_leaves_the_shape_and_never_enlarges(image, longest):
    small = shrink(image, longest)
    assert max(small.shape) == min(longest, max(image.shape))
    proportion = max(small.shape) / max(image.shape)
    assert all(
        abs(new - old * proportion) <= 1 for new, old in zip(small.shape, image.shape, strict=True)
    )
