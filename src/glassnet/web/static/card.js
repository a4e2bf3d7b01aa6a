// card: what this model is and where it comes from, and what every sign on the page means.

import { fill, h } from "./dom.js";
import { count, fixed, percent } from "./numbers.js";

/** @param {Object} source */
export function createCardView(source) {
  const facts = h("dl", { class: "facts", "data-testid": "card" });
  const element = h("div", { class: "column" }, h("h2", {}, "Model card"), facts, help());
  let shown = null;

  function render({ trained: model, state }) {
    if (shown === model) return;
    shown = model;
    const { name, glassnet } = state.models.find(({ id }) => id === state.modelId);
    fill(
      facts,
      [["name", name], ...factsOf(model), ["shown by", `glassnet ${glassnet}`]].map(
        ([term, text]) => [h("dt", {}, term), h("dd", {}, text)],
      ),
    );
  }
  return { element, render };
}

function factsOf(model) {
  const { format, sha256, layers, activations, loss, classes, training, W, b } = model;
  const { temperature, familiarity } = model;
  const parameters = [...W, ...b].reduce((sum, values) => sum + values.length, 0);
  const known = Object.entries(training).filter(
    ([, value]) => value !== null && typeof value !== "object",
  );
  return [
    ["network", layers.join(" \u2013 ")],
    ["activations", activations.join(", ") || "none"],
    ["loss", loss.replaceAll("_", " ")],
    ["parameters", count(parameters)],
    ["answers", classes.join(", ")],
    [
      "temperature",
      temperature === 1
        ? "1: not fitted, or nothing to mend"
        : `${fixed(temperature, 2)}: logits are divided by it, so that percentages mean what they say`,
    ],
    [
      "knows what is unfamiliar",
      familiarity ? `yes, beyond a distance of ${fixed(familiarity.limit, 2)}` : "no",
    ],
    ...known.map(([term, value]) => [term.replaceAll("_", " "), written(term, value)]),
    ["format of the file", format],
    ["SHA-256 of the weights", sha256],
  ];
}

function written(term, value) {
  if (term.endsWith("accuracy")) return percent(value, 2);
  return term.endsWith("loss") ? fixed(value, 4) : String(value);
}

function help() {
  const item = (title, text) => h("li", {}, h("b", {}, title), " ", text);
  return h(
    "section",
    { class: "column" },
    h("h2", {}, "What the signs mean"),
    h(
      "ul",
      {},
      item(
        "White on black:",
        "ink, from 0 (black) to 1 (white). Activations are shown the same way, white being the largest of the layer.",
      ),
      item(
        "Blue and orange:",
        "numbers with a sign: blue is above zero, orange below, and what is like the paper is zero. Both ends are equally strong.",
      ),
      item(
        "Lines:",
        "the largest terms of the chosen neuron. Solid ones add, dashed ones take away; the wider, the more.",
      ),
      item(
        "Percent:",
        "how often the network is right when it says so, as measured on digits it had not learned from.",
      ),
      item("Not sure:", "the largest percentage is below 80 %."),
      item(
        "Unlike the digits I learned:",
        "no class of training digits has anything near it. It may still be a digit.",
      ),
    ),
    h(
      "p",
      { class: "note" },
      "First-layer weights of so small a network look like blobs and noise, not like strokes. That is how they are.",
    ),
    h("h3", {}, "Keys"),
    h(
      "p",
      { class: "note" },
      "On the paper: arrows move, space inks, shift and arrows draw (Pixels). In a layer: arrows move, Enter opens the neuron, Escape goes back. R reveals a hidden answer.",
    ),
  );
}
