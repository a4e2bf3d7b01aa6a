"""The shelf: the models that a page can ask for, each under an id that is no path."""

from functools import cached_property
from pathlib import Path

from glassnet.data.examples import DataSet, with_classes
from glassnet.errors import ModelFileError
from glassnet.model import SHIPPED, Model, load_model
from glassnet.model_file import TRAIN_IT
from glassnet.overrides import PIXELS
from glassnet.training.measures import Evaluation, evaluate


class Shelved:
    """A model on the shelf.

    Args:
        name: what people call it.
        model: the model.
        content: the bytes of its file.
        data: what it is tested on.
    """

    def __init__(self, name: str, model: Model, content: bytes, data: DataSet):
        self.name, self.model, self.content, self.data = name, model, content, data

    @cached_property
    def evaluation(self) -> Evaluation:
        """How good it is on the test set.

        Raises:
            DataFileError: the data have other classes than the model.
        """
        return evaluate(self.model, with_classes(self.data.test, self.model.classes))


class Shelf(dict[str, Shelved]):
    """Models by their ids: "0", "1", ... in the order in which they came.

    Args:
        data: what they are tested on.
    """

    def __init__(self, data: DataSet):
        self.data = data

    def load(self, path: Path = SHIPPED) -> str:
        """Put a model file on the shelf; gives its id.

        Raises:
            ModelFileError: it is none, or not for pictures of digits.
        """
        name, model = load_named(path)
        return self.put(name, model, path.read_bytes())

    def add(self, name: str, model: Model) -> str:
        """Put a model on the shelf that is in no file; gives its id."""
        return self.put(name, model, model.to_bytes())

    def put(self, name: str, model: Model, content: bytes) -> str:
        """Put a model and the bytes of its file on the shelf; gives its id."""
        id = str(len(self))
        taken = name in {shelved.name for shelved in self.values()}
        self[id] = Shelved(f"{name} {id}" if taken else name, model, content, self.data)
        return id


def load_named(path: Path) -> tuple[str, Model]:
    """A model for pictures of digits, and what people call it: its file, or the run it came from.

    Raises:
        ModelFileError: it is none, or not for such pictures.
    """
    model = load_model(path, engine="reference")
    if (n := model.network.layers[0]) != PIXELS:
        found, expected = f"a network of {n} inputs", f"{PIXELS}, one for each pixel"
        raise ModelFileError(path, found, expected, TRAIN_IT)
    if not model.classes:
        raise ModelFileError(path, "a network without classes", "one that tells classes", TRAIN_IT)
    return path.resolve().parent.name if path.stem == "model" else path.stem, model
