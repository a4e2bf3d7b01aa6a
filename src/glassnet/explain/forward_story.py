"""The way forward, told: the example, what each layer makes of it, the answer and its loss."""

import numpy as np

from glassnet.display.blocks import Bars, Block, Paragraph, Picture, Section, Table
from glassnet.display.numbers import number, percent
from glassnet.explain.equations import equation_of, hidden_layer, last_layer, tempered
from glassnet.explain.explanation import Explanation
from glassnet.explain.values import Backward, Layer
from glassnet.explain.words import FEW, counted, largest, name, output_names, shapes, sizes


def forward_story(explanation: Explanation) -> list[Section]:
    """The example, each layer, and the loss if the right answer is known."""
    *hidden, _ = explanation.layers
    sections = [tell_example(explanation)]
    sections += [tell_hidden(explanation, layer) for layer in hidden]
    sections += [tell_output(explanation)]
    if explanation.backward is not None:
        sections += [tell_loss(explanation, explanation.backward)]
    return sections


def tell_example(explanation: Explanation) -> Section:
    """What comes in, and what is made of it in the end."""
    x = explanation.x
    blocks: list[Block] = []
    if len(x) == 784:
        ink = np.rint(255 * x).astype(np.uint8).reshape(28, 28)
        blocks = [Picture(ink, f"the picture, read as {name(explanation.answer)}")]
    elif len(x) <= FEW:
        rows = tuple((f"x[{i}]", number(value)) for i, value in enumerate(x.tolist()))
        blocks = [Table(("", "value"), rows)]
    inked, best = np.count_nonzero(x), percent(float(explanation.probabilities.max()))
    said = f"The answer is {name(explanation.answer)} ({best})."
    blocks += [Paragraph(f"a[0] = x: {counted(len(x), 'number')}, {inked:,} not 0. {said}")]
    return Section("The example", tuple(blocks))


def tell_hidden(explanation: Explanation, layer: Layer) -> Section:
    """z = a W + b, a = f(z)."""
    l = layer.number - 1
    activation = explanation.network.activations[l]
    lit = f"{np.count_nonzero(layer.z > 0):,} of {counted(len(layer.z), 'neuron')} light up (z > 0)"
    shown = largest(layer.a)
    rows = tuple((f"{l + 1}.{j}", number(layer.z[j]), number(layer.a[j])) for j in shown)
    blocks = (
        hidden_layer(l),
        Paragraph(shapes(explanation, l)),
        equation_of(activation.f, f"a[{l + 1}] = f(z), {layer.name}: "),
        Paragraph(f"{lit}{'; the largest:' if len(shown) < len(layer.a) else ':'}"),
        Table(("neuron", "z", "a"), rows),
    )
    return Section(f"Layer {l + 1}: {sizes(explanation, l)}, {layer.name}", blocks)


def tell_output(explanation: Explanation) -> Section:
    """The logits, and what the output function makes of them."""
    layer = explanation.layers[-1]
    l, p = layer.number - 1, explanation.probabilities
    likely = largest(p)
    blocks = (
        last_layer(l),
        Paragraph(shapes(explanation, l)),
        equation_of(explanation.network.loss.output, f"a[{l + 1}] = {layer.name}(z): "),
        output_table(explanation),
        *tell_probabilities(explanation),
        Bars(tuple(name(explanation.classes[k]) for k in likely), p[likely]),
    )
    return Section(f"Layer {l + 1}, the output: {sizes(explanation, l)}, {layer.name}", blocks)


def tell_probabilities(explanation: Explanation) -> list[Block]:
    """How the logits become probabilities, where they are divided by a temperature."""
    T = explanation.temperature
    if T == 1:
        return []
    said = (
        f"T = {number(T)} is the temperature: it changes no answer, but makes its probability what"
        " it should be. Learning knows none: a, not p, is what the loss sees."
    )
    return [tempered(explanation.layers[-1].name), Paragraph(said)]


def output_table(explanation: Explanation) -> Table:
    """The logits and the outputs; of a softmax the exponentials too, with their sum."""
    layer, names = explanation.layers[-1], output_names(explanation)
    shown = largest(layer.a)
    if layer.name != "softmax":
        rows = [(names[k], number(layer.z[k]), number(layer.a[k])) for k in shown]
        return Table(("output", "z", "a"), tuple(rows))
    highest = layer.z.max()
    e = np.exp(layer.z - highest)
    softmax = [(names[k], *map(number, (layer.z[k], e[k], layer.a[k]))) for k in shown]
    total = (f"all {len(e)}", "", number(e.sum()), number(layer.a.sum()))
    return Table(("output", "z", f"e^(z - {number(highest)})", "a"), (*softmax, total))


def tell_loss(explanation: Explanation, backward: Backward) -> Section:
    """The one number that says how wrong the answer is."""
    right, answer = name(explanation.classes[backward.target]), name(explanation.answer)
    verdict = "which it says" if right == answer else f"and it says {answer}"
    many = len(backward.y) > 1
    y = f"y is 1 for {right} and 0 for the rest" if many else f"y = {backward.y[0]:.0f}"
    value = f"loss = {number(backward.loss)}"
    if explanation.network.loss.name == "cross_entropy":
        p = explanation.layers[-1].a[backward.target]
        value = f"loss = -log {number(p)} = {number(backward.loss)}"
    blocks = (
        Paragraph(f"The right answer is {right}, {verdict}; {y}."),
        equation_of(explanation.network.loss.value, "loss = "),
        Paragraph(value),
    )
    return Section("The loss", blocks)
