"""The command line: one file for each command; this one puts them together and ends with a code.

An error is one line on stderr, and the exit code says of which kind it is. No traceback is shown
without --debug.
"""

import os
import sys
import tempfile
import traceback
from typing import Annotated

import typer

from glassnet import __version__
from glassnet.cli import (
    check,
    compare,
    data,
    evaluate,
    explain,
    export,
    plot,
    predict,
    recipes,
    serve,
    train,
)
from glassnet.errors import GlassnetError

app = typer.Typer(
    name="glassnet",
    help="A neural network under glass: train it, keep it, use it.",
    epilog="With --debug, any command shows the traceback of an error.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
COMMANDS = (train, predict, explain, evaluate, plot, serve, export, recipes, check, compare)
for command in COMMANDS:
    app.command()(getattr(command, command.__name__.rpartition(".")[2]))
app.add_typer(data.app, name="data")


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Print the version, or leave everything to a command."""
    if show:
        print(f"glassnet {__version__}")
        raise typer.Exit


INTERRUPTED, BROKEN_PIPE, OUR_BUG = 130, 141, 70
LONGEST_LINE = 500


def main() -> None:
    """Run the command line and end the process."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command.

    Args:
        arguments: as typed after `glassnet`. With --debug among them, errors are raised.

    Returns:
        The exit code.
    """
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    try:
        return app(arguments or ["--help"], standalone_mode=False) or 0
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # so that the flush at exit does not fail too
        return BROKEN_PIPE
    except (KeyboardInterrupt, typer.Abort):
        print("glassnet: stopped", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        if debug:
            raise
        return report(error)


def report(error: Exception) -> int:
    """Print an error as one line on stderr, and say with which code to end."""
    if isinstance(error, GlassnetError):
        return say(error.code, str(error), error.exit_code)
    if hasattr(error, "format_message"):  # wrong usage, found by typer
        message = error.format_message().rstrip(".")
        return say("USAGE", f"{message}. Try: {command_of(error)} --help", 2)
    handle, name = tempfile.mkstemp(prefix="glassnet-", suffix=".txt")
    with os.fdopen(handle, "w") as file:
        file.write(traceback.format_exc())
    message = f"{type(error).__name__}: {error}. This is our mistake; {name} says where"
    return say("INTERNAL", message, OUR_BUG)


def command_of(error: Exception) -> str:
    """The command whose use was wrong, as it was typed."""
    context = getattr(error, "ctx", None)
    return context.command_path if context is not None else "glassnet"


def say(code: str, message: str, exit_code: int) -> int:
    """Print one line, whatever the message holds."""
    line = "".join(c if c.isprintable() else repr(c)[1:-1] for c in message)
    if len(line) > LONGEST_LINE:
        line = line[: LONGEST_LINE - 3] + "..."
    print(f"glassnet: error[{code}]: {line}", file=sys.stderr)
    return exit_code
