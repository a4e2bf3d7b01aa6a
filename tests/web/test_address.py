"""The address holds the state of the page."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web.hands import FOUR, ONE, PHOTO, SEVEN, draw, picture, settled, words

from glassnet.model import load_model

in_the_page = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

ROUND_TRIP = """async ({ changes }) => {
  const { BLANK } = await import("/store.js");
  const { fromHash, toHash } = await import("/address.js");
  const of = (object, key) => {
    const value = object[key] ?? null;
    return ArrayBuffer.isView(value) ? [...value] : value;
  };
  const bytes = (values) => values && Uint8Array.from(values);
  const { upload, cells, ...others } = changes;
  const state = { ...BLANK, ...others };
  if (upload) state.upload = { picture: bytes(upload), stages: null };
  if (cells) state.cells = bytes(cells);
  const hash = toHash(state);
  const found = { ...BLANK, ...fromHash(hash) };
  const pictures = ({ upload, cells }) => [[...(upload?.picture ?? [])], [...(cells ?? [])]];
  return {
    hash,
    blank: toHash(BLANK),
    states: [state, found].map((one) => ({ ...one, upload: null, cells: null })),
    pictures: [state, found].map(pictures),
  };
}"""
small, thousandths = st.integers(0, 999_999), st.integers(-999, 1999).map(lambda n: n / 1000)
pixels = st.binary(min_size=784, max_size=784).map(list)
strokes = st.lists(
    st.lists(st.tuples(thousandths, thousandths), min_size=1, max_size=5), min_size=1, max_size=4
)
papers = (
    st.just({})
    | st.fixed_dictionaries({"strokes": strokes})
    | st.fixed_dictionaries({"sample": st.fixed_dictionaries({"id": small})})
    | st.fixed_dictionaries({"upload": pixels})
    | st.fixed_dictionaries({"cells": pixels})
)
settings_of_the_page = st.fixed_dictionaries(
    {},
    optional={
        "view": st.sampled_from(["flow", "learn", "train", "compare", "card"]),
        "modelId": small.map(str),
        "neuron": st.tuples(st.integers(0, 99), small),
        "step": small,
        "target": small,
        "weight": small,
        "seed": small,
        "eta": st.integers(1, 99_999).map(lambda n: n / 100_000),
        "pen": st.integers(10, 300).map(lambda n: n / 1000),
        "prepare": st.booleans(),
        "quiz": st.booleans(),
        "large": st.booleans(),
        "hide": st.lists(st.sampled_from(["tools", "learn", "model"]), unique=True),
    },
)


@in_the_page
@given(settings_of_the_page, papers)
def test_what_an_address_says_is_what_was_written_into_it(run, settings_of_the_page, paper):
    found = run(ROUND_TRIP, changes=settings_of_the_page | paper)
    assert found["states"][0] == found["states"][1]
    assert found["pictures"][0] == found["pictures"][1]
    assert found["blank"] == ""
    assert len(found["hash"]) < 1500 and set(found["hash"]).isdisjoint(' "<>+/#')


def sample(page):
    page.get_by_test_id("sample").click()
    page.wait_for_function("() => window.__nn.picture")


def pixels_by_hand(page):
    page.get_by_test_id("cells").click()
    draw(page, ONE, steps=20)


def photo(page):
    page.locator("#file").set_input_files(PHOTO)
    page.wait_for_function("() => window.__nn.picture")


@pytest.mark.parametrize("make", [sample, pixels_by_hand, photo], ids=lambda make: make.__name__)
def test_whatever_is_on_the_paper_is_sent_around(opened, page, make):
    make(opened())
    seen, said = picture(page), words(page)
    again = opened_anew(page)
    np.testing.assert_array_equal(picture(again), seen)
    assert words(again) == said
    draw(again, SEVEN)
    assert np.any(picture(again) != seen)


def opened_anew(page):
    """The page at its own address, as another reader opens it."""
    page.wait_for_timeout(500)  # until what was done is in the address
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector("[data-ready]")
    return page


def test_a_drawing_and_the_right_answer_are_sent_around(opened, page):
    opened()
    draw(page, FOUR)
    page.get_by_role("tab", name="Learn").click()
    page.get_by_test_id("target-4").click()
    seen = picture(page)
    again = opened_anew(page)
    assert np.abs(seen - picture(again)).max() < 30  # coordinates have three digits
    assert again.get_by_test_id("target-4").get_attribute("aria-pressed") == "true"


def test_another_address_in_the_same_window_is_followed(opened):
    page = opened("#sample=3")
    first = picture(page)
    page.evaluate("() => (location.hash = '#sample=5&view=learn')")
    page.wait_for_selector("#panel-learn:not([hidden])")
    assert np.any(picture(page) != first)
    page.evaluate("() => (location.hash = '#sample=3')")
    page.wait_for_selector("#panel-flow:not([hidden])")
    np.testing.assert_array_equal(picture(page), first)


@pytest.mark.parametrize(
    "hash",
    [
        "#neuron=99.99&view=nowhere",
        "#strokes=1_2~x!!",
        "#eta=-1&=&%%%&toString=1",
        "#model=77&sample=999999",
        "#pixels=AAAA&picture=%&sample=-1",
    ],
)
def test_a_broken_address_is_no_harm(opened, hash):
    page = opened(hash)
    draw(page, ONE)
    assert words(settled(page)).startswith("This is a 1")


def test_an_address_names_model_and_step_together(opened, server):
    id = server.shelf.add("another", load_model())
    page = opened("#sample=3")
    page.evaluate(f"() => (location.hash = '#sample=3&model={id}&step=2')")
    page.wait_for_selector("[data-testid=narration]:has-text('Step 2')")
    assert page.get_by_test_id("model").input_value() == id
