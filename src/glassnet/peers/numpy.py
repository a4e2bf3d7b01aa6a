"""NumPy as tutorials write it: one array for each step of the equations."""

from typing import Any

import numpy as np

from glassnet.peers import Epoch, Job, Predict, Unable

F: dict[str, tuple[Any, Any]] = {
    "relu": (lambda z: np.maximum(z, 0), lambda a: a > 0),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
    "tanh": (np.tanh, lambda a: 1 - a**2),
}


def prepare(job: Job, x: Any, labels: Any) -> tuple[Epoch, Predict]:
    """Plain gradient descent."""
    if job.optimizer != "sgd":
        raise Unable("tutorials write plain gradient descent")
    f, slope = F[job.activation]
    rng = np.random.default_rng(job.seed)
    y = np.eye(job.layers[-1], dtype=np.float32)[labels]
    shapes = list(zip(job.layers, job.layers[1:], strict=False))
    gain = 2 if job.activation == "relu" else 1
    W = [(rng.standard_normal(s) * np.sqrt(gain / s[0])).astype(np.float32) for s in shapes]
    b = [np.zeros(s[1], np.float32) for s in shapes]

    def forward(x: Any) -> list[Any]:
        a = [x]
        for l in range(len(W)):
            z = a[-1] @ W[l] + b[l]
            if l < len(W) - 1:
                a.append(f(z))
            elif job.loss == "cross_entropy":
                e = np.exp(z - z.max(axis=1, keepdims=True))
                a.append(e / e.sum(axis=1, keepdims=True))
            else:
                a.append(1 / (1 + np.exp(-z)))
        return a

    def epoch() -> None:
        order = rng.permutation(len(x))
        for start in range(0, len(x), job.batch_size):
            rows = order[start : start + job.batch_size]
            a = forward(x[rows])
            delta = (a[-1] - y[rows]) / len(rows)
            if job.loss == "quadratic_cost":
                delta = delta * a[-1] * (1 - a[-1])
            for l in reversed(range(len(W))):
                dW, db = a[l].T @ delta, delta.sum(axis=0)
                if l > 0:
                    delta = (delta @ W[l].T) * slope(a[l])
                W[l] -= job.learning_rate * dW
                b[l] -= job.learning_rate * db

    return epoch, lambda x: forward(x)[-1].argmax(axis=1)
