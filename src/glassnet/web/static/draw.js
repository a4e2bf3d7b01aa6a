// draw: the paper, what becomes of a drawing on its way to the network, and what the network says.

import { fill, h } from "./dom.js";
import { percent } from "./numbers.js";
import { drawGrey } from "./pixels.js";
import { rank, withSample } from "./reading.js";
import { HIDDEN, hidesAnswer } from "./store.js";

const STAGE = 112; // pixels of the picture of a stage
const SAID_AFTER = 1000; // milliseconds without a stroke, before a screen reader is told

/**
 * @param {import("./store.js").Store} store
 * @param {{digits: function(): Promise, prepareImage: function(Blob): Promise}} source
 * @param {Object} pad from createPad
 * @param {EventTarget} pasted where a picture can be pasted
 */
export function createDrawView(store, source, pad, pasted = document) {
  const verdict = h("p", { class: "verdict", "data-testid": "verdict" });
  const reveal = h(
    "button",
    {
      type: "button",
      id: "reveal",
      hidden: true,
      on: { click: () => store.set({ revealed: !store.get().revealed }) },
    },
    "Reveal or hide the answer",
  );
  const spoken = h("p", { class: "sr", "aria-live": "polite" });
  const message = h("p", { class: "note", role: "alert", "data-testid": "message" });
  const bars = h("div", { class: "bars", role: "img", "data-testid": "bars" });
  const stages = h("div", { class: "stages", "data-testid": "stages" });
  const tools = createTools(store, source, message, pad.element, pasted);
  const element = h(
    "section",
    { class: "draw column", "aria-label": "Draw", "data-control": "draw" },
    pad.element,
    h("p", { id: "pad-help", class: "sr" }, HELP),
    tools.element,
    message,
    verdict,
    reveal,
    spoken,
    bars,
    h(
      "label",
      { class: "note", "data-control": "preparation" },
      tools.prepare,
      "prepare as MNIST was",
    ),
    stages,
  );

  let later = 0;
  function sayLater() {
    clearTimeout(later);
    later = setTimeout(() => (spoken.textContent = verdict.textContent), SAID_AFTER);
  }

  function render({ model, drawing, reading, state }) {
    const hidden = hidesAnswer(state) && reading.passed !== null;
    const words = hidden ? HIDDEN : reading.words;
    if (verdict.textContent !== words) {
      verdict.textContent = words;
      sayLater();
    }
    const p = hidden ? null : (reading.passed?.probabilities ?? null);
    fill(bars, barRows(model, p));
    bars.classList.toggle("stale", p === null);
    const told = p ? model.classes.map((name, k) => `${name} ${percent(p[k])}`) : ["unknown"];
    bars.setAttribute("aria-label", `Probability of each answer: ${told.join(", ")}`);
    reveal.hidden = !state.quiz;
    showStages(stages, drawing, pad.canvas);
    tools.render(state);
  }
  return { element, render };
}

const HELP =
  "Draw with a mouse, a pen or a finger. With keys: choose Pixels, then move with the arrows, " +
  "ink with the space bar, and draw with shift and the arrows.";

function barRows(model, p) {
  const top = p === null ? -1 : rank(p)[0];
  return model.classes.map((name, k) => {
    const value = p === null ? 0 : p[k];
    return [
      h("span", { class: k === top ? "top" : "" }, name),
      h(
        "div",
        { class: "track" },
        h("div", { class: "fill", style: { width: `${100 * value}%` } }),
      ),
      h(
        "span",
        { class: `value ${k === top ? "top" : ""}`, "data-testid": `p-${k}` },
        p === null ? "\u2013" : percent(value),
      ),
    ];
  });
}

function createTools(store, source, message, paper, pasted) {
  const button = (id, text, title, act) =>
    h("button", { type: "button", id, title, "data-testid": id, on: { click: act } }, text);
  const pen = button("pen", "Pen", "Draw", () => store.set({ tool: "pen" }));
  const eraser = button("eraser", "Eraser", "Take away", () => store.set({ tool: "eraser" }));
  const undo = button("undo", "Undo", "Take the last stroke back", () =>
    step(store, "past", "undone"),
  );
  const redo = button("redo", "Redo", "Draw it again", () => step(store, "undone", "past"));
  const clear = button("clear", "Clear", "Start anew", () => wipe(store, message));
  const cells = button("cells", "Pixels", "Draw pixel by pixel, with keys too", () =>
    togglePixels(store, paper),
  );
  const sample = button("sample", "Sample", "A digit from the test set", () => take(store, source));
  const file = h("input", {
    type: "file",
    accept: "image/*",
    class: "sr",
    id: "file",
    tabindex: -1,
    "aria-label": "A picture to read",
  });
  const upload = button("upload", "Photo", "Read a picture from a file", () => file.click());
  const width = h("input", {
    type: "range",
    id: "pen-width",
    min: 0.02,
    max: 0.16,
    step: 0.01,
    "aria-label": "Width of the pen",
    on: { input: (event) => store.set({ pen: Number(event.target.value) }) },
  });
  const prepare = h("input", {
    type: "checkbox",
    id: "prepare",
    "data-testid": "prepare",
    on: { change: (event) => store.set({ prepare: event.target.checked }) },
  });

  const use = (blob) => readImage(blob, store, source, message);
  file.addEventListener("change", () => {
    if (file.files.length) use(file.files[0]);
    file.value = "";
  });
  pasted.addEventListener("paste", (event) => {
    const item = [...event.clipboardData.items].find(({ type }) => type.startsWith("image/"));
    if (item) use(item.getAsFile());
  });

  function render(state) {
    pen.setAttribute("aria-pressed", state.tool === "pen");
    eraser.setAttribute("aria-pressed", state.tool === "eraser");
    cells.setAttribute("aria-pressed", Boolean(state.cells));
    undo.disabled = state.past.length === 0 && !coversStrokes(state);
    redo.disabled = state.undone.length === 0;
    width.value = state.pen;
    prepare.checked = state.prepare;
  }
  const element = h(
    "div",
    { class: "tools", role: "toolbar", "aria-label": "Drawing", "data-control": "tools" },
    pen,
    eraser,
    undo,
    redo,
    clear,
    cells,
    source.digits ? sample : null,
    upload,
    file,
    h("span", { style: { "grid-column": "span 2", display: "grid" } }, width),
  );
  return { element, prepare, render };
}

