"""The closed set of errors: whatever glassnet raises on purpose is one of these.

Each says where something is wrong, what was found there, what was expected, and what to do about
it. Each is also the built-in error a Python programmer would catch (ValueError, OSError, ...), and
carries the exit code with which the command line ends.
"""

from pathlib import Path


class GlassnetError(Exception):
    """The common base of all errors.

    Args:
        where: the file, option or argument that is wrong.
        found: what was found there.
        expected: what should have been there.
        advice: what to do about it, as a sentence without a full stop.

    Example:
        >>> print(DataFileError("labels.gz", "label 11 at index 3", "0 to 9", "check the file"))
        labels.gz: label 11 at index 3 (expected 0 to 9). Try: check the file
    """

    code = "INTERNAL"
    exit_code = 70

    def __init__(self, where: str | Path, found: str, expected: str = "", advice: str = ""):
        self.where, self.found, self.expected, self.advice = str(where), found, expected, advice
        message = f"{where}: {found}"
        if expected:
            message += f" (expected {expected})"
        if advice:
            message += f"{'' if message.endswith('?') else '.'} Try: {advice}"
        super().__init__(message)

    def __reduce__(self) -> tuple[type, tuple[str, ...]]:
        """Pickle as the four parts, so that an error passes from one process to another."""
        return type(self), (self.where, self.found, self.expected, self.advice)


class ParamError(GlassnetError, ValueError):
    """A hyperparameter, option or argument that cannot work."""

    code = "PARAM"
    exit_code = 2


class DataFileError(GlassnetError, ValueError):
    """A data set that is missing, damaged, or is not what its name says."""

    code = "DATA"
    exit_code = 3


class ModelFileError(GlassnetError, ValueError):
    """A model file that is missing, damaged, or of another format."""

    code = "MODEL"
    exit_code = 4


class PictureError(GlassnetError, ValueError):
    """A picture that cannot be read, or that shows nothing."""

    code = "PICTURE"
    exit_code = 5


class DivergedError(GlassnetError, ArithmeticError):
    """A training whose loss is no longer a finite number."""

    code = "DIVERGED"
    exit_code = 6


class TrainingWarning(UserWarning):
    """A training that ended, of data or with a network that something is wrong with."""


class DownloadError(GlassnetError, OSError):
    """A download that no mirror could serve."""

    code = "DOWNLOAD"
    exit_code = 7


class StorageError(GlassnetError, OSError):
    """A file or folder that cannot be written."""

    code = "STORAGE"
    exit_code = 8


class BusyError(GlassnetError, OSError):
    """A port, or whatever only one can have at a time, that another has."""

    code = "BUSY"
    exit_code = 9
