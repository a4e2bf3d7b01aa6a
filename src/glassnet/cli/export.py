"""`glassnet export`: a model in another form."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from glassnet.cli.progress import download_bar
from glassnet.cli.terminal import stdout
from glassnet.data.examples import with_classes
from glassnet.data.files import write_atomically
from glassnet.data.sources import load_data
from glassnet.model import SHIPPED


class Format(StrEnum):
    """What a model can become."""

    html = "html"


class Precision(StrEnum):
    """How exactly its weights are kept."""

    float16 = "float16"
    float32 = "float32"


def export(
    model: Annotated[
        Path | None, typer.Argument(help="A model file; the shipped one if none.")
    ] = None,
    to: Annotated[
        Format, typer.Option(help="A page in one file, with everything in it.")
    ] = Format.html,
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write.")] = Path(
        "digit.html"
    ),
    precision: Annotated[Precision, typer.Option(help="Of the weights.")] = Precision.float16,
    data: Annotated[str | None, typer.Option(help="Where test digits are taken from.")] = None,
) -> None:
    """Write a model as one page that works without a server, a network or glassnet."""
    from glassnet.web.one_file import make_page
    from glassnet.web.shelf import load_named

    name, loaded = load_named(model or SHIPPED)
    with download_bar() as on_download:
        digits = load_data(data, on_download).test
    with_classes(digits, loaded.classes)  # or it could not read them
    content = make_page(loaded, name, digits, precision)
    write_atomically(out, lambda file: file.write(content))
    stdout.print(f"{out}: {len(content):,} bytes. Open it in any browser.", soft_wrap=True)
