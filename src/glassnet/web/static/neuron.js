// neuron: one neuron under glass: its weights, its input, the sum with its numbers, its activation.

import { fill, h, svg } from "./dom.js";
import { ACTIVATIONS } from "./engine.js";
import { outputFunction, OUTPUTS, termsOf } from "./flow.js";
import { formula, indexed, name, power, row, words } from "./mathml.js";
import { count, displayedSum, fixed } from "./numbers.js";
import { drawGrey, drawSigned, gridWidth, largest } from "./pixels.js";
import { HIDDEN, hidesAnswer } from "./store.js";

/**
 * @param {import("./store.js").Store} store
 * @param {{lines: function(): Promise}} source
 */
export function createNeuronView(store, source) {
  const element = h("section", {
    class: "card column",
    id: "neuron",
    tabindex: -1,
    "aria-label": "Neuron",
    "data-testid": "neuron",
  });
  element.addEventListener("keydown", (event) => {
    const { neuron } = store.get();
    if (event.key === "Escape" && neuron)
      (
        document.getElementById(`layer-${neuron[0]}`) ??
        document.getElementById(`output-${neuron[1]}`)
      )?.focus();
  });
  let code = null;
  source.lines().then((lines) => {
    code = lines;
    store.set({});
  });

  function render({ state, model, reading }) {
    element.hidden = !state.neuron || !reading.passed;
    if (element.hidden) return;
    const [l, j] = state.neuron;
    if (l === 0) {
      fill(element, heading(store, { label: `pixel ${j}`, l, j, model }), pixel(reading.x, j));
      return;
    }
    const neuron = describe(model, reading, l, j);
    if (neuron.last && hidesAnswer(state)) {
      fill(element, heading(store, neuron), h("p", {}, HIDDEN));
      return;
    }
    const opened = [...element.querySelectorAll("details")].map((details) => details.open);
    fill(
      element,
      heading(store, neuron),
      images(neuron),
      equations(neuron),
      curve(neuron),
      table(neuron),
      asNumpy(neuron),
      linesOfCode(code, "forward", functionOf(neuron)),
    );
    element
      .querySelectorAll("details")
      .forEach((details, k) => (details.open = opened[k] ?? false));
  }
  return { element, render };
}

/** A cell of the picture adds nothing up: it is what it is. */
function pixel(x, i) {
  const width = gridWidth(x.length);
  const place = `row ${Math.floor(i / width) + 1}, column ${(i % width) + 1}`;
  return [
    formula(indexed("x", i), "=", fixed(x[i])),
    h("p", { class: "note" }, `It lies in ${place}. 0 is paper, 1 is ink.`),
  ];
}

/** What there is to know of neuron j of layer l. */
function describe(model, { passed, x }, l, j) {
  const last = l === model.W.length;
  const z = passed.z[l - 1][j];
  return {
    model,
    l,
    j,
    last,
    z,
    logits: passed.z.at(-1),
    p: last ? passed.probabilities.slice(-model.layers[l])[j] : null,
    terms: termsOf(model, passed, x, l, j),
    bias: model.b[l - 1][j],
    a: passed.a[l][j],
    activation: last ? null : model.activations[l - 1],
    label: last
      ? `answer ${model.classes.at(model.layers[l] === 1 ? -1 : j)}`
      : `neuron ${j} of layer ${l}`,
  };
}

function heading(store, { label, l, j, model }) {
  const go = (to) => store.set({ neuron: [l, (to + model.layers[l]) % model.layers[l]] });
  const button = (id, text, act) => h("button", { type: "button", id, on: { click: act } }, text);
  return h(
    "div",
    { class: "row apart" },
    h("h2", {}, label[0].toUpperCase() + label.slice(1)),
    h(
      "div",
      { class: "row" },
      button("neuron-before", "\u2190", () => go(j - 1)),
      button("neuron-after", "\u2192", () => go(j + 1)),
      button("neuron-close", "Close", () => store.set({ neuron: null })),
    ),
  );
}

