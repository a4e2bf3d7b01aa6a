"""What a teacher hides stays hidden."""

from dataclasses import replace

import pytest
from web.hands import SEVEN, draw, numbers_in, serious_violations, settled, words

from glassnet.model import load_model


def turned(model):
    """The same model, but that its last layer's neurons stand for other answers."""
    params = model.params.like(model.params.theta.copy())
    for numbers in (params.W[-1], params.b[-1]):
        numbers[...] = numbers[..., [3, 0, 9, 7, 1, 6, 8, 2, 4, 5]]
    return replace(model, params=params)


@pytest.fixture(scope="module")
def twins(server):
    """The ids of two models of one name that differ in their answers alone."""
    model = load_model()
    ids = server.shelf.add("twin", model), server.shelf.add("twin", turned(model))
    server.shelf[ids[1]].name = "twin"
    return ids


def test_what_a_teacher_hides_is_hidden_until_r_is_pressed(opened):
    page = opened("#quiz=1&hide=tools.learn")
    draw(page, SEVEN)
    assert "7" not in words(page)
    assert not page.get_by_test_id("undo").is_visible()
    assert not page.get_by_role("tab", name="Learn").is_visible()
    page.keyboard.press("r")
    assert "7" in words(page)


SPOKEN = """() => {
  const said = document.querySelector(".draw [aria-live]").textContent;
  return said !== "" && said === document.querySelector("[data-testid=verdict]").textContent;
}"""


@pytest.mark.parametrize(
    "address",
    ["neuron=3.7", "neuron=2.5", "step=3", "view=learn", "view=learn&target=2", "view=compare"],
)
def test_nothing_on_the_page_depends_on_a_hidden_answer(opened, page, twins, address):
    pages = {}
    for id in twins:
        page.goto("about:blank")
        opened(f"#model={id}&quiz=1&{address}")
        if address == "view=compare":
            page.wait_for_selector("[data-testid=pair]")
        draw(page, SEVEN)
        page.wait_for_function(SPOKEN)  # which comes a second after the last stroke
        pages[id] = {}
        for revealed in (False, True):
            pages[id][revealed] = settled(page).locator("main").inner_html()
            page.keyboard.press("r")
    one, other = pages.values()
    assert one[False] == other[False]
    assert one[True] != one[False]
    if address != "view=compare":  # which shows other models too
        assert one[True] != other[True]


def test_in_a_quiz_a_sample_does_not_say_which_digit_it_is(opened):
    page = opened("#quiz=1")
    page.get_by_test_id("sample").click()
    page.wait_for_function("() => window.__nn.picture")
    assert page.get_by_test_id("pad").get_attribute("aria-label") == "Paper with a test digit"
    page.wait_for_timeout(500)
    assert "target" not in page.url
    page.keyboard.press("r")
    assert numbers_in(settled(page).get_by_test_id("pad").get_attribute("aria-label"))


def test_every_view_but_the_first_can_be_hidden(opened):
    page = opened("#quiz=1")
    page.get_by_test_id("settings").click()
    offered = page.locator("dialog label").all_text_contents()
    tabs = page.get_by_role("tab", include_hidden=True).all_text_contents()
    assert [name for name in offered if name in tabs] == tabs[1:]


@pytest.mark.parametrize("colors", ["light", "dark"])
def test_axe_finds_nothing_serious_in_the_settings(opened, colors):
    page = opened()
    page.emulate_media(color_scheme=colors)
    page.get_by_test_id("settings").click()
    assert serious_violations(page) == []
    page.keyboard.press("Escape")
    assert page.evaluate("() => document.activeElement.id") == "settings"
