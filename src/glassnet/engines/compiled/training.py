"""Training: gradients and descents, prepared once and then run on all threads."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from glassnet.core.activations import ACTIVATIONS, Array
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network
from glassnet.core.parameters import Parameters, count_parameters
from glassnet.core.penalties import Penalty
from glassnet.core.updates import RULES, Momentum, Rule, State
from glassnet.engines.compiled.kernels import BLOCK, VECTOR, widest_strip
from glassnet.engines.compiled.layout import Buffers, Plan
from glassnet.engines.compiled.passes import descend
from glassnet.engines.compiled.processor import CACHE_LINE

LARGEST_CHUNK = 256
CHUNK_OF_LARGER = 128
GROUPS = (8, 4, 1)  # examples that are worked on together
LEAST_WORK = (
    2_000_000  # multiplications in a batch for which two threads pay, measured on two cores
)
STATES = {"momentum": ("v",), "nesterov": ("v",), "rmsprop": ("s",), "adam": ("m", "v")}
STATES["adamw"] = STATES["adam"]
CONSTANTS = {"momentum": ("mu",), "nesterov": ("mu",), "rmsprop": ("rho", "epsilon")}
CONSTANTS |= {"adam": ("beta1", "beta2", "epsilon")}
CONSTANTS["adamw"] = (*CONSTANTS["adam"], "decay")


class Training:
    """Gradients and descents for one network, rule, penalty, batch size and type.

    It holds the plan of what is computed and the buffers it is computed in.
    """

    def __init__(
        self,
        network: Network,
        rule: Rule,
        penalty: Penalty,
        batch_size: int,
        dtype: np.dtype[Any],
        threads: int | None,
    ):
        self.network, self.rule, self.penalty = network, rule, penalty
        self.batch_size, self.dtype = batch_size, dtype
        self.layers = np.array(network.layers)
        lanes = VECTOR // dtype.itemsize
        self.widths = -(-self.layers // lanes) * lanes
        self.chunk = batch_size if batch_size <= LARGEST_CHUNK else CHUNK_OF_LARGER
        self.group = group_size(self.chunk)
        self.n_groups = -(-self.chunk // self.group)
        self.threads = min(threads or available_cores(), self.useful_threads())
        self.pool = ThreadPoolExecutor(self.threads)
        self.weight_at = offsets((self.layers[:-1] + 1) * self.widths[1:])
        self.divide_columns()
        self.plan = self.make_plan(rule, penalty)
        self.buffers = self.make_buffers()

    def warm_up(self) -> None:
        """Compile, or load what was compiled, by a descent of no steps."""
        params = Parameters(
            self.network.layers, np.zeros(count_parameters(self.network.layers), self.dtype)
        )
        state = self.rule.init(params.theta)
        none = np.zeros(0)
        x, y = np.zeros((1, self.layers[0]), np.uint8), np.zeros((1, self.layers[-1]), self.dtype)
        self.descend(params, state, x, y, none.astype(np.int64), none)

    def make_plan(self, rule: Rule, penalty: Penalty) -> Any:
        """The plan for a rule and a penalty."""
        layers, widths, real = self.layers, self.widths, self.dtype.type
        constants = np.zeros(4)
        for i, name in enumerate(CONSTANTS.get(rule.name, ())):
            constants[i] = getattr(rule, name)
        list_at = offsets(self.n_groups * self.threads * (layers[:-1] + 1 + BLOCK))
        codes = [list(ACTIVATIONS).index(f.name) for f in self.network.activations]
        return Plan(
            group=(real(0),) * self.group,
            layers=layers,
            widths=widths,
            activations=np.array([*codes, 0]),
            loss=list(LOSSES).index(self.network.loss.name),
            rule=list(RULES).index(rule.name),
            constants=constants,
            l2=real(penalty.l2),
            l1=real(penalty.l1),
            batch=self.batch_size,
            chunk=self.chunk,
            weight_at=self.weight_at,
            back_at=offsets(layers[1:] * widths[:-1]),
            row_at=offsets(self.n_groups * self.group * widths),
            list_at=list_at,
            scratch_at=list_at[-1] + np.arange(self.threads) * (layers.max() + BLOCK),
            n_groups=self.n_groups,
            n_parts=self.n_parts,
            columns=self.columns,
            shares=(layers[:-1, np.newaxis] + 1) * np.arange(self.threads + 1) // self.threads,
        )

    def strips(self) -> tuple[int, int]:
        """Into how many strips the columns of a first hidden layer can be divided, and how wide."""
        strip = max(widest_strip(self.group) * VECTOR, CACHE_LINE) // self.dtype.itemsize
        return (int(self.widths[1]) // strip if len(self.layers) > 2 else 1), strip

    def useful_threads(self) -> int:
        """How many threads a batch can keep busy."""
        work = self.chunk * int(self.widths[1:] @ self.layers[:-1])
        n_strips, _ = self.strips()
        shares = n_strips if n_strips > 1 else self.n_groups
        return max(1, min(shares, 2 * work // LEAST_WORK))

    def divide_columns(self) -> None:
        """Give each thread columns of a first layer that has whole strips for all of them."""
        self.n_parts = np.ones_like(self.layers)
        self.columns = self.widths[:, np.newaxis] * (np.arange(self.threads + 1) > 0)
        n_strips, strip = self.strips()
        if 1 < self.threads <= n_strips:
            self.n_parts[1] = self.threads
            self.columns[1] = n_strips * np.arange(self.threads + 1) // self.threads * strip
            self.columns[1, -1] = self.widths[1]

    def make_buffers(self) -> Any:
        """Everything that is written to, once for all batches."""
        plan, dtype, lists = self.plan, self.dtype, self.n_groups * self.threads
        entries = plan.scratch_at[-1] + self.layers.max() + BLOCK
        none = np.zeros(0, dtype)
        return Buffers(
            theta=aligned_zeros(self.weight_at[-1], dtype),
            back=aligned_zeros(plan.back_at[-1], dtype),
            grad=aligned_zeros(self.weight_at[-1], dtype),
            first=none,
            second=none,
            a=aligned_zeros(plan.row_at[-1] + BLOCK, dtype),
            delta=aligned_zeros(plan.row_at[-1] + BLOCK, dtype),
            inputs=none,
            index=aligned_zeros(entries, np.int32),
            value=aligned_zeros(entries * self.group, dtype),
            counts=aligned_zeros((len(self.layers) - 1, lists), np.int64),
            cuts=aligned_zeros((len(self.layers) - 1, lists, self.threads + 1), np.int64),
            shares=none,
            losses=none,
            prices=none,
            meeting_place=aligned_zeros(16, np.int64),
        )

    def inputs_for(self, x: Array) -> Array:
        """The buffer for the rows of a group of what is like x."""
        padded = -(-x.shape[1] // BLOCK) * BLOCK
        return aligned_zeros((self.threads, self.group, padded), x.dtype)

    def parts(self, theta: Array) -> Iterator[tuple[int, slice, Array]]:
        """What a padded vector holds, as (l, columns, view on them in W[l] and then b[l])."""
        for l, n_rows in enumerate(self.layers[:-1] + 1):
            for part in range(self.n_parts[l + 1]):
                left, right = self.columns[l + 1, part : part + 2]
                at = self.weight_at[l] + n_rows * left
                rows = theta[at : at + n_rows * (right - left)].reshape(n_rows, -1)
                real = min(right, self.layers[l + 1])
                yield l, slice(left, real), rows[:, : real - left]

    def pad(self, params: Parameters, into: Array) -> Array:
        """Copy parameters, or what is like them, into a padded vector."""
        for l, columns, rows in self.parts(into):
            rows[:-1], rows[-1] = params.W[l][:, columns], params.b[l][columns]
        return into

    def unpad(self, theta: Array, into: Parameters) -> None:
        """The inverse of pad."""
        for l, columns, rows in self.parts(theta):
            into.W[l][:, columns], into.b[l][columns] = rows[:-1], rows[-1]

    def load(self, params: Parameters) -> None:
        """Copy parameters and their transposes into the buffers."""
        self.pad(params, self.buffers.theta)
        for l in range(1, len(params.W)):
            back = self.buffers.back[self.plan.back_at[l] : self.plan.back_at[l + 1]]
            back.reshape(-1, self.widths[l])[:, : self.layers[l]] = params.W[l].T

    def run(
        self, plan: Any, buffers: Any, x: Array, y: Array, order: Array, rates: Array, t: int
    ) -> None:
        """All threads' parts."""
        if x.shape[1:] != (self.layers[0],) or y.shape[1:] != (self.layers[-1],):
            found = f"rows of {x.shape[1:]} and targets of {y.shape[1:]}"
            raise ValueError(f"{found} for a network of {self.network.layers}")
        if x.dtype != np.uint8:
            x = x.astype(self.dtype, copy=False)
        x, y = np.ascontiguousarray(x), np.ascontiguousarray(y, self.dtype)
        buffers = buffers._replace(inputs=self.inputs_for(x))
        part = partial(descend, plan, buffers, x, y, order, rates.astype(self.dtype), t)
        if self.threads == 1:
            part(0, 1)
        else:
            # Ctrl-C reaches the main thread alone, so that it can part no threads that wait for
            # each other.
            self.pool.submit(self.run_parts, part).result()

    def run_parts(self, part: Callable[[int, int], None]) -> None:
        """Every thread's part, this thread's among them."""
        others = [self.pool.submit(part, thread, self.threads) for thread in range(1, self.threads)]
        part(0, self.threads)
        for other in others:
            other.result()

    def descend(
        self,
        params: Parameters,
        state: State,
        x: Array,
        y: Array,
        order: Array,
        rates: Array,
        weights: Array | None = None,
    ) -> Array:
        """One step for every batch of order: see the contract."""
        self.load(params)
        names = STATES.get(self.rule.name, ())
        slots = [
            self.pad(params.like(state[name]), aligned_zeros(self.weight_at[-1], self.dtype))
            for name in names
        ]
        first, second = (*slots, self.buffers.theta, self.buffers.theta)[:2]
        shares = batch_shares(order, weights, self.batch_size)
        losses, prices = np.zeros(len(order)), np.zeros(len(rates))
        buffers = self.buffers._replace(
            first=first,
            second=second,
            shares=shares.astype(self.dtype),
            losses=losses,
            prices=prices,
        )
        steps_before = int(state["t"][0]) if "t" in state else 0
        self.run(self.plan, buffers, x, y, order, rates, steps_before)
        self.unpad(self.buffers.theta, params)
        for name, slot in zip(names, slots, strict=True):
            self.unpad(slot, params.like(state[name]))
        if "t" in state:
            state["t"] += len(rates)
        return batch_sums(losses * shares, self.batch_size) + prices

    def gradient(
        self,
        params: Parameters,
        x: Array,
        y: Array,
        into: Parameters,
        weights: Array | None = None,
    ) -> float:
        """The loss of one batch, and its gradient: see the contract."""
        self.load(params)
        theta = self.buffers.theta
        order = np.arange(len(x))
        shares = batch_shares(order, weights, len(x))
        losses, prices = np.zeros(len(x)), np.zeros(1)
        buffers = self.buffers._replace(
            first=theta,
            second=theta,
            shares=shares.astype(self.dtype),
            losses=losses,
            prices=prices,
        )
        # Unlike plain gradient descent, a rule with a state needs the gradient as such.
        plan = self.make_plan(Momentum(), self.penalty)._replace(batch=len(x))
        buffers = buffers._replace(first=np.zeros_like(theta))
        self.run(plan, buffers, x, y, order, np.zeros(1), 0)
        self.unpad(self.buffers.grad, into)
        return float(losses @ shares + prices[0])


