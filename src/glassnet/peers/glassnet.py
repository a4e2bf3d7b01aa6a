"""glassnet itself, through the same door as the others."""

from typing import Any

from glassnet.core.activations import ACTIVATIONS
from glassnet.core.initialization import INITIALIZERS
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network
from glassnet.core.parameters import initialize
from glassnet.core.schedules import Constant
from glassnet.core.updates import RULES
from glassnet.data.examples import Examples
from glassnet.model import Model
from glassnet.peers import Epoch, Job, Predict
from glassnet.training.loop import train
from glassnet.training.order import WEIGHTS, generator


def prepare(job: Job, x: Any, labels: Any) -> tuple[Epoch, Predict]:
    """The job with the fastest engine; x may be uint8, as glassnet keeps it."""
    layers = tuple(job.layers)
    activations = (ACTIVATIONS[job.activation],) * (len(layers) - 2)
    network = Network(layers, activations, LOSSES[job.loss])
    start = INITIALIZERS["he" if job.activation == "relu" else "lecun"]
    params = initialize(layers, start, generator(job.seed, WEIGHTS))
    model = Model(network, params)
    epochs = train(
        model,
        Examples(x, labels),
        RULES[job.optimizer](),
        Constant(job.learning_rate),
        batch_size=job.batch_size,
        epochs=job.epochs + 1,  # the last one also measures, as none of the others does
        seed=job.seed,
        measure_every=job.epochs + 2,
        threads=job.threads,
    )

    def epoch() -> None:
        next(epochs)

    return epoch, model.predict
