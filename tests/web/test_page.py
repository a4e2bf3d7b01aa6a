"""The whole page: every view with every network, in any window, by keys alone."""

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from networks import random_parameters
from web.hands import FOUR, SEVEN, draw, numbers_in, settled, value, words

import glassnet
from glassnet.core.activations import ACTIVATIONS
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network
from glassnet.model import Model

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
    found = Axe().run(page).response["violations"]
    serious = [
        f"{one['id']}: {one['nodes'][0]['html'][:120]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == []
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


@pytest.mark.parametrize("width", [320, 768, 1920])
def test_nothing_is_wider_than_the_window(opened, page, width):
    page.set_viewport_size({"width": width, "height": 700})
    opened()
    draw(page, SEVEN)
    for name in ["Flow", "Learn", "Train", "Compare", "Model card"]:
        page.get_by_role("tab", name=name).click()
        settled(page)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width, name


def test_random_clicks_and_keys_break_nothing(opened):
    page = opened()
    rng = np.random.default_rng(0)
    keys = ["Tab", "Enter", "Escape", "ArrowLeft", "ArrowDown", "Shift+ArrowUp", " ", "r"]
    for _ in range(300):
        x, y = rng.uniform([0, 0], [1280, 720])
        page.mouse.move(x, y)
        if rng.random() < 0.6:
            page.mouse.down()
            page.mouse.move(*rng.uniform([0, 0], [1280, 720]))
            page.mouse.up()
        page.keyboard.press(keys[rng.integers(len(keys))])
    page.goto("about:blank")  # and back, as it was before
    opened()
    draw(page, SEVEN)
    assert words(page).startswith("This is a 7")
