"""Formulas: the activations, losses and rules of the core, compiled; by code, in its order."""

import numpy as np

from glassnet.engines.compiled.compiling import jit


@jit
def activate(activation, a):
    """A = f(z) in place; the codes are those of ACTIVATIONS in order."""
    zero, one, leak = a.dtype.type(0), a.dtype.type(1), a.dtype.type(0.01)
    if activation == 1:
        for i in range(len(a)):
            a[i] = one / (one + np.exp(-a[i]))
    elif activation == 2:
        for i in range(len(a)):
            a[i] = np.tanh(a[i])
    elif activation == 3:
        for i in range(len(a)):
            a[i] = a[i] if not a[i] <= 0 else zero  # a NaN stays
    elif activation == 4:
        for i in range(len(a)):
            a[i] = a[i] if not a[i] <= 0 else leak * a[i]


@jit
def multiply_by_slope(activation, delta, a):
    """Delta *= f'(a) in place."""
    zero, leak = a.dtype.type(0), a.dtype.type(0.01)
    if activation == 1:
        for i in range(len(a)):
            delta[i] *= a[i] * (1 - a[i])
    elif activation == 2:
        for i in range(len(a)):
            delta[i] *= 1 - a[i] * a[i]
    elif activation == 3:
        for i in range(len(a)):
            delta[i] = delta[i] if a[i] > 0 else zero
    elif activation == 4:
        for i in range(len(a)):
            delta[i] = delta[i] if a[i] > 0 else leak * delta[i]


@jit
def softmax_loss(z, y, delta, scale):
    """Cross-entropy over a softmax, and scale (a - y) in delta."""
    top = z[0]
    for k in range(len(z)):
        top = max(top, z[k])
    total = z.dtype.type(0)
    for k in range(len(z)):
        delta[k] = np.exp(z[k] - top)
        total += delta[k]
    log_total, share = np.log(total), z.dtype.type(1) / total
    loss = z.dtype.type(0)
    for k in range(len(z)):
        loss -= y[k] * (z[k] - top - log_total)
        delta[k] = (delta[k] * share - y[k]) * scale
    return loss


@jit
def loss_and_error(kind, z, y, delta, scale):
    """The loss of one example, and scale dloss/dz in delta; the codes are LOSSES in order."""
    if kind == 0:
        return softmax_loss(z, y, delta, scale)
    loss, half, one = z.dtype.type(0), z.dtype.type(0.5), z.dtype.type(1)
    for k in range(len(z)):
        if kind == 1:
            m = max(z[k], z.dtype.type(0))
            loss += m + np.log(np.exp(-m) + np.exp(z[k] - m)) - y[k] * z[k]
            delta[k] = (one / (one + np.exp(-z[k])) - y[k]) * scale
        elif kind == 2:
            a = one / (one + np.exp(-z[k]))
            loss += half * (a - y[k]) * (a - y[k])
            delta[k] = (a - y[k]) * a * (1 - a) * scale
        else:
            loss += half * (z[k] - y[k]) * (z[k] - y[k])
            delta[k] = (z[k] - y[k]) * scale
    return loss


@jit
def update(rule, c, theta, grad, first, second, eta, t, l2, l1):
    """One step of a rule; the codes are those of RULES in order."""
    n, real = len(theta), theta.dtype.type
    mu, rest = real(c[0]), real(1 - c[0])
    if l2 != 0 or l1 != 0:
        for i in range(n):
            grad[i] += l2 * theta[i] + l1 * np.sign(theta[i])
    if rule == 0:
        for i in range(n):
            theta[i] -= eta * grad[i]
    elif rule == 1:
        for i in range(n):
            first[i] = mu * first[i] - eta * grad[i]
            theta[i] += first[i]
    elif rule == 2:
        for i in range(n):
            first[i] = mu * first[i] - eta * grad[i]
            theta[i] += mu * first[i] - eta * grad[i]
    elif rule == 3:
        epsilon = real(c[1])
        for i in range(n):
            first[i] = mu * first[i] + rest * grad[i] * grad[i]
            theta[i] -= eta * grad[i] / (np.sqrt(first[i]) + epsilon)
    else:  # Adam, or AdamW, whose decay is c[3]
        beta2, rest2, epsilon = real(c[1]), real(1 - c[1]), real(c[2])
        m_scale, v_scale = real(1 / (1 - c[0] ** t)), real(1 / (1 - c[1] ** t))
        keep = real(1 - eta * c[3])
        for i in range(n):
            first[i] = mu * first[i] + rest * grad[i]
            second[i] = beta2 * second[i] + rest2 * grad[i] * grad[i]
            step = eta * (first[i] * m_scale) / (np.sqrt(second[i] * v_scale) + epsilon)
            theta[i] = keep * theta[i] - step
