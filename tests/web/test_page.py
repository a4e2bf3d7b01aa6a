"""The page as people use it: a real server, a real browser, a mouse, fingers and keys."""

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from networks import random_parameters
from web.hands import FOUR, ONE, SEVEN, draw, moved
from web.serving import served

import glassnet
from glassnet.core.activations import ACTIVATIONS
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network
from glassnet.model import Model

COLORS = ("light", "dark")
PHOTO = Path(__file__).parents[2] / "docs/pictures/photo.jpg"


@pytest.fixture(scope="module")
def server():
    with served() as server:
        yield server


@pytest.fixture
def opened(page, server):
    """Open the page at an address, and wait until it is ready."""

    def open_page(address=""):
        page.goto(f"http://{server.host}/{address}")
        page.wait_for_selector("[data-ready]")
        return page

    return open_page


def settled(page):
    """Wait until what was done is shown: two frames."""
    page.evaluate("() => new Promise(f => requestAnimationFrame(() => requestAnimationFrame(f)))")
    return page


def value(page, expression):
    """A number, or what else JSON can hold, of the page's own."""
    settled(page)
    typed = "(_, value) => ArrayBuffer.isView(value) ? Array.from(value) : value"
    return json.loads(page.evaluate(f"() => JSON.stringify({expression}, {typed}) ?? 'null'"))


def picture(page):
    return np.array(value(page, "window.__nn.picture"))


def words(page):
    return settled(page).get_by_test_id("verdict").text_content()


