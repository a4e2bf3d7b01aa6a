"""scikit-learn's MLPClassifier, one pass at a time by partial_fit, which is what fit repeats."""

from typing import Any

import numpy as np

from glassnet.peers import Epoch, Job, Predict, Unable


def prepare(job: Job, x: Any, labels: Any) -> tuple[Epoch, Predict]:
    """Plain gradient descent has neither momentum nor penalty."""
    from sklearn.neural_network import MLPClassifier

    if job.loss != "cross_entropy":
        raise Unable("its classifier has no other loss than cross-entropy")
    model = MLPClassifier(
        tuple(job.layers[1:-1]),
        activation={"sigmoid": "logistic"}.get(job.activation, job.activation),
        solver=job.optimizer,
        alpha=0,
        momentum=0,
        nesterovs_momentum=False,
        batch_size=job.batch_size,
        learning_rate_init=job.learning_rate,
        random_state=job.seed,
    )
    classes = np.arange(job.layers[-1])

    def epoch() -> None:
        model.partial_fit(x, labels, classes=classes)

    return epoch, model.predict
