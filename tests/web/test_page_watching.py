"""A training as the page watches it, whatever happens to the page, the line and the server."""

import signal
import subprocess
import sys

import pytest
from web.hands import SEVEN, draw, settled, wait_for, words
from web.serving import Page, served

from glassnet.web import live

FOREVER = 1_000_000  # epochs
REMEMBER_SOCKETS = """
  window.sockets = [];
  const Original = WebSocket;
  window.WebSocket = class extends Original {
    constructor(...where) { super(...where); sockets.push(this); }
  };
"""


@pytest.fixture(scope="module")
def server():
    with served() as server:
        yield server


@pytest.fixture(autouse=True)
def no_training_left(request):
    yield
    if "server" in request.fixturenames:
        with Page(request.getfixturevalue("server")) as last:
            if last.welcome["state"] in ("starting", "running", "paused"):
                last.say("stop")
                last.hear("status", state="stopped")


def watch(page, server, address="#view=train"):
    page.goto(f"http://{server.host}/{address}")
    page.wait_for_selector("[data-ready]")
    return page


def train(page, recipe="one-layer", **fields):
    """Fill in the form as a reader would, and start."""
    page.wait_for_selector("#recipe option", state="attached")
    page.locator("#recipe").select_option(recipe)
    for name, value in fields.items():
        page.locator(f"input#{name}").fill(str(value))
    page.get_by_test_id("train-start").click()


def curve(page, title="loss"):
    """Every point of a curve as it is drawn; all pages draw all of it in the end."""
    return page.locator(f"[aria-label^='{title} until'] path").first.get_attribute("d")


def stop(page):
    page.get_by_test_id("train-stop").click()
    wait_for(page, "stopped")


def test_a_line_that_is_cut_in_a_training_loses_no_point_of_its_curve(page, server, new_page):
    page.add_init_script(REMEMBER_SOCKETS)
    watch(page, server)
    train(page, epochs=FOREVER)
    for _ in range(3):
        wait_for(page, "running")
        page.wait_for_timeout(400)
        page.evaluate("() => sockets.at(-1).close()")
        page.wait_for_selector("[data-testid=disconnected]", state="visible")
        assert page.get_by_test_id("train-stop").is_disabled()
        page.wait_for_selector("[data-testid=disconnected]", state="hidden")
    page.wait_for_selector("[data-testid=train-stop]:enabled")
    stop(page)
    assert curve(page).count("L") > 15
    assert curve(page) == curve(watch(new_page(), server))


def test_seven_tabs_see_the_same_training(page, server):
    tabs = [watch(page, server)]
    tabs += [watch(page.context.new_page(), server) for _ in range(6)]
    train(tabs[0], epochs=20)
    for tab in tabs:
        wait_for(tab, "done")
    assert len({curve(tab) for tab in tabs}) == 1
    assert len({curve(tab, "accuracy") for tab in tabs}) == 1
    assert len({tab.get_by_test_id("training").text_content() for tab in tabs}) == 1
    draw(tabs[6], SEVEN)
    assert words(tabs[6]).startswith("This is a 7")


HELD = ("JSHeapUsedSize", "Nodes", "JSEventListeners")


GALLERIES = "performance.getEntriesByType('resource').filter(({ name }) => name.includes('ids='))"


def held(page, session):
    """What a page holds when all it does not need is gone, and nothing is on its way."""
    samples = []
    for _ in range(5):
        page.wait_for_timeout(200)
        session.send("HeapProfiler.collectGarbage")
        metrics = session.send("Performance.getMetrics")["metrics"]
        samples.append({metric["name"]: metric["value"] for metric in metrics})
    return {name: min(sample[name] for sample in samples) for name in HELD}


def test_a_slow_browser_watches_without_filling_up_and_misses_nothing(
    page, server, new_page, monkeypatch
):
    monkeypatch.setattr(live, "EVALUATE_AT_MOST", 0.2)  # far more often: more to pile up
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    watch(page, server)
    train(page, "first-network", layers="784,256,10", epochs=FOREVER)
    page.wait_for_selector("[data-testid=gallery] [data-testid=digit]")
    before = held(page, session)
    fetched = page.evaluate(f"() => {GALLERIES}.length")
    page.wait_for_function(f"() => {GALLERIES}.length >= {fetched + 8}")
    after = held(page, session)
    assert after["JSHeapUsedSize"] < before["JSHeapUsedSize"] + 700_000  # bytes
    assert after["Nodes"] < before["Nodes"] + 200
    assert after["JSEventListeners"] < before["JSEventListeners"] + 50
    stop(page)
    assert curve(page) == curve(watch(new_page(), server))


