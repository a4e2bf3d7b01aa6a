"""The whole page: every view with every network, in any window, by keys alone."""

from io import BytesIO

import numpy as np
import pytest
from networks import random_parameters
from PIL import Image
from web.hands import (
    FOUR,
    SEVEN,
    draw,
    numbers_in,
    serious_violations,
    settled,
    value,
    words,
)

import glassnet
from glassnet.core.activations import ACTIVATIONS
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network
from glassnet.model import Model, load_model

COLORS = ("light", "dark")


def test_with_keys_alone_a_one_is_drawn_read_and_looked_into(opened):
    page = opened()
    page.get_by_test_id("cells").focus()
    page.keyboard.press("Enter")
    for _ in range(8):
        page.keyboard.press("ArrowUp")
    for _ in range(17):
        page.keyboard.press("Shift+ArrowDown")
    assert "1" in words(page)
    page.get_by_test_id("layer-1").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert settled(page).evaluate("() => document.activeElement.id") == "neuron"
    page.keyboard.press("Escape")
    assert page.evaluate("() => document.activeElement.id") == "layer-1"


@pytest.mark.parametrize("colors", COLORS)
@pytest.mark.parametrize("view", ["flow", "learn", "train", "compare", "card"])
def test_axe_finds_nothing_serious(opened, view, colors):
    opened(f"#view={view}&neuron=1.3&target=7").emulate_media(
        color_scheme=colors, reduced_motion="reduce"
    )
    page = opened(f"#view={view}&neuron=1.3&target=7")
    draw(page, SEVEN)
    settled(page)
    assert serious_violations(page) == []
    assert page.evaluate("() => document.getAnimations().length") == 0


NETWORKS = [
    Network((784, 10), (), LOSSES["cross_entropy"]),
    Network((784, 1, 10), (ACTIVATIONS["sigmoid"],), LOSSES["quadratic_cost"]),
    Network((784, 1024, 10), (ACTIVATIONS["tanh"],), LOSSES["squared_error"]),
    Network((784, 20, 1), (ACTIVATIONS["leaky_relu"],), LOSSES["binary_cross_entropy"]),
    Network((784, 9, 8, 7, 6, 10), (ACTIVATIONS["relu"],) * 4, LOSSES["binary_cross_entropy"]),
]


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: str(network.layers))
def test_every_network_is_shown(opened, server, network):
    classes = ("not 3", "3") if network.layers[-1] == 1 else glassnet.load_model().classes
    id = server.shelf.add(
        "<img src=x onerror=alert(1)>",
        Model(network, random_parameters(network, 0, np.float32), classes),
    )
    page = opened(f"#model={id}&target=1")
    draw(page, FOUR)
    page.wait_for_timeout(500)  # until the drawing is in the address
    last = len(network.layers) - 1
    for layer in range(1, last + 1):
        page.evaluate(f"() => (location.hash += '&neuron={layer}.0')")
        z, parts = value(page, f"window.__nn.z[{layer - 1}][0]"), []
        for row in page.get_by_test_id("terms").locator("tr").all():
            parts += numbers_in(row.locator("td, th").last.text_content())
        assert parts[-1] == pytest.approx(z, abs=6e-4)
    page.get_by_role("tab", name="Learn").click()
    page.get_by_test_id("target-1").click()
    page.get_by_test_id("check").click()
    page.wait_for_selector("text=Python finds the same")
    page.get_by_test_id("one-step").click()
    assert "not a number" not in settled(page).locator("main").inner_text()
    page.get_by_role("tab", name="Model card").click()
    assert (
        "\u2013".join(f" {width} " for width in network.layers).strip()
        in settled(page).get_by_test_id("card").inner_text()
    )
    assert page.locator("img").count() == 0


def test_another_model_is_shown_though_one_stands_at_a_later_step(opened, server):
    flat = Network((784, 10), (), LOSSES["cross_entropy"])
    id = server.shelf.add("flat", Model(flat, random_parameters(flat, 0)))
    page = opened("#step=99")
    draw(page, SEVEN)
    assert "largest" in settled(page).get_by_test_id("narration").text_content()
    page.get_by_test_id("model").select_option(id)
    page.wait_for_selector("text=in 1 step")


WIDER_THAN_THE_WINDOW = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const wide = (element) => element.getBoundingClientRect().right > width;
  return [...document.querySelectorAll("main *")].filter(wide).map((element) => element.outerHTML);
}"""
WINDOWS = {  # width, height, and so many pixels of the screen to one of the page
    "a small phone": (320, 568, 2),
    "a phone": (390, 844, 3),
    "a tablet": (768, 1024, 2),
    "a laptop at 200 %": (640, 360, 2),
    "a large screen": (1920, 1080, 1),
}


@pytest.mark.parametrize("window", WINDOWS)
def test_nothing_is_wider_than_the_window_and_ink_lies_under_the_pen(new_page, server, window):
    width, height, scale = WINDOWS[window]
    server.shelf.add("<img src=x onerror=alert(1)>", load_model())
    page = new_page(
        viewport={"width": width, "height": height}, device_scale_factor=scale, has_touch=True
    )
    page.goto(f"http://{server.host}/")
    page.wait_for_selector("[data-ready]")
    for size in ("200%", "100%"):  # of the text
        page.evaluate("(size) => (document.documentElement.style.fontSize = size)", size)
        for name in ["Learn", "Train", "Compare", "Model card", "Flow"]:
            page.get_by_role("tab", name=name).click()
            settled(page)
            wide = page.evaluate(WIDER_THAN_THE_WINDOW)
            assert wide == [], name
        page.get_by_test_id("clear").click()
        page.get_by_test_id("pad").scroll_into_view_if_needed()
        draw(page, SEVEN, steps=3)
        assert words(page).startswith("This is a 7")
        for x, y in SEVEN[0]:
            assert greys_at(page, x, y).min() > 200


def greys_at(page, x, y):
    """A spot of the paper as it is seen on the screen; where is in shares of the paper."""
    box = page.get_by_test_id("pad").bounding_box()
    left, top = box["x"] + x * box["width"] - 1, box["y"] + y * box["height"] - 1
    clip = {"x": left, "y": top, "width": 2, "height": 2}
    return np.asarray(Image.open(BytesIO(page.screenshot(clip=clip))).convert("L"))


def test_without_javascript_the_page_says_what_it_needs(new_page, server):
    page = new_page(java_script_enabled=False)
    page.goto(f"http://{server.host}/")
    assert "allow JavaScript" in page.locator("body").inner_text()


def test_two_thousand_random_clicks_and_keys_break_nothing(opened, server):
    page = opened()
    rng = np.random.default_rng(0)
    keys = ["Tab", "Enter", "Escape", "ArrowLeft", "ArrowDown", "Shift+ArrowUp", " ", "r"]
    for _ in range(400):  # of five events each
        page.mouse.move(*rng.uniform([0, 0], [1280, 720]))
        page.mouse.down()
        page.mouse.move(*rng.uniform([0, 0], [1280, 720]))
        page.mouse.up()
        page.keyboard.press(keys[rng.integers(len(keys))])
    page.keyboard.press("Escape")
    page.wait_for_timeout(500)  # until the address holds what has become of the page
    page.evaluate("() => (location.hash = '')")
    page.wait_for_function("() => window.__nn.model.id === '0' && !window.__nn.strokes.length")
    draw(page, SEVEN)
    assert words(page).startswith("This is a 7")
