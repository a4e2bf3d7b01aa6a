"""Kernels: the loops in which nearly all the time is spent.

Examples are worked on in groups, because a row that is loaded for one is then there for all:

    sum_of_rows     out[g] = sum_k value[k, g] M[index[k]]          a forward pass, a backward pass
    add_outer       M[index[k]] += sum_g value[k, g] row[g]         a gradient
    list_block      the list of (index, values) that both walk down

It leaves out what is zero in the whole group: the paper around the digits.
While it is walked down, the sums of a strip of columns stay in vector registers. Compilers do not
find that by themselves, so the loops are built here from LLVM's own vector instructions, which
become whatever the processor has.

Everywhere `group` is a tuple of as many zeros as the group has examples; only its type counts, so
that every size of group has code of its own. All else are addresses and numbers of bytes: `rows` is
the address of M[0], `stride` leads to its next row.
"""

from collections.abc import Iterator
from functools import reduce
from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

WIDE_REGISTERS = bool(binding.get_host_cpu_features().get("avx512f"))
VECTOR = 64 if WIDE_REGISTERS else 32  # bytes
SUMS = 16 if WIDE_REGISTERS else 8  # vectors that stay in registers, with room for what is added
BLOCK = 16  # columns that are looked at together for what is not zero
CHAINS = 8  # sums a core can work on at once: it starts two in each of the four cycles one takes
WORD, INT32 = ir.IntType(64), ir.IntType(32)


def widest_strip(group_size: int) -> int:
    """How many vectors wide the strips of a group are."""
    n = 1
    while n < CHAINS and 2 * n * group_size <= SUMS:
        n *= 2
    return n


class Strips:
    """What the two kernels have in common: listed rows of M, and the rows of a group, in strips.

    Args:
        builder: where LLVM's instructions go.
        group: Numba's type of the group.
        stride: from a row to the next.
        rows: the address of M[0].
        index: the address of the list of rows.
        value: the address of the factors.
    """

    def __init__(
        self, builder: Any, group: Any, stride: Any, rows: Any, index: Any, value: Any
    ) -> None:
        self.builder, self.size = builder, len(group)
        self.stride, self.rows = stride, rows
        single = group.dtype == types.float32
        self.real, self.bytes = (ir.FloatType(), 4) if single else (ir.DoubleType(), 8)
        self.lanes = VECTOR // self.bytes
        self.vector = ir.VectorType(self.real, self.lanes)
        self.index = builder.inttoptr(index, INT32.as_pointer())
        self.value = builder.inttoptr(value, self.real.as_pointer())
        name = f"llvm.fma.v{self.lanes}f{8 * self.bytes}"
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        self.fma = cgutils.get_or_insert_function(builder.module, kind, name)

    def over(self, columns: Any) -> Iterator[tuple[Any, int]]:
        """Where each strip begins, and its number of vectors: the widest, then what is left."""
        builder, n = self.builder, widest_strip(self.size)
        with cgutils.for_range(builder, builder.udiv(columns, WORD(n * VECTOR))) as loop:
            yield builder.mul(loop.index, WORD(n * VECTOR)), n
        while n > 1:
            n //= 2
            left = builder.and_(columns, WORD(n * VECTOR))
            with builder.if_then(builder.icmp_unsigned("!=", left, WORD(0))):
                yield builder.and_(columns, WORD(-2 * n * VECTOR)), n

    def members(self, address: Any, stride: Any) -> list[Any]:
        """The addresses of the rows of a group, given that of the first."""
        steps = [self.builder.mul(stride, WORD(g)) for g in range(self.size)]
        return [self.builder.add(address, step) for step in steps]

    def listed(self, k: Any) -> Any:
        """The address of M[index[k]]."""
        row = self.builder.sext(self.builder.load(self.builder.gep(self.index, [k])), WORD)
        return self.builder.add(self.rows, self.builder.mul(row, self.stride))

    def factors(self, k: Any) -> list[Any]:
        """value[k, g] in every lane of a vector, for each g."""
        builder, first = self.builder, self.builder.mul(k, WORD(self.size))
        places = [builder.add(first, WORD(g)) for g in range(self.size)]
        numbers = [builder.load(builder.gep(self.value, [place])) for place in places]
        return [broadcast(builder, number, self.lanes) for number in numbers]

    def places(self, address: Any, n: int) -> list[Any]:
        """Pointers to n vectors from an address on."""
        add, cast = self.builder.add, self.builder.inttoptr
        pointer = self.vector.as_pointer()
        return [cast(add(address, WORD(v * VECTOR)), pointer) for v in range(n)]

    def load(self, address: Any, n: int) -> list[Any]:
        """N vectors from an address on."""
        return [self.builder.load(place, align=self.bytes) for place in self.places(address, n)]

    def store(self, vectors: list[Any], address: Any) -> None:
        """Write vectors from an address on."""
        for vector, place in zip(vectors, self.places(address, len(vectors)), strict=True):
            self.builder.store(vector, place, align=self.bytes)

    def multiply_add(self, factor: Any, vectors: list[Any], to: list[Any]) -> list[Any]:
        """Factor * vectors + to, rounded once."""
        pairs = zip(vectors, to, strict=True)
        return [self.builder.call(self.fma, [factor, vector, plus]) for vector, plus in pairs]


