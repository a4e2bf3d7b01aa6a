"""`glassnet train`: train a recipe and keep what came out of it."""

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import fields
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any, NamedTuple

import typer

from glassnet.cli.progress import TrainingProgress, download_bar
from glassnet.cli.resume import describe, go_on, refuse_changes
from glassnet.cli.run_folder import RunFolder
from glassnet.cli.start import Start
from glassnet.cli.stopping import Stopping
from glassnet.cli.terminal import percent, print_data, print_json, stderr, stdout
from glassnet.core.initialization import INITIALIZERS
from glassnet.core.losses import LOSSES
from glassnet.core.updates import RULES
from glassnet.data.examples import Examples
from glassnet.data.locks import locked
from glassnet.data.sources import load_data
from glassnet.doctor import examine
from glassnet.doctor.findings import Finding, diagnosis
from glassnet.engines import FASTEST_FIRST, limit_threads
from glassnet.errors import DivergedError
from glassnet.model import Model
from glassnet.overrides import Overrides, check_number, find_recipe, override, unknown
from glassnet.recipes import FIRST_NETWORK, Recipe
from glassnet.training.calibration import calibrate
from glassnet.training.checkpoint import Checkpoint, Saving
from glassnet.training.loop import Epoch, stop_early
from glassnet.training.measures import Evaluation, evaluate

INTERRUPTED = 130


