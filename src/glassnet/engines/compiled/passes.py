"""Passes: forward, backward, gradient and step of one batch, as each of several threads does them.

Examples are worked on in groups, and what is zero in a whole group is left out by lists of (index,
values): the paper around the digits. A bias is the weight of one more input, always 1.

Groups are divided among the threads on the way forward and back, rows of weights in the gradient.
A first layer that is wide is divided by columns in both: so each core keeps its part of the most
weights. No two threads write to one place, nothing has to be added up over threads, and every
number is computed by the same operations in the same order whatever the number of threads.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.extending import overload

from glassnet.engines.compiled.kernels import (
    BLOCK,
    VECTOR,
    add_outer,
    entry,
    flush_denormals,
    jit,
    list_block,
    prefetch,
    restore_arithmetic,
    sum_of_rows,
    wait_for_all,
)

CACHE_LINE = 64
STRIP = 8 * VECTOR  # bytes of columns, of which all rows stay in the cache while groups use them


class Plan(NamedTuple):
    """What is computed. Offsets count numbers from the start of an array, one for each layer.

    Args:
        group: a tuple of as many zeros as examples are worked on together.
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
        weight_at: where W[l] begins, for each of its parts (layers[l] + 1) rows of its columns.
        back_at: where the transpose of W[l] begins, layers[l+1] rows of widths[l].
        row_at: where the outputs of layer l begin, for each part a row for each example.
        list_at: where the lists of layer l begin, layers[l] + 1 entries and a block for each.
        scratch_at: where a list of each thread begins, for the way back.
        n_groups: in a chunk.
        n_parts: into how many parts the columns of layer l are divided: as there are threads, or 1.
        columns: part p of layer l are its columns from columns[l, p] to columns[l, p+1].
        shares: the rows of W[l] that thread t changes, from shares[l, t] to shares[l, t+1], if the
            threads divide rows, not columns.
    """

    group: Any
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
    scratch_at: Any
    n_groups: Any
    n_parts: Any
    columns: Any
    shares: Any


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
        inputs: the rows of the group that each thread reads.
        index: of the lists of what is not zero in each layer.
        value: likewise, len(group) for each entry.
        counts: how long they are, (L, lists).
        cuts: where in them each thread's share of the rows begins, (L, lists, threads + 1).
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
    inputs: Any
    index: Any
    value: Any
    counts: Any
    cuts: Any
    losses: Any
    prices: Any
    meeting_place: Any


@jit
def list_rows(plan, b, source, at, stride, width, first, to, n):
    """List the columns in which not all rows of a group are zero; gives how long a list becomes.

    Row g of the group is source[at + g stride:], `width` long, padded to whole blocks; `first` is
    the number of its first column. The list begins at entry `to`, and has n entries already.
    """
    index = b.index.ctypes.data + b.index.itemsize * to
    value = b.value.ctypes.data + b.value.itemsize * to * len(plan.group)
    for column in range(0, width, BLOCK):
        wanted = (1 << min(BLOCK, width - column)) - 1
        from_column = first + column
        n = list_block(
            plan.group, source, at + column, stride, wanted, from_column, index, value, n
        )
    return n


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
    log_total = np.log(total)
    loss = z.dtype.type(0)
    for k in range(len(z)):
        loss -= y[k] * (z[k] - top - log_total)
        delta[k] = (delta[k] / total - y[k]) * scale
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


@jit
def ask_for(array, rows, first, last):
    """Ask for rows of an array ahead of their use: array[rows[first:last]]."""
    for e in range(first, min(last, len(rows))):
        address = array.ctypes.data + rows[e] * array.strides[0]
        for line in range(0, array.strides[0], CACHE_LINE):
            prefetch(address + line)


@jit
def read_inputs(x, rows, first, n_real, inputs):
    """Copy the rows of a group to inputs, zeros where it has no more, and ask for the next ones."""
    for g in range(n_real):
        row = x[rows[first + g]]
        for i in range(x.shape[1]):
            inputs[g, i] = row[i]
    for g in range(n_real, len(inputs)):
        inputs[g] = 0
    ask_for(x, rows, first + n_real, first + n_real + len(inputs))


@jit
def width_of(plan, l, part):
    """How many columns a part of layer l has, padding included."""
    return plan.columns[l, part + 1] - plan.columns[l, part]


@jit
def row_place(plan, l, part, e):
    """Where the outputs, or errors, of example e in a part of layer l are."""
    n_rows = plan.n_groups * len(plan.group)
    return plan.row_at[l] + n_rows * plan.columns[l, part] + e * width_of(plan, l, part)


@jit
def weight_place(plan, l, part, i):
    """Where row i of a part of W[l] is."""
    before = (plan.layers[l] + 1) * plan.columns[l + 1, part]
    return plan.weight_at[l] + before + i * width_of(plan, l + 1, part)


@jit
def list_number(plan, l, q, thread):
    """Which list has what group q puts into W[l]: threads that divide columns have their own."""
    return q + plan.n_groups * thread * (plan.n_parts[l + 1] > 1)


@jit
def list_place(plan, l, number):
    """Where a list begins."""
    return plan.list_at[l] + number * (plan.layers[l] + 1 + BLOCK)


@jit
def end_list(plan, b, l, number, n, n_real):
    """Add the bias's input, always 1 for the examples that are there, and note lengths."""
    size, at = len(plan.group), list_place(plan, l, number)
    b.index[at + n] = plan.layers[l]
    for g in range(size):
        b.value[(at + n) * size + g] = g < n_real
    b.counts[l, number] = n + 1
    n_threads = plan.shares.shape[1] - 1
    b.cuts[l, number, 0], b.cuts[l, number, n_threads] = 0, n + 1
    for thread in range(1, n_threads):
        cut = np.searchsorted(b.index[at : at + n + 1], plan.shares[l, thread])
        b.cuts[l, number, thread] = cut


