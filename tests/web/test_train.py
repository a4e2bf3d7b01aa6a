"""A training as the page shows it."""

import re
from dataclasses import replace

from web.hands import value, wait_for

import glassnet


def start_training(page, epochs):
    page.wait_for_selector("#recipe option", state="attached")
    page.get_by_test_id("recipe").select_option("one-layer")
    page.get_by_test_id("epochs").fill(str(epochs))
    page.get_by_test_id("train-start").click()
    page.get_by_text(re.compile(rf"epoch \d+ of {epochs},")).wait_for()  # not that of one before


def test_a_training_is_watched_paused_taken_up_after_a_reload_and_stopped(opened):
    page = opened("#view=train")
    start_training(page, epochs=100_000)
    wait_for(page, "running")
    page.get_by_test_id("train-pause").click()
    wait_for(page, "paused")
    step = int(page.get_by_test_id("training").get_attribute("data-step"))
    page.get_by_test_id("train-step").click()
    page.wait_for_selector(f"[data-testid=training][data-step='{step + 1}']")
    page.reload()
    page.wait_for_selector(f"[data-testid=training][data-step='{step + 1}']")
    page.get_by_test_id("train-resume").click()
    page.wait_for_selector("[data-testid=confusion]")
    page.get_by_test_id("train-stop").click()
    wait_for(page, "stopped")
    page.wait_for_selector("#model option:nth-child(2)", state="attached")


def test_a_training_from_the_page_ends_as_one_from_python(opened, server):
    page = opened("#view=train")
    start_training(page, epochs=3)
    wait_for(page, "done")
    recipe = replace(glassnet.RECIPES["one-layer"], epochs=3)
    model = recipe.model(server.data.train.classes)
    list(recipe.train(model, server.data.train))
    accuracy = glassnet.evaluate(model, server.data.test).accuracy
    assert f"test accuracy {100 * accuracy:.2f} %" in page.get_by_test_id("training").text_content()


def test_a_cell_of_the_confusion_matrix_opens_its_digits(opened):
    page = opened("#view=train")
    start_training(page, epochs=1)
    wait_for(page, "done")
    page.wait_for_selector("[data-testid=confusion]")
    wrong = page.locator(".confusion td:not(:first-child) button:not([disabled])").all()
    button = next(b for b in wrong if len(set(b.get_attribute("id").split("-")[1:])) == 2)
    count = int(button.text_content())
    button.click()
    page.wait_for_selector(f"[data-testid=gallery][data-count='{count}']")
    digits = page.get_by_test_id("gallery").get_by_test_id("digit")
    assert digits.count() == count
    digits.first.click()
    assert value(page, "window.__nn.picture") is not None


def test_a_lost_server_is_told_and_found_again(page, server):
    lost = []
    page.route_web_socket("**/ws", lambda ws: ws.close() if lost else ws.connect_to_server())
    lost.append(True)
    page.goto(f"http://{server.host}/#view=train")
    page.wait_for_selector("[data-testid=disconnected]", state="visible")
    lost.clear()
    page.wait_for_selector("[data-testid=disconnected]", state="hidden")


def test_a_model_trained_on_the_page_is_compared_with_the_one_there_was(opened, page, server):
    one = server.client.get("/api/models").json()[:1]
    page.route("**/api/models", lambda route: route.fulfill(json=one))
    opened("#view=compare")
    page.wait_for_selector("text=There is one model only")
    page.unroute("**/api/models")
    page.get_by_role("tab", name="Train").click()
    start_training(page, epochs=1)
    wait_for(page, "done")
    page.get_by_role("tab", name="Compare").click()
    page.wait_for_selector("[data-testid=pair]")


def test_what_was_measured_once_is_seen_as_a_point(opened):
    page = opened("#view=train")
    start_training(page, epochs=1)
    wait_for(page, "done")
    seen = """(path) => getComputedStyle(path).strokeLinecap === "round"
        && path.isPointInStroke(path.getPointAtLength(0))"""
    curves = page.locator("figure:has(#table-accuracy) > svg .curve")
    assert curves.count() == 2
    assert all(curve.evaluate(seen) for curve in curves.all())
