"""Scripts: Python that builds a network in another library, loads its weights and answers.

PyTorch and Keras call the functions of an answer by the same names, so `torch` or `keras.ops` in
front of them is all the difference.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from glassnet.core.activations import Activation
from glassnet.core.losses import Loss
from glassnet.errors import ParamError
from glassnet.model import Model

TITLE = '"""A network of glassnet as a {kind}.\n'
SCRIPT = '''{title}
It ends in {ending}
"""

{imports}

CLASSES = {classes!r}
TEMPERATURE = {temperature!r}  # what logits are divided by, so that probabilities can be relied on

model = {source}
{load}
{answer}

if __name__ == "__main__":
    {show}
'''
PROBABILITIES = '''

{decorator}def probabilities(x):
    """The probability of each class (N, {n_classes}).

    Args:
        x: rows (N, {n_inputs}) {dtype} in [0, 1]: grey levels / 255, ink = 1.
    """
    z = model(x) / TEMPERATURE
{lines}
'''
PREDICT = '''

{decorator}def predict(x):
    """What the network answers (N, {n_outputs}).

    Args:
        x: rows (N, {n_inputs}) {dtype}, as those it was trained on.
    """
    z = model(x)
    return {a}
'''


class Sequential(NamedTuple):
    """A network in another library.

    Args:
        source: the expression that builds it.
        weights: what it loads, NumPy arrays in that library's layout.
    """

    source: str
    weights: Any


class Library(NamedTuple):
    """How a library says what every script says.

    Args:
        kind: of network, as its users call it.
        ops: the module of its functions.
        losses: what it calls the loss that takes the logits, by our name; none where it has none.
        imports: lines.
        load: the lines that load the weights, with {file} for the name of their file.
        show: the line that prints the network.
        decorator: of functions that need no gradient.
    """

    kind: str
    ops: str
    losses: Mapping[str, str]
    imports: str
    load: str
    show: str
    decorator: str = ""


def make_script(model: Model, source: str, library: Library, weights: Path) -> bytes:
    """The script that builds a network and loads its weights from a file beside it.

    Raises:
        ParamError: the output function of its loss is not known.
    """
    text = SCRIPT.format(
        title=TITLE.format(kind=library.kind),
        ending=ending(model, library),
        imports=library.imports,
        classes=list(model.classes),
        temperature=model.temperature,
        source=source,
        load=library.load.format(file=f"Path(__file__).with_name({weights.name!r})"),
        answer=(probabilities if model.classes else predict)(model, library),
        show=library.show,
    )
    return text.encode()


def ending(model: Model, library: Library) -> str:
    """What the network ends in, for whoever trains it on or adds a layer."""
    loss, output = model.network.loss.name, translate(model.network.loss, OUTPUT, "a script")
    if output == "z":
        return "its outputs as they are."
    name = output.partition("(")[0]
    if loss not in library.losses:
        return f"logits: {name} is not in it, and belongs in front of the loss."
    advice = "To train it on, this loss takes logits as they are:"
    return f"logits: {name} is not in it. {advice}\n    {library.losses[loss]}"


OUTPUT = {
    "cross_entropy": "softmax(z, -1)",
    "binary_cross_entropy": "sigmoid(z)",
    "quadratic_cost": "sigmoid(z)",
    "squared_error": "z",
    "poisson": "exp(z)",
}


def probabilities(model: Model, library: Library) -> str:
    """The function that does what Model.probabilities does."""
    output = translate(model.network.loss, OUTPUT, "a script")
    a = f"{library.ops}.{output}" if output != "z" else f"{library.ops}.clip(z, 0, 1)"
    n = model.network.layers[-1]
    if output.startswith("softmax"):
        lines = [f"return {a}"]
    elif n == 1:
        lines = [f"a = {a}", f"return {library.ops}.hstack([1 - a, a])"]
    else:
        lines = [f"a = {a}", f"a = a / {library.ops}.sum(a, axis=1, keepdims=True)"]
        lines.append(f"return {library.ops}.nan_to_num(a, nan=1 / {n})")
    return PROBABILITIES.format(
        decorator=library.decorator,
        n_classes=len(model.classes),
        n_inputs=model.network.layers[0],
        dtype=model.params.theta.dtype,
        lines="\n".join(f"    {line}" for line in lines),
    )


def predict(model: Model, library: Library) -> str:
    """The function that does what glassnet.predict does."""
    output = translate(model.network.loss, OUTPUT, "a script")
    return PREDICT.format(
        decorator=library.decorator,
        n_outputs=model.network.layers[-1],
        n_inputs=model.network.layers[0],
        dtype=model.params.theta.dtype,
        a=f"{library.ops}.{output}" if output != "z" else "z",
    )


def in_lines(head: str, layers: Sequence[str], tail: str) -> str:
    """An expression with one layer to a line."""
    return "\n".join([head, *(f"    {layer}," for layer in layers), tail])


def translate(part: Activation | Loss, words: Mapping[str, str], library: str) -> str:
    """What a library calls an activation, or the output function of a loss.

    Raises:
        ParamError: it has none that is the same.
    """
    if part.name not in words:
        found = f"{part.name!r}, which is not known for {library}"
        raise ParamError("model", found, ", ".join(words))
    return words[part.name]


def beside(path: str | Path, suffix: str, why: str) -> tuple[Path, Path]:
    """The file of the weights, and the script that goes with it.

    Raises:
        ParamError: the name does not end as the library wants it, or a script that is none of
            these has the name already.
    """
    weights = Path(path)
    if not weights.name.endswith(suffix):
        raise ParamError("path", str(path), f"a name that ends in {suffix}: {why}")
    script = weights.with_name(weights.name.removesuffix(suffix) + ".py")
    ours = TITLE.partition("{")[0].encode()
    if script.is_file() and not script.read_bytes().startswith(ours):
        raise ParamError("path", f"{script} is there, and would be lost", advice="another name")
    return weights, script
