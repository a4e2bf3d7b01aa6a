// flow: the picture, each layer as a grid of cells that light up, and the answers.

import { fill, h, svg } from "./dom.js";
import { count, fixed, percent } from "./numbers.js";
import { drawGrey, drawSigned, gridWidth, largest } from "./pixels.js";
import { rank } from "./reading.js";
import { hidesAnswer } from "./store.js";

const EDGES = 14; // of the selected neuron: those that say the most
export const OUTPUTS = {
  cross_entropy: "softmax",
  binary_cross_entropy: "sigmoid",
  quadratic_cost: "sigmoid",
  squared_error: "identity",
};
const PAGE = 1024; // cells of a layer that are shown at once

/** How the last layer's logits become the probabilities that are shown. */
export function outputFunction({ loss, layers, temperature }) {
  const shares = loss !== "cross_entropy" && layers.at(-1) > 1 ? " / \u2211" : "";
  return `${OUTPUTS[loss]}(z${temperature === 1 ? "" : " / T"})${shares}`;
}

/** @param {import("./store.js").Store} store */
export function createFlowView(store) {
  const layers = h("div", { class: "flow", "data-testid": "flow" });
  const edges = svg("svg", { class: "edges", "aria-hidden": "true" });
  const tempered = h("span", { hidden: true });
  const words = h("p", { "aria-live": "polite", "data-testid": "narration" });
  const move = (by) => {
    const { step, model } = store.get();
    const last = model.W.length;
    store.set({ step: Math.min(last, Math.max(0, (step ?? (by > 0 ? -1 : last + 1)) + by)) });
  };
  const previous = h(
    "button",
    { type: "button", id: "previous", on: { click: () => move(-1) } },
    "Previous step",
  );
  const next = h(
    "button",
    { type: "button", id: "next", on: { click: () => move(1) } },
    "Next step",
  );
  const all = h(
    "button",
    { type: "button", id: "all", on: { click: () => store.set({ step: null }) } },
    "All at once",
  );
  const element = h(
    "div",
    { class: "column" },
    h("div", { class: "row", "data-control": "steps" }, previous, next, all),
    words,
    layers,
    h(
      "p",
      { class: "note" },
      "Choose a cell to see its sum. Lines show the largest terms of the chosen one: ",
      "solid adds, dashed takes away, wide is much. ",
      tempered,
    ),
  );
  let built = null; // the kind of network that the grids are for
  let grids = [];
  addEventListener("resize", () => store.set({}));

  function render({ state, model, reading }) {
    const { layers: widths, activations, classes, temperature } = model;
    const kind = JSON.stringify([widths, activations, outputFunction(model), classes]);
    if (built !== kind) {
      grids = model.layers.map((n, l) => createLayer(store, model, n, l));
      fill(layers, ...grids.map((grid) => grid.element), edges);
      built = kind;
    }
    const upTo = state.step ?? model.W.length;
    previous.disabled = state.step === 0;
    next.disabled = upTo === model.W.length && state.step !== null;
    const told = reading.passed ? narrate(model, reading, state) : reading.words;
    if (words.textContent !== told) words.textContent = told;
    tempered.hidden = temperature === 1;
    tempered.textContent = `T = ${fixed(temperature)}, the temperature, makes the percentages mean what they say.`;
    grids.forEach((grid, l) => grid.render(state, reading, l <= upTo));
    showEdges(edges, layers, grids, state, model, reading, upTo);
  }
  return { element, render };
}

function createLayer(store, model, n, l) {
  const last = model.layers.length - 1;
  const title = l === 0 ? "picture" : l === last ? "answers" : `layer ${l}`;
  const kind = l === 0 ? "" : l < last ? model.activations[l - 1] : outputFunction(model);
  const cells = l === last ? createOutputs(store, model, l) : createGrid(store, n, l, title);
  const element = h(
    "div",
    { class: "layer", "data-layer": l },
    cells.element,
    h("span", { class: "note" }, `${title}, ${count(n)}`),
    h("span", { class: "note" }, kind),
  );
  return {
    element,
    place: cells.place,
    render(state, reading, shown) {
      element.classList.toggle("later", !shown);
      cells.render(state, reading);
    },
  };
}

