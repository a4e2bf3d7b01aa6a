"""Recipes: complete systems as values: a network, how it is trained, and how good it then is.

Seven are those of the four documents this project started from, and of the book behind one of
them (Michael Nielsen, Neural Networks and Deep Learning, 2015); the eighth trains the model that
ships. A recipe holds values, no code of its own: to change one is to `replace` a field.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from glassnet.core.activations import ACTIVATIONS, Activation
from glassnet.core.initialization import INITIALIZERS, Initializer
from glassnet.core.losses import LOSSES, Loss
from glassnet.core.network import Network
from glassnet.core.parameters import initialize
from glassnet.core.penalties import NO_PENALTY, Penalty
from glassnet.core.schedules import Constant, Cosine, Schedule
from glassnet.core.updates import Adam, GradientDescent, Rule
from glassnet.data.examples import DataSet, Examples, one_against_rest, split
from glassnet.model import Model
from glassnet.training.distortions import Distortion
from glassnet.training.loop import Epoch, Pieces, Position, Watch
from glassnet.training.measures import Evaluation
from glassnet.training.order import VALIDATION, WEIGHTS, generator
from glassnet.training.transfer import fine_tune


@dataclass(frozen=True)
class Recipe:
    """A system to train.

    Args:
        name: what it is called.
        about: what it is, in a line.
        layers: the widths from the input to the output.
        activations: one for each hidden layer.
        loss: the loss, with its output function.
        initializer: the random weights to start from.
        rule: how a gradient becomes a change.
        rate: the learning rate over time.
        batch_size: examples to a step; None for all of them.
        epochs: passes over the examples.
        penalty: on large weights.
        seed: of all that is random.
        rows: learn from only the first so many training examples; None for all.
        positive: learn only to tell this class from the rest; None to learn all classes.
        distortion: how each epoch distorts the examples; None for not at all.
        frozen: how many layers, counted from the input, keep the weights they start with.
        report_every: how many epochs lie between two reports.
        reaches: what it must reach on MNIST, for people to read.
    """

    name: str
    about: str
    layers: tuple[int, ...]
    activations: tuple[Activation, ...]
    loss: Loss
    initializer: Initializer
    rule: Rule
    rate: Schedule
    batch_size: int | None
    epochs: int
    penalty: Penalty = NO_PENALTY
    seed: int = 0
    rows: int | None = None
    positive: str | None = None
    distortion: Distortion | None = None
    frozen: int = 0
    report_every: int = 1
    reaches: str = ""

    def examples(self, examples: Examples) -> Examples:
        """The classes this recipe learns."""
        return one_against_rest(examples, self.positive) if self.positive else examples

    def prepare(self, data: DataSet, validation: float = 0) -> tuple[Examples, Examples | None]:
        """What is learned from, and the share of it that is set aside to measure on meanwhile."""
        examples = self.examples(data.train)
        if self.rows is not None:
            examples = examples.take(slice(self.rows))
        if validation == 0:
            return examples, None
        return split(examples, validation, generator(self.seed, VALIDATION))

    def model(self, classes: tuple[str, ...], dtype: DTypeLike = np.float32) -> Model:
        """A model with random weights, not yet trained."""
        rng = generator(self.seed, WEIGHTS)
        network = Network(self.layers, self.activations, self.loss)
        return Model(network, initialize(self.layers, self.initializer, rng, dtype), classes)

    def train(
        self,
        model: Model,
        examples: Examples,
        validation: Examples | None = None,
        watch: Watch | None = None,
        engine: str = "auto",
        threads: int | None = None,
        pieces: Pieces | None = None,
        position: Position | None = None,
    ) -> Iterator[Epoch]:
        """Train a model as the recipe says; see training.transfer.fine_tune."""
        return fine_tune(
            model,
            examples,
            self.rule,
            self.rate,
            frozen=self.frozen,
            batch_size=self.batch_size,
            epochs=self.epochs,
            seed=self.seed,
            penalty=self.penalty,
            distortion=self.distortion,
            validation=validation,
            measure_every=self.report_every,
            watch=watch,
            engine=engine,
            threads=threads,
            pieces=pieces,
            position=position,
        )

    @property
    def settings(self) -> dict[str, str]:
        """Each value that a training, once it has its first weights, depends on, in words."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values["activations"] = [activation.name for activation in self.activations]
        values["loss"] = self.loss.name
        for name in ("about", "reaches", "initializer"):
            del values[name]
        return {name: str(value) for name, value in values.items()}

    def describe(
        self, data: DataSet, history: Sequence[Epoch], evaluation: Evaluation
    ) -> dict[str, Any]:
        """How a model was trained, for its file: the same run gives the same bytes, so no times."""
        return {
            "recipe": self.name,
            "data": data.name,
            "data_origin": data.origin,
            "optimizer": repr(self.rule),
            "learning_rate": repr(self.rate),
            "batch_size": self.batch_size,
            "penalty": asdict(self.penalty),
            "distortion": self.distortion and asdict(self.distortion),
            "seed": self.seed,
            "epochs": len(history),
            "test_accuracy": evaluation.accuracy,
            "test_loss": evaluation.loss,
            "losses": [round(epoch.loss, 6) for epoch in history],
        }