/** Weights, input and their product, as the layer before lies. */
function images({ terms, l }) {
  const width = gridWidth(terms.length);
  const side = `${Math.max(90, Math.min(168, 6 * width))}px`;
  const figure = (title, draw) => {
    const canvas = h("canvas", {
      class: "pixels",
      role: "img",
      "aria-label": title,
      style: { width: side },
    });
    draw(canvas);
    return h("figure", {}, canvas, h("figcaption", {}, title));
  };
  const [weights, inputs, products] = ["w", "a", "value"].map((key) =>
    terms.map((term) => term[key]),
  );
  const signed = inputs.some((a) => a < 0);
  return h(
    "div",
    { class: "images" },
    figure("weights w", (canvas) => drawSigned(canvas, weights, width)),
    h("span", { class: "sign", "aria-hidden": "true" }, "\u00d7"),
    figure(l === 1 ? "picture x" : "inputs a", (canvas) =>
      signed
        ? drawSigned(canvas, inputs, width)
        : drawGrey(canvas, inputs, width, l === 1 ? 1 : largest(inputs)),
    ),
    h("span", { class: "sign", "aria-hidden": "true" }, "="),
    figure("products w a", (canvas) => drawSigned(canvas, products, width)),
    legend(),
  );
}

/** What the two colors mean. */
export function legend() {
  return h("span", { class: "legend" }, "\u2212", h("span", { class: "ramp" }), "+");
}

function equations(neuron) {
  const { bias, terms, z, j } = neuron;
  const sum = displayedSum(bias, terms, z);
  const term = ({ i, a, w, shown }) =>
    h(
      "tr",
      {},
      h("td", {}, `w${sub(i)} a${sub(i)}`),
      h("td", {}, `${fixed(w)} \u00d7 ${fixed(a)}`),
      h("td", {}, fixed(shown)),
    );
  const total = fixed(sum.total);
  return h(
    "div",
    { class: "column equation", "data-testid": "equation", "data-z": z },
    formula(
      indexed("z", j),
      "=",
      name("b"),
      "+",
      name("\u2211"),
      indexed("w", "i"),
      indexed("a", "i"),
      "=",
      total,
    ),
    h(
      "table",
      { "data-testid": "terms" },
      h("caption", { class: "sr" }, "The sum with its largest terms"),
      h(
        "tbody",
        {},
        h("tr", {}, h("td", {}, "bias b"), h("td", {}), h("td", {}, fixed(sum.bias))),
        sum.largest.map(term),
        h(
          "tr",
          {},
          h("td", {}, `${count(sum.others)} more`),
          h("td", {}),
          h("td", {}, fixed(sum.rest)),
        ),
        h("tr", {}, h("th", { scope: "row" }, "z"), h("td", {}), h("th", {}, total)),
      ),
    ),
    activationFormula(neuron),
  );
}

const DIGITS = "\u2080\u2081\u2082\u2083\u2084\u2085\u2086\u2087\u2088\u2089";

function sub(i) {
  return [...String(i)].map((digit) => DIGITS[digit]).join("");
}

/** The name of what makes a of z. */
function functionOf({ activation, model }) {
  return activation ?? OUTPUTS[model.loss];
}

function activationFormula(neuron) {
  const { last, model, z, a, p, j } = neuron;
  const f = functionOf(neuron);
  if (f === "softmax") return softmaxFormula(neuron);
  const value = formula(
    indexed("a", j),
    "=",
    words(f.replace("_", " ")),
    "(",
    fixed(z),
    ")",
    "=",
    fixed(a),
  );
  if (p === null || fixed(p) === fixed(a)) return value;
  return [value, formula(indexed("p", j), "=", words(outputFunction(model)), "=", fixed(p))];
}

/** p of an answer, with the exponentials of all. */
function softmaxFormula({ model: { temperature: T }, z, p, j, logits }) {
  const scaled = logits.map((logit) => logit / T);
  const top = Math.max(...scaled);
  const e = [...scaled].map((value) => Math.exp(value - top));
  const total = e.reduce((sum, value) => sum + value, 0);
  const list = e.flatMap((value, k) => (k ? ["+", fixed(value)] : [fixed(value)]));
  const tempered = [indexed("z", j), "/", name("T"), "=", fixed(z), "/", fixed(T), "="];
  const exponent = row(fixed(scaled[j]), "\u2212", fixed(top));
  const note = `The largest of them, ${fixed(top)}, is taken from all: the shares stay, and nothing overflows.`;
  return [
    T === 1 ? null : formula(...tempered, fixed(scaled[j])),
    formula(
      indexed("p", j),
      "=",
      power(name("e"), exponent),
      "/",
      name("\u2211"),
      "=",
      fixed(e[j]),
      "/",
      fixed(total),
      "=",
      fixed(p),
    ),
    formula(name("\u2211"), "=", ...list, "=", fixed(total)),
    h("p", { class: "note" }, note),
  ];
}