@jit
def list_outputs(plan, b, a, l, q, to):
    """List what group q has in layer l, of a or what is like it, from entry `to` on."""
    n = 0
    for part in range(plan.n_parts[l]):
        left, width = plan.columns[l, part], width_of(plan, l, part)
        at = row_place(plan, l, part, q * len(plan.group))
        n = list_rows(plan, b, a, at, width, min(width, plan.layers[l] - left), left, to, n)
    return n


@jit
def list_inputs(plan, b, x, rows, q, n_real, inputs, to):
    """List what group q has in x[rows], from entry `to` on."""
    read_inputs(x, rows, q * len(plan.group), n_real, inputs)
    width = inputs.shape[1]
    return list_rows(plan, b, inputs.ravel(), 0, width, plan.layers[0], 0, to, 0)


@jit
def multiply(plan, b, l, part, begin, end, thread):
    """The outputs of a part of W[l] and its activation, for groups begin..end."""
    size, word = len(plan.group), b.theta.itemsize
    width = width_of(plan, l + 1, part)
    outputs = b.a.ctypes.data + word * row_place(plan, l + 1, part, 0)
    weights = b.theta.ctypes.data + word * weight_place(plan, l, part, 0)
    for left in range(0, word * width, STRIP):
        for q in range(begin, end):
            number = list_number(plan, l, q, thread)
            at = list_place(plan, l, number)
            sum_of_rows(
                plan.group,
                outputs + word * width * size * q + left,
                word * width,
                weights + left,
                word * width,
                min(STRIP, word * width - left),
                b.index.ctypes.data + b.index.itemsize * at,
                b.value.ctypes.data + word * size * at,
                b.counts[l, number],
            )
    first = row_place(plan, l + 1, part, begin * size)
    last = row_place(plan, l + 1, part, end * size)
    activate(plan.activations[l], b.a[first:last])


