// main: the page put together. State goes in at the top, and every view shows what it has of it.

import { fromHash, toHash } from "./address.js";
import { createCardView } from "./card.js";
import { createDrawView } from "./draw.js";
import { fill, h } from "./dom.js";
import { createFlowView } from "./flow.js";
import { createLearnView } from "./learn.js";
import { createNeuronView } from "./neuron.js";
import { createPad } from "./pad.js";
import { readColors } from "./pixels.js";
import { prepareDrawing, read } from "./reading.js";
import { fromPage, fromServer } from "./sources.js";
import { BLANK, createStore } from "./store.js";
import { createTeacher } from "./teacher.js";

/** Build the page. @param {Object} extra views that need a server, by the name of their tab */
export async function start(extra = {}) {
  const page = document.getElementById("page");
  const trouble = h("p", {
    class: "banner",
    role: "alert",
    "data-testid": "trouble",
    hidden: true,
  });
  page.append(trouble);
  const complain = (error) => {
    trouble.hidden = false;
    trouble.textContent = error.message;
  };
  let source;
  let store;
  try {
    source = document.getElementById("facts") ? fromPage() : fromServer();
    store = createStore(await stateAt(location.hash, source));
  } catch (error) {
    complain(error);
    return;
  }
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault(); // whatever was asked for and did not come
    complain(event.reason);
  });
  build(page, store, source, extra, complain);
}

/** The state that an address tells of, with the model, of those known or all, and its digit. */
async function stateAt(hash, source, known = []) {
  const state = { ...BLANK, ...fromHash(hash) };
  const named = ({ id }) => id === state.modelId;
  if (state.sample) state.sample = await source.digit(state.sample.id);
  const models = known.some(named) ? known : await source.models();
  const { id } = models.find(named) ?? models[0];
  return { ...state, models, modelId: id, trained: await load(source, id) };
}

async function load(source, id) {
  return { ...(await source.model(id)), id };
}