@pytest.fixture
def start_server():
    """Start `glassnet serve` as a process of its own; it gives the process and its URL."""
    processes = []

    def start_server(port):
        command = [sys.executable, "-m", "glassnet", "serve", "--data", "digits", "--no-open"]
        process = subprocess.Popen(
            [*command, "--port", str(port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        processes.append(process)
        return process, process.stdout.readline().strip()

    yield start_server
    for process in processes:
        process.kill()
        process.communicate()


def test_a_server_that_is_killed_in_a_training_is_found_again_and_can_train_anew(
    page, problems, start_server
):
    process, url = start_server(0)
    page.goto(f"{url}#view=train")
    train(page, epochs=2)
    wait_for(page, "done")
    page.get_by_test_id("model").select_option("1")
    train(page, epochs=FOREVER)
    wait_for(page, "running")
    process.send_signal(signal.SIGKILL)
    page.wait_for_selector("[data-testid=disconnected]", state="visible")
    assert page.get_by_test_id("train-start").is_disabled()
    draw(page, SEVEN)  # what the browser has it can still read
    assert settled(page).get_by_test_id("verdict").text_content() != "Draw a digit."
    start_server(url.rstrip("/").rpartition(":")[2])
    page.wait_for_selector("[data-testid=disconnected]", state="hidden")
    wait_for(page, "idle")
    assert "started anew" in page.get_by_test_id("training").text_content()
    page.wait_for_selector("#model option:only-child", state="attached")
    assert words(page).startswith("This is a 7")  # by the model that ships
    train(page, epochs=3)
    wait_for(page, "done")
    page.get_by_test_id("model").select_option("1")
    page.wait_for_function("() => window.__nn.model.id === '1'")
    assert page.get_by_test_id("trouble").is_hidden()
    refused = [problem for problem in problems if "ERR_CONNECTION_REFUSED" in problem]
    assert refused == problems
    problems.clear()


def test_validation_examples_have_curves_of_their_own(page, server):
    watch(page, server)
    train(page, epochs=3)
    wait_for(page, "done")
    assert (
        "validation"
        not in page.get_by_role("figure").filter(has=page.locator("#table-loss")).inner_text()
    )
    train(page, epochs=4, validation=0.2)
    page.wait_for_selector("text=epoch 4 of 4")
    wait_for(page, "done")
    with Page(server) as told:
        metrics = [event for event in told.events if event["type"] == "metrics"]
    measured = [loss for event in metrics for loss in event["validation_loss"] if loss is not None]
    shown = page.locator("[aria-label^='loss until'] path.third").get_attribute("d")
    assert shown.count("M") + shown.count("L") == len(measured) == 4


def test_a_validation_share_that_is_none_is_refused_in_words(page, server):
    watch(page, server)
    train(page, epochs=3, validation="most")
    page.wait_for_selector("[data-testid=training-trouble]:has-text('validation')")


def test_weights_take_the_colors_of_the_page_and_say_how_many_there_are(page, server):
    watch(page, server)
    train(page, "first-network", layers="784,300,10", epochs=2)
    wait_for(page, "done")
    page.wait_for_selector("text=one square for the first 256 of 300 neurons")

    def corner():
        page.wait_for_timeout(200)
        return page.evaluate(
            """() => {
              const canvas = document.querySelector("[data-testid=thumbnails]");
              const { data } = canvas.getContext("2d").getImageData(0, 0, 28, 28);
              return data.reduce((sum, value) => sum + value, 0) / data.length;
            }"""
        )

    page.emulate_media(color_scheme="light")
    light = corner()
    page.emulate_media(color_scheme="dark")
    assert corner() < light - 50
    page.emulate_media(color_scheme="light")
    assert corner() == pytest.approx(light)
    page.get_by_test_id("settings").click()
    page.locator("#theme").select_option("dark")
    assert corner() < light - 50