/** Back to the strokes on top of one pile; those there were go onto the other. */
function step(store, from, to) {
  const state = store.get();
  if (coversStrokes(state)) {
    store.set({ sample: null, upload: null, cells: null });
    return;
  }
  const strokes = state[from].at(-1);
  if (!strokes) return;
  store.set({ strokes, [from]: state[from].slice(0, -1), [to]: [...state[to], state.strokes] });
}

/** Whether something else than strokes is on the paper. */
function coversStrokes({ sample, upload, cells }) {
  return Boolean(sample || upload || cells);
}

function wipe(store, message) {
  const { strokes, past, cells } = store.get();
  message.textContent = "";
  store.set({
    strokes: [],
    past: strokes.length ? [...past, strokes] : past,
    undone: [],
    revealed: false,
    sample: null,
    upload: null,
    cells: cells && new Uint8Array(cells.length),
  });
}

function togglePixels(store, paper) {
  const { cells, drawing } = store.get();
  const start = drawing?.picture ?? new Uint8Array(28 * 28);
  store.set({ cells: cells ? null : start.slice(), sample: null, upload: null });
  paper.querySelector("canvas").focus();
}

/** Another digit from the test set; the same seed gives the same ones. */
async function take(store, source) {
  const digits = await source.digits();
  const { seed } = store.get();
  const sample = digits[(seed * 167 + 41) % digits.length]; // 167 is prime: each comes once
  store.set({ seed: seed + 1, ...withSample(sample, store.get()) });
}

async function readImage(blob, store, source, message) {
  message.textContent = "Reading the picture";
  try {
    const stages = await source.prepareImage(blob);
    const upload = { picture: stages.picture, stages };
    store.set({ upload, sample: null, cells: null, revealed: false });
    message.textContent = "";
  } catch (error) {
    message.textContent = error.message;
  }
}

function showStages(element, { picture, stages }, paper) {
  if (element.children.length === 0) {
    element.append(
      ...STAGES.map((words) => h("figure", {}, h("canvas"), h("figcaption", {}, words))),
    );
  }
  const [crop, square, center, final] = element.querySelectorAll("canvas");
  element.classList.toggle("hidden", picture === null);
  for (const canvas of [crop, square, center]) canvas.parentElement.hidden = stages === null;
  if (picture === null) return;
  drawGrey(final, picture, 28, 255);
  final.nextElementSibling.textContent = stages === null ? UNPREPARED : STAGES.at(-1);
  final.setAttribute("role", "img");
  final.setAttribute("aria-label", "What the network sees, 28 by 28 pixels");
  if (stages === null) return;
  showBox(crop, stages, paper);
  drawGrey(square, stages.square20, 20, 255);
  showCenter(center, stages);
}

const STAGES = [
  "1 its ink and box",
  "2 scaled to 20\u00d720",
  "3 its center of mass",
  "4 centered in 28\u00d728",
];

const UNPREPARED = "what the network sees";

/** The ink as it lies on the paper, and its box. */
function showBox(canvas, { box, raw, extent = [1, 1] }, paper) {
  canvas.width = canvas.height = STAGE;
  const [top, left, bottom, right] = box;
  const [height, width] = extent;
  const scale = STAGE / Math.max(height, width);
  const context = canvas.getContext("2d");
  context.drawImage(raw ?? paper, 0, 0, scale * width, scale * height);
  context.strokeStyle = "#58b4ff";
  context.lineWidth = 3;
  context.strokeRect(scale * left, scale * top, scale * (right - left), scale * (bottom - top));
}

function showCenter(canvas, { square20, center: [row, column] }) {
  const cell = STAGE / 20;
  canvas.width = canvas.height = STAGE;
  const context = canvas.getContext("2d");
  square20.forEach((grey, i) => {
    context.fillStyle = `rgb(${grey} ${grey} ${grey})`;
    context.fillRect(cell * (i % 20), cell * Math.floor(i / 20), cell + 0.5, cell + 0.5);
  });
  context.strokeStyle = "#ff9e4a";
  context.lineWidth = 4;
  context.beginPath();
  context.moveTo(0, cell * row);
  context.lineTo(STAGE, cell * row);
  context.moveTo(cell * column, 0);
  context.lineTo(cell * column, STAGE);
  context.stroke();
}
