"""Checkpoints: a training, kept between two batches; what goes on from there ends in the same bits.

One safetensors file, as a model's: the vectors as tensors, and one JSON text with everything else
and a SHA-256 of it all. A folder of them always holds a whole one once it has held one.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import machine, python_version
from sys import maxsize
from time import perf_counter
from typing import Any

import numpy as np

from glassnet.core.activations import Array
from glassnet.core.parameters import Parameters
from glassnet.core.updates import State
from glassnet.data.examples import DataSet
from glassnet.data.files import write_atomically
from glassnet.errors import ModelFileError
from glassnet.model import Model
from glassnet.model_file import describe, read_network, read_safetensors, require
from glassnet.training.loop import Best, Epoch, Position, SeveralASecond

FORMAT = 1
NAME = "checkpoint-{:08}.safetensors"
PATTERN = "checkpoint-" + 8 * "[0-9]" + ".safetensors"
SECONDS = 10.0  # between two, where nobody says how many steps


@dataclass
class Checkpoint:
    """A training that can go on.

    Args:
        model: what is trained.
        about: what else has to be the same for it to go on; anything that JSON can hold.
        position: where it stands.
        best: what early stopping remembers.
        history: the epochs until now.
    """

    model: Model
    about: dict[str, Any]
    position: Position = field(default_factory=Position)
    best: Best = field(default_factory=Best)
    history: list[Epoch] = field(default_factory=list)

    def encode(self) -> bytes:
        """The bytes of its file, as it is now."""
        from safetensors.numpy import save

        at = self.position
        tensors = {"model": self.model.params.theta, "losses": at.losses}
        for moment, vectors in (("now", at.now), ("good", at.good)):
            tensors |= {f"{moment}.{name}": vector for name, vector in vectors.items()}
        if self.best.theta is not None:
            tensors["best"] = self.best.theta
        description = {
            "format": FORMAT,
            **describe(self.model.network),
            "classes": self.model.classes,
            "training": self.about,
            "epoch": at.epoch,
            "seconds": at.seconds,
            "best": [self.best.loss, self.best.waited],
            "history": [asdict(epoch) for epoch in self.history],
        }
        description["sha256"] = digest(description, tensors)
        return save(tensors, {"checkpoint": json.dumps(description)})


def read(path: Path) -> Checkpoint:
    """Read what `encode` has written, checked.

    Raises:
        ModelFileError: it is missing, torn, damaged, or of another version.
    """
    tensors, metadata = read_safetensors(path)
    try:
        description = json.loads(metadata["checkpoint"])
        right = description.pop("sha256") == digest(description, tensors)
        require(right, path, "SHA-256 differs", "that which it was saved with")
        require(description["format"] == FORMAT, path, "another version's", f"format {FORMAT}")
        network = read_network(path, description)
        loss, waited = description["best"]
        return Checkpoint(
            Model(
                network, Parameters(network.layers, tensors["model"]), tuple(description["classes"])
            ),
            description["training"],
            Position(
                int(description["epoch"]),
                tensors["losses"],
                float(description["seconds"]),
                vectors_of("now", tensors),
                vectors_of("good", tensors),
            ),
            Best(float(loss), tensors.get("best"), int(waited)),
            [Epoch(**epoch) for epoch in description["history"]],
        )
    except ModelFileError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ModelFileError(path, f"no checkpoint ({type(error).__name__}: {error})") from error


def vectors_of(moment: str, tensors: Mapping[str, Array]) -> State:
    """The vectors whose names start with a moment and a dot."""
    start = f"{moment}."
    return {name[len(start) :]: tensors[name] for name in tensors if name.startswith(start)}


def digest(description: Mapping[str, Any], tensors: Mapping[str, Array]) -> str:
    """SHA-256 of a description and of tensors with their names, types and shapes."""
    sha = hashlib.sha256(json.dumps(description).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        sha.update(f"{name} {tensor.dtype} {tensor.shape} ".encode() + tensor.tobytes())
    return sha.hexdigest()


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints in a folder: the newest, and the one before it."""

    folder: Path

    @property
    def paths(self) -> list[Path]:
        """Their files, the newest last."""
        return sorted(self.folder.glob(PATTERN))

    def save(self, checkpoint: Checkpoint) -> None:
        """Add one; only when it is safe on the disk, remove all but the one before it.

        Raises:
            StorageError: it cannot be written; those before it are still there.
        """
        content, before = checkpoint.encode(), self.paths
        number = int(before[-1].stem[-8:]) + 1 if before else 1
        write_atomically(self.folder / NAME.format(number), lambda file: file.write(content))
        remove(before[:-1])

    def newest(self, skip: Callable[[ModelFileError], object]) -> Checkpoint | None:
        """The newest whole one, if there is one; `skip` is told of each that is not whole."""
        for path in reversed(self.paths):
            try:
                return read(path)
            except ModelFileError as error:
                skip(error)
        return None

    def clear(self) -> None:
        """Remove all, the oldest first."""
        remove(self.paths)


def remove(paths: list[Path]) -> None:
    """Remove files; one that cannot be removed does no harm."""
    for path in paths:
        with suppress(OSError):
            path.unlink()


class Saving:
    """The pieces of an epoch for `train`, and between them, when it is time, a checkpoint.

    Args:
        save: saves one.
        every: how many steps lie between two; None for some seconds.
        stop: gives what ends the training, if it is to end: it is raised once one is saved.
    """

    def __init__(
        self,
        save: Callable[[], object],
        every: int | None = None,
        stop: Callable[[], BaseException | None] = lambda: None,
    ):
        self.save, self.every, self.stop = save, every or maxsize, stop
        self.seconds = SECONDS if every is None else np.inf
        self.left, self.saved_at = 0, 0.0  # the first is saved before the first step
        self.pieces = SeveralASecond()

    def __call__(self, steps: int) -> Iterator[Array]:
        """The steps 0, 1, ... of an epoch."""
        for piece in self.pieces(steps):
            while len(piece):
                self.save_in_time()
                now, piece = piece[: self.left], piece[self.left :]
                yield now
                self.left -= len(now)

    def save_in_time(self) -> None:
        """Save if it is time, and end the training if it is asked for."""
        end = self.stop()
        if end or self.left == 0 or perf_counter() - self.saved_at >= self.seconds:
            self.save()
            self.left, self.saved_at = self.every, perf_counter()
        if end:
            raise end


def data_sha256(data: DataSet) -> str:
    """SHA-256 of all examples."""
    sha = hashlib.sha256()
    for array in (data.train.x, data.train.labels, data.test.x, data.test.labels):
        sha.update(f"{array.dtype} {array.shape} ".encode() + np.ascontiguousarray(array).data)
    return sha.hexdigest()


def environment() -> dict[str, str]:
    """What the last digits of a training depend on besides its arguments."""
    from threadpoolctl import threadpool_info

    kernels = {info["architecture"] for info in threadpool_info() if "architecture" in info}
    packages = {name: version_of(name) for name in ("glassnet", "numpy", "scipy", "numba")}
    processor = " ".join([machine(), *sorted(kernels)])
    return {"python": python_version(), **packages, "processor": processor}


def version_of(package: str) -> str:
    """The version of a package, or that it is not there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"