def train(
    ctx: typer.Context,
    recipe: Annotated[str, typer.Argument(help="See `glassnet recipes`.")] = FIRST_NETWORK.name,
    data: Annotated[str | None, typer.Option(help="A path, or mnist, or digits.")] = None,
    layers: Annotated[str | None, typer.Option(help="Widths, as 784,128,64,10.")] = None,
    activation: Annotated[str | None, typer.Option(help="One, or one per hidden layer.")] = None,
    loss: Annotated[str | None, typer.Option(help=", ".join(LOSSES))] = None,
    initializer: Annotated[str | None, typer.Option(help=", ".join(INITIALIZERS))] = None,
    optimizer: Annotated[str | None, typer.Option(help=", ".join(RULES))] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Step size.")] = None,
    schedule: Annotated[str | None, typer.Option(help="constant, step or cosine.")] = None,
    warm_up: Annotated[float | None, typer.Option(help="Epochs to reach the full rate.")] = None,
    batch_size: Annotated[str | None, typer.Option(help="Examples to a step, or all.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the data.")] = None,
    l2: Annotated[float | None, typer.Option(help="Price of squared weights.")] = None,
    l1: Annotated[float | None, typer.Option(help="Price of the size of weights.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed, the same weights.")] = None,
    validation: Annotated[float, typer.Option(help="Share to set aside and measure on.")] = 0.0,
    patience: Annotated[
        int | None, typer.Option(help="Stop after so many epochs without a better validation loss.")
    ] = None,
    from_: Annotated[
        str | None,
        typer.Option("--from", help="Start from a trained model: a path, or many-hands."),
    ] = None,
    freeze: Annotated[
        int | None, typer.Option(help="Keep the first so many layers of --from as they are.")
    ] = None,
    new_output: Annotated[
        bool, typer.Option("--new-output", help="Leave the output layer of --from behind.")
    ] = False,
    dtype: Annotated[str | None, typer.Option(help="float32 or float64.")] = None,
    engine: Annotated[str, typer.Option(help="auto, compiled, buffered, reference.")] = "auto",
    threads: Annotated[int | None, typer.Option(help="As many as there are cores if none.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the results.")] = None,
    checkpoint_every: Annotated[
        int | None,
        typer.Option(help="Steps between checkpoints; every ten seconds if none.", metavar="STEPS"),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(help="Go on with the training in a folder.", metavar="FOLDER"),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Train a network, and keep the model, its history and pictures of it."""
    checkpoint, options = None, ctx.params
    if resume is not None:
        if RunFolder(resume).is_finished:
            stderr.print(f"The training in {resume} is finished.", markup=False, soft_wrap=True)
            return 0
        checkpoint, options = go_on(ctx, resume)
    run = RunOptions(**{name: options[name] for name in RunOptions._fields})
    overrides = Overrides(**{field.name: options[field.name] for field in fields(Overrides)})
    start = Start(options["from_"], options["freeze"], options["new_output"])
    if checkpoint is not None and start.name is not None:
        start.model = checkpoint.model  # the file may be another by now
    base = find_recipe(options["recipe"])
    folder = RunFolder(Path(options["out"] or Path("runs") / base.name))
    problems = [*run.problems(), *start.problems(overrides, folder.model)]
    chosen = override(start.change(base), overrides, problems)
    began = perf_counter()
    with folder.kept_if_filled(), locked(folder.path / ".lock"):
        trained = learn(chosen, options, run, start, folder, checkpoint)
        with stdout.status("Drawing the pictures") if run.talk else nullcontext():
            folder.save(trained.model, trained.history, trained.evaluation, trained.test)
        if not isinstance(trained.ending, KeyboardInterrupt):
            folder.checkpoints.clear()
        if isinstance(trained.ending, DivergedError):
            raise trained.ending
        if as_json:
            print_json(summarize(chosen, trained, perf_counter() - began, folder))
        elif not quiet:
            print_result(trained, folder)
        return getattr(trained.ending, "exit_code", INTERRUPTED) if trained.ending else 0


class RunOptions(NamedTuple):
    """The options that are no part of a recipe."""

    validation: float
    patience: int | None
    dtype: str | None
    engine: str
    threads: int | None
    checkpoint_every: int | None
    quiet: bool
    as_json: bool

    @property
    def talk(self) -> bool:
        """Whether a person reads along."""
        return not (self.quiet or self.as_json)

    def problems(self) -> Iterable[str]:
        """Yield what is wrong with them."""
        yield from check_number("--validation", self.validation, lowest=0, highest=0.9)
        if self.patience is not None and (self.patience < 1 or self.validation == 0):
            yield f"--patience {self.patience}: 1 or more, and only with --validation"
        if self.dtype not in (None, "float32", "float64"):
            yield f"--dtype {self.dtype}: float32 or float64"
        if problem := unknown("--engine", self.engine, ("auto", *FASTEST_FIRST)):
            yield problem
        yield from check_number("--threads", self.threads, lowest=1)
        every = self.checkpoint_every
        yield from check_number("--checkpoint-every", every, lowest=1, highest=1e9)


class Trained(NamedTuple):
    """What is left of a training; the examples it learned from are given back to the system."""

    model: Model
    history: list[Epoch]
    ending: BaseException | None
    evaluation: Evaluation
    test: Examples
    findings: list[Finding]


def learn(
    recipe: Recipe,
    options: dict[str, Any],
    run: RunOptions,
    start: Start,
    folder: RunFolder,
    checkpoint: Checkpoint | None,
) -> Trained:
    """Train a recipe, from the start or from a checkpoint, to its end or until it is stopped."""
    with download_bar() if not run.quiet else nullcontext() as on_download:
        data = load_data(options["data"], on_download)
    examples, aside = recipe.prepare(data, run.validation)
    about = describe(options, recipe, data)
    if run.talk:
        print_data(data)
        print_start(start, folder, checkpoint)
    if checkpoint is None:
        checkpoint = Checkpoint(start.begin(recipe, examples.classes, run.dtype), about)
    refuse_changes(checkpoint.about, about)
    model = checkpoint.model
    model.engine = run.engine
    with limit_threads(run.threads):
        ending = descend(recipe, examples, aside, run, folder, checkpoint)
        calibrate(model, examples, aside)
        test = recipe.examples(data.test)
        evaluation = evaluate(model, test, run.threads)
        history = checkpoint.history
        findings = examine(model, examples, [epoch.loss for epoch in history])
    model.training = recipe.describe(data, history, evaluation) | start.describe()
    return Trained(model, history, ending, evaluation, test, findings)


def print_start(start: Start, folder: RunFolder, checkpoint: Checkpoint | None) -> None:
    """Say where the training begins, unless it is at random weights."""
    if start.model is not None:
        stderr.print(f"Start: {start}", soft_wrap=True)
    if checkpoint is not None:
        at = checkpoint.position
        stderr.print(f"Resumed in epoch {at.epoch}, after {len(at.losses)} of its batches")
    elif folder.checkpoints.paths:
        how = f"`glassnet train --resume {folder.path}` would have gone on with it"
        stderr.print(f"Starting anew over a training that was stopped: {how}", soft_wrap=True)


def descend(
    recipe: Recipe,
    examples: Examples,
    aside: Examples | None,
    run: RunOptions,
    folder: RunFolder,
    checkpoint: Checkpoint,
) -> BaseException | None:
    """Train from a checkpoint on, which is moved along and saved; see `consume`."""
    model, progress = checkpoint.model, TrainingProgress(recipe, run.quiet)
    progress.epoch = checkpoint.position.epoch
    stopping = Stopping()
    saving = Saving(
        lambda: folder.checkpoints.save(checkpoint), run.checkpoint_every, stopping.asked
    )
    epochs = recipe.train(
        model,
        examples,
        aside,
        progress.within_epoch,
        run.engine,
        run.threads,
        saving,
        checkpoint.position,
    )
    if run.patience is not None:
        epochs = stop_early(epochs, model, run.patience, checkpoint.best)
    with stopping:
        return consume(epochs, progress, checkpoint.history, folder)


def consume(
    epochs: Iterator[Epoch], progress: TrainingProgress, history: list[Epoch], folder: RunFolder
) -> BaseException | None:
    """Train to the end, or until it is stopped, and add the epochs to the history.

    Returns:
        What ended them early: a signal, a divergence after a good epoch, or nothing.
    """
    with progress:
        try:
            for epoch in epochs:
                history.append(epoch)
                progress.after_epoch(epoch)
        except KeyboardInterrupt as interrupt:
            progress.say("Stopped. What was learned until now is kept.")
            progress.say(f"To go on: glassnet train --resume {folder.path}")
            return interrupt
        except DivergedError as error:
            if not history:
                folder.checkpoints.clear()
                raise
            progress.say(f"Diverged. The model of epoch {history[-1].number} is kept.")
            return error
    return None


def summarize(
    recipe: Recipe, trained: Trained, seconds: float, folder: RunFolder
) -> dict[str, Any]:
    """The object that --json prints."""
    history, evaluation = trained.history, trained.evaluation
    measured = [epoch for epoch in history if epoch.train_accuracy is not None]
    last = measured[-1] if measured else None
    return {
        "recipe": recipe.name,
        "data": trained.model.training["data"],
        "data_origin": trained.model.training["data_origin"],
        "layers": recipe.layers,
        "seed": recipe.seed,
        "engine": history[-1].engine if history else None,
        "epochs": len(history),
        "epoch_seconds": [round(epoch.seconds, 4) for epoch in history],
        "train_accuracy": last and last.train_accuracy,
        "validation_accuracy": last and last.validation_accuracy,
        "test_accuracy": evaluation.accuracy,
        "test_interval": evaluation.interval,
        "test_loss": evaluation.loss,
        "findings": [str(finding) for finding in trained.findings],
        "seconds": round(seconds, 3),
        "model": str(folder.model),
    }


def print_result(trained: Trained, folder: RunFolder) -> None:
    """The last lines: how good it is, what is wrong with it, and where everything is."""
    evaluation, history = trained.evaluation, trained.history
    low, high = evaluation.interval
    learned = sum(epoch.seconds for epoch in history)
    stdout.print(
        f"Test accuracy [bold]{percent(evaluation.accuracy)}[/bold]"
        f" (95 % interval {percent(low)} to {percent(high)}), loss {evaluation.loss:.4f},"
        f" {len(history)} epochs in {learned:.1f} s"
        f" ({history[-1].engine if history else 'no'} engine)",
        soft_wrap=True,
    )
    if trained.findings:
        stderr.print(f"Warning: {diagnosis(trained.findings)}", markup=False, soft_wrap=True)
    stdout.print(f"Model     {folder.model}", soft_wrap=True)
    stdout.print(f"Pictures  {', '.join(map(str, folder.pictures))}", soft_wrap=True)
