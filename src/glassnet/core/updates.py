"""Update rules: how a gradient becomes a change of the parameters.

A rule is a value: its constants, `init(theta)` for the state it has to remember (named vectors like
theta), and `step(theta, grad, state, eta)`, which changes theta and the state in place. All work on
the flat vector, so each is its formula and nothing else; the loop over batches is never in here.

    g is the gradient, eta the learning rate, t the number of steps so far
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from glassnet.core.activations import Array

State = dict[str, Array]


class Rule(Protocol):
    """What every update rule has."""

    @property
    def name(self) -> str:
        """The name it is chosen and saved by."""

    def init(self, theta: Array) -> State:
        """The state before the first step."""

    def step(self, theta: Array, grad: Array, state: State, eta: float) -> None:
        """Change theta and the state in place."""


@dataclass(frozen=True)
class GradientDescent:
    """theta <- theta - eta g.

    Example:
        >>> theta = np.array([1.0])
        >>> GradientDescent().step(theta, np.array([2.0]), {}, eta=0.1)
        >>> theta
        array([0.8])
    """

    name = "sgd"

    def init(self, theta: Array) -> State:
        return {}

    def step(self, theta: Array, grad: Array, state: State, eta: float) -> None:
        theta -= eta * grad


@dataclass(frozen=True)
class Momentum:
    """v <- mu v - eta g; theta <- theta + v.

    The velocity v holds the rate already, so a change of eta acts on new gradients only (PyTorch
    multiplies by eta at the end instead). Polyak, 1964.

    Args:
        mu: how much of the velocity stays, in [0, 1). 0 is gradient descent.
    """

    mu: float = 0.9
    name = "momentum"

    def init(self, theta: Array) -> State:
        return {"v": np.zeros_like(theta)}

    def step(self, theta: Array, grad: Array, state: State, eta: float) -> None:
        v = state["v"]
        v *= self.mu
        v -= eta * grad
        theta += v


@dataclass(frozen=True)
class Nesterov:
    """v <- mu v - eta g; theta <- theta + mu v - eta g.

    Momentum that looks one step ahead, in the form that takes the gradient where theta is.
    Nesterov, 1983; Sutskever et al., ICML 2013.

    Args:
        mu: how much of the velocity stays, in [0, 1).
    """

    mu: float = 0.9
    name = "nesterov"

    def init(self, theta: Array) -> State:
        return {"v": np.zeros_like(theta)}

    def step(self, theta: Array, grad: Array, state: State, eta: float) -> None:
        v = state["v"]
        v *= self.mu
        v -= eta * grad
        theta += self.mu * v - eta * grad


@dataclass(frozen=True)
class RMSprop:
    """s <- rho s + (1 - rho) g^2; theta <- theta - eta g / (sqrt(s) + epsilon).

    Tieleman and Hinton, Coursera lecture 6.5, 2012.

    Args:
        rho: how long squared gradients are remembered, in [0, 1).
        epsilon: keeps the division finite, > 0.
    """

    rho: float = 0.9
    epsilon: float = 1e-8
    name = "rmsprop"

    def init(self, theta: Array) -> State:
        return {"s": np.zeros_like(theta)}

    def step(self, theta: Array, grad: Array, state: State, eta: float) -> None:
        s = state["s"]
        s *= self.rho
        s += (1 - self.rho) * grad**2
        theta -= eta * grad / (np.sqrt(s) + self.epsilon)


@dataclass(frozen=True)
class Adam:
    """Running means m of g and v of g^2, corrected for their start at zero.

        m <- beta1 m + (1 - beta1) g
        v <- beta2 v + (1 - beta2) g^2
        theta <- theta - eta (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)

    Kingma and Ba, ICLR 2015, algorithm 1.

    Args:
        beta1: how long gradients are remembered, in [0, 1).
        beta2: how long squared gradients are remembered, in [0, 1).
        epsilon: keeps the division finite, > 0.

    Example:
        >>> theta, adam = np.array([1.0, 1.0]), Adam()
        >>> adam.step(theta, np.array([1e-3, -50.0]), adam.init(theta), eta=0.1)
        >>> theta.round(5)  # the first step has the size of eta, whatever the gradient's
        array([0.9, 1.1])
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    name = "adam"

    def init(self, theta: Array) -> State:
        return {"m": np.zeros_like(theta), "v": np.zeros_like(theta), "t": np.zeros(1)}

    def step(self, theta: Array, grad: Array, state: State, eta: float) -> None:
        m, v, t = state["m"], state["v"], state["t"]
        t += 1
        m *= self.beta1
        m += (1 - self.beta1) * grad
        v *= self.beta2
        v += (1 - self.beta2) * grad**2
        m_hat = m / float(1 - self.beta1 ** t[0])
        v_hat = v / float(1 - self.beta2 ** t[0])
        theta -= eta * m_hat / (np.sqrt(v_hat) + self.epsilon)


@dataclass(frozen=True)
class AdamW(Adam):
    """theta <- (1 - eta decay) theta, then a step of Adam.

    The decay is not scaled by the running means, which is how it differs from an l2 penalty under
    Adam. It acts on every parameter, biases included. Loshchilov and Hutter, ICLR 2019.

    Args:
        beta1: as in Adam.
        beta2: as in Adam.
        epsilon: as in Adam.
        decay: the share of theta that goes per unit of eta, >= 0.
    """

    decay: float = 0.01
    name = "adamw"

    def step(self, theta: Array, grad: Array, state: State, eta: float) -> None:
        theta *= 1 - eta * self.decay
        super().step(theta, grad, state, eta)


RULES: dict[str, type[Rule]] = {
    rule.name: rule for rule in (GradientDescent, Momentum, Nesterov, RMSprop, Adam, AdamW)
}
