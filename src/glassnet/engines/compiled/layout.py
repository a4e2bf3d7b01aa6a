"""Layout: where everything lies that the passes read and write.

Columns are padded to whole vectors. The columns of a wide first layer are divided into parts, one
for each thread, and each part of its weights, outputs and errors lies in memory of its own: cores
that write to each other's cache lines wait most of the time.
"""

from typing import Any, NamedTuple

from glassnet.engines.compiled.compiling import jit
from glassnet.engines.compiled.kernels import BLOCK


class Plan(NamedTuple):
    """What is computed. Offsets count numbers from the start of an array, one for each layer.

    Args:
        group: a tuple of as many zeros as examples are worked on together.
        layers: the widths of the layers (L+1,).
        widths: the same, padded to whole vectors (L+1,).
        activations: one code for each layer; the last is the identity.
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
        grad: the gradient, like theta; plain gradient descent in one chunk needs none.
        first: the rule's first state, like theta.
        second: the rule's second state, like theta.
        a: the outputs of all layers for a chunk.
        delta: their errors.
        inputs: the rows of the group that each thread reads.
        index: of the lists of what is not zero in each layer.
        value: likewise, len(group) for each entry.
        counts: how long they are, (L, lists).
        cuts: where in them each thread's share of the rows begins, (L, lists, threads + 1).
        shares: how much each example adds to the mean over its batch.
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
    shares: Any
    losses: Any
    prices: Any
    meeting_place: Any


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
def my_part(plan, l, thread):
    """The part of W[l] that a thread changes, and from which row to which."""
    if plan.n_parts[l + 1] > 1:
        return thread, 0, plan.layers[l] + 1
    return thread * 0, plan.shares[l, thread], plan.shares[l, thread + 1]
