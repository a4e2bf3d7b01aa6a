"""Schedules: the learning rate eta as a function of the time t.

The time is counted in epochs, from 0, and passes within an epoch: in the middle of the third epoch
it is 2.5. So a schedule means the same at any batch size. A schedule is a value that is called.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, floor, pi

Schedule = Callable[[float], float]


@dataclass(frozen=True)
class Constant:
    """eta(t) = eta.

    Args:
        eta: the rate.
    """

    eta: float

    def __call__(self, t: float) -> float:
        return self.eta


@dataclass(frozen=True)
class StepDecay:
    """eta(t) = eta factor^floor(t / every).

    Args:
        eta: the rate at the start.
        every: after how many epochs it falls.
        factor: what it is multiplied by, in (0, 1].

    Example:
        >>> rate = StepDecay(1.0, every=10, factor=0.5)
        >>> rate(9.9), rate(10), rate(25)
        (1.0, 0.5, 0.25)
    """

    eta: float
    every: float
    factor: float = 0.5

    def __call__(self, t: float) -> float:
        return self.eta * self.factor ** floor(t / self.every)


@dataclass(frozen=True)
class Cosine:
    """eta(t) = eta (1 + cos(pi t / epochs)) / 2, from eta down to 0, and 0 after.

    Loshchilov and Hutter, ICLR 2017, without restarts.

    Args:
        eta: the rate at the start.
        epochs: after how many epochs it reaches 0.

    Example:
        >>> rate = Cosine(1.0, epochs=10)
        >>> rate(0), round(rate(5), 3), rate(10)
        (1.0, 0.5, 0.0)
    """

    eta: float
    epochs: float

    def __call__(self, t: float) -> float:
        return self.eta * (1 + cos(pi * min(t / self.epochs, 1))) / 2


@dataclass(frozen=True)
class WarmUp:
    """eta(t) = then(t) t / epochs while t < epochs, then(t) after.

    Goyal et al., 2017.

    Args:
        epochs: how long it takes to reach the full rate.
        then: the schedule that is warmed up to.

    Example:
        >>> rate = WarmUp(2, Constant(1.0))
        >>> rate(0), rate(0.5), rate(2), rate(9)
        (0.0, 0.25, 1.0, 1.0)
    """

    epochs: float
    then: Schedule

    def __call__(self, t: float) -> float:
        return self.then(t) * min(t / self.epochs, 1)
