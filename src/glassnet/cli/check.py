"""`glassnet check`: is the gradient of a recipe really the slope of its loss?"""

from typing import Annotated

import numpy as np
import typer
from rich.table import Table

from glassnet.cli.terminal import print_data, print_json, stdout
from glassnet.core.gradient_check import check_gradient
from glassnet.data.examples import grey_to_unit, one_hot
from glassnet.data.sources import load_data
from glassnet.errors import ParamError
from glassnet.overrides import check_number, find_recipe
from glassnet.recipes import FIRST_NETWORK

TOLERANCE = 1e-12


def check(
    recipe: Annotated[str, typer.Argument(help="See `glassnet recipes`.")] = FIRST_NETWORK.name,
    data: Annotated[str | None, typer.Option(help="A path, or mnist, or digits.")] = None,
    samples: Annotated[int, typer.Option(help="How many of each layer's numbers to check.")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Hold backpropagation against the complex step, number by number, on ten real pictures."""
    if problems := [*check_number("--samples", samples, lowest=1)]:
        raise ParamError("options", problems[0])
    chosen = find_recipe(recipe)
    found = load_data(data)
    if not as_json:
        print_data(found)
    examples = chosen.examples(found.train).take(slice(10))
    model = chosen.model(examples.classes, np.float64)
    x = grey_to_unit(examples.x, np.float64)
    y = one_hot(examples.labels, model.network.layers[-1], np.float64)
    rows = check_gradient(model.network, model.params, x, y, chosen.penalty, samples)
    right = all(row.error <= TOLERANCE * max(row.largest, 1) for row in rows)
    if as_json:
        print_json({"recipe": recipe, "right": right, "tensors": [row._asdict() for row in rows]})
    else:
        table = Table(box=None, header_style="dim")
        for heading in ("tensor", "checked", "largest slope", "largest difference"):
            table.add_column(heading, justify="left" if heading == "tensor" else "right")
        for row in rows:
            table.add_row(
                row.tensor, f"{row.checked}", f"{row.largest:.3e}", f"[bold]{row.error:.1e}[/bold]"
            )
        stdout.print(table)
        verdict = "The gradient is right" if right else "The gradient is WRONG"
        stdout.print(f"{verdict}: backpropagation against the complex step, in float64.")
    return 0 if right else 1