class Sums:
    """Vectors of sums, one for each member of a group, that stay in registers during a loop."""

    def __init__(self, strips: Strips, n: int):
        self.strips, self.builder = strips, strips.builder
        zero = ir.Constant(strips.vector, None)
        self.places = [
            [cgutils.alloca_once_value(self.builder, zero) for _ in range(n)]
            for _ in range(strips.size)
        ]
        for places in self.places:
            for place in places:
                self.builder.store(zero, place)

    def values(self) -> list[list[Any]]:
        """The vectors of each member."""
        return [[self.builder.load(place) for place in places] for places in self.places]

    def set(self, values: list[list[Any]]) -> None:
        """New vectors for each member."""
        for places, vectors in zip(self.places, values, strict=True):
            for place, vector in zip(places, vectors, strict=True):
                self.builder.store(vector, place)

    def add_row(self, k: Any, column: Any) -> None:
        """Add value[k, g] times the strip of M[index[k]]."""
        strips, old = self.strips, self.values()
        vectors = strips.load(self.builder.add(strips.listed(k), column), len(old[0]))
        pairs = zip(strips.factors(k), old, strict=True)
        self.set([strips.multiply_add(factor, vectors, sums) for factor, sums in pairs])

    def add(self, others: "Sums") -> None:
        """Add other sums."""
        pairs = zip(self.values(), others.values(), strict=True)
        self.set([list(map(self.builder.fadd, *pair)) for pair in pairs])


@intrinsic
def sum_of_rows(
    typing: Any,
    group: Any,
    out: Any,
    out_stride: Any,
    rows: Any,
    stride: Any,
    columns: Any,
    index: Any,
    value: Any,
    n: Any,
) -> Any:
    """out[g] = sum_k value[k, g] M[index[k]], over a list of n, for so many bytes of columns."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _, out, out_stride, rows, stride, columns, index, value, n = arguments
        strips = Strips(builder, group, stride, rows, index, value)
        for column, n_vectors in strips.over(columns):
            # Where sums are few, each is split into several, that need not wait for each other.
            n_chains = max(1, CHAINS // (n_vectors * strips.size))
            chains = [Sums(strips, n_vectors) for _ in range(n_chains)]
            rounds = builder.udiv(n, WORD(n_chains))
            with cgutils.for_range(builder, rounds) as loop:
                for chain, sums in enumerate(chains):
                    k = builder.add(builder.mul(loop.index, WORD(n_chains)), WORD(chain))
                    sums.add_row(k, column)
            done = builder.mul(rounds, WORD(n_chains))
            with cgutils.for_range(builder, builder.sub(n, done)) as loop:
                chains[0].add_row(builder.add(done, loop.index), column)
            for sums in chains[1:]:
                chains[0].add(sums)
            for member, vectors in zip(
                strips.members(out, out_stride), chains[0].values(), strict=True
            ):
                strips.store(vectors, builder.add(member, column))
        return context.get_dummy_value()

    return types.void(group, *[types.intp] * 8), generate


@intrinsic
def add_outer(
    typing: Any,
    group: Any,
    rows: Any,
    row: Any,
    stride: Any,
    columns: Any,
    index: Any,
    value: Any,
    n: Any,
) -> Any:
    """M[index[k]] += sum_g value[k, g] row[g], for a list of n, for so many bytes of columns."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _, rows, row, stride, columns, index, value, n = arguments
        strips = Strips(builder, group, stride, rows, index, value)
        for column, n_vectors in strips.over(columns):
            members = [
                strips.load(builder.add(member, column), n_vectors)
                for member in strips.members(row, stride)
            ]
            with cgutils.for_range(builder, n) as loop:
                target = builder.add(strips.listed(loop.index), column)
                vectors = strips.load(target, n_vectors)
                for factor, member in zip(strips.factors(loop.index), members, strict=True):
                    vectors = strips.multiply_add(factor, member, vectors)
                strips.store(vectors, target)
        return context.get_dummy_value()

    return types.void(group, *[types.intp] * 7), generate