/** A layer as a canvas with a cell for each neuron; arrows move the selection, Enter opens it. */
function createGrid(store, n, l, title) {
  const size = Math.min(n, PAGE);
  const width = gridWidth(size);
  const cell = l === 0 ? 6 : Math.max(6, Math.min(18, Math.floor(190 / width)));
  const canvas = h("canvas", {
    class: "pixels",
    tabindex: 0,
    role: "img",
    id: `layer-${l}`,
    "data-testid": `layer-${l}`,
    style: { width: `${cell * width}px` },
  });
  const mark = h("div", { class: "mark" });
  let first = 0; // of the cells on the page
  let followed = null; // the selection that was brought onto it
  const turn = (by) => {
    first += by * PAGE;
    store.set({});
  };
  const pager = createPager(l, n, turn);
  const element = h(
    "div",
    { class: "column" },
    h("div", { class: "grid" }, canvas, mark),
    pager.element,
  );

  const select = (i) => store.set({ neuron: [l, Math.max(0, Math.min(n - 1, i))] });
  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    const column = Math.floor((width * (event.clientX - box.left)) / box.width);
    const row = Math.floor((canvas.height * (event.clientY - box.top)) / box.height);
    select(first + row * width + column);
  });
  canvas.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -width, ArrowDown: width }[event.key];
    const { neuron } = store.get();
    const at = neuron?.[0] === l ? neuron[1] : null;
    if (by) {
      event.preventDefault();
      select(at === null ? first : at + by);
    } else if (event.key === "Enter" && at !== null) {
      requestAnimationFrame(() => document.getElementById("neuron")?.focus()); // once it is shown
    } else if (event.key === "Escape") {
      store.set({ neuron: null });
    }
  });

  return {
    element,
    /** The middle of a cell, in shares of the canvas; null if it is on another page. */
    place: (i) =>
      Math.floor(i / PAGE) * PAGE === first
        ? [
            canvas,
            (((i - first) % width) + 0.5) / width,
            (Math.floor((i - first) / width) + 0.5) / canvas.height,
          ]
        : null,
    render({ neuron }, { passed, x }) {
      const chosen = neuron?.[0] === l ? neuron[1] : null;
      if (neuron !== followed && chosen !== null) first = PAGE * Math.floor(chosen / PAGE);
      followed = neuron;
      const all = passed ? (l === 0 ? x : passed.a[l]) : new Float64Array(n);
      const values = all.slice(first, first + PAGE);
      const top = l === 0 ? 1 : largest(all);
      if (all.some((value) => value < 0)) drawSigned(canvas, values, width, top);
      else drawGrey(canvas, values, width, top);
      canvas.setAttribute("aria-label", describe(title, all, passed, chosen));
      pager.render(first);
      const i = chosen - first;
      mark.hidden = chosen === null || i < 0 || i >= PAGE;
      if (!mark.hidden) {
        mark.style.left = `${cell * (i % width)}px`;
        mark.style.top = `${cell * Math.floor(i / width)}px`;
        mark.style.width = mark.style.height = `${cell + 2}px`;
      }
    },
  };
}

/** What leads to the cells of a layer that are not shown at once; nothing if all are. */
function createPager(l, n, turn) {
  const button = (id, text, title, by) =>
    h(
      "button",
      { type: "button", id, title, "aria-label": title, on: { click: () => turn(by) } },
      text,
    );
  const before = button(`before-${l}`, "\u2190", "Neurons before these", -1);
  const after = button(`after-${l}`, "\u2192", "Neurons after these", 1);
  const words = h("span", { class: "note" });
  return {
    element: n > PAGE ? h("div", { class: "row" }, before, words, after) : null,
    render(first) {
      words.textContent = `${count(first)} to ${count(Math.min(n, first + PAGE) - 1)}`;
      before.disabled = first === 0;
      after.disabled = first + PAGE >= n;
    },
  };
}

function describe(title, values, passed, i) {
  if (!passed) return `${title}: nothing drawn yet`;
  const lit = values.filter((value) => value > 0).length;
  const most = values.reduce((one, other) => Math.max(one, other), -Infinity);
  const some = `${lit} of ${values.length} cells are lit, the brightest with ${fixed(most)}`;
  const chosen = i === null ? "" : `; cell ${i} is chosen, ${fixed(values[i])}`;
  return `${title}: ${some}${chosen}`;
}

