"""Curves, their legend and their table."""

import pytest

CHART = """async ({ curves, log }) => {
  const { chart } = await import("/charts.js");
  const draw = () => document.body.replaceChildren(chart("loss", curves, { log }));
  const wait = () => new Promise((resolve) => setTimeout(resolve, 50));
  draw();
  document.querySelector("summary").click();
  await wait();
  draw();
  await wait();
  const rows = [...document.querySelectorAll("tr")];
  const style = (path) => path.getAttribute("class");
  const figure = document.querySelector("figure > svg");
  return {
    rows: rows.map((row) => [...row.children].map((cell) => cell.textContent)),
    open: document.querySelector("details").open,
    legend: [...document.querySelectorAll(".legend")].map((entry) =>
      [style(entry.querySelector("path")), entry.textContent]),
    drawn: [...figure.querySelectorAll("path")].map(style),
  };
}"""
CURVES = [
    {"name": "training", "points": [[1, 2.5], [2, 1.25], [1000, 0]]},
    {"name": "test", "points": [[2, 1.5], [1000, 0.5]]},
]


@pytest.mark.parametrize("log", [False, True])
def test_a_table_has_every_number_of_the_curves_and_stays_open(run, log):
    found = run(CHART, curves=CURVES, log=log)
    assert found["open"]
    assert found["rows"] == [
        ["step", "training", "test"],
        ["1", "2.500", ""],
        ["2", "1.250", "1.500"],
        ["1,000", "0", "0.5000"],
    ]


def test_the_legend_draws_each_name_as_its_curve(run):
    found = run(CHART, curves=CURVES, log=False)
    assert [style for style, _ in found["legend"]] == found["drawn"]
    assert len(set(found["drawn"])) == 2
    assert [text for _, text in found["legend"]] == ["training 0", "test 0.5000"]
