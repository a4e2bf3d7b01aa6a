import re
from decimal import Decimal

import numpy as np
import pytest
from explanations import example_of, explained, model_of
from hypothesis import given
from hypothesis import strategies as st
from markup import parse, words
from networks import networks, seeds

from glassnet.core.activations import ACTIVATIONS
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network
from glassnet.data.sources import load_data
from glassnet.display.blocks import Bars, Table
from glassnet.explain import explain
from glassnet.explain.story import neuron_story, story
from glassnet.model import load_model

SUM = r"((?:^ +[+-]\S+  \S.*\n)+) +(= \S+)"
WIDE = Network((784, 20, 14, 10), (ACTIVATIONS["sigmoid"],) * 2, LOSSES["cross_entropy"])


def sums_in(text):
    """The columns of numbers that are printed as sums: what is added, with its label; the sum."""
    return [
        ([tuple(line.split(maxsplit=1)) for line in parts.splitlines()], total.removeprefix("= "))
        for parts, total in re.findall(SUM, text, re.MULTILINE)
    ]


def neurons_of(explanation):
    for layer, width in enumerate(explanation.network.layers[1:], start=1):
        yield explanation.neuron(layer, width - 1)


def tables_in(sections):
    return [block for section in sections for block in section.blocks if isinstance(block, Table)]


@given(networks() | st.just(WIDE), seeds)
def test_the_terms_of_every_neuron_add_up_as_they_are_printed(network, seed):
    for neuron in neurons_of(explained(network, seed)):
        (parts, total), *back = sums_in(str(neuron))
        assert Decimal(total) == sum(Decimal(value) for value, _ in parts)
        assert float(total) == pytest.approx(neuron.z, rel=1e-3, abs=6e-5)
        assert len(back) == (neuron.layer < len(network.layers) - 1)
        for parts, total in back:
            assert Decimal(total) == sum(Decimal(value) for value, _ in parts)


@given(networks() | st.just(WIDE), seeds)
def test_what_is_put_down_to_rounding_is_no_more_than_rounding(network, seed):
    for neuron in neurons_of(explained(network, seed)):
        for parts, total in sums_in(str(neuron)):
            unit = Decimal((0, (1,), Decimal(total).as_tuple().exponent))
            for value, label in parts:
                assert label != "rounding" or abs(Decimal(value)) <= unit * len(parts) / 2


@given(seeds)
def test_eight_terms_are_printed_and_the_rest_is_counted(seed):
    neuron = explained(WIDE, seed).neuron(1, 5)
    (parts, _), *_ = sums_in(str(neuron))
    (bias, *terms, rest), rounding = parts[:10], parts[10:]
    assert bias[1] == "b[0][5]"
    assert rest[1] == "776 more"
    assert [label for _, label in rounding] in ([], ["rounding"])
    places = [int(re.match(r"a\[0\]\[(\d+)\] W\[0\]\[\1,5\] = ", label)[1]) for _, label in terms]
    products = np.abs(neuron.inputs * neuron.weights)
    assert sorted(products[places]) == sorted(np.sort(products)[-8:])


@given(networks(), seeds)
def test_what_is_small_is_told_whole(network, seed):
    sections = story(explained(network, seed))
    for layer, width in enumerate(network.layers[1:-1], start=1):
        told = [
            [row[0] for row in table.rows]
            for table in tables_in(sections)
            if table.head[0] == "neuron" and table.rows[0][0].startswith(f"{layer}.")
        ]
        assert told == [[f"{layer}.{j}" for j in range(width)]] * 2


@given(networks() | st.just(WIDE), seeds)
def test_the_text_is_80_columns_wide_and_always_the_same(network, seed):
    explanation, again = explained(network, seed), explained(network, seed)
    text = "\n".join([str(explanation), *map(str, neurons_of(explanation))])
    assert max(map(len, text.splitlines())) <= 80
    assert text == "\n".join([str(again), *map(str, neurons_of(again))])
    assert "nan" not in text


@given(networks() | st.just(WIDE), seeds)
def test_the_page_says_what_the_text_says(network, seed):
    explanation = explained(network, seed)
    for shown in (explanation, explanation.neuron(1, 0)):
        html = shown._repr_html_()
        assert len(html) < 40_000
        on_page = set(words(parse(html)))
        lines = [line for line in str(shown).splitlines() if not re.search("[█▀▄]|---", line)]
        assert set(" ".join(lines).split()) <= on_page


