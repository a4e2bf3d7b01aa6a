"""Keras: a Sequential, compile and fit, on the first of its backends that is installed."""

import os
from importlib.util import find_spec
from typing import Any

import numpy as np

from glassnet.peers import Epoch, Job, Predict

FEW = 1000  # rows, for which Keras has a way without a loop over batches


def prepare(job: Job, x: Any, labels: Any) -> tuple[Epoch, Predict]:
    """One call of fit for each epoch."""
    backends = [name for name in ("tensorflow", "jax", "torch") if find_spec(name)]
    os.environ.setdefault("KERAS_BACKEND", backends[0] if backends else "tensorflow")
    import keras

    keras.utils.set_random_seed(job.seed)
    quadratic = job.loss == "quadratic_cost"
    hidden = {"identity": "linear"}.get(job.activation, job.activation)
    model = keras.Sequential([keras.Input((job.layers[0],))])
    for width in job.layers[1:-1]:
        model.add(keras.layers.Dense(width, activation=hidden))
    output = "sigmoid" if quadratic else None
    model.add(keras.layers.Dense(job.layers[-1], activation=output))
    kind = {"sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam}[job.optimizer]
    y = np.eye(job.layers[-1], dtype=np.float32)[labels]

    def half_sum_of_squares(y: Any, a: Any) -> Any:
        return keras.ops.sum((a - y) ** 2, axis=-1) / 2

    loss = half_sum_of_squares if quadratic else keras.losses.CategoricalCrossentropy(True)
    steps = max(1, min(100, len(x) // job.batch_size))
    model.compile(optimizer=kind(job.learning_rate), loss=loss, steps_per_execution=steps)

    def epoch() -> None:
        model.fit(x, y, batch_size=job.batch_size, epochs=1, verbose=0)

    def predict(x: Any) -> Any:
        if len(x) < FEW:
            return model.predict_on_batch(x).argmax(axis=1)
        return model.predict(x, batch_size=4096, verbose=0).argmax(axis=1)

    return epoch, predict
