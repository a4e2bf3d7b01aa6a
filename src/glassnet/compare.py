"""Compare: the same training here and in other libraries, side by side in one run.

Each contestant runs in a fresh process, in turn with the others, several times; the medians count.
Each gets the number of threads with which it is faster. What is compared is said with it: time per
epoch, time from the start of the process to a test accuracy, peak memory, test accuracy, and the
time to predict.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from glassnet.data.examples import DataSet
from glassnet.errors import GlassnetError, ParamError
from glassnet.peers import PACKAGES, PEERS, Job
from glassnet.recipes import Recipe

OURS = "glassnet"
TARGET = 0.97
TRIAL_EPOCHS = 3


class Result(NamedTuple):
    """The figures of one contestant, medians over its runs.

    Args:
        name: the contestant.
        threads: with which it was fastest.
        epoch_seconds: of one epoch; the first of several in a run is left out.
        to_target: seconds from the start of the process to the target accuracy; None if never.
        peak_bytes: the most memory the process held.
        accuracy: on the test set at the end.
        row_seconds: to predict one row from Python, once warm.
        test_seconds: to predict the whole test set.
        runs: the raw figures.
    """

    name: str
    threads: int
    epoch_seconds: float
    to_target: float | None
    peak_bytes: int
    accuracy: float
    row_seconds: float
    test_seconds: float
    runs: list[dict[str, Any]]


class Comparison(NamedTuple):
    """What came out.

    Args:
        recipe: what was trained.
        job: the job that all were given.
        machine: where.
        results: ours first, then the peers.
        absent: why the others are not among them.
    """

    recipe: str
    job: dict[str, Any]
    machine: dict[str, Any]
    results: list[Result]
    absent: dict[str, str]


def compare(
    recipe: Recipe,
    data: DataSet,
    peers: list[str],
    epochs: int,
    runs: int = 3,
    say: Callable[[str], None] = lambda line: None,
) -> Comparison:
    """Train a recipe here and in its peers.

    Args:
        recipe: its network, loss, optimizer, rate and batch size are given to all.
        data: what all learn from and are tested on.
        peers: names in PEERS.
        epochs: how many each trains.
        runs: how often each trains.
        say: told what goes on.

    Raises:
        ParamError: a peer that is not known.
    """
    if unknown := [name for name in peers if name not in PEERS]:
        raise ParamError("--peers", ", ".join(unknown), ", ".join(PEERS))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    threads: dict[str, int] = {}
    figures: dict[str, list[dict[str, Any]]] = {}
    absent: dict[str, str] = {}
    with data_on_disk(recipe, data) as folder:
        job = make_job(recipe, data, folder, epochs)
        for name in (OURS, *peers):
            say(f"{name}: with how many threads?")
            short = job._replace(epochs=min(job.epochs, TRIAL_EPOCHS))
            tried = {n: run_one(name, short._replace(threads=n)) for n in sorted({1, cores or 1})}
            if reason := why_absent(name, tried.values()):
                absent[name] = reason
            else:
                threads[name] = min(tried, key=lambda n: epoch_seconds(tried[n]))
                figures[name] = []
        for number in range(1, runs + 1):
            for name in threads:
                say(f"{name}: run {number} of {runs}")
                figures[name].append(run_one(name, job._replace(threads=threads[name])))
    for name in threads:
        if reason := why_absent(name, figures[name]):
            absent[name] = reason
    if OURS in absent:
        raise GlassnetError("compare", f"{OURS} {absent[OURS]}")
    results = [
        summarize(name, threads[name], figures[name]) for name in threads if name not in absent
    ]
    shown = {**job._asdict(), "data": data.name, "n_test": len(data.test.x)}
    for name in ("started", "threads"):  # each process has its own
        del shown[name]
    return Comparison(recipe.name, shown, describe_machine(), results, absent)


@contextmanager
def data_on_disk(recipe: Recipe, data: DataSet) -> Iterator[Path]:
    """The arrays as files that every process can read."""
    train, test = recipe.examples(data.train), recipe.examples(data.test)
    if recipe.rows is not None:
        train = train.take(slice(recipe.rows))
    with tempfile.TemporaryDirectory(prefix="glassnet-") as name:
        for prefix, part in (("", train), ("test_", test)):
            np.save(Path(name) / f"{prefix}x.npy", part.x)
            np.save(Path(name) / f"{prefix}labels.npy", part.labels)
        yield Path(name)


def make_job(recipe: Recipe, data: DataSet, folder: Path, epochs: int) -> Job:
    """The recipe in words that every library understands."""
    activations = {activation.name for activation in recipe.activations} or {"relu"}
    if len(activations) > 1 or recipe.positive:
        raise ParamError("RECIPE", recipe.name, "ten classes and one kind of activation")
    rule, loss = recipe.rule.name, recipe.loss.name
    if rule not in ("sgd", "adam") or loss not in ("cross_entropy", "quadratic_cost"):
        shared = "sgd or adam, and cross_entropy or quadratic_cost, which all libraries share"
        raise ParamError("RECIPE", f"{rule} and {loss}", shared)
    n = min(recipe.rows or len(data.train.x), len(data.train.x))
    return Job(
        data=str(folder),
        layers=list(recipe.layers),
        activation=activations.pop(),
        loss=recipe.loss.name,
        optimizer=recipe.rule.name,
        learning_rate=recipe.rate(0),
        batch_size=recipe.batch_size or n,
        epochs=epochs,
        target=TARGET,
        threads=1,
        seed=recipe.seed,
        started=0.0,
    )


def run_one(name: str, job: Job) -> dict[str, Any]:
    """Run one contestant in a process of its own."""
    threads = str(job.threads)
    pools = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(pools, threads), "TF_CPP_MIN_LOG_LEVEL": "3"}
    job = job._replace(started=time.time())
    done = subprocess.run(
        [sys.executable, "-m", "glassnet.peers", name],
        input=json.dumps(job._asdict()),
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1:] or [f"exit {done.returncode}"]}
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def why_absent(name: str, runs: Iterable[dict[str, Any]]) -> str | None:
    """Why a contestant has no figures of some run; None if it has all."""
    for figures in runs:
        if "missing" in figures:
            package = PACKAGES.get(name, name)
            return f"not installed; pip install {package}, or glassnet[peers] for all"
        if "unable" in figures:
            return str(figures["unable"])
        if "failed" in figures:
            return f"failed: {figures['failed'][0]}"
    return None


def epoch_seconds(figures: dict[str, Any]) -> float:
    """The median epoch; the first of several is warming up."""
    seconds = figures["epoch_seconds"]
    return median(seconds[1:] or seconds)


def summarize(name: str, threads: int, runs: list[dict[str, Any]]) -> Result:
    """Medians over the runs."""
    reached = [run["to_target"] for run in runs if run["to_target"] is not None]
    return Result(
        name,
        threads,
        median(epoch_seconds(run) for run in runs),
        median(reached) if len(reached) == len(runs) else None,
        int(median(run["peak_bytes"] for run in runs)),
        median(run["accuracy"] for run in runs),
        median(run["row_seconds"] for run in runs),
        median(run["test_seconds"] for run in runs),
        runs,
    )


def describe_machine() -> dict[str, Any]:
    """What the figures were taken on."""
    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if "model name" in line]
        processor = names[0].partition(":")[2].strip() if names else processor
    return {
        "processor": processor,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }
