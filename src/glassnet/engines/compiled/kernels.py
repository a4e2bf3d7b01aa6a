"""Kernels: the two loops in which nearly all the time is spent, and what threads meet at.

    sum_of_rows     out = start + sum_k value[k] M[index[k]]        a forward pass, a backward pass
    add_outer       M[index[k]] += value[k] row, for every k        a gradient

A list of (index, value) leaves out the zeros: the paper around a digit, the neurons that ReLU has
silenced. Numba does not keep a row of sums in vector registers while it walks down such a list, so
both loops are built here from LLVM's own vector instructions, which become whatever the processor
has. They take addresses: `rows` is that of M[0], and stride and columns count bytes.
"""

import sys
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

VECTOR = 64  # bytes: one register of AVX-512, two of AVX, four of NEON
WORD, INT32 = ir.IntType(64), ir.IntType(32)


def jit(function: Callable[..., Any]) -> Any:
    """Compile without the interpreter's lock, and keep the code on disk where possible."""
    options = {"nogil": True, "error_model": "numpy"}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:  # Numba has found no folder for its cache
        return njit(**options)(function)


class Strip:
    """What the two kernels have in common: rows of some vectors, visited by a list.

    Args:
        builder: where LLVM's instructions go.
        real: LLVM's type of the numbers, float or double.
        n_vectors: how many vectors wide the rows are.
    """

    def __init__(self, builder: Any, real: Any, n_vectors: int):
        self.builder, self.real = builder, real
        self.size = 4 if isinstance(real, ir.FloatType) else 8
        self.lanes = VECTOR // self.size
        self.vector = ir.VectorType(real, self.lanes)
        self.offsets = [ir.Constant(WORD, v * VECTOR) for v in range(n_vectors)]
        name = f"llvm.fma.v{self.lanes}f{8 * self.size}"
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        self.fma = cgutils.get_or_insert_function(builder.module, kind, name)

    def places(self, address: Any) -> list[Any]:
        """Where each vector of the row at an address is."""
        pointer = self.vector.as_pointer()
        add, cast = self.builder.add, self.builder.inttoptr
        return [cast(add(address, offset), pointer) for offset in self.offsets]

    def load(self, address: Any) -> list[Any]:
        """The vectors of a row."""
        return [self.builder.load(place, align=self.size) for place in self.places(address)]

    def store(self, vectors: list[Any], address: Any) -> None:
        """Write the vectors of a row."""
        for vector, place in zip(vectors, self.places(address), strict=True):
            self.builder.store(vector, place, align=self.size)

    def entry(self, index: Any, value: Any, k: Any, rows: Any, stride: Any) -> tuple[Any, Any]:
        """The address of M[index[k]], and value[k] in every lane of a vector."""
        builder = self.builder
        index = builder.inttoptr(index, INT32.as_pointer())
        value = builder.inttoptr(value, self.real.as_pointer())
        row = builder.sext(builder.load(builder.gep(index, [k])), WORD)
        undefined = ir.Constant(self.vector, ir.Undefined)
        factor = builder.load(builder.gep(value, [k]))
        factor = builder.insert_element(undefined, factor, ir.Constant(INT32, 0))
        lane_0 = ir.Constant(ir.VectorType(INT32, self.lanes), None)
        factor = builder.shuffle_vector(factor, undefined, lane_0)
        return builder.add(rows, builder.mul(row, stride)), factor

    def multiply_add(self, factor: Any, vectors: list[Any], to: list[Any]) -> list[Any]:
        """Factor * vectors + to, rounded once."""
        pairs = zip(vectors, to, strict=True)
        return [self.builder.call(self.fma, [factor, vector, plus]) for vector, plus in pairs]


def make_sum_of_rows(n_vectors: int) -> Any:
    """The kernel sum_of_rows for rows of so many vectors."""

    @intrinsic
    def kernel(
        typing: Any,
        like: Any,
        out: Any,
        start: Any,
        rows: Any,
        stride: Any,
        index: Any,
        value: Any,
        n: Any,
    ) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            like, out, start, rows, stride, index, value, n = arguments
            strip = Strip(builder, like.type, n_vectors)
            sums = [cgutils.alloca_once(builder, strip.vector) for _ in range(n_vectors)]
            for total, vector in zip(sums, strip.load(start), strict=True):
                builder.store(vector, total)
            with cgutils.for_range(builder, n) as loop:
                row, factor = strip.entry(index, value, loop.index, rows, stride)
                old = [builder.load(total) for total in sums]
                new = strip.multiply_add(factor, strip.load(row), old)
                for total, vector in zip(sums, new, strict=True):
                    builder.store(vector, total)
            strip.store([builder.load(total) for total in sums], out)
            return context.get_dummy_value()

        return types.void(like, *[types.intp] * 7), generate

    return kernel


