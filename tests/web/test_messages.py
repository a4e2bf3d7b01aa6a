import json
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.errors import ParamError
from glassnet.overrides import Overrides, override
from glassnet.recipes import RECIPES
from glassnet.web.messages import KNOWN, number, option, parse, recipe_of

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(st.text(), values, max_size=4)


@given(st.dictionaries(st.text(), st.text() | st.integers(0, 2**53) | st.none(), max_size=4))
def test_a_message_is_the_object_it_was_written_from(message):
    assert parse(json.dumps(message)) == message


NO_MESSAGES = [
    "",
    "hello",
    "7",
    "[]",
    '"hello"',
    "null",
    "{",
    "[" * 60_000,
    '{"type": "ack", "seq": ' + "9" * 5000,
    "\0",
    None,
]


@pytest.mark.parametrize("text", NO_MESSAGES)
def test_what_is_no_message_is_refused(text):
    with pytest.raises(ParamError, match="message"):
        parse(text)


@given(objects.map(json.dumps) | st.text())
def test_whatever_is_sent_is_a_message_or_refused(text):
    try:
        message = parse(text)
        recipe_of(message)
    except ParamError as error:
        assert len(str(error)) < 1000


@given(st.sampled_from(sorted(KNOWN)), values)
def test_an_option_is_of_its_kind_or_refused(name, value):
    try:
        accepted = option(name, value)
    except ParamError:
        return
    assert accepted is None or type(accepted) is KNOWN[name].__args__[0]


@given(st.sampled_from(sorted(KNOWN)), values)
def test_a_change_gives_a_recipe_that_can_be_trained_or_is_refused(name, value):
    try:
        recipe = recipe_of(parse(json.dumps({"recipe": "first-network", name: value})))
    except ParamError:
        return
    assert recipe.epochs >= 1
    assert recipe.batch_size is None or recipe.batch_size >= 1
    assert 0 < recipe.rate(0) <= 1000
    assert len(recipe.activations) == len(recipe.layers) - 2


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_and_its_changes_are_those_of_glassnet_train(name):
    message = {"type": "start", "recipe": name, "validation": 0.1, "epochs": 2, "seed": 9}
    message |= {"learning_rate": 1, "batch_size": 7}
    options = Overrides(epochs=2, seed=9, learning_rate=1.0, batch_size="7")
    assert recipe_of(message) == override(RECIPES[name], options)
    assert recipe_of({"recipe": name}) == override(RECIPES[name], Overrides())


def test_all_that_is_wrong_is_said_in_the_words_of_the_page():
    message = {"layers": [784, 0, 10], "epochs": 0, "learning_rate": -1}
    with pytest.raises(ParamError) as error:
        recipe_of(message)
    for part in ("layers 784,0,10", "epochs 0", "learning-rate -1"):
        assert part in error.value.found
    assert "--" not in str(error.value)


@pytest.mark.parametrize("value", [-1, inf, "7", None, True, [], 1e300])
def test_a_number_is_checked(value):
    with pytest.raises(ParamError, match="seq"):
        number({"seq": value}, "seq", 0)
