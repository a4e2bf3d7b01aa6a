"""`glassnet plot`: draw the pictures of a run or a model anew."""

from pathlib import Path
from typing import Annotated

import typer

from glassnet.cli.run_folder import RunFolder
from glassnet.cli.terminal import stdout
from glassnet.data.examples import with_classes
from glassnet.data.sources import load_data
from glassnet.errors import ParamError
from glassnet.model import load_model
from glassnet.training.measures import evaluate

FORMATS = ("png", "svg")


def plot(
    run: Annotated[
        Path | None, typer.Argument(help="A run's folder or a model; the shipped one if none.")
    ] = None,
    data: Annotated[str | None, typer.Option(help="A path, or mnist, or digits.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the pictures.")] = None,
    picture_format: Annotated[str, typer.Option("--format", help="png or svg.")] = "png",
) -> None:
    """Draw curves, predictions, mistakes, the confusion matrix and the weights."""
    if picture_format not in FORMATS:
        raise ParamError("--format", picture_format, " or ".join(FORMATS))
    folder = RunFolder(run) if run is not None and run.is_dir() else None
    model = load_model(folder.model if folder else run, engine="reference")
    model.require_classes()
    target = RunFolder(out or (folder.path if folder else Path("pictures")), f".{picture_format}")
    target.make()
    test = with_classes(load_data(data).test, model.classes)
    history = folder.read_history() if folder else []
    target.draw(model, history, evaluate(model, test), test)
    stdout.print("\n".join(str(path) for path in target.pictures if path.exists()), soft_wrap=True)
