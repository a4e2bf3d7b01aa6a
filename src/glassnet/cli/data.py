"""`glassnet data`: what is found where; download; convert from one form to another."""

import os
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from glassnet.cli.progress import download_bar
from glassnet.cli.terminal import stdout
from glassnet.data import idx, pictures, sources, tables
from glassnet.data.examples import DataSet
from glassnet.errors import DataFileError, ParamError

app = typer.Typer(help="See what data there is, download MNIST, convert between forms.")


@app.callback(invoke_without_command=True)
def show(context: typer.Context) -> None:
    """Say which data would be taken, and why."""
    if context.invoked_subcommand is not None:
        return
    folder = os.environ.get("GLASSNET_DATA")
    cache = sources.cache_folder() / "mnist"
    places = {
        "GLASSNET_DATA": f"{folder}/mnist" if folder else None,
        "cache": str(cache),
    }
    for name, place in places.items():
        stdout.print(f"{name:<14} {describe(place)}", soft_wrap=True)
    stdout.print(f"{'scikit-learn':<14} 1,797 digits of 8x8 pixels, always there", soft_wrap=True)


def describe(place: str | None) -> str:
    """What a place holds."""
    if place is None:
        return "not set"
    try:
        data = sources.load_mnist(Path(place), "")
    except DataFileError as error:
        return f"{place}: {error.found}"
    return f"{place}: {data.name}, {len(data.train.x):,} + {len(data.test.x):,} pictures"


@app.command()
def download() -> None:
    """Fetch MNIST into the cache, once, checked by SHA-256."""
    cache = sources.cache_folder() / "mnist"
    with download_bar() as on_download:
        sources.download_mnist(cache, on_download)
    stdout.print(describe(str(cache)), soft_wrap=True)


@app.command()
def convert(
    source: Annotated[str, typer.Argument(help="A path, or mnist, or digits.")],
    target: Annotated[Path, typer.Argument(help="name.npz, or a folder for the other forms.")],
    to: Annotated[str, typer.Option(help="npz, csv, idx or pictures.")] = "npz",
) -> None:
    """Write data in another form: an npz file, or a folder with a train and a test half."""
    if to not in WRITERS:
        raise ParamError("--to", to, ", ".join(WRITERS))
    if (to == "npz") != (target.suffix == ".npz") or target.exists():
        found = f"{target}{', which exists' if target.exists() else ''}"
        raise ParamError("TARGET", found, "a new file name.npz for npz, else a new folder")
    data = sources.load_data(source)
    WRITERS[to](data, target)
    counts = f"{len(data.train.x):,} + {len(data.test.x):,} pictures"
    stdout.print(f"{target}: {data.name}, {counts}", soft_wrap=True)


def write_csv(data: DataSet, target: Path) -> None:
    """Two files of Kaggle's form."""
    target.mkdir(parents=True)
    for name, half in zip(sources.CSV_HALVES, (data.train, data.test), strict=True):
        tables.write_csv(target / name, half.x, half.labels)


def write_npz(data: DataSet, target: Path) -> None:
    """One file with both halves, as Keras has it."""
    tables.write_npz(target, data.train[:2], data.test[:2])


def write_idx(data: DataSet, target: Path) -> None:
    """MNIST's four files."""
    target.mkdir(parents=True)
    arrays = (data.train.x, data.train.labels, data.test.x, data.test.labels)
    for name, array in zip(sources.MNIST, arrays, strict=True):
        shape = (-1, 28, 28) if array.ndim == 2 else (-1,)
        idx.write_idx(target / f"{name}.gz", array.reshape(shape).astype(np.uint8))


def write_pictures(data: DataSet, target: Path) -> None:
    """PNG files in train/0..9 and test/0..9."""
    target.mkdir(parents=True)
    for name, half in zip(sources.HALVES, (data.train, data.test), strict=True):
        pictures.write_folder(target / name, half.x, half.labels)


WRITERS = {"csv": write_csv, "npz": write_npz, "idx": write_idx, "pictures": write_pictures}
