"""Prediction: few rows one by one, many rows in groups on all cores."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Lock
from typing import Any

import numpy as np

from glassnet.core.activations import ACTIVATIONS, Array
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network
from glassnet.core.parameters import Parameters
from glassnet.core.penalties import NO_PENALTY
from glassnet.core.updates import GradientDescent
from glassnet.engines.compiled.passes import predict_few, predict_part
from glassnet.engines.compiled.training import CHUNK_OF_LARGER, Training, available_cores

FEW = 64  # rows, for which it does not pay to copy the weights into the layout of the passes


class Prediction:
    """The logits of any number of rows.

    Args:
        network: what is computed.
        dtype: of the parameters.
        threads: how many at most; None for as many as there are cores.
    """

    def __init__(self, network: Network, dtype: np.dtype[Any], threads: int | None):
        # Logits know of no loss, so it may be one that the training of this engine does not know.
        self.network, self.dtype = replace(network, loss=LOSSES["squared_error"]), dtype
        self.layers = np.array(network.layers)
        codes = [list(ACTIVATIONS).index(f.name) for f in network.activations]
        self.activations = np.array([*codes, 0])
        self.threads = threads or available_cores()
        self.workers: list[Training] = []
        self.in_use = Lock()  # the workers' buffers; few rows need none

    def __call__(self, params: Parameters, x: Array) -> Array:
        """The logits z (N, K) of rows x (N, n[0]), uint8 or floats."""
        if x.shape[1:] != (self.network.layers[0],):
            raise ValueError(f"rows of {x.shape[1:]} for a network of {self.network.layers}")
        if x.dtype != np.uint8:
            x = x.astype(self.dtype, copy=False)
        x = np.ascontiguousarray(x)
        z = np.empty((len(x), self.network.layers[-1]), self.dtype)
        if len(x) <= FEW:
            predict_few(params.theta, self.layers, self.activations, x, z)
        else:
            with self.in_use:
                self.predict_many(params, x, z)
        return z

    def predict_many(self, params: Parameters, x: Array, z: Array) -> None:
        """The rows divided among the threads, each with buffers of its own."""
        if not self.workers:
            self.pool = ThreadPoolExecutor(self.threads)
            job = (self.network, GradientDescent(), NO_PENALTY, CHUNK_OF_LARGER, self.dtype, 1)
            self.workers = [Training(*job) for _ in range(self.threads)]
        theta = self.workers[0].pad(params, self.workers[0].buffers.theta)

        def work(worker: Training, first: int, last: int) -> None:
            buffers = worker.buffers._replace(theta=theta, inputs=worker.inputs_for(x))
            predict_part(worker.plan, buffers, x, np.arange(first, last), z)

        cuts = np.linspace(0, len(x), self.threads + 1).astype(int)
        for _ in self.pool.map(work, self.workers, cuts, cuts[1:]):
            pass