@jit
def forward(plan, b, x, rows, n, begin, end, thread, n_threads):
    """Lists and outputs of every layer, for groups begin..end of a chunk: rows[:n] of x."""
    size = len(plan.group)
    for l in range(len(plan.layers) - 1):
        by_columns = plan.n_parts[l + 1] > 1
        first, last = (0, -(-n // size)) if by_columns else (begin, end)
        for q in range(first, last):
            n_real = min(size, n - q * size)
            number = list_number(plan, l, q, thread)
            to = list_place(plan, l, number)
            if l == 0:
                live = list_inputs(plan, b, x, rows, q, n_real, b.inputs[thread], to)
            else:
                live = list_outputs(plan, b, b.a, l, q, to)
            end_list(plan, b, l, number, live, n_real)
        multiply(plan, b, l, thread * by_columns, first, last, thread)
        if by_columns:
            wait_for_all(b.meeting_place, n_threads)


@jit
def backward(plan, b, y, rows, n, losses, begin, end, scale, thread):
    """Losses, and errors of every layer times scale, for groups begin..end of a chunk."""
    size, word = len(plan.group), b.theta.itemsize
    last = len(plan.layers) - 1
    scratch = plan.scratch_at[thread]
    for q in range(begin, end):
        ask_for(y, rows, (q + 1) * size, (q + 2) * size)
        for e in range(q * size, (q + 1) * size):
            at = row_place(plan, last, 0, e)
            z, delta = b.a[at:][: plan.layers[last]], b.delta[at:]
            if e < n:
                losses[e] = loss_and_error(plan.loss, z, y[rows[e]], delta, scale)
            else:
                delta[: len(z)] = 0
        for l in range(last - 1, 0, -1):
            live = list_outputs(plan, b, b.delta, l + 1, q, scratch)
            for part in range(plan.n_parts[l]):
                left, width = plan.columns[l, part], width_of(plan, l, part)
                at = row_place(plan, l, part, q * size)
                sum_of_rows(
                    plan.group,
                    b.delta.ctypes.data + word * at,
                    word * width,
                    b.back.ctypes.data + word * (plan.back_at[l] + left),
                    word * plan.widths[l],
                    word * width,
                    b.index.ctypes.data + b.index.itemsize * scratch,
                    b.value.ctypes.data + word * size * scratch,
                    live,
                )
                errors, outputs = b.delta[at:], b.a[at:][: size * width]
                multiply_by_slope(plan.activations[l - 1], errors, outputs)


@jit
def my_part(plan, l, thread):
    """The part of W[l] that a thread changes, and from which row to which."""
    if plan.n_parts[l + 1] > 1:
        return thread, 0, plan.layers[l] + 1
    return thread * 0, plan.shares[l, thread], plan.shares[l, thread + 1]


@jit
def clear_gradient(plan, b, l, thread):
    """Zeros in my part of the gradient of W[l]."""
    part, begin, end = my_part(plan, l, thread)
    b.grad[weight_place(plan, l, part, begin) : weight_place(plan, l, part, end)] = 0


@jit
def add_gradient(plan, b, l, n_groups, target, thread):
    """Add the gradient of my part of W[l] to target: inputs times errors, group by group."""
    size, word = len(plan.group), b.theta.itemsize
    part, begin, end = my_part(plan, l, thread)
    whole = end - begin > plan.layers[l]
    width = width_of(plan, l + 1, part)
    weights = target.ctypes.data + word * weight_place(plan, l, part, 0)
    errors = b.delta.ctypes.data + word * row_place(plan, l + 1, part, 0)
    for left in range(0, word * width, STRIP):
        for q in range(n_groups):
            number = list_number(plan, l, q, thread)
            first, last = b.cuts[l, number, thread], b.cuts[l, number, thread + 1]
            if whole:
                first, last = 0, b.counts[l, number]
            at = list_place(plan, l, number) + first
            add_outer(
                plan.group,
                weights + left,
                errors + word * width * size * q + left,
                word * width,
                min(STRIP, word * width - left),
                b.index.ctypes.data + b.index.itemsize * at,
                b.value.ctypes.data + word * size * at,
                last - first,
            )


@jit
def update_rows(plan, b, l, part, begin, end, l2, l1, eta, t):
    """The rule's step for some rows of a part of W[l]."""
    at, end = weight_place(plan, l, part, begin), weight_place(plan, l, part, end)
    theta, grad, first, second = b.theta[at:end], b.grad[at:], b.first[at:], b.second[at:]
    update(plan.rule, plan.constants, theta, grad, first, second, eta, t, l2, l1)


@jit
def step_weights(plan, b, l, eta, t, thread):
    """The rule's step for my part of W[l]; its last row is the bias, which has no price."""
    part, begin, end = my_part(plan, l, thread)
    bias = plan.layers[l]
    update_rows(plan, b, l, part, begin, min(end, bias), plan.l2, plan.l1, eta, t)
    if end > bias:
        none = plan.l2 - plan.l2
        update_rows(plan, b, l, part, bias, end, none, none, eta, t)


@jit
def transpose_rows(plan, b, l, thread):
    """Bring my rows of W[l] into its transpose."""
    _, begin, end = my_part(plan, l, thread)
    end = min(end, plan.layers[l])
    weights, width = b.theta[weight_place(plan, l, 0, begin) :], plan.widths[l + 1]
    for j in range(plan.layers[l + 1]):
        row = b.back[plan.back_at[l] + j * plan.widths[l] + begin :][: end - begin]
        column = weights[j:]
        for i in range(len(row)):
            row[i] = column[i * width]


@jit
def price(plan, theta):
    """l2/2 sum w^2 + l1 sum |w|, over all weights."""
    squares = sizes = 0.0
    for l in range(len(plan.layers) - 1):
        for part in range(plan.n_parts[l + 1]):
            end = weight_place(plan, l, part, plan.layers[l])
            for w in theta[weight_place(plan, l, part, 0) : end]:
                squares += w * w
                sizes += abs(w)
    return plan.l2 / 2 * squares + plan.l1 * sizes


@entry
def descend(plan, b, x, y, order, rates, steps_before, thread, n_threads):
    """One thread's part of one step for every batch of order."""
    n_layers = len(plan.layers) - 1
    priced = plan.l2 != 0 or plan.l1 != 0
    arithmetic = flush_denormals()
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
            n_groups = -(-n // len(plan.group))
            rows, losses = order[chunk:], b.losses[chunk:]
            begin, end = n_groups * thread // n_threads, n_groups * (thread + 1) // n_threads
            forward(plan, b, x, rows, n, begin, end, thread, n_threads)
            backward(plan, b, y, rows, n, losses, begin, end, b.theta.dtype.type(scale), thread)
            wait_for_all(b.meeting_place, n_threads)
            for l in range(n_layers):
                if not direct and chunk == start:
                    clear_gradient(plan, b, l, thread)
                add_gradient(plan, b, l, n_groups, target, thread)
                if chunk + n == stop:
                    if not direct:
                        step_weights(plan, b, l, eta, steps_before + step + 1, thread)
                    if l > 0:
                        transpose_rows(plan, b, l, thread)
            wait_for_all(b.meeting_place, n_threads)
    restore_arithmetic(arithmetic)


@entry
def predict_part(plan, b, x, rows, z):
    """The logits z of some rows of x."""
    last = len(plan.layers) - 1
    for start in range(0, len(rows), plan.chunk):
        n = min(plan.chunk, len(rows) - start)
        forward(plan, b, x, rows[start:], n, 0, -(-n // len(plan.group)), 0, 1)
        for e in range(n):
            outputs = b.a[row_place(plan, last, 0, e) :]
            for k in range(z.shape[1]):
                z[rows[start + e], k] = outputs[k]


def number(theta, x):
    """An input as a number: a grey level in [0, 1], a float as it is."""
    raise NotImplementedError


@overload(number)
def compile_number(theta, x):
    """The two cases, chosen when the type is known."""
    if isinstance(x, types.Integer):
        real = theta.dtype
        return lambda theta, x: real(x) * real(1 / 255)
    return lambda theta, x: x


@entry
def predict_few(theta, layers, activations, x, z):
    """The logits z of all rows of x, one after the other, from what is not zero."""
    biases = (layers[:-1] * layers[1:]).sum()
    a, outputs = np.empty(layers.max(), theta.dtype), np.empty(layers.max(), theta.dtype)
    for e in range(len(x)):
        for i in range(layers[0]):
            a[i] = number(theta, x[e, i])
        W, b = theta, theta[biases:]
        for l in range(len(layers) - 1):
            width = layers[l + 1]
            sums = outputs[:width]
            for j in range(width):
                sums[j] = b[j]
            for i in range(layers[l]):
                v, row = a[i], W[i * width :][:width]
                if v != 0:
                    for j in range(len(sums)):
                        sums[j] += v * row[j]
            activate(activations[l], sums)
            W, b = W[layers[l] * width :], b[width:]
            a, outputs = outputs, a
        for k in range(z.shape[1]):
            z[e, k] = a[k]