def make_add_outer(n_vectors: int) -> Any:
    """The kernel add_outer for rows of so many vectors."""

    @intrinsic
    def kernel(
        typing: Any, like: Any, rows: Any, stride: Any, row: Any, index: Any, value: Any, n: Any
    ) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            like, rows, stride, row, index, value, n = arguments
            strip = Strip(builder, like.type, n_vectors)
            vectors = strip.load(row)
            with cgutils.for_range(builder, n) as loop:
                target, factor = strip.entry(index, value, loop.index, rows, stride)
                strip.store(strip.multiply_add(factor, vectors, strip.load(target)), target)
            return context.get_dummy_value()

        return types.void(like, *[types.intp] * 6), generate

    return kernel


sum_8, sum_4, sum_2, sum_1 = map(make_sum_of_rows, (8, 4, 2, 1))
outer_8, outer_4, outer_2, outer_1 = map(make_add_outer, (8, 4, 2, 1))


@jit
def sum_of_rows(like, out, start, rows, stride, columns, index, value, n):
    """Out = start + sum_k value[k] M[index[k]], over a list of n, for so many bytes of columns."""
    c = 0
    while columns - c >= 8 * VECTOR:
        sum_8(like, out + c, start + c, rows + c, stride, index, value, n)
        c += 8 * VECTOR
    if columns - c >= 4 * VECTOR:
        sum_4(like, out + c, start + c, rows + c, stride, index, value, n)
        c += 4 * VECTOR
    if columns - c >= 2 * VECTOR:
        sum_2(like, out + c, start + c, rows + c, stride, index, value, n)
        c += 2 * VECTOR
    if columns - c >= VECTOR:
        sum_1(like, out + c, start + c, rows + c, stride, index, value, n)


@jit
def add_outer(like, rows, stride, columns, row, index, value, n):
    """M[index[k]] += value[k] row, for every k of a list of n, for so many bytes of columns."""
    c = 0
    while columns - c >= 8 * VECTOR:
        outer_8(like, rows + c, stride, row + c, index, value, n)
        c += 8 * VECTOR
    if columns - c >= 4 * VECTOR:
        outer_4(like, rows + c, stride, row + c, index, value, n)
        c += 4 * VECTOR
    if columns - c >= 2 * VECTOR:
        outer_2(like, rows + c, stride, row + c, index, value, n)
        c += 2 * VECTOR
    if columns - c >= VECTOR:
        outer_1(like, rows + c, stride, row + c, index, value, n)


@intrinsic
def prefetch(typing: Any, address: Any) -> Any:
    """Ask for the memory at an address ahead of its use."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        byte = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte, INT32, INT32, INT32])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        read, keep, data = (ir.Constant(INT32, number) for number in (0, 3, 1))
        builder.call(function, [builder.inttoptr(arguments[0], byte), read, keep, data])
        return context.get_dummy_value()

    return types.void(types.intp), generate


@intrinsic
def fetch_and_add(typing: Any, array: Any, at: Any, amount: Any) -> Any:
    """Array[at] += amount, one thread at a time; gives what was there before."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        place = builder.gep(data, [arguments[1]])
        return builder.atomic_rmw("add", place, arguments[2], "seq_cst")

    return types.int64(array, types.intp, types.int64), generate


SPINS = 2000  # before a thread that waits offers its core to others
ARRIVED, MEETING = 0, 8  # far enough apart not to share a cache line

if sys.platform == "win32":
    offer_core = types.ExternalFunction("SwitchToThread", types.int32())
else:
    offer_core = types.ExternalFunction("sched_yield", types.int32())


@jit
def wait_for_all(meeting_place, n_threads):
    """Go on when all threads have come here; meeting_place (16,) int64 starts as zeros."""
    if n_threads == 1:
        return
    meeting = fetch_and_add(meeting_place, MEETING, 0)
    if fetch_and_add(meeting_place, ARRIVED, 1) == n_threads - 1:
        fetch_and_add(meeting_place, ARRIVED, -n_threads)
        fetch_and_add(meeting_place, MEETING, 1)
        return
    spins = 0
    while fetch_and_add(meeting_place, MEETING, 0) == meeting:
        spins += 1
        if spins > SPINS:
            offer_core()
