"""A hand at the page: it draws with the mouse, as people do, and reads what is shown."""

import json
import re
from pathlib import Path

import numpy as np
from axe_playwright_python.sync_playwright import Axe

PHOTO = Path(__file__).parents[2] / "docs/pictures/photo.jpg"


def moved(strokes, left, top, size):
    """Strokes in a part of the paper."""
    return [[(left + size * x, top + size * y) for x, y in stroke] for stroke in strokes]


def draw(page, strokes, steps=1):
    """Draw strokes, whose coordinates are shares of the paper."""
    box = page.get_by_test_id("pad").bounding_box()
    for stroke in strokes:
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=steps)
        page.mouse.up()


def serious_violations(page):
    """What axe finds that keeps someone from using the page."""
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:120]}"
        for one in Axe().run(page).response["violations"]
        if one["impact"] in ("serious", "critical")
    ]


SEVEN = [[(0.25, 0.2), (0.72, 0.2), (0.6, 0.45), (0.5, 0.65), (0.42, 0.85)]]
ONE = [[(0.5, 0.15), (0.48, 0.85)]]
FOUR = [[(0.4, 0.15), (0.25, 0.5), (0.7, 0.5)], [(0.6, 0.15), (0.58, 0.85)]]


def settled(page):
    """Wait until what was done is shown: two frames."""
    page.evaluate("() => new Promise(f => requestAnimationFrame(() => requestAnimationFrame(f)))")
    return page


def wait_for(page, state):
    page.wait_for_selector(f"[data-testid=training][data-state={state}]")


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
