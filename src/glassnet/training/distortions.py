"""Distortions: other hands from the same digits.

A network that has seen each digit turned, stretched, bent, and drawn with thicker and thinner lines
reads people it has never met. Every epoch shows every digit anew: its distortion depends on the
seed, the epoch and its place among the examples alone.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from math import radians

import numpy as np

from glassnet.core.activations import Array
from glassnet.errors import ParamError
from glassnet.training.order import generator

SIDE = 28
DISTORTION = 2**62  # far from the numbers of epochs that order.py makes keys of


@dataclass(frozen=True)
class Distortion:
    """How far pictures are distorted at most; each is drawn uniformly from both sides of 0.

    Args:
        rotation: in degrees.
        scale: of height and of width, as the logarithm of a factor.
        shear: of the columns, pixels for each pixel of height: how far digits lean.
        shift: in pixels.
        strength: of the bending: what the random field is multiplied by once it is smooth.
        smoothness: of the bending, the standard deviation of a Gaussian in pixels.
        inking: how far a line's edge moves out or in, in pixels, up to 1.

    Example:
        >>> x = np.zeros((1, 784), np.uint8)
        >>> x[0, 28 * 4 + 14 : 28 * 24 + 14 : 28] = 255
        >>> distorted = Distortion(rotation=20)(x, seed=0, epoch=1)
        >>> distorted.shape, bool((distorted != x).any())
        ((1, 784), True)
    """

    rotation: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    shift: float = 0.0
    strength: float = 0.0
    smoothness: float = 4.0
    inking: float = 0.0

    def __call__(self, x: Array, seed: int, epoch: int, threads: int | None = None) -> Array:
        """Pictures as this epoch shows them.

        Args:
            x: pictures (N, 784) uint8.
            seed: of the run.
            epoch: its number, from 1.
            threads: how many may share the work, None for all cores; the pictures do not depend on
                it.

        Returns:
            (N, 784) uint8.

        Raises:
            ParamError: those are no such pictures.
        """
        from glassnet.engines.compiled.distorting import distort
        from glassnet.engines.compiled.training import available_cores

        if x.dtype != np.uint8 or x.shape[1:] != (SIDE * SIDE,):
            raise ParamError("distortion", f"rows {x.dtype} {x.shape}", "pictures (N, 784) uint8")
        threads = threads or available_cores()

        key = generator(seed, DISTORTION + epoch).integers(2**63)
        rotation, scale, shear, shift, strength, _, inking = astuple(self)
        amounts = [radians(rotation), scale, shear, shift, strength, inking]
        out, weights = np.empty_like(x), gaussian(self.smoothness)

        def work(first: int, last: int) -> None:
            room = np.zeros((4, SIDE + 2, SIDE + 2), np.float32)
            distort(
                x[first:last],
                key,
                first,
                np.array(amounts, np.float32),
                weights,
                room,
                out[first:last],
            )

        cuts = np.linspace(0, len(x), threads + 1).astype(int)
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, cuts, cuts[1:]))
        return out


def gaussian(deviation: float) -> Array:
    """exp(-(i-k)^2 / 2 deviation^2) / (deviation sqrt(2 pi)) (28, 28), cut off at the edge."""
    distance = np.subtract.outer(np.arange(SIDE), np.arange(SIDE)) / deviation
    weights = np.exp(-(distance**2) / 2) / (deviation * np.sqrt(2 * np.pi))
    return weights.astype(np.float32)
