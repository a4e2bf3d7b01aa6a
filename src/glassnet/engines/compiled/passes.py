"""Passes: forward, backward, gradient and step of one batch, as each of several threads does them.

Only entries that are not zero are visited, by lists of (index, value): the ink of each picture, the
neurons of each layer that ReLU has left on. A bias is the weight of one more input, always 1.

Examples are divided among the threads on the way forward and back, rows of weights in the gradient:
no two threads write to one place, nothing has to be added up over threads, and every number is
computed by the same operations in the same order whatever the number of threads.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.extending import overload

from glassnet.engines.compiled.kernels import (
    VECTOR,
    add_outer,
    jit,
    prefetch,
    sum_of_rows,
    wait_for_all,
)

AHEAD = 4  # how many pictures ahead memory is asked for
CACHE_LINE = 64


class Plan(NamedTuple):
    """What is computed. Offsets count numbers from the start of an array, one for each layer.

    Args:
        layers: the widths of the layers (L+1,).
        widths: the same, padded to whole vectors (L+1,).
        activations: one code for each hidden layer, and one not used.
        loss: a code.
        rule: a code.
        constants: of the rule (4,) float64.
        l2: the penalty's.
        l1: the penalty's.
        batch: examples to a step.
        chunk: examples that are worked on at once; a larger batch is worked on in chunks.
        weight_at: where W[l] begins, (layers[l] + 1) rows of widths[l+1].
        back_at: where the transpose of W[l] begins, layers[l+1] rows of widths[l].
        row_at: where the outputs of layer l begin, chunk rows of widths[l].
        list_at: where the lists of layer l begin, chunk lists of layers[l] + 1.
        shares: the rows of W[l] that thread t owns: from shares[l, t] to shares[l, t+1].
        scattered: whether W[l] is so narrow that its gradient is added up picture by picture.
    """

    layers: Any
    widths: Any
    activations: Any
    loss: Any
    rule: Any
    constants: Any
    l2: Any
    l1: Any
    batch: Any
    chunk: Any
    weight_at: Any
    back_at: Any
    row_at: Any
    list_at: Any
    shares: Any
    scattered: Any


class Buffers(NamedTuple):
    """What it is computed in.

    Args:
        theta: all weights and biases, padded.
        back: the transposed weights, for the way back.
        grad: the gradient, like theta; a step of plain gradient descent needs none.
        first: the rule's first state, like theta.
        second: the rule's second state, like theta.
        a: the outputs of all layers for a chunk.
        delta: their errors.
        index: of the lists of what is not zero in each layer.
        value: likewise.
        cuts: where in its list each thread's part of an example begins, (L, chunk, threads + 1).
        turned_index: the lists of examples in which an input is not zero, chunk for each input.
        turned_value: likewise.
        turned_count: how long they are, of each thread.
        scratch_index: a list for each thread.
        scratch_value: likewise.
        zeros: a row of zeros.
        grey: the number for each grey level (256,).
        losses: of each example.
        prices: the penalty at each step.
        meeting_place: where the threads wait for each other.
    """

    theta: Any
    back: Any
    grad: Any
    first: Any
    second: Any
    a: Any
    delta: Any
    index: Any
    value: Any
    cuts: Any
    turned_index: Any
    turned_value: Any
    turned_count: Any
    scratch_index: Any
    scratch_value: Any
    zeros: Any
    grey: Any
    losses: Any
    prices: Any
    meeting_place: Any


def number(grey, x):
    """What an input is worth: a grey level by the table, a float as it is."""
    raise NotImplementedError


@overload(number)
def compile_number(grey, x):
    """The two cases, chosen when the type is known."""
    if isinstance(x, types.Integer):
        return lambda grey, x: grey[x]
    return lambda grey, x: x


@jit
def list_inputs(x, row, grey, index, value, at):
    """List what is not zero in a row of x, and the constant input; gives the length."""
    n = at
    width = x.shape[1]
    for i in range(width):
        level = x[row, i]
        index[n] = i
        value[n] = number(grey, level)
        n += level != 0
    index[n] = width
    value[n] = 1
    return n + 1 - at


@jit
def list_row(a, a_at, width, index, value, at):
    """List what is not zero in a row of a; gives the length."""
    n = at
    for i in range(width):
        v = a[a_at + i]
        index[n] = i
        value[n] = v
        n += v != 0
    return n - at


@jit
def cut_list(cuts, shares, index, at, n):
    """Note where in a list the rows of each thread begin."""
    cuts[0] = 0
    for thread in range(1, len(shares) - 1):
        low, high = cuts[thread - 1], n
        while low < high:
            middle = (low + high) // 2
            if index[at + middle] < shares[thread]:
                low = middle + 1
            else:
                high = middle
        cuts[thread] = low
    cuts[len(shares) - 1] = n


@jit
def activate(activation, a, at, n):
    """A = f(z) in place; the codes are those of ACTIVATIONS in order."""
    half, leak = a.dtype.type(0.5), a.dtype.type(0.01)
    if activation == 1:
        for i in range(at, at + n):
            a[i] = half * (1 + np.tanh(half * a[i]))
    elif activation == 2:
        for i in range(at, at + n):
            a[i] = np.tanh(a[i])
    elif activation == 3:
        for i in range(at, at + n):
            a[i] = a[i] if not a[i] <= 0 else 0  # a NaN stays
    elif activation == 4:
        for i in range(at, at + n):
            a[i] = a[i] if not a[i] <= 0 else leak * a[i]


@jit
def multiply_by_slope(activation, delta, a, at, n):
    """Delta *= f'(a) in place."""
    leak = a.dtype.type(0.01)
    if activation == 1:
        for i in range(at, at + n):
            delta[i] *= a[i] * (1 - a[i])
    elif activation == 2:
        for i in range(at, at + n):
            delta[i] *= 1 - a[i] * a[i]
    elif activation == 3:
        for i in range(at, at + n):
            delta[i] = delta[i] if a[i] > 0 else 0
    elif activation == 4:
        for i in range(at, at + n):
            delta[i] = delta[i] if a[i] > 0 else leak * delta[i]


