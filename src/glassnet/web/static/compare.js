// compare: two to four models on the same drawing, and on the test set: who is right where.

import { showDigits } from "./digits.js";
import { fill, h } from "./dom.js";
import { count, fixed, percent } from "./numbers.js";
import { rank, read } from "./reading.js";
import { HIDDEN, hidesAnswer } from "./store.js";

const MOST = 4;

/** @param {{store: Object, source: Object, complain: Function}} context */
export function createCompareView({ store, source, complain }) {
  const choices = h("div", { class: "row", role: "group", "aria-label": "Models to compare" });
  const drawing = h("div", { class: "equation words", "data-testid": "compare-drawing" });
  const table = h("div", { class: "equation" });
  const pairs = h("div", { class: "column" });
  const gallery = h("div", {
    class: "column",
    "data-testid": "compare-gallery",
    "aria-live": "polite",
  });
  const element = h("div", { class: "column" }, choices, drawing, table, pairs, gallery);
  const chosen = new Set();
  let shown = [];
  let known = null;
  const seen = (id) => known?.some((one) => one.id === id);

  async function load() {
    try {
      const names = store.get().models.filter(({ id }) => chosen.has(id));
      shown = await Promise.all(
        names.map(async ({ id, name }) => ({
          id,
          name,
          model: await source.model(id),
          evaluation: await source.evaluation(id),
        })),
      );
      fill(table, shown.length ? comparison(shown) : null);
      fill(gallery);
      fill(
        pairs,
        shown.flatMap((one, k) => shown.slice(k + 1).map((other) => pairing(one, other, open))),
      );
      store.set({});
    } catch (error) {
      complain(error);
    }
  }

  async function open(title, ids, one, other) {
    const caption = (k) =>
      [one, other]
        .map(({ model, evaluation }) => model.classes[evaluation.predictions[ids[k]]])
        .join(" | ");
    await showDigits(gallery, store, source, ids, caption);
    gallery.prepend(h("h3", {}, title));
  }

  function render({ state, drawing: drawn }) {
    if (state.models !== known) {
      for (const { id } of state.models) if (chosen.size < 2 && !seen(id)) chosen.add(id);
      known = state.models;
      fill(choices, choose(state.models, chosen, load));
      load();
    }
    const one =
      state.models.length < 2
        ? h(
            "p",
            { class: "note" },
            "There is one model only. Train another, or start glassnet serve with several model files.",
          )
        : null;
    const answers = () => (hidesAnswer(state) ? h("p", {}, HIDDEN) : sameDrawing(shown, drawn));
    fill(drawing, one, shown.length && drawn.picture ? answers() : null);
  }
  return { element, render };
}

function choose(models, chosen, load) {
  return models.map(({ id, name }) => {
    const input = h("input", {
      type: "checkbox",
      id: `compare-${id}`,
      checked: chosen.has(id),
      on: {
        change: () => {
          if (input.checked && chosen.size >= MOST) input.checked = false;
          else if (input.checked) chosen.add(id);
          else chosen.delete(id);
          load();
        },
      },
    });
    return h("label", {}, input, name);
  });
}

function head(titles) {
  return h(
    "thead",
    {},
    h(
      "tr",
      {},
      titles.map((title) => h("th", { scope: "col" }, title)),
    ),
  );
}

function sameDrawing(shown, drawn) {
  const rows = shown.map(({ name, model }) => {
    const { passed, words } = read(model, drawn);
    const [first, second] = rank(passed.probabilities);
    return h(
      "tr",
      {},
      h("td", {}, name),
      h("td", {}, words),
      [first, second].map((k) =>
        h("td", {}, `${model.classes[k]} (${percent(passed.probabilities[k])})`),
      ),
    );
  });
  return h(
    "table",
    {},
    head(["this drawing", "what it says", "first", "second"]),
    h("tbody", {}, rows),
  );
}

function comparison(shown) {
  const parameters = ({ W, b }) => [...W, ...b].reduce((sum, values) => sum + values.length, 0);
  const rows = shown.map(
    ({ name, model, evaluation: { accuracy, interval, calibration_error: error, loss } }) =>
      h(
        "tr",
        {},
        [
          name,
          model.layers.join("\u2013"),
          count(parameters(model)),
          `${percent(accuracy, 2)} (${percent(interval[0])} to ${percent(interval[1])})`,
          fixed(loss, 4),
          percent(error, 2),
        ].map((text) => h("td", {}, text)),
      ),
  );
  return h(
    "table",
    { "data-testid": "compare-table" },
    head([
      "test set",
      "network",
      "parameters",
      "accuracy (95 % interval)",
      "loss",
      "calibration error",
    ]),
    h("tbody", {}, rows),
  );
}

/** Who is right where, for two models, with McNemar's test: is the difference more than chance? */
function pairing(one, other, open) {
  const { labels } = one.evaluation;
  const right = ({ evaluation: { predictions, labels } }, k) => predictions[k] === labels[k];
  const [both, first, second, neither] = [[], [], [], []];
  labels.forEach((_, k) =>
    (right(one, k) ? (right(other, k) ? both : first) : right(other, k) ? second : neither).push(k),
  );
  const cells = [
    ["both right", both],
    [`only ${one.name}`, first],
    [`only ${other.name}`, second],
    ["neither", neither],
  ];
  const discordant = first.length + second.length;
  const z = discordant ? (Math.abs(first.length - second.length) - 1) / Math.sqrt(discordant) : 0;
  const verdict = z > 1.96 ? "more than chance would make" : "no more than chance may make";
  return h(
    "section",
    { class: "card column", "data-testid": "pair" },
    h("h3", {}, `${one.name} and ${other.name}: who is right`),
    h(
      "div",
      { class: "row" },
      cells.map(([title, ids]) =>
        h(
          "button",
          {
            type: "button",
            "data-count": ids.length,
            on: { click: () => open(`${title}: ${count(ids.length)} digits`, ids, one, other) },
          },
          `${title}: ${count(ids.length)}`,
        ),
      ),
    ),
    h(
      "p",
      { class: "note" },
      `Only one of them is right on ${count(discordant)} digits: ${verdict} (McNemar, z = ${fixed(Math.max(0, z), 2)}).`,
    ),
  );
}
