"""`glassnet compare`: the same training here and in other libraries."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from glassnet import plots
from glassnet.cli.terminal import percent, print_json, stderr, stdout
from glassnet.compare import OURS, TARGET, Comparison
from glassnet.compare import compare as measure
from glassnet.data.files import write_atomically
from glassnet.data.sources import load_data
from glassnet.overrides import Overrides, find_recipe, override
from glassnet.peers import PEERS
from glassnet.recipes import FIRST_NETWORK

FEW_EPOCHS, FEW_ITERATIONS = 5, 30


def compare(
    recipe: Annotated[str, typer.Argument(help="See `glassnet recipes`.")] = FIRST_NETWORK.name,
    peers: Annotated[str, typer.Option(help="Names with commas.")] = ",".join(PEERS),
    data: Annotated[str | None, typer.Option(help="A path, or mnist, or digits.")] = None,
    layers: Annotated[str | None, typer.Option(help="As in train.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="As in train.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="As in train.")] = None,
    batch_size: Annotated[str | None, typer.Option(help="As in train.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes in each run.")] = None,
    runs: Annotated[int, typer.Option(help="How often each contestant trains.")] = 3,
    out: Annotated[Path, typer.Option(help="Folder for the figures.")] = Path("compare"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train a recipe here and in other libraries, and print the figures side by side."""
    options = Overrides(
        layers=layers,
        optimizer=optimizer,
        learning_rate=learning_rate,
        batch_size=batch_size,
        epochs=epochs,
    )
    chosen = override(find_recipe(recipe), options)
    few = FEW_ITERATIONS if chosen.batch_size is None else FEW_EPOCHS
    with stderr.status("Starting") as status:
        comparison = measure(
            chosen,
            load_data(data),
            [name for name in peers.split(",") if name],
            epochs or min(few, chosen.epochs),
            runs,
            status.update,
        )
    save(comparison, out)
    if as_json:
        print_json(to_json(comparison))
    else:
        show(comparison)
        stdout.print(f"Figures and picture in {out}", soft_wrap=True)


def to_json(comparison: Comparison) -> dict[str, object]:
    """The comparison as JSON has it."""
    results = [result._asdict() for result in comparison.results]
    return {**comparison._asdict(), "results": results}


def save(comparison: Comparison, folder: Path) -> None:
    """Keep the raw figures and the picture."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(to_json(comparison), indent=1) + "\n"
    write_atomically(folder / f"{comparison.recipe}.json", lambda file: file.write(text.encode()))
    (ax,) = plots.new_axes(8, 1 + 0.5 * len(comparison.results))
    names = [result.name for result in comparison.results]
    plots.plot_times(names, [result.epoch_seconds for result in comparison.results], ax=ax)
    plots.save(ax, folder / f"{comparison.recipe}.png")


def show(comparison: Comparison) -> None:
    """The figures as a table."""
    table = Table(box=None, header_style="dim")
    headings = ("", "threads", "s per epoch", "ours is", f"to {percent(TARGET, 0)}", "ours is")
    for heading in (*headings, "peak memory", "test accuracy"):
        table.add_column(heading, justify="left" if not heading else "right")
    ours = comparison.results[0]
    for result in comparison.results:
        to_target, ratio = "-", ""
        if result.to_target is not None:
            to_target = f"{result.to_target:.2f} s"
            ratio = f"{result.to_target / ours.to_target:.1f} x" if ours.to_target else ""
        table.add_row(
            f"[bold]{result.name}[/bold]" if result.name == OURS else result.name,
            f"{result.threads}",
            f"{result.epoch_seconds:.4f}",
            f"{result.epoch_seconds / ours.epoch_seconds:.1f} x",
            to_target,
            ratio,
            f"{result.peak_bytes / 2**20:,.0f} MB",
            percent(result.accuracy),
        )
    stdout.print(table)
    stdout.print(prediction_table(comparison))
    for name, reason in comparison.absent.items():
        stdout.print(f"{name}: {reason}", style="dim", markup=False, soft_wrap=True)


def prediction_table(comparison: Comparison) -> Table:
    """How long an answer takes."""
    n_test = comparison.job["n_test"]
    table = Table(box=None, header_style="dim")
    for heading in ("prediction of", "one picture", "ours is", f"{n_test:,} pictures", "ours is"):
        table.add_column(heading, justify="left" if heading == "prediction of" else "right")
    ours = comparison.results[0]
    for result in comparison.results:
        table.add_row(
            f"[bold]{result.name}[/bold]" if result.name == OURS else result.name,
            f"{1e6 * result.row_seconds:,.1f} us",
            f"{result.row_seconds / ours.row_seconds:.1f} x",
            f"{1e3 * result.test_seconds:.1f} ms",
            f"{result.test_seconds / ours.test_seconds:.1f} x",
        )
    return table