@jit
def softmax_loss(z, y, row, at, n, delta, scale):
    """Cross-entropy over a softmax, and scale (a - y) in delta."""
    top = z[at]
    for k in range(1, n):
        top = max(top, z[at + k])
    total = z.dtype.type(0)
    for k in range(n):
        delta[at + k] = np.exp(z[at + k] - top)
        total += delta[at + k]
    log_total = np.log(total)
    loss = z.dtype.type(0)
    for k in range(n):
        loss -= y[row, k] * (z[at + k] - top - log_total)
        delta[at + k] = (delta[at + k] / total - y[row, k]) * scale
    return loss


@jit
def loss_and_error(kind, z, y, row, at, n, delta, scale):
    """The loss of one example, and scale dloss/dz in delta; the codes are LOSSES in order."""
    if kind == 0:
        return softmax_loss(z, y, row, at, n, delta, scale)
    loss, half = z.dtype.type(0), z.dtype.type(0.5)
    for k in range(n):
        v, target = z[at + k], y[row, k]
        if kind == 1:
            m = max(v, z.dtype.type(0))
            loss += m + np.log(np.exp(-m) + np.exp(v - m)) - target * v
            delta[at + k] = (half * (1 + np.tanh(half * v)) - target) * scale
        elif kind == 2:
            a = half * (1 + np.tanh(half * v))
            loss += half * (a - target) * (a - target)
            delta[at + k] = (a - target) * a * (1 - a) * scale
        else:
            loss += half * (v - target) * (v - target)
            delta[at + k] = (v - target) * scale
    return loss


@jit
def update(rule, c, theta, grad, first, second, begin, end, eta, t, l2, l1):
    """One step of a rule for theta[begin:end]; the codes are those of RULES in order."""
    real = theta.dtype.type
    mu, rest = real(c[0]), real(1 - c[0])
    if l2 != 0 or l1 != 0:
        for i in range(begin, end):
            grad[i] += l2 * theta[i] + l1 * np.sign(theta[i])
    if rule == 0:
        for i in range(begin, end):
            theta[i] -= eta * grad[i]
    elif rule == 1:
        for i in range(begin, end):
            first[i] = mu * first[i] - eta * grad[i]
            theta[i] += first[i]
    elif rule == 2:
        for i in range(begin, end):
            first[i] = mu * first[i] - eta * grad[i]
            theta[i] += mu * first[i] - eta * grad[i]
    elif rule == 3:
        epsilon = real(c[1])
        for i in range(begin, end):
            first[i] = mu * first[i] + rest * grad[i] * grad[i]
            theta[i] -= eta * grad[i] / (np.sqrt(first[i]) + epsilon)
    else:  # Adam, or AdamW, whose decay is c[3]
        beta2, rest2, epsilon = real(c[1]), real(1 - c[1]), real(c[2])
        m_scale, v_scale = real(1 / (1 - c[0] ** t)), real(1 / (1 - c[1] ** t))
        keep = real(1 - eta * c[3])
        for i in range(begin, end):
            first[i] = mu * first[i] + rest * grad[i]
            second[i] = beta2 * second[i] + rest2 * grad[i] * grad[i]
            step = eta * (first[i] * m_scale) / (np.sqrt(second[i] * v_scale) + epsilon)
            theta[i] = keep * theta[i] - step


