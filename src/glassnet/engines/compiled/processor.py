"""The processor: what it is asked for ahead, how it computes, and where its threads meet."""

import platform
import sys
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from glassnet.engines.compiled.compiling import jit

CACHE_LINE = 64  # bytes
INT32 = ir.IntType(32)


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


IS_X86 = platform.machine() in ("x86_64", "AMD64")
DENORMALS_ARE_ZERO = 0x8040  # as inputs and as results, in the control register of x86


@intrinsic
def flush_denormals(typing: Any) -> Any:
    """From now on numbers below the normal ones are zero, in this thread; gives what was before.

    A moment that fades away would else stay for ever at the smallest number there is, and x86 needs
    a hundred times as long for such a number. Other processors do not.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = cgutils.alloca_once_value(builder, INT32(0))
        if IS_X86:
            call_on_control_register(builder, "llvm.x86.sse.stmxcsr", place)
            before = builder.load(place)
            builder.store(builder.or_(before, INT32(DENORMALS_ARE_ZERO)), place)
            call_on_control_register(builder, "llvm.x86.sse.ldmxcsr", place)
            return before
        return builder.load(place)

    return types.int32(), generate


@intrinsic
def restore_arithmetic(typing: Any, before: Any) -> Any:
    """Undo flush_denormals."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if IS_X86:
            place = cgutils.alloca_once_value(builder, arguments[0])
            builder.store(arguments[0], place)
            call_on_control_register(builder, "llvm.x86.sse.ldmxcsr", place)
        return context.get_dummy_value()

    return types.void(types.int32), generate


def call_on_control_register(builder: Any, name: str, place: Any) -> None:
    """Read or write the register that says how to round, from or to a place in memory."""
    byte = ir.IntType(8).as_pointer()
    kind = ir.FunctionType(ir.VoidType(), [byte])
    function = cgutils.get_or_insert_function(builder.module, kind, name)
    builder.call(function, [builder.bitcast(place, byte)])


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
