"""Run one contestant: a job as JSON on stdin, its figures as JSON on stdout."""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from glassnet.data.examples import grey_to_unit
from glassnet.peers import PACKAGES, Job, Unable


def main(name: str) -> dict[str, Any]:
    """Train as the job says, measure after each epoch, which is not counted, and predict."""
    job = Job(**json.load(sys.stdin))
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: job.threads])
    x, labels, test_x, test_labels = (
        np.load(Path(job.data) / f"{part}.npy") for part in ("x", "labels", "test_x", "test_labels")
    )
    try:
        prepare = import_module(f"glassnet.peers.{name}").prepare
        if name != "glassnet":
            x, test_x = (grey_to_unit(part, np.float32) for part in (x, test_x))
        epoch, predict = prepare(job, x, labels)
        del x
    except ImportError as error:
        return {"missing": str(error)}
    except Unable as error:
        return {"unable": str(error)}

    seconds, measuring, reached, accuracy = [], 0.0, None, 0.0
    for _ in range(job.epochs):
        start = time.perf_counter()
        epoch()
        seconds.append(time.perf_counter() - start)
        start = time.perf_counter()
        accuracy = float((predict(test_x) == test_labels).mean())
        measuring += time.perf_counter() - start
        if reached is None and accuracy >= job.target:
            reached = time.time() - job.started - measuring
    peak, rows = peak_bytes(), cycle(np.split(test_x[:100], 100))
    return {
        "epoch_seconds": seconds,
        "to_target": reached,
        "accuracy": accuracy,
        "row_seconds": typical_seconds(lambda: predict(next(rows)), 2000),
        "test_seconds": typical_seconds(lambda: predict(test_x), 10),
        "peak_bytes": peak,
        "version": version(PACKAGES.get(name, name)),
    }


def peak_bytes() -> int:
    """The most memory that this process has held.

    Linux counts from the process that it was started by in ru_maxrss, but not in VmHWM.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def typical_seconds(call: Callable[[], Any], at_most: int) -> float:
    """The median time of a call, once warm: of so many calls, or of those in two seconds."""
    taken, end = [], time.perf_counter() + 2
    for _ in range(at_most):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
        if time.perf_counter() > end:
            break
    return median(taken[len(taken) // 4 :])


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