@jit
def forward(plan, b, x, rows, begin, end):
    """Lists and outputs of every layer, for examples begin..end of the chunk at rows."""
    size = b.theta.itemsize
    like = b.theta.dtype.type(0)
    last = len(plan.layers) - 2
    for e in range(begin, end):
        if e + AHEAD < len(rows):
            address = x.ctypes.data + rows[e + AHEAD] * x.strides[0]
            for line in range(0, x.strides[0], CACHE_LINE):
                prefetch(address + line)
        at = plan.list_at[0] + e * (plan.layers[0] + 1)
        n = list_inputs(x, rows[e], b.grey, b.index, b.value, at)
        cut_list(b.cuts[0, e], plan.shares[0], b.index, at, n)
    for l in range(last + 1):
        stride = size * plan.widths[l + 1]
        strip = 8 * VECTOR  # of columns, which stays in the cache while all examples use it
        for column in range(0, stride, strip):
            columns = min(strip, stride - column)
            weights = b.theta.ctypes.data + size * plan.weight_at[l] + column
            for e in range(begin, end):
                at = plan.list_at[l] + e * (plan.layers[l] + 1)
                sum_of_rows(
                    like,
                    b.a.ctypes.data + size * plan.row_at[l + 1] + e * stride + column,
                    b.zeros.ctypes.data,
                    weights,
                    stride,
                    columns,
                    b.index.ctypes.data + 4 * at,
                    b.value.ctypes.data + size * at,
                    b.cuts[l, e, -1],
                )
        if l < last:
            width = plan.layers[l + 1]
            for e in range(begin, end):
                row = plan.row_at[l + 1] + e * plan.widths[l + 1]
                activate(plan.activations[l], b.a, row, width)
                at = plan.list_at[l + 1] + e * (width + 1)
                n = list_row(b.a, row, width, b.index, b.value, at)
                b.index[at + n] = width
                b.value[at + n] = 1
                cut_list(b.cuts[l + 1, e], plan.shares[l + 1], b.index, at, n + 1)


@jit
def backward(plan, b, y, rows, first_loss, begin, end, scale, thread):
    """Losses, and errors of every layer times scale, for examples begin..end of the chunk."""
    size = b.theta.itemsize
    like = b.theta.dtype.type(0)
    last = len(plan.layers) - 1
    scratch = thread * (plan.layers.max() + 1)
    index = b.scratch_index.ctypes.data + 4 * scratch
    value = b.scratch_value.ctypes.data + size * scratch
    for e in range(begin, end):
        at = plan.row_at[last] + e * plan.widths[last]
        n = plan.layers[last]
        b.losses[first_loss + e] = loss_and_error(plan.loss, b.a, y, rows[e], at, n, b.delta, scale)
        for l in range(last - 1, 0, -1):
            n = list_row(b.delta, at, plan.layers[l + 1], b.scratch_index, b.scratch_value, scratch)
            at = plan.row_at[l] + e * plan.widths[l]
            stride = size * plan.widths[l]
            out = b.delta.ctypes.data + size * at
            weights = b.back.ctypes.data + size * plan.back_at[l]
            zeros = b.zeros.ctypes.data
            sum_of_rows(like, out, zeros, weights, stride, stride, index, value, n)
            multiply_by_slope(plan.activations[l - 1], b.delta, b.a, at, plan.layers[l])


@jit
def scatter_gradient(plan, b, l, n, target, thread):
    """Add to my rows of W[l], or of its gradient: picture by picture, input times error."""
    size = b.theta.itemsize
    like = b.theta.dtype.type(0)
    stride = size * plan.widths[l + 1]
    rows = target.ctypes.data + size * plan.weight_at[l]
    for e in range(n):
        cut = b.cuts[l, e, thread]
        at = plan.list_at[l] + e * (plan.layers[l] + 1) + cut
        add_outer(
            like,
            rows,
            stride,
            stride,
            b.delta.ctypes.data + size * plan.row_at[l + 1] + e * stride,
            b.index.ctypes.data + 4 * at,
            b.value.ctypes.data + size * at,
            b.cuts[l, e, thread + 1] - cut,
        )


@jit
def gather_gradient(plan, b, l, n, target, thread):
    """Add to my rows of W[l], or of its gradient: row by row, over the pictures with ink there."""
    size = b.theta.itemsize
    like = b.theta.dtype.type(0)
    begin, end = plan.shares[l, thread], plan.shares[l, thread + 1]
    count = b.turned_count[thread]
    count[begin:end] = 0
    for e in range(n):
        at = plan.list_at[l] + e * (plan.layers[l] + 1)
        for k in range(at + b.cuts[l, e, thread], at + b.cuts[l, e, thread + 1]):
            i = b.index[k]
            place = plan.list_at[l] + i * plan.chunk + count[i]
            b.turned_index[place] = e
            b.turned_value[place] = b.value[k]
            count[i] += 1
    stride = size * plan.widths[l + 1]
    errors = b.delta.ctypes.data + size * plan.row_at[l + 1]
    for i in range(begin, end):
        if count[i]:
            row = target.ctypes.data + size * plan.weight_at[l] + i * stride
            at = plan.list_at[l] + i * plan.chunk
            index = b.turned_index.ctypes.data + 4 * at
            value = b.turned_value.ctypes.data + size * at
            sum_of_rows(like, row, row, errors, stride, stride, index, value, count[i])


@jit
def update_rows(plan, b, l, eta, t, thread):
    """The rule's step for my rows of W[l]; the last row is the bias, which has no price."""
    width = plan.widths[l + 1]
    begin, end = plan.shares[l, thread], plan.shares[l, thread + 1]
    base = plan.weight_at[l]
    at, stop = base + begin * width, base + end * width
    bias = base + min(end, plan.layers[l]) * width
    rule, c = plan.rule, plan.constants
    update(rule, c, b.theta, b.grad, b.first, b.second, at, bias, eta, t, plan.l2, plan.l1)
    none = plan.l2 * 0
    update(rule, c, b.theta, b.grad, b.first, b.second, bias, stop, eta, t, none, none)


@jit
def transpose_rows(plan, b, l, thread):
    """Bring my rows of W[l] into its transpose."""
    for i in range(plan.shares[l, thread], min(plan.shares[l, thread + 1], plan.layers[l])):
        row = plan.weight_at[l] + i * plan.widths[l + 1]
        for j in range(plan.layers[l + 1]):
            b.back[plan.back_at[l] + j * plan.widths[l] + i] = b.theta[row + j]


@jit
def price(plan, theta):
    """l2/2 sum w^2 + l1 sum |w|, over all weights."""
    squares = sizes = 0.0
    for l in range(len(plan.layers) - 1):
        at = plan.weight_at[l]
        for i in range(at, at + plan.layers[l] * plan.widths[l + 1]):
            squares += theta[i] * theta[i]
            sizes += abs(theta[i])
    return plan.l2 / 2 * squares + plan.l1 * sizes


@jit
def descend(plan, b, x, y, order, rates, steps_before, thread, n_threads):
    """One thread's part of one step for every batch of order."""
    n_layers = len(plan.layers) - 1
    priced = plan.l2 != 0 or plan.l1 != 0
    for step in range(len(rates)):
        start = step * plan.batch
        stop = min(start + plan.batch, len(order))
        eta = rates[step]
        # Plain gradient descent on one chunk adds -eta times the gradient to theta at once.
        direct = plan.rule == 0 and stop - start <= plan.chunk and not priced
        scale = (-eta if direct else b.theta.dtype.type(1)) / (stop - start)
        target = b.theta if direct else b.grad
        if priced and thread == 0:
            b.prices[step] = price(plan, b.theta)
        for chunk in range(start, stop, plan.chunk):
            n = min(plan.chunk, stop - chunk)
            rows = order[chunk:]
            begin, end = n * thread // n_threads, n * (thread + 1) // n_threads
            forward(plan, b, x, rows, begin, end)
            backward(plan, b, y, rows, chunk, begin, end, b.theta.dtype.type(scale), thread)
            wait_for_all(b.meeting_place, n_threads)
            for l in range(n_layers):
                if not direct and chunk == start:
                    at, width = plan.weight_at[l], plan.widths[l + 1]
                    first, last = plan.shares[l, thread], plan.shares[l, thread + 1]
                    b.grad[at + first * width : at + last * width] = 0
                if plan.scattered[l]:
                    scatter_gradient(plan, b, l, n, target, thread)
                else:
                    gather_gradient(plan, b, l, n, target, thread)
                if chunk + n == stop:
                    if not direct:
                        update_rows(plan, b, l, eta, steps_before + step + 1, thread)
                    if l > 0:
                        transpose_rows(plan, b, l, thread)
            wait_for_all(b.meeting_place, n_threads)
