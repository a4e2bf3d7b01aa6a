"""`glassnet explain`: one digit through every equation, with its numbers."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.table import Table as Columns
from rich.text import Text

from glassnet.cli.predict import MODEL_SUFFIX
from glassnet.cli.terminal import bars, picture_in_text, print_json, stderr, stdout
from glassnet.core.activations import Array
from glassnet.data.examples import with_classes
from glassnet.data.pictures import picture_from_image
from glassnet.data.sources import load_data
from glassnet.display.blocks import Bars, Block, Equation, Paragraph, Picture, Section, Table
from glassnet.display.numbers import printable
from glassnet.display.text import to_text
from glassnet.errors import ParamError
from glassnet.explain import Explanation
from glassnet.explain import explain as explain_example
from glassnet.explain.story import backward_story, forward_story, neuron_story
from glassnet.model import Model, load_model

ONE_DIGIT = re.compile(r"(.+):(train|test):(\d{1,9})")


def explain(
    what: Annotated[
        list[str],
        typer.Argument(
            help="A picture, or one of the data's by its number: mnist:test:7; a model first if"
            " wished.",
            metavar="[MODEL] PATH",
        ),
    ],
    target: Annotated[str | None, typer.Option(help="The right answer, if known.")] = None,
    neuron: Annotated[
        str | None, typer.Option(help="LAYER.INDEX, as 1.17: this neuron, term by term.")
    ] = None,
    backward: Annotated[
        bool, typer.Option("--backward", help="And back: what should change, and by how much.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show one digit's way through the network: every equation, its numbers, its line of code."""
    place = None if neuron is None else parse_neuron(neuron)
    path = Path(what.pop(0)) if Path(what[0]).suffix == MODEL_SUFFIX else None
    if len(what) != 1:
        found = f"{len(what)} pictures" if what else "a model and no picture"
        raise ParamError("PATH", found, "one picture", "glassnet explain 7.png")
    model = load_model(path, engine="reference")
    model.require_classes()
    x, label = read_one(what[0], model)
    explanation = explain_example(model, x, label if target is None else target)
    if backward and explanation.backward is None:
        own = explanation.answer
        stderr.print(Text(f"Its own answer is taken to be right. Try: --target {printable(own)}"))
        explanation = explain_example(model, x, own)
    if place is not None:
        explanation.neuron(*place)  # an error before anything is printed
    if as_json:
        print_json({"path": what[0], **as_values(explanation, place, backward)})
        return
    sections = forward_story(explanation)
    if place is not None:
        told = neuron_story(explanation.neuron(*place))
        sections += told if backward else told[:1]
    show(sections + (backward_story(explanation) if backward else []))


def parse_neuron(text: str) -> tuple[int, int]:
    """The layer and index of LAYER.INDEX."""
    match = re.fullmatch(r"(\d{1,6})\.(\d{1,6})", text, re.ASCII)
    if match is None:
        raise ParamError("--neuron", text, "LAYER.INDEX, such as 1.17")
    return int(match[1]), int(match[2])


def read_one(text: str, model: Model) -> tuple[Array, str | None]:
    """One row of pixels, and what it shows if that is known."""
    match = ONE_DIGIT.fullmatch(text)
    if match is None or Path(text).exists():
        return picture_from_image(Path(text)).reshape(1, -1), None
    data, half, index = load_data(match[1]), match[2], int(match[3])
    examples = with_classes(data.test if half == "test" else data.train, model.classes)
    if index >= len(examples.x):
        found, expected = f"no digit {index} in {match[1]}:{half}", f"0 to {len(examples.x) - 1}"
        raise ParamError("PATH", found, expected)
    return examples.x[[index]], examples.classes[examples.labels[index]]


def as_values(
    explanation: Explanation, place: tuple[int, int] | None, backward: bool
) -> dict[str, Any]:
    """The numbers, as JSON holds them."""
    values: dict[str, Any] = {
        "answer": explanation.answer,
        "probabilities": dict(zip(explanation.classes, explanation.probabilities, strict=True)),
        "temperature": explanation.temperature,
        "layers": [vars(layer) for layer in explanation.layers],
    }
    if place is not None:
        n = explanation.neuron(*place)
        values["neuron"] = {"layer": n.layer, "index": n.index, "bias": n.bias, "z": n.z, "a": n.a}
        values["neuron"] |= {"inputs": n.inputs, "weights": n.weights}
    if (back := explanation.backward) is not None:
        values |= {"target": explanation.classes[back.target], "loss": back.loss}
        if backward:
            values["backward"] = [
                {
                    **vars(layer),
                    "gradient_norm": np.linalg.norm(back.gradient.W[layer.number - 1]),
                    "steepest": [
                        slope._asdict() | {"digits": slope.digits}
                        for slope in explanation.steepest(layer.number)
                    ],
                }
                for layer in back.layers
            ]
            values["step"] = back.step._asdict()
    return values


def show(sections: Iterable[Section]) -> None:
    """Sections in a terminal; anywhere else the same as plain text."""
    if not stdout.is_terminal:
        print(to_text(sections))
        return
    for section in sections:
        stdout.print(Text(f"\n{section.title}", "bold underline"))
        for block in section.blocks:
            show_block(block)


def show_block(block: Block) -> None:
    """One block in a terminal."""
    match block:
        case Paragraph(text):
            stdout.print(Text(text))
        case Equation(text, source):
            stdout.print(Text(text, "bold cyan"))
            if source is not None:
                where = f"    {source.file}:{source.line}  "
                stdout.print(Text(where, "dim").append(source.code))
        case Table(head, rows, words):
            columns = Columns(box=None, header_style="dim", show_header=any(head))
            for k, heading in enumerate(head):
                columns.add_column(Text(heading), justify="left" if k in words else "right")
            for row in rows:
                columns.add_row(*map(Text, row))
            stdout.print(columns)
        case Bars(names, shares):
            stdout.print(bars(names, shares))
        case Picture(pixels):
            stdout.print(picture_in_text(pixels))
