"""`glassnet export`: a model in another form; one function for each form."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from glassnet.cli.progress import download_bar
from glassnet.cli.terminal import print_data, stdout
from glassnet.data.examples import with_classes
from glassnet.data.files import write_atomically
from glassnet.data.sources import load_data
from glassnet.errors import ParamError
from glassnet.formats.keras import save_keras
from glassnet.formats.onnx import save_onnx
from glassnet.formats.torch import save_torch
from glassnet.model import SHIPPED, Model, load_model


class Format(StrEnum):
    """What a model can become."""

    html = "html"
    onnx = "onnx"
    torch = "torch"
    keras = "keras"


class Input(StrEnum):
    """What a graph takes."""

    uint8 = "uint8"
    float32 = "float32"


class Precision(StrEnum):
    """How exactly its weights are kept."""

    float16 = "float16"
    float32 = "float32"


USUAL_NAMES = {
    Format.html: "digit.html",
    Format.onnx: "digit.onnx",
    Format.torch: "digit_torch.safetensors",
    Format.keras: "digit_keras.weights.h5",
}


def export(
    model: Annotated[
        Path | None, typer.Argument(help="A model file; the shipped one if none.")
    ] = None,
    to: Annotated[
        Format,
        typer.Option(help="A page in one file; a graph for onnxruntime; weights and a script."),
    ] = Format.html,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help=f"The file to write: {', '.join(USUAL_NAMES.values())}."),
    ] = None,
    takes: Annotated[
        Input | None,
        typer.Option(
            "--input", help="Of a graph: grey levels, or features as they are; uint8 if not given."
        ),
    ] = None,
    precision: Annotated[
        Precision | None, typer.Option(help="Of the weights in a page; float16 if not given.")
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="Where the test digits of a page are taken from.")
    ] = None,
) -> None:
    """Write a model as what works without glassnet: a page, or another library's files."""
    path, out = model or SHIPPED, out or Path(USUAL_NAMES[to])
    if takes is not None and to is not Format.onnx:
        raise ParamError("--input", f"given for {to}", "it for onnx alone")
    if to is Format.html:
        return write_html(path, out, precision or Precision.float16, data)
    if precision is not None or data is not None:
        raise ParamError("--precision, --data", f"given for {to}", "them for html alone")
    loaded = load_model(path, engine="reference")
    if to is Format.onnx:
        return write_onnx(loaded, out, takes or Input.uint8)
    return (write_torch if to is Format.torch else write_keras)(loaded, out)


def write_html(path: Path, out: Path, precision: Precision, data: str | None) -> None:
    """A page that works without a server, a network or glassnet."""
    from glassnet.web.one_file import make_page
    from glassnet.web.shelf import load_named

    name, model = load_named(path)
    with download_bar() as on_download:
        found = load_data(data, on_download)
    print_data(found)
    digits = found.test
    with_classes(digits, model.classes)  # or it could not read them
    content = make_page(model, name, digits, precision)
    write_atomically(out, lambda file: file.write(content))
    say(out, "Open it in any browser.")


def write_onnx(model: Model, out: Path, takes: Input) -> None:
    """A graph with the preparation in it."""
    save_onnx(model, out, takes.value)
    given = "label and probabilities" if model.classes else "variable"
    say(out, f"X (N, {model.network.layers[0]}) {takes} in, {given} out.")


def write_torch(model: Model, out: Path) -> None:
    """The weights of a torch.nn.Sequential, and the script that loads them."""
    say(out, f"{save_torch(model, out)} builds the network and loads it.")


def write_keras(model: Model, out: Path) -> None:
    """The weights of a keras.Sequential, and the script that loads them."""
    say(out, f"{save_keras(model, out)} builds the network and loads it.")


def say(out: Path, how_to_use_it: str) -> None:
    """What was written, and what for."""
    stdout.print(f"{out}: {out.stat().st_size:,} bytes. {how_to_use_it}", soft_wrap=True)
