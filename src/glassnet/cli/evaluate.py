"""`glassnet evaluate`: how good a model is on examples it was not trained on."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from glassnet.cli.terminal import (
    percent,
    picture_in_text,
    print_data,
    print_json,
    side_by_side,
    stdout,
)
from glassnet.data.examples import Examples, with_classes
from glassnet.data.sources import load_data
from glassnet.model import Model, load_model
from glassnet.training.measures import Evaluation
from glassnet.training.measures import evaluate as measure

WORST = 4


def evaluate(
    model: Annotated[
        Path | None, typer.Argument(help="A model file; the shipped one if none.")
    ] = None,
    data: Annotated[str | None, typer.Option(help="A path, or mnist, or digits.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure a model on the test set: accuracy, each class, the worst mistakes."""
    loaded = load_model(model, engine="reference")
    loaded.require_classes()
    found = load_data(data)
    test = with_classes(found.test, loaded.classes)
    evaluation = measure(loaded, test)
    if as_json:
        print_json(
            {
                "data": found.name,
                "examples": len(test.x),
                "accuracy": evaluation.accuracy,
                "interval": evaluation.interval,
                "loss": evaluation.loss,
                "precision": dict(zip(loaded.classes, evaluation.precision, strict=True)),
                "recall": dict(zip(loaded.classes, evaluation.recall, strict=True)),
                "confusion": evaluation.confusion,
                "mistakes": evaluation.mistakes,
            }
        )
        return
    print_data(found)
    stdout.print(f"{loaded}", soft_wrap=True)
    print_accuracy(evaluation, found.name)
    stdout.print(class_table(evaluation))
    print_worst(loaded, evaluation, test)


def print_accuracy(evaluation: Evaluation, name: str) -> None:
    """The one number, with how far it can be trusted."""
    low, high = evaluation.interval
    wrong = len(evaluation.mistakes)
    stdout.print(
        f"Accuracy [bold]{percent(evaluation.accuracy)}[/bold] on {name}'s test set"
        f" (95 % interval {percent(low)} to {percent(high)}),"
        f" {wrong:,} of {len(evaluation.labels):,} wrong, loss {evaluation.loss:.4f}",
        soft_wrap=True,
    )


def class_table(evaluation: Evaluation) -> Table:
    """Precision, recall and the confusion matrix, one row for each class."""
    table = Table(box=None, header_style="dim", title_justify="left")
    table.add_column("is")
    table.add_column("precision", justify="right")
    table.add_column("recall", justify="right")
    for name in evaluation.classes:
        table.add_column(name, justify="right")
    rows = zip(
        evaluation.classes,
        evaluation.precision,
        evaluation.recall,
        evaluation.confusion.tolist(),
        strict=True,
    )
    for k, (name, precision, recall, counts) in enumerate(rows):
        cells = [f"[bold]{n}[/bold]" if n and j != k else f"{n}" for j, n in enumerate(counts)]
        shares = ["-" if share != share else percent(share, 1) for share in (precision, recall)]
        table.add_row(name, *shares, *(cell if cell != "0" else "[dim]·[/dim]" for cell in cells))
    return table


def print_worst(model: Model, evaluation: Evaluation, test: Examples) -> None:
    """The most surely wrong answers, with their pictures."""
    worst = evaluation.mistakes[:WORST]
    if not len(worst):
        stdout.print("No mistakes.")
        return
    texts = []
    for row in worst:
        p = evaluation.probabilities[row]
        said, right = model.classes[p.argmax()], model.classes[evaluation.labels[row]]
        caption = f"\n{row}: is {right}, read as {said} ({percent(p.max(), 1)})"
        texts.append(picture_in_text(test.x[row].reshape(28, 28)).append(caption))
    stdout.print("\nThe worst mistakes, by their number in the test set:")
    for i in range(0, len(texts), 2):
        stdout.print(side_by_side(*texts[i : i + 2]))
