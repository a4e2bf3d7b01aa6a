"""The paper: what is drawn, and what is made of it before it is read."""

import re

import numpy as np
import pytest
from web.hands import (
    FOUR,
    ONE,
    PHOTO,
    SEVEN,
    draw,
    moved,
    numbers_in,
    picture,
    settled,
    value,
    words,
)

import glassnet


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
        side = box["width"]
        touches = [
            {"x": box["x"] + x * side, "y": box["y"] + y * side, "id": k} for k, x, y in points
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


def test_a_line_of_pixels_has_no_gaps_and_the_pen_follows_the_eraser(opened):
    page = opened()
    page.uncheck("#prepare")
    page.get_by_test_id("cells").click()
    draw(page, ONE)  # two points, far apart
    line = picture(page)
    assert (line.reshape(28, 28)[5:23].sum(axis=1) > 0).all()
    page.get_by_test_id("eraser").click()
    draw(page, ONE)
    assert words(page) == "Draw a digit."
    page.get_by_test_id("pen").click()
    draw(page, ONE)
    np.testing.assert_array_equal(picture(page), line)


INK_AND_BOX = """() => {
  const canvas = document.querySelector("[data-testid=stages] canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const places = (is) => [...data.keys()].filter((i) => i % 4 === 0 && is(data.slice(i, i + 3)))
    .map((i) => [Math.floor(i / 4 / canvas.width), (i / 4) % canvas.width]);
  const of = (found) => [0, 1].flatMap((k) => {
    const along = found.map((place) => place[k] / canvas.width);
    return [Math.min(...along), Math.max(...along)];
  });
  const ink = places(([r, g, b]) => r > 200 && g > 200 && b > 200);
  return { ink: of(ink), box: of(places(([r, g, b]) => r < 120 && b > 200)) };
}"""


@pytest.mark.parametrize(
    ("left", "top", "size"), [(0.1, 0.1, 0.3), (0.55, 0.6, 0.35), (0.1, 0.1, 0.8)]
)
def test_the_first_stage_shows_the_ink_in_its_box_where_it_lies(opened, left, top, size):
    page = opened()
    draw(page, moved(SEVEN, left, top, size))
    found = settled(page).evaluate(INK_AND_BOX)
    x, y = np.array([point for stroke in moved(SEVEN, left, top, size) for point in stroke]).T
    edges = [y.min() - 0.035, y.max() + 0.035, x.min() - 0.035, x.max() + 0.035]
    np.testing.assert_allclose(found["ink"], edges, atol=0.03)
    np.testing.assert_allclose(found["box"], edges, atol=0.03)


def test_the_first_stage_of_a_photo_shows_its_ink_in_its_box(opened):
    page = opened()
    page.locator("#file").set_input_files(PHOTO)
    page.wait_for_function("() => window.__nn.picture")
    found = settled(page).evaluate(INK_AND_BOX)
    np.testing.assert_allclose(found["ink"], found["box"], atol=0.05)


def test_of_two_digits_each_is_doubted_on_its_own(opened):
    page = opened()
    scribble = [[(0.1, 0.1), (0.9, 0.9), (0.1, 0.9), (0.9, 0.1), (0.1, 0.5), (0.9, 0.5)]]
    draw(page, moved(FOUR, 0.02, 0.3, 0.4) + moved(scribble, 0.55, 0.3, 0.4))
    assert re.match(
        r"2 digits: 4; (unlike the digits I learned, nearest to|not sure,) \d", words(page)
    )
    page.get_by_test_id("clear").click()
    draw(page, moved(FOUR, 0.02, 0.2, 0.5) + moved(SEVEN, 0.5, 0.2, 0.5))
    assert words(page) == "2 digits: 4 7. Below, the first."


def test_a_picture_is_pasted(opened):
    page = opened()
    file = {"name": "four.jpg", "bytes": list(PHOTO.read_bytes())}
    page.evaluate(
        """({ name, bytes }) => {
          const clipboardData = new DataTransfer();
          clipboardData.items.add("a text beside it", "text/plain");
          clipboardData.items.add(new File([Uint8Array.from(bytes)], name, { type: "image/jpeg" }));
          const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true });
          document.getElementById("pad").dispatchEvent(paste);
        }""",
        file,
    )
    page.wait_for_function("() => window.__nn.picture !== null")
    expected = glassnet.picture_from_image(PHOTO).ravel()
    np.testing.assert_array_equal(picture(page), expected)


def test_an_answer_is_spoken_once_for_all_strokes_of_a_digit(opened):
    page = opened()
    page.evaluate(
        """() => {
          window.said = [];
          const region = document.querySelector(".draw [aria-live]");
          const hear = () => said.push(region.textContent);
          new MutationObserver(hear).observe(region, { childList: true });
        }"""
    )
    draw(page, FOUR, steps=4)
    page.wait_for_function("() => said.length > 0")
    page.wait_for_timeout(300)
    assert value(page, "said") == [words(page)]


def test_a_touch_that_is_taken_away_ends_its_stroke(new_page, server):
    page = new_page(has_touch=True)
    page.goto(f"http://{server.host}/")
    page.wait_for_selector("[data-ready]")
    box = page.get_by_test_id("pad").bounding_box()
    session = page.context.new_cdp_session(page)

    def touch(kind, *points):
        touches = [{"x": box["x"] + x, "y": box["y"] + y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    touch("touchStart", (90, 90))
    touch("touchMove", (120, 150))
    touch("touchCancel")
    assert len(value(page, "window.__nn.strokes")) == 1
    touch("touchStart", (200, 90))
    touch("touchMove", (200, 200))
    touch("touchEnd")
    assert len(value(page, "window.__nn.strokes")) == 2
    assert not page.get_by_test_id("undo").is_disabled()


def test_a_long_scribble_is_no_digit_and_holds_up_nothing(opened):
    page = opened()
    page.evaluate(
        """async () => {
          const pad = document.getElementById("pad");
          const { left, top, width } = pad.getBoundingClientRect();
          const at = (k) => ({
            clientX: left + width * (0.5 + 0.45 * Math.sin(k / 7)),
            clientY: top + width * (0.5 + 0.45 * Math.sin(k / 11)),
            pointerId: 1,
            pointerType: "pen",
          });
          pad.setPointerCapture = () => {};
          const send = (kind, k) => pad.dispatchEvent(new PointerEvent(kind, at(k)));
          const frame = () => new Promise(requestAnimationFrame);
          window.frames = [];
          send("pointerdown", 0);
          for (let k = 1; k <= 5000; k++) {
            send("pointermove", k);
            if (k % 100 === 0) {
              const start = await frame();
              frames.push((await frame()) - start);
            }
          }
          send("pointerup", 5000);
        }"""
    )
    assert len(value(page, "window.__nn.strokes")[0]) == 5001
    assert np.median(value(page, "frames.slice()")) < 50  # milliseconds
    assert words(page).startswith(("Unlike", "Not sure"))
