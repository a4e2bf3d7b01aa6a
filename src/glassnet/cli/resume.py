"""`glassnet train --resume`: a training goes on as if it had never been stopped or killed."""

from pathlib import Path
from typing import Any

import typer

from glassnet.cli.terminal import stderr
from glassnet.data.examples import DataSet
from glassnet.errors import DataFileError, ModelFileError, ParamError
from glassnet.recipes import Recipe
from glassnet.training.checkpoint import Checkpoint, Checkpoints, data_sha256, environment

WITH_RESUME = ("resume", "checkpoint_every", "quiet", "as_json")


def describe(options: dict[str, Any], recipe: Recipe, data: DataSet) -> dict[str, Any]:
    """What a checkpoint says of its training, for `go_on` and `refuse_changes`."""
    return {
        "options": options | {"out": None},
        "recipe": recipe.settings,
        "data": data_sha256(data),
        "environment": environment(),
    }


def go_on(ctx: typer.Context, folder: Path) -> tuple[Checkpoint, dict[str, Any]]:
    """Where a training stopped, and the options it was started with.

    Raises:
        ParamError: there is no checkpoint, or another option was typed.
    """
    typed = [parameter for parameter in ctx.command.params if was_typed(ctx, parameter.name or "")]
    if typed:
        names = ", ".join(parameter.opts[0] for parameter in typed)
        found = f"{names}: a training goes on with the options it was started with"
        raise ParamError("--resume", found, advice=f"glassnet train --resume {folder}")
    checkpoint = Checkpoints(folder).newest(skip)
    if checkpoint is None:
        expected = "the folder of a training that was stopped"
        raise ParamError(f"--resume {folder}", "no checkpoint", expected, "starting it anew")
    return checkpoint, options_of(ctx, checkpoint) | {"out": folder}


def was_typed(ctx: typer.Context, name: str) -> bool:
    """Whether an option was typed that --resume has from the checkpoint."""
    source = ctx.get_parameter_source(name)
    return name not in WITH_RESUME and source is not None and source.name == "COMMANDLINE"


def skip(error: ModelFileError) -> None:
    """Say that a file is left aside."""
    stderr.print(f"Warning: skipped {error}", markup=False, soft_wrap=True)


def options_of(ctx: typer.Context, checkpoint: Checkpoint) -> dict[str, Any]:
    """The options of a checkpoint, checked as if they were typed now."""
    kept = checkpoint.about.get("options")
    if not isinstance(kept, dict):
        raise ParamError("--resume", "a checkpoint without options", "one of glassnet train")
    return {
        parameter.name or "": ctx.params[parameter.name]
        if parameter.name in WITH_RESUME
        else parameter.process_value(ctx, kept.get(parameter.name))
        for parameter in ctx.command.params
    }


def refuse_changes(then: dict[str, Any], now: dict[str, Any]) -> None:
    """Refuse what would end in another model, and warn of what may change its last digits.

    Raises:
        ParamError: the recipe is no longer what it was.
        DataFileError: neither are the data.
    """
    if then.get("data") != now["data"]:
        found = "other examples than those the training began with (SHA-256 differs)"
        raise DataFileError("data", found, advice="the data as they were, or a new training")
    if changes := differences(then.get("recipe"), now["recipe"]):
        found = f"this version of the recipe is another: {changes}"
        raise ParamError("--resume", found, advice="the version it was started with")
    if changes := differences(then.get("environment"), now["environment"]):
        stderr.print(
            f"Warning: the last digits may differ from an unbroken run's: {changes}",
            markup=False,
            soft_wrap=True,
        )


def differences(then: Any, now: dict[str, str]) -> str:
    """What changed, for people to read."""
    before = then if isinstance(then, dict) else {}
    return "; ".join(
        f"{name} was {before.get(name)}, is {value}"
        for name, value in now.items()
        if before.get(name) != value
    )
