"""The folder of a run: the model, its history, and pictures of what it does."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from glassnet import plots
from glassnet.data.examples import Examples
from glassnet.data.files import write_atomically
from glassnet.errors import DataFileError, StorageError
from glassnet.model import Model
from glassnet.training.checkpoint import Checkpoints
from glassnet.training.history import History
from glassnet.training.loop import Epoch
from glassnet.training.measures import Evaluation

PICTURES = ("curves", "predictions", "mistakes", "confusion", "weights")


@dataclass(frozen=True)
class RunFolder:
    """Where a run is kept, and under which names.

    Args:
        path: the folder.
        suffix: the format of the pictures, ".png" or ".svg".
    """

    path: Path
    suffix: str = ".png"

    @property
    def model(self) -> Path:
        """The model."""
        return self.path / "model.safetensors"

    @property
    def history(self) -> Path:
        """One line of JSON for each epoch."""
        return self.path / "history.jsonl"

    @property
    def pictures(self) -> list[Path]:
        """The pictures."""
        return [self.path / (name + self.suffix) for name in PICTURES]

    @property
    def checkpoints(self) -> Checkpoints:
        """Where the training stands, until it is finished."""
        return Checkpoints(self.path)

    @property
    def is_finished(self) -> bool:
        """Whether there is a model, and nothing to go on from."""
        return self.model.exists() and not self.checkpoints.paths

    @contextmanager
    def kept_if_filled(self) -> Iterator["RunFolder"]:
        """Make the folder, and take it away again if nothing was put into it."""
        self.make()
        try:
            yield self
        finally:
            with suppress(OSError):  # it is not empty
                self.path.rmdir()

    def make(self) -> None:
        """Make the folder; a run that could not be kept should not be started."""
        probe = self.path / ".glassnet-probe"
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            probe.touch()
            probe.unlink()
        except OSError as error:
            found = error.strerror or "cannot be written to"
            raise StorageError(self.path, found, "a folder for results", "--out DIR") from error

    def save(
        self, model: Model, history: Sequence[Epoch], evaluation: Evaluation, test: Examples
    ) -> None:
        """Write everything."""
        model.save(self.model)
        lines = "".join(json.dumps(asdict(epoch)) + "\n" for epoch in history)
        write_atomically(self.history, lambda file: file.write(lines.encode()))
        self.draw(model, history, evaluation, test)

    def read_history(self) -> History:
        """The epochs that `save` wrote; none where there is no such file."""
        if not self.history.exists():
            return History()
        try:
            lines = self.history.read_text().splitlines()
            return History(Epoch(**json.loads(line)) for line in lines)
        except (ValueError, TypeError) as error:
            found = f"no line of a history ({error})"
            raise DataFileError(self.history, found, "what `glassnet train` writes") from error

    def draw(
        self, model: Model, history: Sequence[Epoch], evaluation: Evaluation, test: Examples
    ) -> None:
        """Draw the pictures."""
        curves, predictions, mistakes, confusion, weights = self.pictures
        p, classes, labels = evaluation.probabilities, evaluation.classes, evaluation.labels
        if history:
            loss, accuracy = plots.new_axes(10, 4, count=2)
            plots.plot_loss(history, ax=loss)
            plots.plot_accuracy(history, ax=accuracy)
            plots.save(loss, curves)

        some = np.arange(min(40, len(labels)))
        (ax,) = plots.new_axes(9, 7)
        plots.plot_predictions(test.x[some], p[some], labels[some], classes, ax=ax)
        plots.save(ax, predictions)
        (ax,) = plots.new_axes(9, 7)
        plots.plot_mistakes(test.x, p, labels, classes, ax=ax)
        plots.save(ax, mistakes)
        (ax,) = plots.new_axes(7, 6)
        plots.plot_confusion_matrix(evaluation.confusion, classes, ax=ax)
        plots.save(ax, confusion)
        (ax,) = plots.new_axes(8, 8)
        plots.plot_weights(model.params.W[0], ax=ax)
        plots.save(ax, weights)