def test_the_story_goes_forward_to_the_loss_and_back_to_a_step():
    titles = [section.title for section in story(explained(WIDE, 1))]
    assert titles == [
        "The example",
        "Layer 1: 784 -> 20, sigmoid",
        "Layer 2: 20 -> 14, sigmoid",
        "Layer 3, the output: 14 -> 10, softmax",
        "The loss",
        "Back to layer 3, the output",
        "Back to layer 2",
        "Back to layer 1",
        "One small step",
    ]


def test_without_a_right_answer_the_story_ends_with_the_answer():
    model, x, _ = example_of(WIDE, 1)
    explanation = explain(model, x)
    assert [section.title for section in story(explanation)][-1].startswith("Layer 3, the output")
    assert len(neuron_story(explanation.neuron(1, 0))) == 1


@given(networks(losses=["cross_entropy"]), seeds)
def test_the_right_output_should_increase_and_the_others_decrease(network, seed):
    explanation = explained(network, seed)
    (table,) = [t for t in tables_in(story(explanation)) if t.head[:2] == ("output", "a")]
    right = [name for name, *_, should in table.rows if should == "increase"]
    assert right == [explanation.classes[explanation.backward.target]]
    assert {should for *_, should in table.rows} == {"increase", "decrease"}


@given(networks(), seeds)
def test_a_weight_is_tuned_against_its_slope(network, seed):
    sections = story(explained(network, seed))
    for table in tables_in(sections):
        if table.head[0] == "weight":
            for row in table.rows:
                assert row[-1] == ("up" if row[3].startswith("-") else "down")


def test_a_neuron_that_is_switched_off_cannot_move():
    network = Network((2, 1, 2), (ACTIVATIONS["relu"],), LOSSES["cross_entropy"])
    model = model_of(network, 0)
    model.params.W[0][:], model.params.b[0][:] = 0, -1
    model.params.W[1][:] = [[1, -1]]
    explanation = explain(model, np.ones(2), model.classes[0])
    assert "its output should increase, but cannot: its slope is 0." in str(
        explanation.neuron(1, 0)
    )
    assert "1 neuron cannot: the slope f'(a) is 0." in " ".join(str(explanation).split())


def test_a_picture_is_drawn_and_its_probabilities_are_bars():
    digit = load_data("digits").test.x[0]
    explanation = explain(load_model(), digit)
    assert "█" in str(explanation)
    assert parse(explanation._repr_html_()).find(".//img").get("alt").startswith("the picture")
    (bars,) = [b for s in story(explanation) for b in s.blocks if isinstance(b, Bars)]
    assert bars.names == tuple("0123456789")


@pytest.mark.parametrize("hostile", ["<img onerror=alert(1)>", "\x1b[31mred", "\ud800", "a" * 999])
def test_the_name_of_a_class_is_only_a_name(hostile):
    model, x, _ = example_of(Network((3, 2), (), LOSSES["cross_entropy"]), 0)
    model.classes = (hostile, "other")
    for target in model.classes:
        explanation = explain(model, x, target)
        for shown in (explanation, explanation.neuron(1, 0)):
            parse(shown._repr_html_())
            assert str(shown).replace("\n", "").isprintable()
            assert max(map(len, str(shown).splitlines())) <= 80


@given(st.integers(13, 300))
def test_of_many_classes_only_the_largest_are_told(n_classes):
    explanation = explained(Network((3, n_classes), (), LOSSES["cross_entropy"]), 1)
    assert len(str(explanation).splitlines()) < 80
    assert f"all {n_classes}" in str(explanation)


@given(networks(), seeds, st.sampled_from([0.5, 1.0, 1.3]))
def test_the_bars_are_the_probabilities_and_of_a_temperature_it_is_said(network, seed, T):
    explanation = explained(network, seed, T)
    (bars,) = [b for s in story(explanation) for b in s.blocks if isinstance(b, Bars)]
    model, x, _ = example_of(network, seed)
    model.temperature = T
    (p,) = model.predict_proba(x[np.newaxis])
    told = dict(zip(bars.names, bars.shares, strict=True))
    assert told == pytest.approx(dict(zip(model.classes, p, strict=True)))
    text = str(explanation)
    assert ("(z / T)" in text) == (f"T = {T}" in text) == (T != 1)
