"""The fixtures that the tests of the page rely on: each kind of trouble is seen."""

import pytest


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("console.error('a mistake')", "console: a mistake"),
        ("setTimeout(() => { throw Error('a slip') })", "page: a slip"),
        ("fetch('http://192.0.2.1/').catch(() => 0)", "request: http://192.0.2.1/"),
    ],
)
def test_what_goes_wrong_in_a_page_is_noticed(page, problems, script, problem):
    page.route("http://192.0.2.1/", lambda route: route.fulfill())
    page.evaluate(script)
    page.wait_for_timeout(50)
    assert any(found.startswith(problem) for found in problems)
    problems.clear()


def test_a_page_without_trouble_has_no_problems(run, problems):
    assert run("({ text }) => text + '!'", text="ä") == "ä!"
    assert problems == []
