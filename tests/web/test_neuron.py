"""One neuron under glass: its numbers add up, and run as they are copied."""

import inspect
import re

import pytest
from web.hands import SEVEN, draw, numbers_in, settled, value

from glassnet.core.activations import relu
from glassnet.core.losses import softmax
from glassnet.core.network import forward


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


@pytest.mark.parametrize(("neuron", "function"), [("1.3", relu), ("3.3", softmax)])
def test_the_lines_shown_are_those_of_the_files(opened, neuron, function):
    page = opened(f"#neuron={neuron}")
    draw(page, SEVEN)
    text = settled(page).locator("#neuron [data-testid=source]").text_content()
    assert text == f"{inspect.getsource(forward)}\n{inspect.getsource(function)}"


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


def test_a_pixel_tells_its_number_and_where_it_lies(opened):
    page = opened("#neuron=0.300")
    draw(page, SEVEN)
    told = settled(page).get_by_test_id("neuron").inner_text()
    assert f"{value(page, 'window.__nn.picture')[300] / 255:.3f}" in told
    assert "row 11, column 21" in told
