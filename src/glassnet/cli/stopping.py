"""Stopping: Ctrl-C and the system's polite request end a training between two batches."""

from signal import SIGINT, SIGTERM, Signals, getsignal, signal
from types import FrameType
from typing import Any


class Stopped(KeyboardInterrupt):
    """A training was asked to stop, and did."""

    def __init__(self, number: int = SIGINT):
        super().__init__(number)
        self.exit_code = 128 + number


class Stopping:
    """In a `with` block, the first signal is only noted; a second one acts at once."""

    def __init__(self) -> None:
        self.number: int | None = None
        self.before: dict[Signals, Any] = {}

    def __enter__(self) -> "Stopping":
        for number in (SIGINT, SIGTERM):
            self.before[number] = getsignal(number)
            signal(number, self.note)
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self.before.items():
            signal(number, handler)

    def note(self, number: int, frame: FrameType | None) -> None:
        """Remember a signal, and let the next one through."""
        self.number = number
        self.__exit__()

    def asked(self) -> Stopped | None:
        """What to raise, if there was a signal."""
        return None if self.number is None else Stopped(self.number)
