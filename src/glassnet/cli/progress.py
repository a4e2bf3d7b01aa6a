"""Progress on stderr: a live bar in a terminal, plain lines elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from glassnet.cli.terminal import percent, stderr
from glassnet.core.activations import Array
from glassnet.data.sources import Progress as DownloadProgress
from glassnet.recipes import Recipe
from glassnet.training.loop import Epoch


class TrainingProgress:
    """What is shown while a recipe is trained.

    Args:
        recipe: what is trained.
        quiet: show nothing.
    """

    def __init__(self, recipe: Recipe, quiet: bool):
        self.recipe = recipe
        self.quiet = quiet
        self.width = len(str(recipe.epochs))
        self.epoch = 1
        self.bar = Progress(
            TextColumn("{task.fields[epoch]}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[loss]}"),
            TextColumn("{task.fields[measured]}"),
            TimeRemainingColumn(),
            console=stderr,
            transient=True,
            disable=quiet or not stderr.is_terminal,
        )
        starting = "compiling, once for this machine"
        self.task = self.bar.add_task("", total=recipe.epochs, epoch=starting, loss="", measured="")

    def __enter__(self) -> "TrainingProgress":
        self.bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.bar.stop()

    def within_epoch(self, done: int, steps: int, losses: Array) -> None:
        """Move the bar: so many steps of the epoch are done, with these losses."""
        self.bar.update(
            self.task,
            completed=self.epoch - 1 + done / steps,
            epoch=f"epoch {self.epoch:>{self.width}}/{self.recipe.epochs}",
            loss=f"loss {losses.mean():.4f}",
        )

    def after_epoch(self, epoch: Epoch) -> None:
        """Leave a line that stays, where the epoch was measured."""
        self.epoch = epoch.number + 1
        if epoch.train_accuracy is None:
            return
        self.bar.update(self.task, measured="   ".join(self.measured(epoch)))
        first = [
            f"epoch {epoch.number:>{self.width}}/{self.recipe.epochs}",
            f"loss {epoch.loss:.4f}",
        ]
        self.say("   ".join(first + self.measured(epoch)))

    def measured(self, epoch: Epoch) -> list[str]:
        """What was measured after an epoch, and how fast it was."""
        parts = [f"train {percent(epoch.train_accuracy or 0):>8}"]
        if epoch.validation_accuracy is not None:
            parts.append(f"validation {percent(epoch.validation_accuracy):>8}")
        return [*parts, f"{epoch.examples / epoch.seconds:>9,.0f} images/s"]

    def say(self, line: str) -> None:
        """A line that stays."""
        if not self.quiet:
            stderr.print(line, soft_wrap=True)


@contextmanager
def download_bar() -> Iterator[DownloadProgress]:
    """A bar for each file of a download; nothing where there is none."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    bars = Progress(*columns, TransferSpeedColumn(), console=stderr, transient=True)
    tasks: dict[str, TaskID] = {}

    def on_download(name: str, done: int, total: int) -> None:
        if name not in tasks:
            tasks[name] = bars.add_task(name)
            bars.start()
        bars.update(tasks[name], completed=done, total=total or None)

    try:
        yield on_download
    finally:
        if tasks:
            bars.stop()
