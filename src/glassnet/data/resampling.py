"""Area resampling: each new pixel is the mean of the area that it covers, be it large or small."""

import numpy as np

from glassnet.core.activations import Array


def area_weights(n_in: int, n_out: int) -> Array:
    """The share (n_out, n_in) of each output pixel's length that each input pixel covers.

    Example:
        >>> area_weights(3, 2)
        array([[0.66666667, 0.33333333, 0.        ],
               [0.        , 0.33333333, 0.66666667]])
    """
    edges, pixel = np.arange(n_out + 1)[:, np.newaxis] * n_in / n_out, np.arange(n_in)
    overlap = np.minimum(edges[1:], pixel + 1) - np.maximum(edges[:-1], pixel)
    return np.maximum(overlap, 0) * n_out / n_in


def resample(image: Array, height: int, width: int) -> Array:
    """An image of another size: each pixel is the mean of the area that it covers."""
    return area_weights(image.shape[0], height) @ image @ area_weights(image.shape[1], width).T


def shrink(image: Array, longest: int) -> Array:
    """Resample an image, its shape kept, so that no side is longer than this."""
    scale = longest / max(image.shape)
    return (
        image if scale >= 1 else resample(image, *(max(1, round(n * scale)) for n in image.shape))
    )
