"""Axes, colors and files: what all plots share, and where figures are made and saved."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glassnet.core.activations import Array
from glassnet.data.files import write_atomically
from glassnet.errors import ParamError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

INK, MUTED, RULE, PAPER = "#1b1f24", "#57606a", "#d8dee4", "#f3f5f7"
ORANGE, AMBER, MIDDLE, BLUE = "#b35806", "#f1a340", "#f7f7f7", "#2166ac"
SMALL, NORMAL, LARGE = 9, 10, 12  # sizes of text, in points
LETTER = 0.56  # the width of a letter, as a part of the size of its text
GAP = 4  # between the pictures of a mosaic, in pixels
CROSS, MINUS = "\N{MULTIPLICATION SIGN}", "\N{MINUS SIGN}"


def new_axes(width: float, height: float, count: int = 1) -> list["Axes"]:
    """Axes side by side on a figure of so many inches that no window and no notebook knows of."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    return list(figure.subplots(1, count, squeeze=False)[0])


def save(drawn: "Axes | Figure", path: Path) -> None:
    """Write a whole figure as PNG or SVG; the same picture gives the same bytes.

    Args:
        drawn: the figure, or any axes on it.
        path: where to; its suffix, .png or .svg, chooses the format.

    Raises:
        ParamError: another suffix.
        StorageError: the file cannot be written.
    """
    from matplotlib import rc_context

    kind, draw = path.suffix.lower().removeprefix("."), drawn.figure.canvas.print_figure
    if kind not in ("png", "svg"):
        raise ParamError(path, f"suffix {path.suffix!r}", ".png or .svg", "another file name")
    style: dict[str, Any] = {"dpi": 120, "bbox_inches": "tight", "pad_inches": 0.2}
    with rc_context({"svg.hashsalt": "glassnet"}):  # else SVG names its parts at random
        write_atomically(path, lambda f: draw(f, format=kind, metadata={"Date": None}, **style))


def titled(
    ax: "Axes | None", title: str, width: float = 6.4, height: float = 4.8, note: str = ""
) -> "Axes":
    """The axes, or those of a new figure of so many inches, with a title and how to read them."""
    if ax is None:
        from matplotlib import pyplot

        size = (width, height)
        _, ax = pyplot.subplots(figsize=size, layout="constrained", facecolor="white")
    ax.set_title(title, loc="left", size=LARGE, weight="bold", color=INK, pad=26 if note else 10)
    style: dict[str, Any] = {"color": MUTED, "size": SMALL, "textcoords": "offset points"}
    ax.annotate(note, (0, 1), (0, 10), xycoords="axes fraction", **style)
    ax.set_facecolor("white")
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.tick_params(which="both", length=0, colors=MUTED, labelsize=SMALL)
    return ax


def say(ax: "Axes", sentence: str) -> "Axes":
    """Axes that hold a sentence in place of a plot."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, sentence, transform=ax.transAxes, ha="center", va="center", color=MUTED)
    return ax


def size_in_points(ax: "Axes") -> tuple[float, float]:
    """The width and height of the axes, in the unit of texts."""
    box, dpi = ax.get_window_extent(), ax.figure.dpi
    return box.width / dpi * 72, box.height / dpi * 72


def colormap(*colors: str) -> "Colormap":
    """Colors from the least to the greatest value."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("glassnet", colors)


def expect(name: str, found: Array, shape: tuple[int, ...]) -> None:
    """Refuse an array of another shape."""
    if found.shape != shape:
        raise ParamError(name, f"shape {found.shape}", str(shape), "arrays that belong together")


def expect_fit(
    pictures: Array, probabilities: Array, labels: Array | None, classes: Sequence[str]
) -> None:
    """Refuse arrays that are not about the same pictures and classes."""
    n = len(pictures)
    expect("pictures", pictures, (n, 784) if pictures.ndim == 2 else (n, 28, 28))
    expect("probabilities", probabilities, (n, len(classes)))
    if labels is None:
        return
    expect("labels", labels, (n,))
    if n and labels.max() >= len(classes):
        raise ParamError(
            "labels", f"label {labels.max()}", f"less than {len(classes)}, the classes"
        )
