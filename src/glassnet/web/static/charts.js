// charts: curves over the steps of a training, with their legend and a table of the same numbers.

import { fill, h, svg } from "./dom.js";
import { count, short } from "./numbers.js";

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [460, 200, 48, 24];
const STYLES = ["curve", "curve second", "curve third"];
const opened = new Map(); // titles of charts whose table is open: how far it is scrolled

/**
 * Curves.
 *
 * @param {string} title
 * @param {{name: string, points: [number, number][]}[]} curves the first is solid, the second dashed
 * @param {{log?: boolean, xTitle?: string}} options
 */
export function chart(title, curves, { log = false, xTitle = "step" } = {}) {
  const drawable = ([, y]) => Number.isFinite(y) && (!log || y > 0);
  const points = curves.flatMap((curve) => curve.points).filter(drawable);
  if (points.length === 0) return h("figure", {}, h("figcaption", {}, `${title}: nothing yet`));
  const height = log ? Math.log10 : (y) => y;
  const ys = points.map(([, y]) => height(y));
  const [low, high] = spread(Math.min(...ys), Math.max(...ys));
  const right = Math.max(...points.map(([x]) => x), 1);
  const across = (x) => LEFT + ((WIDTH - LEFT - 8) * x) / right;
  const down = (y) => 8 + ((HEIGHT - BOTTOM - 8) * (high - height(y))) / (high - low);
  const ticks = [0, 1, 2, 3, 4]
    .map((k) => low + ((high - low) * k) / 4)
    .map((y) => (log ? 10 ** y : y));
  const lines = curves.map(({ points: own }, k) =>
    svg("path", {
      class: STYLES[k],
      d: own
        .filter(drawable)
        .map(([x, y], i) => `${i ? "L" : "M"}${across(x).toFixed(1)} ${down(y).toFixed(1)}`)
        .join("")
        .replace(/^[^L]+$/, "$&h0"), // of a single point, a dot
    }),
  );
  const last = curves.map(
    ({ name, points: own }) => `${name} ${own.length ? short(own.at(-1)[1], 4) : "not yet"}`,
  );
  return h(
    "figure",
    {},
    h("figcaption", {}, title, h("div", { class: "row" }, last.map(entry))),
    svg(
      "svg",
      {
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        role: "img",
        "aria-label": `${title} until ${xTitle} ${count(right)}: ${last.join(", ")}`,
        style: { width: "100%", "max-width": `${WIDTH}px` },
      },
      ticks.map((y) => [
        svg("line", { class: "ticks", x1: LEFT, x2: WIDTH - 8, y1: down(y), y2: down(y) }),
        svg("text", { x: LEFT - 6, y: down(y) + 4, "text-anchor": "end" }, short(y, 3)),
      ]),
      svg("text", { x: LEFT, y: HEIGHT - 6 }, "0"),
      svg(
        "text",
        { x: WIDTH - 8, y: HEIGHT - 6, "text-anchor": "end" },
        `${xTitle} ${count(right)}`,
      ),
      lines,
    ),
    table(title, curves, xTitle),
  );
}

/** A line of the legend: how a curve is drawn, its name and its last value. */
function entry(words, k) {
  const line = svg("path", { class: STYLES[k], d: "M0 4H24" });
  const sample = svg("svg", { width: 24, height: 8, "aria-hidden": "true" }, line);
  return h("span", { class: "legend" }, sample, words);
}

/** The same numbers, a row for each step; it stays as it is while the chart is drawn anew. */
function table(title, curves, xTitle) {
  const body = h("div", {
    class: "scroll",
    tabindex: 0,
    on: { scroll: () => opened.set(title, body.scrollTop) },
  });
  const toggle = () => {
    if (!details.open) {
      opened.delete(title);
      return;
    }
    fill(body, tableOf(curves, xTitle));
    body.scrollTop = opened.get(title) ?? 0;
    opened.set(title, body.scrollTop);
  };
  const summary = h("summary", { id: `table-${title}` }, `${title} as a table`);
  const details = h("details", { open: opened.has(title), on: { toggle } }, summary, body);
  if (details.open) fill(body, tableOf(curves, xTitle)); // at once as high as it was
  return details;
}

function tableOf(curves, xTitle) {
  const columns = curves.map(({ points }) => new Map(points));
  const steps = [...new Set(columns.flatMap((column) => [...column.keys()]))].sort((a, b) => a - b);
  const cell = (y) => h("td", {}, y === undefined ? "" : short(y, 4));
  const head = [xTitle, ...curves.map(({ name }) => name)];
  return h(
    "table",
    {},
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        head.map((name) => h("th", { scope: "col" }, name)),
      ),
    ),
    h(
      "tbody",
      {},
      steps.map((x) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, count(x)),
          columns.map((column) => cell(column.get(x))),
        ),
      ),
    ),
  );
}

function spread(low, high) {
  return high - low < 1e-9 ? [low - 0.5, high + 0.5] : [low, high];
}
