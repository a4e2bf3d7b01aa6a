"""Passes: forward, backward, gradient and step of one batch, as each of several threads does them.

Examples are worked on in groups, and what is zero in a whole group is left out by lists of (index,
values): the paper around the digits. A bias is the weight of one more input, always 1.

Groups are divided among the threads on the way forward and back, rows of weights in the gradient.
A first layer that is wide is divided by columns in both: so each core keeps its part of the most
weights. No two threads write to one place, nothing has to be added up over threads, and every
number is computed by the same operations in the same order whatever the number of threads.
"""

import numpy as np
from numba import types
from numba.extending import overload

from glassnet.engines.compiled.compiling import allocating_entry, entry, jit
from glassnet.engines.compiled.formulas import activate, loss_and_error, multiply_by_slope, update
from glassnet.engines.compiled.kernels import BLOCK, VECTOR, add_outer, list_block, sum_of_rows
from glassnet.engines.compiled.layout import (
    list_number,
    list_place,
    my_part,
    row_place,
    weight_place,
    width_of,
)
from glassnet.engines.compiled.processor import (
    CACHE_LINE,
    flush_denormals,
    prefetch,
    restore_arithmetic,
    wait_for_all,
)

STRIP = 8 * VECTOR  # bytes of columns, of which all rows stay in the cache while groups use them


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
    return list_rows(plan, b, inputs, 0, width, plan.layers[0], 0, to, 0)


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
def backward(plan, b, y, rows, n, shares, losses, begin, end, scale, thread):
    """Losses, and errors of every layer times shares and scale, for groups of a chunk."""
    size, word = len(plan.group), b.theta.itemsize
    last = len(plan.layers) - 1
    scratch = plan.scratch_at[thread]
    for q in range(begin, end):
        ask_for(y, rows, (q + 1) * size, (q + 2) * size)
        for e in range(q * size, (q + 1) * size):
            at = row_place(plan, last, 0, e)
            z, delta = b.a[at:][: plan.layers[last]], b.delta[at:]
            if e < n:
                losses[e] = loss_and_error(plan.loss, z, y[rows[e]], delta, scale * shares[e])
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
        for i in range(plan.layers[l]):
            for part in range(plan.n_parts[l + 1]):
                width = min(
                    width_of(plan, l + 1, part), plan.layers[l + 1] - plan.columns[l + 1, part]
                )
                for w in theta[weight_place(plan, l, part, i) :][:width]:
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
        scale = -eta if direct else b.theta.dtype.type(1)
        target = b.theta if direct else b.grad
        if priced and thread == 0:
            b.prices[step] = price(plan, b.theta)
        for chunk in range(start, stop, plan.chunk):
            n = min(plan.chunk, stop - chunk)
            n_groups = -(-n // len(plan.group))
            rows, shares, losses = order[chunk:], b.shares[chunk:], b.losses[chunk:]
            begin, end = n_groups * thread // n_threads, n_groups * (thread + 1) // n_threads
            forward(plan, b, x, rows, n, begin, end, thread, n_threads)
            backward(plan, b, y, rows, n, shares, losses, begin, end, scale, thread)
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


@allocating_entry
def predict_few(theta, layers, activations, x, z):
    """The logits z of all rows of x, one after the other, from what is not zero."""
    biases = (layers[:-1] * layers[1:]).sum()
    a, outputs = np.empty(layers.max(), theta.dtype), np.empty(layers.max(), theta.dtype)
    live = np.empty(layers.max(), np.int64)
    for e in range(len(x)):
        for i in range(layers[0]):
            a[i] = number(theta, x[e, i])
        W, b = theta, theta[biases:]
        for l in range(len(layers) - 1):
            width = layers[l + 1]
            sums = outputs[:width]
            for j in range(width):
                sums[j] = b[j]
            n = 0
            for i in range(layers[l]):  # a list first: a processor cannot foresee where ink is
                live[n] = i
                n += a[i] != 0
            for k in range(n):
                v, row = a[live[k]], W[live[k] * width :][:width]
                for j in range(len(sums)):
                    sums[j] += v * row[j]
            activate(activations[l], sums)
            W, b = W[layers[l] * width :], b[width:]
            a, outputs = outputs, a
        for k in range(z.shape[1]):
            z[e, k] = a[k]