SIGMOID, RELU = ACTIVATIONS["sigmoid"], ACTIVATIONS["relu"]
CROSS_ENTROPY, QUADRATIC_COST = LOSSES["cross_entropy"], LOSSES["quadratic_cost"]

FIRST_NETWORK = Recipe(
    name="first-network",
    about="two hidden layers of ReLU under a softmax, mini-batches, plain gradient descent",
    layers=(784, 128, 64, 10),
    activations=(RELU, RELU),
    loss=CROSS_ENTROPY,
    initializer=INITIALIZERS["he"],
    rule=GradientDescent(),
    rate=Constant(0.1),
    batch_size=32,
    epochs=20,
    reaches="97.8 % of the test set within 20 epochs",
)
ONE_LAYER = Recipe(
    name="one-layer",
    about="no hidden layer: each pixel votes for each digit; one example at a time",
    layers=(784, 10),
    activations=(),
    loss=CROSS_ENTROPY,
    initializer=INITIALIZERS["zeros"],
    rule=GradientDescent(),
    rate=Constant(0.002),
    batch_size=1,
    epochs=5,
    reaches="92.0 % of the test set within 5 epochs",
)
TEN_HIDDEN = Recipe(
    name="ten-hidden",
    about="ten hidden neurons, every step looks at all 42,000 examples (Kaggle's number)",
    layers=(784, 10, 10),
    activations=(RELU,),
    loss=CROSS_ENTROPY,
    initializer=INITIALIZERS["he"],
    rule=GradientDescent(),
    rate=Constant(0.1),
    batch_size=None,
    epochs=500,
    rows=42_000,
    report_every=10,
    reaches="90.0 % of the training set in 500 iterations",
)
TEN_HIDDEN_ADAM = replace(
    TEN_HIDDEN,
    name="ten-hidden-adam",
    about="the same ten neurons with Adam and mini-batches: faster and more accurate",
    rule=Adam(),
    rate=Constant(0.002),
    batch_size=64,
    epochs=10,
    rows=None,
    report_every=1,
    reaches="93.0 % of the test set within 10 epochs",
)
SIGMOID_QUADRATIC = Recipe(
    name="sigmoid-quadratic",
    about="sixteen and sixteen sigmoids and a quadratic cost, random weights",
    layers=(784, 16, 16, 10),
    activations=(SIGMOID, SIGMOID),
    loss=QUADRATIC_COST,
    initializer=INITIALIZERS["lecun"],
    rule=GradientDescent(),
    rate=Constant(3.0),
    batch_size=10,
    epochs=30,
    reaches="94.0 % of the test set within 30 epochs",
)
NIELSEN_30 = replace(
    SIGMOID_QUADRATIC,
    name="nielsen-30",
    about="thirty sigmoids and a quadratic cost, the first network of Nielsen's book",
    layers=(784, 30, 10),
    activations=(SIGMOID,),
    reaches="95.0 % of the test set in 30 epochs",
)
MANY_HANDS = replace(
    FIRST_NETWORK,
    name="many-hands",
    about="the first network, wider, shown every digit anew in each epoch: what ships",
    layers=(784, 256, 128, 10),
    rate=Cosine(0.3, epochs=60),
    batch_size=64,
    epochs=60,
    distortion=Distortion(
        rotation=15, scale=0.2, shear=0.3, shift=1, strength=40, smoothness=5, inking=0.5
    ),
    reaches="99.0 % of the test set, and 98 % of the pen strokes of people it has never met",
)
IS_IT_A_THREE = Recipe(
    name="is-it-a-three",
    about="one output and a yes or no: a three, or any other digit",
    layers=(784, 32, 1),
    activations=(RELU,),
    loss=LOSSES["binary_cross_entropy"],
    initializer=INITIALIZERS["he"],
    rule=GradientDescent(),
    rate=Constant(0.1),
    batch_size=32,
    epochs=10,
    positive="3",
    reaches="99.3 % of the test set",
)

RECIPES = {
    recipe.name: recipe
    for recipe in (
        FIRST_NETWORK,
        ONE_LAYER,
        TEN_HIDDEN,
        TEN_HIDDEN_ADAM,
        SIGMOID_QUADRATIC,
        NIELSEN_30,
        IS_IT_A_THREE,
        MANY_HANDS,
    )
}