/** The last layer: one button for each answer. */
function createOutputs(store, model, l) {
  const element = h("div", { class: "outputs", "data-testid": `layer-${l}` });
  const n = model.layers[l];
  const names = n === model.classes.length ? model.classes : [model.classes.at(-1)];
  const buttons = names.map((name, k) =>
    h(
      "button",
      { type: "button", id: `output-${k}`, on: { click: () => store.set({ neuron: [l, k] }) } },
      name,
    ),
  );
  element.append(...buttons);
  return {
    element,
    place: (k) => [buttons[k], 0, 0.5],
    render(state, { passed }) {
      const { neuron } = state;
      const p = passed && !hidesAnswer(state) ? passed.probabilities.slice(-n) : null;
      const top = p && rank(p)[0];
      buttons.forEach((button, k) => {
        const value = p && p[k];
        fill(
          button,
          h("span", {}, names[k]),
          track(value),
          h("span", {}, value === null ? "\u2013" : percent(value)),
        );
        button.style.fontWeight = k === top ? "700" : "400";
        button.setAttribute("aria-pressed", neuron?.[0] === l && neuron[1] === k);
      });
    },
  };
}

function track(value) {
  const width = `${100 * (value ?? 0)}%`;
  return h("span", { class: "track" }, h("span", { class: "fill", style: { width } }));
}

/** Lines from the inputs that say the most to the selected neuron. */
function showEdges(edges, layers, grids, state, model, { passed, x }, upTo) {
  const { neuron } = state;
  edges.replaceChildren();
  if (!neuron || !passed || neuron[0] === 0 || neuron[0] > upTo) return;
  if (neuron[0] === model.W.length && hidesAnswer(state)) return;
  const [l, j] = neuron;
  const terms = termsOf(model, passed, x, l, j)
    .filter(({ value, i }) => value !== 0 && grids[l - 1].place(i))
    .sort((one, other) => Math.abs(other.value) - Math.abs(one.value))
    .slice(0, EDGES);
  if (terms.length === 0 || !grids[l].place(j)) return;
  const frame = layers.getBoundingClientRect();
  edges.setAttribute("width", 0); // its own width is no reason to scroll
  edges.setAttribute("width", layers.scrollWidth);
  edges.setAttribute("height", layers.scrollHeight);
  const middle = ([element, across, down]) => {
    const box = element.getBoundingClientRect();
    return [
      box.left + across * box.width - frame.left + layers.scrollLeft,
      box.top + down * box.height - frame.top,
    ];
  };
  const [x1, y1] = middle(grids[l].place(j));
  for (const { value, i } of terms) {
    const [x0, y0] = middle(grids[l - 1].place(i));
    const width = 0.75 + (4 * Math.abs(value)) / Math.abs(terms[0].value);
    const bend = (x0 + x1) / 2;
    edges.append(
      svg("path", {
        class: value < 0 ? "edge minus" : "edge",
        "stroke-width": width,
        "stroke-opacity": 0.75,
        d: `M${x0} ${y0} C${bend} ${y0} ${bend} ${y1} ${x1} ${y1}`,
      }),
    );
  }
}

/** The terms w_i a_i that neuron j of layer l adds up. */
export function termsOf(model, passed, x, l, j) {
  const n = model.layers[l];
  const W = model.W[l - 1];
  return Array.from(l === 1 ? x : passed.a[l - 1], (a, i) => ({
    i,
    a,
    w: W[i * n + j],
    value: a * W[i * n + j],
  }));
}

function narrate(model, { passed, x }, state) {
  const { step } = state;
  const last = model.W.length;
  const lit = (values) => values.filter((value) => value > 0).length;
  if (step === null) {
    return `${count(model.layers[0])} pixels become ${model.classes.length} probabilities in ${last} ${last === 1 ? "step" : "steps"}.`;
  }
  if (step === 0) {
    return `The picture is a row of ${count(x.length)} numbers from 0 to 1; ${lit(x)} of them are ink.`;
  }
  const n = model.layers[step];
  const sums = `Step ${step}: each of ${count(n)} neurons adds up its inputs times its weights, and its bias: z = a W + b.`;
  if (step === last) {
    const made = `${sums} ${outputFunction(model)} makes them probabilities`;
    if (hidesAnswer(state)) return `${made}.`;
    return `${made}: that of ${model.classes[rank(passed.probabilities)[0]]} is largest.`;
  }
  const f = model.activations[step - 1];
  return `${sums} Then ${f} bends each sum: ${lit(passed.a[step])} of ${count(n)} are above zero.`;
}
