// digits: small pictures of digits to choose from, and the confusion matrix that leads to them.

import { fill, h } from "./dom.js";
import { count } from "./numbers.js";
import { drawGrey } from "./pixels.js";
import { withSample } from "./reading.js";

const SHOWN = 48;

/**
 * Buttons with digits; a digit that is chosen is loaded into Draw.
 *
 * @param {HTMLElement} element where they go
 * @param {import("./store.js").Store} store
 * @param {Object} source
 * @param {number[]} ids in the test set
 * @param {function(number): string} caption under each, by its place in ids
 */
export async function showDigits(element, store, source, ids, caption) {
  const chosen = ids.slice(0, SHOWN);
  const digits = await source.someDigits(chosen);
  const buttons = digits.map((sample, k) => {
    const canvas = h("canvas", { style: { width: "56px", height: "56px" } });
    drawGrey(canvas, sample.picture, 28, 255);
    return h(
      "button",
      {
        type: "button",
        "data-testid": "digit",
        title: `Digit ${count(sample.id)} of the test set`,
        on: { click: () => store.set(withSample(sample, store.get())) },
      },
      canvas,
      caption(k),
    );
  });
  fill(
    element,
    h("div", { class: "digits" }, buttons),
    ids.length > chosen.length
      ? h("p", { class: "note" }, `and ${count(ids.length - chosen.length)} more`)
      : null,
  );
}

/** The confusion matrix; a cell is a button that says (right, predicted). */
export function confusionTable(classes, confusion, choose) {
  const most = Math.max(1, ...confusion.flatMap((line, k) => line.filter((_, j) => j !== k)));
  const cell = (n, right, predicted) => {
    const share = right === predicted ? 0 : Math.log1p(n) / Math.log1p(most);
    const background = `color-mix(in srgb, var(--negative) ${Math.round(70 * share)}%, transparent)`;
    const words = `${n} of the digits ${classes[right]} are read as ${classes[predicted]}`;
    return h(
      "td",
      { style: { background } },
      h(
        "button",
        {
          type: "button",
          id: `cell-${right}-${predicted}`,
          "data-testid": `cell-${right}-${predicted}`,
          "aria-label": words,
          title: words,
          disabled: n === 0,
          on: { click: () => choose(right, predicted) },
        },
        n === 0 ? "\u00b7" : n,
      ),
    );
  };
  return h(
    "div",
    { class: "equation" },
    h(
      "table",
      { class: "confusion", "data-testid": "confusion" },
      h(
        "caption",
        { class: "note" },
        "Rows: what it is. Columns: what it was read as. Choose a cell to see its digits.",
      ),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("td"),
          classes.map((name) => h("th", { scope: "col" }, name)),
        ),
      ),
      h(
        "tbody",
        {},
        confusion.map((line, right) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, classes[right]),
            line.map((n, predicted) => cell(n, right, predicted)),
          ),
        ),
      ),
    ),
  );
}