@intrinsic
def list_block(
    typing: Any,
    group: Any,
    source: Any,
    at: Any,
    stride: Any,
    wanted: Any,
    column: Any,
    index: Any,
    value: Any,
    n: Any,
) -> Any:
    """List those of BLOCK columns of a group of rows that are wanted and not all zero.

    Args:
        typing: Numba's.
        group: as everywhere here.
        source: an array; bytes are grey levels, and listed as numbers in [0, 1].
        at: row g of the group is source[at + g stride:].
        stride: likewise.
        wanted: a bit for each column.
        column: the number of the first.
        index: the address of the list of columns.
        value: the address of their values.
        n: how long the list is; gives how long it becomes. BLOCK entries more may be overwritten.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _, array, at, stride, wanted, column, index, value, n = arguments
        data = context.make_array(source)(context, builder, array).data
        real = context.get_data_type(group.dtype)
        kind = ir.VectorType(context.get_data_type(source.dtype), BLOCK)
        places = [
            builder.gep(data, [builder.add(at, builder.mul(stride, WORD(g)))])
            for g in range(len(group))
        ]
        rows = [
            builder.load(builder.bitcast(place, kind.as_pointer()), align=1) for place in places
        ]
        zero = ir.Constant(kind, None)
        if source.dtype in types.real_domain:  # what is no number is not zero
            lit = [builder.fcmp_unordered("!=", row, zero) for row in rows]
        else:
            lit = [builder.icmp_unsigned("!=", row, zero) for row in rows]
        live = builder.zext(builder.bitcast(reduce(builder.or_, lit), ir.IntType(BLOCK)), WORD)
        live = builder.and_(live, wanted)
        length = cgutils.alloca_once_value(builder, n)
        builder.store(n, length)
        with builder.if_then(builder.icmp_unsigned("!=", live, WORD(0))):

            def as_numbers(vector: Any) -> Any:
                if source.dtype in types.real_domain:
                    return vector
                unit = ir.Constant(
                    ir.VectorType(real, vector.type.count), [1 / 255] * vector.type.count
                )
                return builder.fmul(builder.uitofp(vector, unit.type), unit)

            entry = ir.VectorType(real, len(group))
            index = builder.inttoptr(index, INT32.as_pointer())
            value = builder.inttoptr(value, entry.as_pointer())
            first = builder.trunc(column, INT32)
            if len(rows) == 1:
                numbers = ir.Constant(ir.VectorType(INT32, BLOCK), list(range(BLOCK)))
                numbers = builder.add(numbers, broadcast(builder, first, BLOCK))
                mask = builder.bitcast(builder.trunc(live, ir.IntType(BLOCK)), lit[0].type)
                lanes = VECTOR * 8 // group.dtype.bitwidth
                for start in range(0, BLOCK, lanes):
                    piece = list(range(start, start + lanes))
                    some, k = shuffle(builder, mask, mask, piece), builder.load(length)
                    for vector, to in ((numbers, index), (as_numbers(rows[0]), value)):
                        part = compress(builder, shuffle(builder, vector, vector, piece), some)
                        place = builder.bitcast(builder.gep(to, [k]), part.type.as_pointer())
                        builder.store(part, place, align=4)
                    bits = builder.zext(builder.bitcast(some, ir.IntType(lanes)), WORD)
                    builder.store(builder.add(k, builder.ctpop(bits)), length)
            else:
                for c, values in enumerate(columns_of(builder, rows)):
                    k = builder.load(length)
                    builder.store(builder.add(first, INT32(c)), builder.gep(index, [k]))
                    place = builder.gep(value, [k])
                    builder.store(as_numbers(values), place, align=group.dtype.bitwidth // 8)
                    bit = builder.and_(builder.lshr(live, WORD(c)), WORD(1))
                    builder.store(builder.add(k, bit), length)
        return builder.load(length)

    return types.intp(group, source, *[types.intp] * 7), generate


def columns_of(builder: Any, rows: list[Any]) -> list[Any]:
    """Rows of vectors as vectors of columns: a transposition by interleaving."""
    size, lanes = len(rows), rows[0].type.count
    vectors = rows
    while len(vectors) > 1:  # a0 a1 ... and b0 b1 ... become a0 b0 a1 b1 ...
        half = len(vectors) // 2
        mask = [lane + side * lanes for lane in range(lanes) for side in range(2)]
        pairs = zip(vectors[:half], vectors[half:], strict=True)
        vectors = [shuffle(builder, *pair, mask) for pair in pairs]
        lanes *= 2
    whole = vectors[0]
    return [
        shuffle(builder, whole, whole, list(range(c * size, (c + 1) * size)))
        for c in range(rows[0].type.count)
    ]


def compress(builder: Any, vector: Any, mask: Any) -> Any:
    """The lanes of a vector that a mask has, side by side at its beginning."""
    kind = vector.type
    lane = {INT32: "i32", ir.FloatType(): "f32", ir.DoubleType(): "f64"}[kind.element]
    name = f"llvm.experimental.vector.compress.v{kind.count}{lane}"
    signature = ir.FunctionType(kind, [kind, mask.type, kind])
    function = cgutils.get_or_insert_function(builder.module, signature, name)
    return builder.call(function, [vector, mask, ir.Constant(kind, ir.Undefined)])


def broadcast(builder: Any, number: Any, lanes: int) -> Any:
    """A vector with a number in every lane."""
    undefined = ir.Constant(ir.VectorType(number.type, lanes), ir.Undefined)
    lane_0 = ir.Constant(ir.VectorType(INT32, lanes), None)
    return builder.shuffle_vector(
        builder.insert_element(undefined, number, INT32(0)), undefined, lane_0
    )


def shuffle(builder: Any, a: Any, b: Any, lanes: list[int]) -> Any:
    """The vector of some lanes of two."""
    kind = ir.VectorType(INT32, len(lanes))
    return builder.shuffle_vector(a, b, ir.Constant(kind, lanes))
