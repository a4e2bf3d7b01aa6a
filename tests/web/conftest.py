"""A real browser for the tests of the page: headless Chromium, driven by playwright."""

import json
import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from web.serving import served

import glassnet

STATIC = Path(glassnet.__file__).parent / "web/static"
ORIGIN = "http://localhost"
LOCAL = {"localhost", "127.0.0.1", "::1", None}  # None: data:, blob:, file:
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update"
    " --disable-sync --no-first-run --force-device-scale-factor=1"
)


def no_browser(why):
    """Skip the test; fail instead where GLASSNET_REQUIRE_BROWSER is set, as in CI."""
    if os.environ.get("GLASSNET_REQUIRE_BROWSER"):
        pytest.fail(f"{why}, and GLASSNET_REQUIRE_BROWSER is set")
    pytest.skip(why)


@pytest.fixture(scope="session")
def browser():
    """Chromium: the one that CHROMIUM names, or else that of the system."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        no_browser("playwright is not installed")
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    if not Path(path).exists():
        no_browser(f"no Chromium at {path} (CHROMIUM names another place)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS.split())
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def mnist(mnist_folder):
    """MNIST's test set."""
    return glassnet.load_data(mnist_folder).test


@pytest.fixture
def problems():
    """What has gone wrong in the page; a test that means it to removes it from the list."""
    return []


@pytest.fixture
def new_page(browser, problems):
    """Pages in which nothing may go wrong, and from which nothing may leave this machine."""
    contexts = []

    def console(message):
        if message.type == "error":
            problems.append(f"console: {message.text}")

    def request(request):
        if urlsplit(request.url).hostname not in LOCAL:
            problems.append(f"request: {request.url}")

    def new_page(**options):
        context = browser.new_context(**options)
        contexts.append(context)
        context.on("console", console)
        context.on("weberror", lambda error: problems.append(f"page: {error.error}"))
        context.on("request", request)
        return context.new_page()

    yield new_page
    for context in contexts:
        context.close()
    assert problems == []


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


@pytest.fixture
def page(new_page):
    """One such page."""
    return new_page()


@pytest.fixture
def run(page):
    """Call a JavaScript function, which may import the page's modules, with what JSON can hold."""
    page.route(f"{ORIGIN}/**", serve_file)
    page.goto(ORIGIN)

    def call(function, **values):
        typed = "(_, value) => ArrayBuffer.isView(value) ? Array.from(value) : value"
        body = f"async (text) => JSON.stringify(await ({function})(JSON.parse(text)), {typed})"
        return json.loads(page.evaluate(body, json.dumps(values)))

    return call


def serve_file(route):
    """One of the page's own files; an empty page for the root."""
    path = urlsplit(route.request.url).path
    if path == "/":
        route.fulfill(body="<link rel=icon href=data:,>", content_type="text/html")
    else:
        route.fulfill(path=STATIC / path[1:], content_type="text/javascript")