def group_size(n: int) -> int:
    """The largest size of groups that fills n examples up by no more than a quarter."""
    return next(size for size in GROUPS if -(-n // size) * size <= 1.25 * n)


def batch_sums(values: Array, batch_size: int) -> Array:
    """The sum of each batch; the last may be short."""
    starts = np.arange(0, len(values), batch_size)
    return np.add.reduceat(values, starts) if len(starts) else np.zeros(0)


def batch_shares(order: Array, weights: Array | None, batch_size: int) -> Array:
    """How much each example of order adds to the mean over its batch."""
    own = np.ones(len(order)) if weights is None else weights[order].astype(float)
    totals = np.repeat(batch_sums(own, batch_size), batch_size)[: len(order)]
    return np.divide(own, totals, out=np.zeros(len(order)), where=totals > 0)


def offsets(sizes: Array) -> Array:
    """Where each of some pieces begins that lie behind each other, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def aligned_zeros(shape: Any, dtype: DTypeLike) -> Array:
    """Zeros that begin where a cache line does, so that no vector lies across two."""
    n_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.zeros(n_bytes + CACHE_LINE, np.uint8)
    first = -memory.ctypes.data % CACHE_LINE
    return memory[first : first + n_bytes].view(dtype).reshape(shape)


def available_cores() -> int:
    """How many cores this process may use; joblib says so to its workers in the environment."""
    can = hasattr(os, "sched_getaffinity")
    cores = len(os.sched_getaffinity(0)) if can else os.cpu_count() or 1
    limit = os.environ.get("NUMBA_NUM_THREADS", "")
    return min(cores, max(1, int(limit))) if limit.isdecimal() else cores
