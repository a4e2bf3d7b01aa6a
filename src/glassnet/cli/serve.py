"""`glassnet serve`: draw a digit, see every number on its way, watch a network learn."""

import sys
import webbrowser
from pathlib import Path
from threading import Thread
from typing import Annotated

import typer

from glassnet.cli.progress import download_bar
from glassnet.cli.terminal import print_data, stderr, stdout
from glassnet.data.examples import DataSet
from glassnet.data.sources import load_data
from glassnet.errors import DataFileError, ParamError
from glassnet.model import SHIPPED


def serve(
    models: Annotated[
        list[Path] | None, typer.Argument(help="Model files; the shipped one if none.")
    ] = None,
    data: Annotated[str | None, typer.Option(help="A path, or mnist, or digits.")] = None,
    host: Annotated[
        str, typer.Option(help="Where others may come from; 0.0.0.0 for anywhere.")
    ] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="0 for any.")] = None,
    browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in a browser.")
    ] = True,
) -> None:
    """Open a page on this machine: draw digits, look into networks, train them."""
    try:
        from glassnet.web import listener, server, shelf
    except ImportError as error:
        found = f"{error.name} is not installed"
        raise ParamError("serve", found, advice="pip install 'glassnet[serve]'") from error
    found_data = find_data(data)
    models_on_shelf = shelf.Shelf(found_data)
    for path in models or [SHIPPED]:
        models_on_shelf.load(path)
    listening = listener.listen(host, port)
    print_data(found_data)
    if port is None and listening.port != listener.PORT:
        stderr.print(f"Port {listener.PORT} is taken; this is the next that is free.")
    stdout.print(listening.url, soft_wrap=True)
    if browser and sys.stdout.isatty():
        Thread(target=webbrowser.open, args=[listening.url], daemon=True).start()
    server.serve(models_on_shelf, found_data, listening)


def find_data(source: str | None) -> DataSet:
    """The data asked for; if none were and those found are damaged, scikit-learn's digits."""
    with download_bar() as on_download:
        try:
            return load_data(source, on_download)
        except DataFileError as error:
            if source is not None:
                raise
            return load_data("digits")._replace(origin=str(error))