def numbers_in(text):
    return [float(n) for n in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", text.replace("\u2212", "-"))]


def test_a_seven_is_read_while_it_is_drawn(opened):
    page = opened()
    assert words(page) == "Draw a digit."
    assert page.get_by_role("button", name="Go", exact=True).count() == 0
    box = page.get_by_test_id("pad").bounding_box()
    before = value(page, "window.__nn.seq")
    page.mouse.move(box["x"] + 70, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 60, steps=8)
    half = value(page, "window.__nn.probabilities")
    assert value(page, "window.__nn.seq") > before and half is not None
    page.mouse.move(box["x"] + 120, box["y"] + 240, steps=8)
    page.mouse.up()
    assert words(page).startswith("This is a 7")
    assert value(page, "window.__nn.probabilities") != half
    shown = [numbers_in(page.get_by_test_id(f"p-{k}").text_content())[0] for k in range(10)]
    assert sum(shown) == pytest.approx(100, abs=0.5)


def test_the_picture_is_that_of_python(opened, pen_digits):
    page = opened()
    for digit in pen_digits[:: len(pen_digits) // 12]:
        page.get_by_test_id("clear").click()
        draw(page, moved(digit["strokes"], 0.2, 0.2, 0.6 / 1000))
        strokes = value(page, "window.__nn.strokes")
        expected = glassnet.picture_from_strokes(strokes).ravel()
        np.testing.assert_array_equal(picture(page), expected)
        answer = glassnet.load_model().predict_proba(expected[np.newaxis].astype(np.uint8))[0]
        np.testing.assert_allclose(value(page, "window.__nn.probabilities"), answer, atol=1e-5)


@pytest.mark.parametrize("size", [0.2, 0.4, 0.6])
def test_where_and_how_large_it_is_drawn_makes_no_difference(opened, size):
    page = opened()
    pictures = []
    for left, top in [(0.1, 0.1), (0.9 - size, 0.1), (0.1, 0.9 - size), (0.9 - size, 0.9 - size)]:
        page.get_by_test_id("clear").click()
        draw(page, moved(SEVEN, left, top, size), steps=4)
        pictures.append(picture(page))
        assert "7" in words(page)
    for other in pictures[1:]:
        assert np.abs(other - pictures[0]).mean() < 6  # the mouse has whole pixels
    rows, columns = np.nonzero(pictures[0].reshape(28, 28))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 in (19, 20, 21)


def test_without_the_preparation_a_digit_in_the_corner_is_another_picture(opened):
    page = opened()
    draw(page, moved(SEVEN, 0.05, 0.05, 0.35))
    prepared = picture(page)
    page.get_by_test_id("prepare").uncheck()
    raw = picture(page).reshape(28, 28)
    assert raw[14:].sum() == 0 and raw[:14, :14].sum() > 0
    page.get_by_test_id("prepare").check()
    np.testing.assert_array_equal(picture(page), prepared)


def test_what_is_no_digit_gets_a_word_and_no_confident_answer(opened):
    page = opened()
    draw(page, [[(0.5, 0.5)]])
    assert words(page) == "Draw a digit."
    draw(page, [[(0.5, 0.5), (0.56, 0.52)]])
    assert words(page) == "Too small to read. Draw it larger."
    page.get_by_test_id("clear").click()
    draw(page, moved(FOUR, 0.02, 0.2, 0.5) + moved(SEVEN, 0.5, 0.2, 0.5))
    assert words(page).startswith("2 digits: ")


def test_undo_redo_erase_and_clear(opened):
    page = opened()
    draw(page, FOUR)
    whole = value(page, "window.__nn.strokes")
    page.get_by_test_id("undo").click()
    assert len(value(page, "window.__nn.strokes")) == 1
    page.get_by_test_id("undo").click()
    assert words(page) == "Draw a digit."
    assert page.get_by_test_id("undo").is_disabled()
    page.get_by_test_id("redo").click()
    page.get_by_test_id("redo").click()
    assert value(page, "window.__nn.strokes") == whole
    page.get_by_test_id("eraser").click()
    draw(page, [[(0.5, 0.5), (0.52, 0.5)]])
    assert len(value(page, "window.__nn.strokes")) == 3  # the bar is in two pieces
    page.get_by_test_id("undo").click()
    assert value(page, "window.__nn.strokes") == whole
    page.get_by_test_id("clear").click()
    assert value(page, "window.__nn.strokes") == []


def test_only_the_main_button_draws_and_a_stroke_may_leave_the_paper(opened):
    page = opened()
    box = page.get_by_test_id("pad").bounding_box()
    page.mouse.move(box["x"] + 90, box["y"] + 90)
    page.mouse.down(button="right")
    page.mouse.move(box["x"] + 190, box["y"] + 190)
    page.mouse.up(button="right")
    assert value(page, "window.__nn.strokes") == []
    page.mouse.down()
    page.mouse.move(box["x"] + 900, box["y"] + 90, steps=3)
    page.mouse.move(box["x"] + 90, box["y"] + 150, steps=3)
    page.mouse.up()
    assert len(value(page, "window.__nn.strokes")) == 1


def test_a_finger_draws_and_a_second_one_does_not(browser, server):
    context = browser.new_context(has_touch=True, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(f"http://{server.host}/")
    page.wait_for_selector("[data-ready]")
    page.get_by_test_id("pad").scroll_into_view_if_needed()
    box = page.get_by_test_id("pad").bounding_box()
    session = context.new_cdp_session(page)

    def touch(kind, *points):
        touches = [
            {"x": box["x"] + x * 280, "y": box["y"] + y * 280, "id": k} for k, x, y in points
        ]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    touch("touchStart", (0, 0.5, 0.15))
    touch("touchMove", (0, 0.5, 0.5))
    touch("touchStart", (0, 0.5, 0.5), (1, 0.9, 0.9))
    touch("touchMove", (0, 0.5, 0.85), (1, 0.1, 0.9))
    touch("touchEnd")
    strokes = value(page, "window.__nn.strokes")
    assert len(strokes) == 1 and strokes[0][-1][1] == pytest.approx(0.85, abs=0.02)
    assert words(page).startswith("This is a 1")
    context.close()


def test_what_a_neuron_shows_adds_up(opened):
    page = opened()
    draw(page, SEVEN, steps=3)
    for layer, index in [(1, 5), (2, 7), (3, 7)]:
        page.goto(re.sub("#.*", "", page.url) + f"#neuron={layer}.{index}&strokes={packed(page)}")
        settled(page)
        rows = page.get_by_test_id("terms").locator("tr").all()
        parts = [numbers_in(row.locator("td, th").last.text_content())[0] for row in rows]
        z = value(page, f"window.__nn.z[{layer - 1}][{index}]")
        assert sum(parts[:-1]) == pytest.approx(parts[-1], abs=1e-9)
        assert parts[-1] == pytest.approx(z, abs=5e-4)


def packed(page):
    """The strokes as the address has them."""
    page.wait_for_timeout(500)
    return re.search("strokes=([^&]*)", page.url)[1]


def test_copied_as_numpy_a_neuron_gives_the_same_number(opened, capsys):
    page = opened()
    draw(page, SEVEN)
    page.get_by_test_id("layer-1").click(position={"x": 40, "y": 40})
    layer, index = neuron_of(page)
    text = page.get_by_test_id("numpy").text_content()
    exec(compile(text, "copied", "exec"), {})
    z, a = numbers_in(capsys.readouterr().out)
    assert z == pytest.approx(value(page, f"window.__nn.z[{layer - 1}][{index}]"), abs=1e-9)
    assert a == pytest.approx(value(page, f"window.__nn.activations[{layer}][{index}]"), abs=1e-9)


def neuron_of(page):
    page.wait_for_timeout(500)
    return tuple(map(int, re.search(r"neuron=(\d+)\.(\d+)", page.url).groups()))


def test_the_lines_shown_are_those_of_the_file(opened):
    page = opened("#neuron=1.3")
    draw(page, SEVEN)
    text = page.get_by_test_id("source").text_content()
    assert text in (glassnet.core.network.__spec__.loader.get_source("glassnet.core.network"))


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


def start_training(page, epochs):
    page.wait_for_selector("#recipe option", state="attached")
    page.get_by_test_id("recipe").select_option("one-layer")
    page.get_by_test_id("epochs").fill(str(epochs))
    page.get_by_test_id("train-start").click()


def wait_for(page, state):
    page.wait_for_selector(f"[data-testid=training][data-state={state}]")


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


def test_two_models_are_compared_on_all_test_digits(opened, server):
    page = opened("#view=compare")
    page.wait_for_selector("[data-testid=pair]")
    counts = [
        int(b.get_attribute("data-count"))
        for b in page.get_by_test_id("pair").locator("button").all()
    ]
    assert len(counts) == 4 and sum(counts) == len(server.data.test.x)
    draw(page, SEVEN)
    assert settled(page).get_by_test_id("compare-drawing").locator("tbody tr").count() == 2


def test_the_address_holds_the_whole_state(opened, page, server):
    opened()
    draw(page, FOUR)
    page.get_by_role("tab", name="Learn").click()
    page.get_by_test_id("target-4").click()
    page.wait_for_timeout(500)
    address, seen = page.url, value(page, "window.__nn.picture")
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector("[data-ready]")
    assert np.abs(np.array(seen) - picture(page)).max() < 30  # coordinates have three digits
    assert page.get_by_test_id("target-4").get_attribute("aria-pressed") == "true"


@pytest.mark.parametrize(
    "hash", ["#neuron=99.99&view=nowhere", "#strokes=1_2~x!!", "#eta=-1&=&%%%", "#model=77"]
)
def test_a_broken_address_is_no_harm(opened, hash):
    page = opened(hash)
    draw(page, ONE)
    assert words(page).startswith("This is a 1")


def test_what_a_teacher_hides_is_hidden_until_r_is_pressed(opened):
    page = opened("#quiz=1&hide=tools.learn")
    draw(page, SEVEN)
    assert "7" not in words(page)
    assert not page.get_by_test_id("undo").is_visible()
    assert not page.get_by_role("tab", name="Learn").is_visible()
    page.keyboard.press("r")
    assert "7" in words(page)


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


def test_a_photo_is_read_as_python_reads_it(opened):
    page = opened()
    page.locator("#file").set_input_files(PHOTO)
    page.wait_for_timeout(1000)
    expected = glassnet.picture_from_image(PHOTO).ravel()
    np.testing.assert_array_equal(picture(page), expected)
    assert words(page).startswith("This is a 4")
    draw(page, ONE)
    assert words(page).startswith("This is a 1")


def test_what_is_no_picture_is_refused_in_words(opened, problems, tmp_path):
    page = opened()
    path = tmp_path / "notes.png"
    path.write_text("<svg onload=alert(1)>")
    page.locator("#file").set_input_files(path)
    page.wait_for_selector("[data-testid=message]:has-text('Try')")
    assert words(page) == "Draw a digit."
    problems.clear()  # the browser reports that the server refused it


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


def test_a_lost_server_is_told_and_found_again(page, server):
    lost = []
    page.route_web_socket("**/ws", lambda ws: ws.close() if lost else ws.connect_to_server())
    lost.append(True)
    page.goto(f"http://{server.host}/#view=train")
    page.wait_for_selector("[data-testid=disconnected]", state="visible")
    lost.clear()
    page.wait_for_selector("[data-testid=disconnected]", state="hidden")


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


def test_another_model_is_shown_though_one_stands_at_a_later_step(opened, server):
    flat = Network((784, 10), (), LOSSES["cross_entropy"])
    id = server.shelf.add("flat", Model(flat, random_parameters(flat, 0)))
    page = opened("#step=99")
    draw(page, SEVEN)
    assert "largest" in settled(page).get_by_test_id("narration").text_content()
    page.get_by_test_id("model").select_option(id)
    page.wait_for_selector("text=in 1 step")


def test_pixels_are_inked_erased_and_taken_back(opened):
    page = opened()
    draw(page, SEVEN)
    drawn = picture(page)
    page.get_by_test_id("cells").click()
    draw(page, ONE, steps=20)
    assert picture(page).sum() != drawn.sum()
    page.get_by_test_id("undo").click()
    np.testing.assert_array_equal(picture(page), drawn)
    page.get_by_test_id("sample").click()
    page.wait_for_timeout(500)
    page.get_by_test_id("undo").click()
    np.testing.assert_array_equal(picture(page), drawn)


def test_in_forced_colors_both_signs_can_still_be_told_apart(opened, page):
    page.emulate_media(forced_colors="active")
    opened("#neuron=1.5")
    draw(page, SEVEN)
    colors = settled(page).evaluate(
        """() => {
          const canvas = document.querySelector("#neuron canvas");
          const { data } = canvas.getContext("2d").getImageData(0, 0, 28, 28);
          const color = (_, i) => data.slice(4 * i, 4 * i + 3).join();
          return new Set(Array.from({ length: 784 }, color)).size;
        }"""
    )
    assert colors > 50


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
