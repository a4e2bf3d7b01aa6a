"""`glassnet recipes`: what can be trained by name."""

from typing import Annotated

import typer
from rich.table import Table

from glassnet.cli.terminal import print_json, stdout
from glassnet.recipes import RECIPES


def recipes(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list.")] = False,
) -> None:
    """List the recipes: the networks, how they are trained, and what they must reach."""
    if as_json:
        print_json(
            [
                {
                    "recipe": recipe.name,
                    "about": recipe.about,
                    "layers": recipe.layers,
                    "activations": [activation.name for activation in recipe.activations],
                    "loss": recipe.loss.name,
                    "optimizer": repr(recipe.rule),
                    "learning_rate": repr(recipe.rate),
                    "batch_size": recipe.batch_size,
                    "epochs": recipe.epochs,
                    "reaches": recipe.reaches,
                }
                for recipe in RECIPES.values()
            ]
        )
        return
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 1, 0))
    for heading in ("recipe", "network", "what it is, and what it must reach on MNIST"):
        table.add_column(heading, no_wrap=heading != "what it is, and what it must reach on MNIST")
    for recipe in RECIPES.values():
        widths = "-".join(map(str, recipe.layers))
        about = f"{recipe.about}\n[dim]{recipe.reaches}[/dim]"
        table.add_row(f"[bold]{recipe.name}[/bold]", widths, about)
    stdout.print(table)
