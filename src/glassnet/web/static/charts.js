// charts: curves over the steps of a training, with a table of the same numbers.

import { h, svg } from "./dom.js";
import { count, short } from "./numbers.js";

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [460, 200, 48, 24];

/**
 * Curves.
 *
 * @param {string} title
 * @param {{name: string, points: [number, number][]}[]} curves
 * @param {{log?: boolean, xTitle?: string}} options
 */
export function chart(title, curves, { log = false, xTitle = "step" } = {}) {
  const points = curves
    .flatMap((curve) => curve.points)
    .filter(([, y]) => Number.isFinite(y) && (!log || y > 0));
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
      class: k === 0 ? "curve" : "curve second",
      d: own
        .filter(([, y]) => Number.isFinite(y) && (!log || y > 0))
        .map(([x, y], i) => `${i ? "L" : "M"}${across(x).toFixed(1)} ${down(y).toFixed(1)}`)
        .join(""),
    }),
  );
  const last = curves
    .map(({ name, points: own }) => `${name} ${own.length ? short(own.at(-1)[1], 4) : "not yet"}`)
    .join(", ");
  return h(
    "figure",
    {},
    h("figcaption", {}, `${title}: ${last}`),
    svg(
      "svg",
      {
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        role: "img",
        "aria-label": `${title} until ${xTitle} ${count(right)}: ${last}`,
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
  );
}

function spread(low, high) {
  return high - low < 1e-9 ? [low - 0.5, high + 0.5] : [low, high];
}
