"""`glassnet predict`: read pictures of digits."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from glassnet.cli.terminal import bars, percent, picture_in_text, print_json, side_by_side, stdout
from glassnet.core.activations import Array
from glassnet.data import pictures, tables
from glassnet.data.files import write_atomically
from glassnet.data.images import SUFFIXES
from glassnet.errors import ParamError
from glassnet.model import Model, load_model

MODEL_SUFFIX = ".safetensors"
DRAWN = 4


def predict(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Pictures, folders of them, or CSV files; a model first if wished."),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Write ImageId,Label as Kaggle wants it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list.")] = False,
) -> None:
    """Read digits from pictures: the digit, and how sure the network is of each of the ten."""
    path = paths.pop(0) if paths[0].suffix == MODEL_SUFFIX else None
    model = load_model(path, engine="reference")
    model.require_classes()
    if not paths:
        raise ParamError("PATH", "a model and no picture", "a picture", "glassnet predict 7.png")
    if out is not None:
        check_submission(out, paths, model)
    names, x = read_all(paths)
    probabilities = model.predict_proba(x)
    answers = [model.classes[k] for k in probabilities.argmax(axis=1)]
    if out is not None:
        write_submission(out, model.predict(x))
    if as_json:
        print_json(
            [
                {
                    "path": name,
                    "digit": answer,
                    "probabilities": dict(zip(model.classes, p, strict=True)),
                }
                for name, answer, p in zip(
                    names, answers, probabilities.round(6).tolist(), strict=True
                )
            ]
        )
    elif out is not None:
        stdout.print(f"{len(answers):,} answers in {out}", soft_wrap=True)
    elif len(names) <= DRAWN:
        show_each(model, names, x, probabilities)
    else:
        for name, answer, p in zip(names, answers, probabilities.max(axis=1), strict=True):
            stdout.print(f"{answer}  {percent(p, 1):>7}  {name}", soft_wrap=True)


def read_all(paths: list[Path]) -> tuple[list[str], Array]:
    """What each row is called, and the rows (N, 784) uint8."""
    names: list[str] = []
    rows: list[Array] = []
    for path in paths:
        if path.suffix == ".csv":
            x, _ = tables.read_csv(path)
            names += [f"{path}:{line}" for line in range(2, len(x) + 2)]
            rows.append(x)
            continue
        for file in pictures_in(path) if path.is_dir() else [path]:
            names.append(str(file))
            rows.append(pictures.picture_from_image(file).reshape(1, -1))
    return names, np.concatenate(rows)


def pictures_in(folder: Path) -> list[Path]:
    """The picture files of a folder, by name."""
    files = sorted(f for f in folder.iterdir() if f.suffix.lower() in SUFFIXES)
    if not files:
        raise ParamError(folder, "a folder without pictures", ", ".join(SUFFIXES))
    return files


def check_submission(out: Path, paths: list[Path], model: Model) -> None:
    """Refuse what would overwrite an input, or what Kaggle would not take."""
    if any(out.resolve() == path.resolve() for path in paths):
        raise ParamError("--out", f"{out}, which is to be read", "another file")
    if not all(name.isdecimal() for name in model.classes):
        found = f"a model of the classes {', '.join(model.classes)}"
        raise ParamError("--out", found, "a model of the ten digits")


def write_submission(path: Path, answers: Array) -> None:
    """ImageId,Label: the form in which Kaggle's digit recognizer takes answers."""
    lines = [f"{i},{answer}" for i, answer in enumerate(answers.tolist(), start=1)]
    text = "\n".join(["ImageId,Label", *lines, ""])
    write_atomically(path, lambda file: file.write(text.encode()))


def show_each(model: Model, names: list[str], x: Array, probabilities: Array) -> None:
    """Each picture as the network sees it, beside its probabilities."""
    for name, row, p in zip(names, x, probabilities, strict=True):
        answer = model.classes[p.argmax()]
        stdout.print(f"{name}: [bold]{answer}[/bold] ({percent(p.max(), 1)})", soft_wrap=True)
        stdout.print(side_by_side(picture_in_text(row.reshape(28, 28)), bars(model.classes, p)))
