"""JAX with the whole epoch in one jitted scan; a last short batch is left out, as scans have it."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.peers import Epoch, Job, Predict


def prepare(job: Job, x: Any, labels: Any) -> tuple[Epoch, Predict]:
    """Weights as a list of pairs; Adam is written as its authors do."""
    import jax
    import jax.numpy as jnp

    # What was compiled in an earlier run is taken from disk, as it is here.
    jax.config.update("jax_compilation_cache_dir", str(Path(job.data) / "jax"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    f = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh}[job.activation]
    n, k = len(x), job.layers[-1]
    steps = max(n // job.batch_size, 1)
    shapes = list(zip(job.layers, job.layers[1:], strict=False))
    keys = jax.random.split(jax.random.key(job.seed), len(shapes))
    gain = 2 if job.activation == "relu" else 1
    params = [
        (jax.random.normal(key, shape) * np.sqrt(gain / shape[0]), jnp.zeros(shape[1]))
        for key, shape in zip(keys, shapes, strict=True)
    ]
    zeros = jax.tree.map(jnp.zeros_like, params)
    x, y = jnp.asarray(x), jnp.asarray(np.eye(k, dtype=np.float32)[labels])

    def logits(params: Any, a: Any) -> Any:
        for W, b in params[:-1]:
            a = f(a @ W + b)
        W, b = params[-1]
        return a @ W + b

    def loss(params: Any, x: Any, y: Any) -> Any:
        z = logits(params, x)
        if job.loss == "cross_entropy":
            return -(y * jax.nn.log_softmax(z)).sum(axis=1).mean()
        return ((jax.nn.sigmoid(z) - y) ** 2).sum(axis=1).mean() / 2

    def adam(state: Any, grad: Any) -> Any:
        params, m, v, t = state
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, grad)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, grad)
        eta = job.learning_rate * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        step = jax.tree.map(lambda p, m, v: p - eta * m / (jnp.sqrt(v) + 1e-8), params, m, v)
        return step, m, v, t

    def descend(state: Any, grad: Any) -> Any:
        params = jax.tree.map(lambda p, g: p - job.learning_rate * g, state[0], grad)
        return params, *state[1:]

    rule = adam if job.optimizer == "adam" else descend

    @partial(jax.jit, donate_argnums=0)
    def run(state: Any, x: Any, y: Any, order: Any) -> Any:
        def step(state: Any, rows: Any) -> Any:
            return rule(state, jax.grad(loss)(state[0], x[rows], y[rows])), None

        return jax.lax.scan(step, state, order)[0]

    rng = np.random.default_rng(job.seed)
    batch = min(job.batch_size, n)
    state = [(params, zeros, jax.tree.map(jnp.copy, zeros), 0)]

    def epoch() -> None:
        order = rng.permutation(n)[: steps * batch].reshape(steps, batch)
        state[0] = jax.block_until_ready(run(state[0], x, y, order))

    predict = jax.jit(lambda params, x: logits(params, x).argmax(axis=1))
    return epoch, lambda x: np.asarray(predict(state[0][0], x))