function build(page, store, source, extra, complain) {
  const pad = createPad(store);
  const draw = createDrawView(store, source, pad);
  const flow = createFlowView(store);
  const neuron = createNeuronView(store, source);
  const learn = createLearnView(store, source, complain);
  const card = createCardView(source);
  const context = {
    store,
    source,
    complain,
    choose: (id) => chooseModel(store, source, id, complain),
  };
  const views = {
    flow: {
      title: "Flow",
      element: h("div", { class: "column" }, flow.element, neuron.element),
      parts: [flow, neuron],
    },
    learn: { title: "Learn", element: learn.element, parts: [learn] },
    ...Object.fromEntries(
      Object.entries(extra).map(([key, { title, create }]) => {
        const view = create(context);
        return [key, { title, element: view.element, parts: [view] }];
      }),
    ),
    card: { title: "Model card", element: card.element, parts: [card] },
  };
  const tabs = createTabs(store, views);
  const copied = createCopyBanner(store);
  const teacher = createTeacher(store, views);
  const chooser = createChooser(store, context);
  page.append(
    h(
      "header",
      {},
      h("h1", {}, "glassnet"),
      h("span", { class: "faint grow" }, "a neural network under glass"),
      chooser.element,
      teacher.element,
    ),
    h(
      "main",
      { class: "layout" },
      draw.element,
      h("section", { class: "column", "aria-label": "The network" }, copied, tabs.element),
    ),
  );

  const derive = createDerivation(pad);
  store.watch((state) => {
    const shown = { state, ...derive(state) };
    Object.assign(state, { model: shown.model, drawing: shown.drawing, reading: shown.reading });
    draw.render(shown);
    chooser.render(state);
    teacher.render(state);
    tabs.render(state);
    copied.hidden = state.scratch === null;
    for (const part of (views[state.view] ?? views.flow).parts) part.render(shown);
    remember(state);
    expose(shown);
  });
  addEventListener("hashchange", async () => {
    const { hash } = location;
    if (hash.replace(/^#/, "") === toHash(store.get())) return;
    clearTimeout(asked);
    const state = await stateAt(hash, source, store.get().models);
    if (location.hash === hash) store.set(state); // else a later one has come
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", readColors);
  addEventListener("recolor", readColors);
}

/** What follows from the state, computed anew only when what it depends on has changed. */
function createDerivation(pad) {
  let last = {};
  return (state) => {
    const model = state.scratch ?? state.trained;
    const keys = [state.strokes, state.cells, state.sample, state.upload, state.prepare, state.pen];
    if (!last.keys || keys.some((key, k) => key !== last.keys[k])) {
      last = { keys, drawing: prepareDrawing(state, pad.ink) };
    }
    if (last.model !== model) last = { ...last, model, reading: null };
    last.reading ??= read(model, last.drawing);
    if (!legal(state.neuron, model)) state.neuron = null;
    if (state.step !== null) state.step = Math.min(state.step, model.W.length);
    if (state.target !== null && state.target >= model.classes.length) state.target = null;
    return { model, trained: state.trained, drawing: last.drawing, reading: last.reading };
  };
}

function legal(neuron, { layers }) {
  return neuron === null || (neuron[0] < layers.length && neuron[1] < layers[neuron[0]]);
}

let turn = 0; // of choosing models: a slow answer does not replace a later choice

async function chooseModel(store, source, id, complain) {
  const mine = ++turn;
  try {
    const models = await source.models();
    const trained = await load(source, id);
    if (mine === turn) store.set({ models, modelId: id, trained, scratch: null, step: null });
  } catch (error) {
    complain(error);
    store.set({}); // the choice shows again what is there
  }
}

function createChooser(store, { choose }) {
  const select = h("select", {
    id: "model",
    "data-testid": "model",
    on: { change: () => choose(select.value) },
  });
  const element = h("label", { "data-control": "model" }, "Model", select);
  let shown = null;
  return {
    element,
    render({ models, modelId }) {
      if (shown !== models)
        fill(
          select,
          models.map(({ id, name }) => h("option", { value: id }, name)),
        );
      shown = models;
      select.value = modelId;
      element.hidden = models.length < 2;
    },
  };
}

/** What says that a copy of the model is shown, which steps have changed. */
function createCopyBanner(store) {
  const reset = () => store.set({ scratch: null });
  return h(
    "div",
    { class: "banner row apart", "data-testid": "scratch", hidden: true },
    "This is a copy that your steps have changed. The model itself is as it was.",
    h("button", { type: "button", id: "reset", on: { click: reset } }, "Reset to trained"),
  );
}

/** Tabs, as the authoring practices of ARIA have them: arrows move, and what is chosen is shown. */
function createTabs(store, views) {
  const names = Object.keys(views);
  const buttons = names.map((name) =>
    h(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${name}`,
        "aria-controls": `panel-${name}`,
        "data-control": name,
        on: { click: () => store.set({ view: name }) },
      },
      views[name].title,
    ),
  );
  const list = h("div", { role: "tablist", "aria-label": "Views" }, buttons);
  list.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    const { view, hide } = store.get();
    const open = names.filter((name) => !hide.includes(name));
    const next = open[(open.indexOf(view) + by + open.length) % open.length];
    store.set({ view: next });
    buttons[names.indexOf(next)].focus();
  });
  const panels = names.map((name) =>
    h(
      "div",
      { role: "tabpanel", id: `panel-${name}`, "aria-labelledby": `tab-${name}` },
      views[name].element,
    ),
  );
  return {
    element: [list, ...panels],
    render({ view, hide }) {
      const shown = names.includes(view) && !hide.includes(view) ? view : "flow";
      names.forEach((name, k) => {
        buttons[k].setAttribute("aria-selected", name === shown);
        buttons[k].tabIndex = name === shown ? 0 : -1;
        panels[k].hidden = name !== shown;
      });
    },
  };
}

let asked = 0;

/** Keep the address up to date, not oftener than browsers allow. */
function remember(state) {
  clearTimeout(asked);
  asked = setTimeout(() => {
    try {
      history.replaceState(null, "", `#${toHash(state)}`);
    } catch {
      // A page from a file may not be allowed to; then it has no address to send around.
    }
  }, 300);
}

/** For tests and the curious: the numbers on the page. */
function expose({ state, drawing, reading, model }) {
  window.__nn = Object.freeze({
    strokes: state.strokes,
    picture: drawing.picture,
    probabilities: reading.passed?.probabilities ?? null,
    activations: reading.passed?.a ?? null,
    z: reading.passed?.z ?? null,
    words: reading.words,
    model,
    seq: (window.__nn?.seq ?? 0) + 1,
  });
  document.getElementById("page").dataset.ready = "true";
}
