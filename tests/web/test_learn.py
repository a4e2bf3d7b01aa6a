"""What the network would change, and one step of doing it."""

import hashlib
import inspect
import math
import re

import numpy as np
import pytest
from networks import random_parameters
from web.hands import FOUR, SEVEN, draw, numbers_in, settled, value

from glassnet.core.activations import ACTIVATIONS
from glassnet.core.losses import LOSSES, cross_entropy_error
from glassnet.core.network import Network, backward
from glassnet.model import Model


def test_the_errors_of_the_outputs_sum_to_zero_and_the_gradient_is_the_slope(opened):
    page = opened()
    draw(page, SEVEN)
    page.get_by_role("tab", name="Learn").click()
    page.get_by_test_id("target-3").click()
    assert float(page.get_by_test_id("errors").get_attribute("data-sum")) == pytest.approx(
        0, abs=1e-9
    )
    page.get_by_test_id("finite").click()
    said = settled(page).get_by_test_id("finite-result").text_content()
    assert int(re.search(r"(\d+) digits agree", said)[1]) >= 3
    page.get_by_test_id("check").click()
    page.wait_for_selector("text=Python finds the same")


def test_one_step_lowers_the_loss_and_can_be_undone(opened, server):
    page = opened()
    draw(page, FOUR)
    page.get_by_role("tab", name="Learn").click()
    page.get_by_test_id("target-9").click()
    file = server.client.get("/api/models/0").content
    before = value(page, "window.__nn.model.W.map((W) => W.slice(0, 500))")
    page.get_by_test_id("one-step").click()
    cells = settled(page).get_by_test_id("step").locator("tr").nth(2).locator("td").all()
    lower = numbers_in(cells[2].text_content())[0]
    predicted = numbers_in(
        page.get_by_test_id("step").locator("tr").nth(3).locator("td").last.text_content()
    )[0]
    assert predicted < 0 and lower < 0
    assert value(page, "window.__nn.model.W.map((W) => W.slice(0, 500))") != before
    page.get_by_test_id("undo-step").click()
    assert value(page, "window.__nn.model.W.map((W) => W.slice(0, 500))") == before
    assert (
        hashlib.sha256(server.client.get("/api/models/0").content).digest()
        == hashlib.sha256(file).digest()
    )
    page.get_by_test_id("eta").fill("0")
    for _ in range(3):
        page.get_by_test_id("ten-steps").click()
        assert "not a number" not in settled(page).locator("main").inner_text()


def test_a_rate_is_dragged_and_what_was_measured_for_another_answer_goes(opened):
    page = opened("#view=learn&target=3")
    draw(page, SEVEN)
    settled(page).get_by_test_id("eta").scroll_into_view_if_needed()
    box = page.get_by_test_id("eta").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.34, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, middle, steps=8)
    page.mouse.up()
    assert float(settled(page).get_by_test_id("eta").input_value()) > -1.5
    page.get_by_test_id("finite").click()
    assert "agree" in settled(page).get_by_test_id("finite-result").text_content()
    page.get_by_test_id("target-5").click()
    assert "agree" not in settled(page).get_by_test_id("finite-result").text_content()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_only_of_relu_it_is_said_that_it_is_off(opened, server, activation):
    network = Network((784, 20, 10), (ACTIVATIONS[activation],), LOSSES["cross_entropy"])
    id = server.shelf.add("one", Model(network, random_parameters(network, 0, np.float32)))
    page = opened(f"#view=learn&model={id}&target=3")
    draw(page, SEVEN)
    told = settled(page).locator("#panel-learn").inner_text()
    assert ("ReLU at 0" in told) == (activation == "relu")


def test_the_lines_of_the_way_back_are_those_of_the_files(opened):
    page = opened("#view=learn&target=3")
    draw(page, SEVEN)
    text = settled(page).locator("#panel-learn [data-testid=source]").text_content()
    assert inspect.getsource(cross_entropy_error) in text
    assert inspect.getsource(backward) in text


def test_what_was_opened_stays_open_while_the_drawing_changes(opened):
    page = opened("#view=learn&target=3")
    draw(page, SEVEN)
    page.locator("#panel-learn summary").click()
    draw(page, FOUR)
    assert settled(page).locator("#panel-learn [data-testid=source]").is_visible()


def test_the_loss_follows_from_the_probability_beside_it_however_small(opened):
    page = opened("#view=learn&target=1")
    draw(page, SEVEN)
    *_, p, loss = numbers_in(settled(page).locator("#panel-learn math").first.text_content())
    assert p < 1e-3
    assert -math.log(p) == pytest.approx(loss, rel=1e-3)
