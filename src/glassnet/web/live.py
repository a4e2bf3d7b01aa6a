"""Live: a training that can be watched, paused, taken batch by batch, and stopped.

It runs in a thread of its own: the compiled engine lets go of the interpreter. What happens is
added to a history, which keeps everything, and the newest weights are in a slot; the training waits
for nobody who reads them.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from queue import Empty, SimpleQueue
from secrets import token_hex
from threading import Thread
from time import perf_counter
from typing import Any

import numpy as np

from glassnet.core.activations import Array
from glassnet.data.examples import DataSet
from glassnet.errors import BusyError, DivergedError, GlassnetError, ParamError
from glassnet.model import Model
from glassnet.recipes import Recipe
from glassnet.training.calibration import calibrate
from glassnet.training.loop import Epoch
from glassnet.training.measures import evaluate
from glassnet.web import facts

Event = dict[str, Any]
Keep = Callable[[str, Model], str]
Listener = Callable[[], None]

COMMANDS = ("pause", "resume", "step", "stop")
ENDS = ("done", "stopped", "failed")
REPORT_EVERY = 0.1  # seconds; no command waits longer
EVALUATE_AT_MOST = 0.005  # of the time
SAMPLE = 250  # examples that tell how the layers fare
WORST = 24


class Stopped(Exception):
    """The training was told to stop."""


class Run:
    """One training of a recipe.

    Args:
        recipe: what is trained.
        data: on what.
        validation: the share of the training examples to measure on.
        keep: takes the name and the model of a run that has learned something, and gives its id.
        tell: called after every event by the thread of the training; does not wait.

    Attributes:
        id: another for every run.
        state: starting, running, paused, finishing, done, stopped or failed.
        history: the events; event number seq is history[seq - 1].
        weights: the newest W[0] and the step it is of.
    """

    def __init__(
        self, recipe: Recipe, data: DataSet, validation: float, keep: Keep, tell: Listener
    ):
        self.recipe, self.data, self.validation = recipe, data, validation
        self.keep, self.tell = keep, tell
        self.id, self.state = token_hex(4), ""
        self.history: list[Event] = []
        self.weights: tuple[int, Array] | None = None
        self.commands: SimpleQueue[str] = SimpleQueue()
        self.epochs: list[Epoch] = []
        self.losses = np.empty(0)
        self.unreported: list[Array] = []
        self.step, self.steps, self.size, self.evaluated = 0, 1, 1, 0
        self.seconds, self.reported_at, self.evaluating = 0.0, 0.0, 0.0
        self.enter("starting", run=self.id, config=self.config)
        self.thread = Thread(target=self.work, daemon=True)
        self.thread.start()

    @property
    def config(self) -> Event:
        """What is trained, and how."""
        return {**facts.of_recipe(self.recipe), "validation": self.validation}

    def work(self) -> None:
        """Train to the end, whichever that is, and keep what was learned."""
        state, model = "failed", None
        try:
            end = self.learn_until_the_end()
            learned = self.epochs or (end == "stopped" and self.step)
            if learned:
                self.enter("finishing")
                if end == "stopped" and self.evaluated != self.step:
                    self.evaluate(len(self.epochs))  # what is shown last is what is kept
                model = self.keep_model()
            state = end
        except GlassnetError as error:
            self.say("error", code=error.code, message=error.found, fix=error.advice)
        except Exception as error:  # whatever it is, whoever watches has to be told
            what = f"{type(error).__name__}: {error}"
            self.say("error", code="INTERNAL", message=what, fix="smaller layers")
        self.enter(state, model=model)

    def learn_until_the_end(self) -> str:
        """Learn until all is done, or one says stop, or it diverges; say which."""
        try:
            self.learn()
            return "done"
        except Stopped:
            return "stopped"
        except DivergedError as error:
            self.say("error", code=error.code, message=error.found, fix=error.advice)
            return "failed"

    def learn(self) -> None:
        """The training itself."""
        examples, aside = self.examples, self.aside = self.recipe.prepare(
            self.data, self.validation
        )
        self.model = self.recipe.model(examples.classes)
        self.test = self.recipe.examples(self.data.test)
        self.weights = 0, self.model.params.W[0].copy()
        self.n_examples = len(examples.x)
        self.sample = examples.take(slice(None, None, -(-self.n_examples // SAMPLE)))
        self.before = self.model.params.theta.copy()
        started = perf_counter()
        for epoch in self.recipe.train(self.model, examples, aside, self.watch, pieces=self.pieces):
            self.epochs.append(epoch)
            if epoch.train_accuracy is not None:
                self.report(epoch)
                last = epoch.number == self.recipe.epochs
                if last or self.evaluating <= EVALUATE_AT_MOST * (perf_counter() - started):
                    self.evaluate(epoch.number)
            elif self.due:
                self.report()

    def watch(self, done: int, steps: int, losses: Array) -> None:
        """Take the losses of the epoch so far."""
        self.losses = losses

    def pieces(self, steps: int) -> Iterator[Array]:
        """The pieces of an epoch, each as long as it takes to the next report, or one batch."""
        self.steps = steps
        done = 0
        while done < steps:
            piece = np.arange(done, min(done + self.permitted(), steps))
            start = perf_counter()
            yield piece
            took = perf_counter() - start
            self.seconds += took
            self.unreported.append(self.losses[done:])
            self.step += len(piece)
            done += len(piece)
            if self.state == "running":
                self.size = max(1, round(len(piece) * REPORT_EVERY / took))
            if self.due and done < steps:  # the last are reported with what is measured after them
                self.report()

    def permitted(self) -> int:
        """How many batches may be done next; waits while the run is paused."""
        if self.state == "starting":
            self.enter("running")
        while True:
            try:
                command = self.commands.get(block=self.state == "paused")
            except Empty:
                return self.size
            if command == "stop":
                raise Stopped
            self.enter("running" if command == "resume" else "paused")
            if command == "step":
                return 1

    @property
    def due(self) -> bool:
        """Whether it is time for a report."""
        return self.state == "paused" or perf_counter() - self.reported_at >= REPORT_EVERY

    def report(self, epoch: Epoch | None = None) -> None:
        """One event for all batches since the last, and what was measured after them."""
        if not self.unreported:
            return
        losses, seconds = np.concatenate(self.unreported), self.seconds
        self.unreported, self.seconds, self.reported_at = [], 0.0, perf_counter()
        self.weights = self.step, self.model.params.W[0].copy()
        self.say(
            "metrics",
            step=self.step,
            steps=self.steps,
            epoch=self.step / self.steps,
            loss=losses.mean(),
            speed=len(losses) * self.n_examples / self.steps / seconds,
            train_loss=epoch and epoch.loss,
            train_accuracy=epoch and epoch.train_accuracy,
            validation_loss=epoch and epoch.validation_loss,
            validation_accuracy=epoch and epoch.validation_accuracy,
        )

    def evaluate(self, epoch: int) -> None:
        """Say how good the model is by now, what it still gets wrong, and how its layers fare."""
        start = perf_counter()
        evaluation = evaluate(self.model, self.test)
        self.say(
            "eval",
            epoch=epoch,
            step=self.step,
            test=facts.of_evaluation(evaluation),
            worst=facts.of_mistakes(evaluation, WORST),
            layers=facts.of_layers(self.model, self.before, self.sample),
        )
        self.before, self.evaluated = self.model.params.theta.copy(), self.step
        self.evaluating += perf_counter() - start

    def keep_model(self) -> str:
        """Give the model away, calibrated and described as `glassnet train` would."""
        calibrate(self.model, self.examples, self.aside)
        evaluation = evaluate(self.model, self.test)
        self.model.training = self.recipe.describe(self.data, self.epochs, evaluation)
        return self.keep(self.recipe.name, self.model)

    def enter(self, state: str, **more: Any) -> None:
        """Be in a state, and say so if it is a new one."""
        if state != self.state:
            self.state = state
            self.say("status", state=state, **more)

    def say(self, kind: str, **more: Any) -> None:
        """Add an event to the history, behind what is not yet reported."""
        if kind != "metrics":
            self.report()
        self.history.append({"type": kind, "seq": len(self.history) + 1, **more})
        self.tell()


def merged(events: Iterable[Event]) -> Iterator[Event]:
    """The events with all metrics that follow each other as one, which has lists of their values.

    Example:
        >>> events = [{"type": "metrics", "seq": s, "step": 9 * s, "loss": 0.5} for s in (1, 2)]
        >>> list(merged(events))
        [{'type': 'metrics', 'seq': 2, 'step': [9, 18], 'loss': [0.5, 0.5]}]
    """
    for kind, group in groupby(events, key=lambda event: event["type"]):
        if kind == "metrics":
            rows = list(group)
            columns = {name: [row[name] for row in rows] for name in rows[0]}
            yield columns | {"type": kind, "seq": rows[-1]["seq"]}
        else:
            yield from group


class Live:
    """The trainings of a server, one at a time, and those who listen.

    Args:
        data: what is trained on.
        keep: as in Run.

    Attributes:
        run: the newest training; None before the first.
        listeners: each is called after every event, by the thread of the training.
    """

    def __init__(self, data: DataSet, keep: Keep):
        self.data, self.keep = data, keep
        self.run: Run | None = None
        self.listeners: set[Listener] = set()

    def start(self, recipe: Recipe, validation: float = 0) -> None:
        """Begin a training.

        Raises:
            BusyError: there is one already.
        """
        if self.running:
            raise BusyError("start", "a training is running", advice="stop it first")
        self.run = Run(recipe, self.data, validation, self.keep, self.tell)

    @property
    def running(self) -> Run | None:
        """The training that has not yet ended, if there is one."""
        return self.run if self.run is not None and self.run.state not in ENDS else None

    def command(self, name: str) -> None:
        """Pass a command on: pause, resume, step or stop.

        Raises:
            ParamError: no training is running.
        """
        if self.running is None:
            raise ParamError(name, "no training is running", advice="start one")
        self.running.commands.put(name)

    def tell(self) -> None:
        """Call the listeners."""
        for listener in tuple(self.listeners):
            listener()

    def close(self) -> None:
        """Stop the training, and wait for it a little."""
        if self.running:
            self.command("stop")
        if self.run:
            self.run.thread.join(5)
