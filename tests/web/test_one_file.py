import re

import numpy as np
import pytest
from typer.testing import CliRunner
from web.hands import FOUR, SEVEN, draw, serious_violations

import glassnet
from glassnet.cli import app
from glassnet.errors import ParamError
from glassnet.web.one_file import EXPORT, IMPORT, STATIC, joined, make_page


@pytest.fixture(scope="module")
def digits():
    return glassnet.load_data("digits").test


@pytest.fixture(scope="module")
def content(digits):
    return make_page(glassnet.load_model(), "first", digits)


@pytest.fixture
def opened(browser, problems, tmp_path, content):
    """The page from a file, in a browser without a network and without a place to store."""
    path = tmp_path / "my digits, näher" / "digit.html"
    path.parent.mkdir()
    path.write_bytes(content)
    context = browser.new_context(offline=True)
    context.route("http*://**", lambda route: (problems.append(route.request.url), route.abort()))
    context.on("console", lambda m: m.type == "error" and problems.append(m.text))
    context.on("weberror", lambda error: problems.append(str(error.error)))
    forbid = "() => { throw new DOMException('forbidden', 'SecurityError'); }"
    context.add_init_script(f"Object.defineProperty(window, 'localStorage', {{ get: {forbid} }})")
    page = context.new_page()
    page.goto(path.as_uri())
    page.wait_for_selector("[data-ready]")
    yield page
    context.close()
    assert problems == []


def settled(page):
    page.wait_for_timeout(100)
    return page


def test_it_reads_a_drawing_as_python_does(opened):
    draw(opened, SEVEN)
    assert settled(opened).get_by_test_id("verdict").text_content().startswith("This is a 7")
    picture = np.array(opened.evaluate("() => Array.from(window.__nn.picture)"), np.uint8)
    answers = opened.evaluate("() => Array.from(window.__nn.probabilities)")
    np.testing.assert_allclose(answers, glassnet.load_model().predict_proba(picture)[0], atol=5e-3)


def test_its_views_work_without_a_server(opened):
    draw(opened, FOUR)
    opened.get_by_test_id("layer-1").click(position={"x": 40, "y": 40})
    assert settled(opened).get_by_test_id("equation").is_visible()
    opened.get_by_role("button", name="Close").click()
    opened.get_by_role("tab", name="Learn").click()
    opened.get_by_test_id("target-9").click()
    opened.get_by_test_id("finite").click()
    said = settled(opened).get_by_test_id("finite-result").text_content()
    assert int(re.search(r"(\d+) digits agree", said)[1]) >= 3
    opened.get_by_test_id("one-step").click()
    assert "test digits" in settled(opened).get_by_test_id("step").inner_text()
    opened.get_by_role("tab", name="Model card").click()
    assert (
        "784 \u2013 256 \u2013 128 \u2013 10" in settled(opened).get_by_test_id("card").inner_text()
    )
    assert opened.get_by_role("tab", name="Train").count() == 0


@pytest.mark.parametrize("colors", ["light", "dark"])
def test_axe_finds_nothing_serious(opened, colors):
    opened.emulate_media(color_scheme=colors, reduced_motion="reduce")
    draw(opened, SEVEN)
    opened.get_by_test_id("layer-1").click(position={"x": 40, "y": 40})
    for name in ["Flow", "Learn", "Model card"]:
        opened.get_by_role("tab", name=name).click()
        assert serious_violations(settled(opened)) == []


def test_without_javascript_it_says_what_it_needs_and_what_it_holds(new_page, tmp_path, content):
    path = tmp_path / "digit.html"
    path.write_bytes(content)
    page = new_page(java_script_enabled=False)
    page.goto(path.as_uri())
    said = page.locator("body").inner_text()
    assert "allow JavaScript" in said
    assert "network: 784-256-128-10" in said


def test_a_sample_digit_is_there(opened):
    opened.get_by_test_id("sample").click()
    assert settled(opened).evaluate("() => window.__nn.picture.some((grey) => grey > 0)")


def test_it_is_small_and_always_the_same(content, digits):
    assert len(content) < 1_000_000
    assert make_page(glassnet.load_model(), "first", digits) == content


def test_it_names_no_place_to_load_from(content):
    text = content.decode()
    assert re.findall(r'(?:src|href)="(?!data:)[^"]*"', text) == []
    assert re.findall(r"^import ", joined("main"), re.MULTILINE) == []


def test_every_import_and_export_of_the_modules_is_joined():
    for path in STATIC.glob("*.js"):
        source = path.read_text()
        imports = [line for line in source.splitlines() if line.startswith("import ")]
        assert len(imports) == len(IMPORT.findall(source)), path.name
        exports = [line for line in source.splitlines() if line.startswith("export ")]
        assert len(exports) == len(EXPORT.findall(source)), path.name


def test_names_that_look_like_html_stay_text(digits):
    model = glassnet.load_model()
    model.training = {"note": "</script><script>alert(1)</script>"}
    page = make_page(model, "<img onerror><!--", digits).decode()
    assert "<!--" not in page and "<img onerror>" not in page.split('<script id="facts"')[0]
    assert "</script><script>alert" not in page


def test_weights_too_large_for_half_precision_are_refused(digits):
    model = glassnet.load_model()
    model.params.theta[0] = 1e6
    with pytest.raises(ParamError, match="float16"):
        make_page(model, "large", digits)
    assert make_page(model, "large", digits, "float32")


def test_the_command_line_writes_it(tmp_path):
    out = tmp_path / "digit.html"
    result = CliRunner().invoke(app, ["export", "--to", "html", "-o", str(out), "--data", "digits"])
    assert result.exit_code == 0, result.output
    assert "Data: scikit-learn's digits" in result.stderr  # from where the page's test digits are
    assert out.read_bytes().startswith(b"<!doctype html>")


def test_a_teacher_is_offered_the_views_that_there_are(opened):
    opened.get_by_test_id("settings").click()
    offered = opened.locator("dialog label").all_text_contents()
    assert {"Learn", "Model card"} <= set(offered)
    assert {"Train", "Compare"}.isdisjoint(offered)


def test_its_address_holds_the_drawing_and_the_sample(opened):
    opened.get_by_test_id("sample").click()
    seen = settled(opened).evaluate("() => Array.from(window.__nn.picture)")
    opened.wait_for_timeout(400)
    opened.reload()
    opened.wait_for_selector("[data-ready]")
    assert opened.evaluate("() => Array.from(window.__nn.picture)") == seen