/** The curve of the activation, and where on it this neuron is. */
function curve(neuron) {
  const { z, a } = neuron;
  if (functionOf(neuron) === "softmax") return null;
  const { f } = ACTIVATIONS[functionOf(neuron)];
  const reach = Math.max(4, Math.ceil(Math.abs(z) * 1.2));
  const zs = Array.from({ length: 81 }, (_, k) => reach * (k / 40 - 1));
  const as = zs.map(f);
  const [low, high] = [Math.min(...as, -0.1), Math.max(...as, 1)];
  const across = (value) => 20 + (110 * (value + reach)) / reach;
  const down = (value) => 110 - (100 * (value - low)) / (high - low);
  const path = zs
    .map((value, k) => `${k ? "L" : "M"}${across(value).toFixed(1)} ${down(as[k]).toFixed(1)}`)
    .join("");
  return svg(
    "svg",
    {
      viewBox: "0 0 260 130",
      width: 260,
      height: 130,
      role: "img",
      "aria-label": `The activation at z = ${fixed(z)} is ${fixed(a)}`,
    },
    svg("line", { class: "ticks", x1: 20, x2: 240, y1: down(0), y2: down(0) }),
    svg("line", { class: "ticks", x1: across(0), x2: across(0), y1: 10, y2: 110 }),
    svg("path", { class: "curve", d: path }),
    svg("circle", { class: "point", cx: across(z), cy: down(f(z)), r: 5 }),
    svg("text", { x: 20, y: 126 }, fixed(-reach, 0)),
    svg("text", { x: 240, y: 126, "text-anchor": "end" }, `z = ${fixed(reach, 0)}`),
  );
}

/** All terms with all their digits. */
function table({ terms }) {
  const rows = () =>
    terms
      .filter(({ a }) => a !== 0)
      .map(({ i, w, a, value }) =>
        h("tr", {}, h("td", {}, i), h("td", {}, w), h("td", {}, a), h("td", {}, value)),
      );
  const zeros = terms.filter(({ a }) => a === 0).length;
  const body = h("div", { class: "scroll", tabindex: 0 });
  const details = h(
    "details",
    {
      on: {
        toggle: () =>
          details.open &&
          fill(
            body,
            h(
              "table",
              {},
              h(
                "thead",
                {},
                h(
                  "tr",
                  {},
                  ["i", "w", "a", "w a"].map((title) => h("th", { scope: "col" }, title)),
                ),
              ),
              h("tbody", {}, rows()),
            ),
          ),
      },
    },
    h("summary", {}, `All terms in full (${count(zeros)} more have an input of 0 and add nothing)`),
    body,
  );
  return details;
}

/** The same sum as a program. */
export function numpyFor({ terms, bias, activation, label }) {
  const used = terms.filter(({ a }) => a !== 0);
  const list = (key) => used.map((term) => term[key]).join(", ");
  const f = {
    relu: "np.maximum(z, 0)",
    leaky_relu: "np.maximum(z, 0.01 * z)",
    sigmoid: "1 / (1 + np.exp(-z))",
    tanh: "np.tanh(z)",
    identity: "z",
  }[activation ?? "identity"];
  return [
    "import numpy as np",
    "",
    `# ${label.replace(/\s+/g, " ")}: inputs that are not 0, and their weights`,
    `a = np.array([${list("a")}])`,
    `w = np.array([${list("w")}])`,
    `b = ${bias}`,
    "z = b + w @ a",
    `print("z =", z)`,
    ...(activation ? [`print("a =", ${f})`] : []),
    "",
  ].join("\n");
}

function asNumpy(neuron) {
  const text = numpyFor(neuron);
  const said = h("span", { class: "note", role: "status" });
  const copy = h(
    "button",
    {
      type: "button",
      id: "copy-numpy",
      "data-testid": "copy-numpy",
      on: {
        click: async () => {
          try {
            await navigator.clipboard.writeText(text);
            said.textContent = "Copied.";
          } catch {
            said.textContent = "Your browser does not allow it: select the text below.";
            copy.parentElement.nextElementSibling.open = true;
          }
        },
      },
    },
    "Copy as NumPy",
  );
  return [
    h("div", { class: "row" }, copy, said),
    h(
      "details",
      {},
      h("summary", {}, "Show as NumPy"),
      h("pre", { tabindex: 0, "data-testid": "numpy" }, text),
    ),
  ];
}

/** The functions of our Python that did it, with file and line. */
export function linesOfCode(lines, ...names) {
  if (lines === null) return null;
  const functions = names.map((name) => lines[name]);
  const places = functions.map(({ file, line }) => `${file}:${line}`);
  return h(
    "details",
    {},
    h("summary", {}, `The lines that did it: ${places.join(", ")}`),
    h(
      "pre",
      { tabindex: 0, "data-testid": "source" },
      functions.map(({ text }) => text).join("\n"),
    ),
  );
}
