"""The layers as grids of cells, and the probabilities at their end."""

import numpy as np
import pytest
from networks import random_parameters
from web.hands import SEVEN, draw, numbers_in, settled, value

from glassnet.core.activations import ACTIVATIONS
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network
from glassnet.model import Model

NETWORKS = [
    Network((784, 30, 10), (ACTIVATIONS["relu"],), LOSSES["cross_entropy"]),
    Network((784, 30, 10), (ACTIVATIONS["tanh"],), LOSSES["quadratic_cost"]),
    Network((784, 10), (), LOSSES["squared_error"]),
    Network((784, 20, 1), (ACTIVATIONS["sigmoid"],), LOSSES["binary_cross_entropy"]),
]
WIDE = Network((784, 2500, 10), (ACTIVATIONS["tanh"],), LOSSES["cross_entropy"])


def add(server, network, temperature=1.0):
    """A model with small random weights, on the shelf."""
    params = random_parameters(network, 0, np.float32)
    params.theta *= 0.1
    classes = ("not 3", "3") if network.layers[-1] == 1 else tuple("0123456789")
    return server.shelf.add("one", Model(network, params, classes, temperature=temperature))


@pytest.mark.parametrize("temperature", [1.0, 2.5])
@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.loss.name)
def test_the_percentages_are_those_beside_the_paper(opened, server, network, temperature):
    page = opened(f"#model={add(server, network, temperature)}")
    draw(page, SEVEN)
    last, n_outputs = len(network.layers) - 1, network.layers[-1]
    outputs = settled(page).get_by_test_id(f"layer-{last}").locator("button").all()
    shown = [button.locator("span").last.text_content() for button in outputs]
    bars = [page.get_by_test_id(f"p-{k}").text_content() for k in range(max(n_outputs, 2))]
    assert shown == bars[-n_outputs:]
    assert page.get_by_text("T = 2.500, the temperature").is_visible() == (temperature != 1)


@pytest.mark.parametrize("temperature", [1.0, 2.5])
@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.loss.name)
def test_an_answer_under_glass_ends_with_its_probability(opened, server, network, temperature):
    last = len(network.layers) - 1
    page = opened(f"#model={add(server, network, temperature)}&neuron={last}.0")
    draw(page, SEVEN)
    p = value(page, "window.__nn.probabilities")[-network.layers[-1]]
    formulas = page.locator("[data-testid=equation] math").all_text_contents()
    assert f"{p:.3f}" in {f"{numbers_in(text)[-1]:.3f}" for text in formulas}


def test_all_neurons_of_a_wide_layer_can_be_seen_and_chosen(opened, server):
    page = opened(f"#model={add(server, WIDE)}")
    draw(page, SEVEN)
    seen = set()
    for first in (0, 1024, 2048):
        words = settled(page).locator("[data-layer='1'] .row").inner_text()
        start, end = map(int, (n.replace(",", "") for n in words.split()[1:4:2]))
        assert start == first
        seen |= set(range(start, end + 1))
        page.get_by_test_id("layer-1").click(position={"x": 2, "y": 2})
        page.wait_for_selector(f"h2:has-text('Neuron {first} of layer 1')")
        if page.locator("#after-1").is_enabled():
            page.locator("#after-1").click()
    assert seen == set(range(2500))
    page.get_by_test_id("layer-1").focus()
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    assert "1,024 to 2,047" in settled(page).locator("[data-layer='1'] .row").inner_text()


def test_lines_lead_from_the_cells_that_are_shown(opened, server):
    model = f"#model={add(server, WIDE)}"
    page = opened(f"{model}&neuron=2.4")
    draw(page, SEVEN)
    assert settled(page).locator("path.edge").count() == 14
    page.locator("#after-1").click()
    assert settled(page).locator("path.edge").count() == 14
    opened(f"{model}&neuron=1.2400")
    assert "2,048 to 2,499" in settled(page).locator("[data-layer='1'] .row").inner_text()
