"""Data under examination, before a training."""

import numpy as np

from glassnet.core.activations import Array
from glassnet.core.network import Network
from glassnet.data.examples import Examples
from glassnet.display.numbers import printable
from glassnet.doctor.findings import Finding, sample
from glassnet.errors import ParamError

# The root mean square of x. Digits from 0 to 16 have 8 and are learned; at 18, what learns with
# plain gradient descent at 1 no longer does.
LARGE = 10.0


def examine_data(x: Array, labels: Array) -> list[Finding]:
    """What is wrong with data.

    Args:
        x: rows (N, n[0]), uint8 grey levels or the numbers that the network is given.
        labels: what each row is (N,) or (N, K), classes or numbers.

    Example:
        >>> x, labels = np.array([[0.0, 255.0], [128.0, 64.0]]), np.array([1, 0])
        >>> print(*examine_data(x, labels))
        x: unscaled pixels (whole numbers from 0 to 255). Try: x / 255
        >>> print(*examine_data(x, labels[:, np.newaxis]))
        labels: a column (shape (2, 1)). Try: labels.ravel()
    """
    if found := misfits(x, labels) or not_finite("x", x):
        return found
    if len(labels) > 1 and (labels == labels[0]).all():
        evidence = f"all {len(labels):,} are {printable(str(labels[0]), 16)}"
        found.append(Finding("nothing to tell apart", "labels", evidence, "more than one class"))
    if len(x) > 1 and (x == x[0]).all():
        evidence = f"all {len(x):,} rows are the same"
        found.append(Finding("nothing to tell apart by", "x", evidence, "other features"))
    return found if x.dtype == np.uint8 else found + unscaled(sample(x).astype(float))


def misfits(x: Array, labels: Array) -> list[Finding]:
    """Shapes that do not fit each other."""
    n, shapes = len(labels), f"shape {x.shape} for {len(labels):,} labels"
    if labels.shape == (n, 1):
        return [Finding("a column", "labels", f"shape {labels.shape}", "labels.ravel()")]
    if x.ndim == 2 and len(x) != n == x.shape[1]:
        return [Finding("rows and columns are swapped", "x", shapes, "x.T")]
    if len(x) != n:
        return [Finding("not one row for each label", "x", shapes, "as many of both")]
    if x.ndim != 2:
        advice = "x.reshape(len(x), -1)"
        return [Finding("not one row for each label", "x", shapes, advice)]
    return []


def not_finite(where: str, values: Array) -> list[Finding]:
    """Values that are no numbers."""
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return []
    bad = np.argwhere(~np.isfinite(values))
    first = bad[0].tolist()
    evidence = f"{len(bad):,} of {values.size:,}, the first {values[tuple(first)]} at {first}"
    advice = "other numbers there, or to leave such rows out"
    return [Finding("values that are not finite", where, evidence, advice)]


def unscaled(x: Array) -> list[Finding]:
    """Features much larger than 1."""
    if np.sqrt((x * x).mean()) <= LARGE:
        return []
    low, high = x.min(), x.max()
    if low >= 0 and high <= 255 and (x == np.rint(x)).all():
        evidence = f"whole numbers from {low:.0f} to {high:.0f}"
        return [Finding("unscaled pixels", "x", evidence, "x / 255")]
    sizes = np.abs(x).max(axis=0)
    most, least = sizes.argmax(), sizes.argmin()
    evidence = f"column {most} is up to {sizes[most]:.4g}, column {least} up to {sizes[least]:.4g}"
    advice = "(x - x.mean(axis=0)) / x.std(axis=0)"
    return [Finding("unscaled features", "x", evidence, advice)]


def refuse(findings: list[Finding]) -> None:
    """Raise the first of the findings, if there are any."""
    for what, where, evidence, advice in findings:
        raise ParamError(where, f"{what}, {evidence}", "", advice)


def refuse_misfits(network: Network, examples: Examples) -> None:
    """Refuse examples that a network cannot be given.

    Raises:
        ParamError: their shapes do not fit each other or the network, or a label is no output.
    """
    x, labels, _ = examples
    for name, values in (("x", x), ("labels", labels)):
        if not isinstance(values, np.ndarray):
            raise ParamError(name, f"a {type(values).__name__}", "a NumPy array")
    refuse(misfits(x, labels))
    width, n_outputs = network.layers[0], network.layers[-1]
    if not len(x) or x.shape[1] != width:
        raise ParamError("x", f"shape {x.shape}", f"one or more rows of {width} values")
    if labels.ndim != 1:
        raise ParamError("labels", f"shape {labels.shape}", f"shape ({len(x)},)")
    expected = f"whole numbers from 0 to {n_outputs - 1}"
    if n_outputs > 1 and labels.dtype.kind not in "iub":
        raise ParamError("labels", f"values of type {labels.dtype}", expected)
    if n_outputs > 1 and (labels.min() < 0 or labels.max() >= n_outputs):
        raise ParamError("labels", f"from {labels.min()} to {labels.max()}", expected)
