// pad: the paper. Strokes are kept as lines of points, so that they can be undone, moved and redrawn.

import { h } from "./dom.js";
import { hidesAnswer } from "./store.js";

const SIDE = 280;
const SPACING = 0.01; // of points along a line, so that the eraser leaves what is outside it
const ERASER = 0.05;
const CELLS = 28;

/**
 * The paper to draw on.
 *
 * @param {import("./store.js").Store} store with strokes, undone, tool, pen, cells, cursor
 * @returns {{element: HTMLElement, canvas: HTMLCanvasElement, ink: function(): Float64Array}}
 */
export function createPad(store) {
  const canvas = h("canvas", {
    width: SIDE,
    height: SIDE,
    tabindex: 0,
    id: "pad",
    "data-testid": "pad",
    role: "img",
    "aria-describedby": "pad-help",
  });
  const hint = h("p", { class: "hint", "aria-hidden": "true" }, "Draw a digit here");
  const element = h("div", { class: "pad" }, canvas, hint);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  let drawing = null; // the pointer that is down
  let before = null; // the strokes before it came
  let last = null; // where it was before

  function at(event) {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (drawing !== null || (event.pointerType === "mouse" && event.button !== 0)) return;
    const state = store.get();
    drawing = event.pointerId;
    canvas.setPointerCapture(event.pointerId);
    before = state.strokes;
    if (state.cells) {
      last = at(event);
      store.set({ cells: inked(state.cells, last, last, state.tool) });
      return;
    }
    const strokes = state.sample || state.upload ? [] : state.strokes;
    const started = state.tool === "eraser" ? erase(strokes, at(event)) : [...strokes, [at(event)]];
    store.set({ strokes: started, sample: null, upload: null, revealed: false });
  });

  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== drawing) return;
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const point of (moves.length ? moves : [event]).map(at)) {
      const { strokes, tool, cells } = store.get();
      if (cells) {
        store.set({ cells: inked(cells, last, point, tool) });
        last = point;
      } else
        store.set({
          strokes: tool === "eraser" ? erase(strokes, point) : lengthen(strokes, point),
        });
    }
  });

  function lift(event) {
    if (event.pointerId !== drawing) return;
    drawing = null;
    const { past, strokes, cells } = store.get();
    if (!cells && strokes !== before) store.set({ past: [...past, before], undone: [] });
  }
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  canvas.addEventListener("keydown", (event) => steer(event, store));

  store.watch((state) => {
    const shown = state.sample?.picture ?? state.upload?.picture ?? state.cells;
    canvas.classList.toggle("cells", Boolean(shown));
    canvas.setAttribute("aria-label", describe(state));
    hint.hidden = Boolean(shown) || state.strokes.length > 0;
    const ruler = shown ? CELLS : SIDE;
    if (canvas.width !== ruler) canvas.width = canvas.height = ruler;
    if (shown) showCells(context, shown, state.cells ? state.cursor : null);
    else showStrokes(context, state.strokes, state.pen);
  });

  return { element, canvas, ink: () => inkOf(store.get()) };
}

/** What is on the paper, for those who do not see it. */
function describe({ strokes, cells, cursor, sample, upload, ...state }) {
  if (sample) return `Paper with a test digit${hidesAnswer(state) ? "" : `, ${sample.label}`}`;
  if (upload) return "Paper with a picture from a file";
  if (!cells) return strokes.length ? `Paper with ${strokes.length} strokes` : "Paper, empty";
  const [row, column] = [Math.floor(cursor / CELLS) + 1, (cursor % CELLS) + 1];
  const inked = cells.filter((grey) => grey > 0).length;
  return `Paper with ${inked} pixels of ink; at row ${row}, column ${column}${cells[cursor] ? ", ink" : ""}`;
}

function lengthen(strokes, point) {
  return strokes.length ? [...strokes.slice(0, -1), [...strokes.at(-1), point]] : [[point]];
}

/** What is left of strokes where the eraser has been. */
export function erase(strokes, [x, y], radius = ERASER) {
  const left = [];
  let touched = false;
  for (const stroke of strokes) {
    let run = [];
    for (const point of dense(stroke)) {
      if (Math.hypot(point[0] - x, point[1] - y) >= radius) {
        run.push(point);
      } else {
        touched = true;
        if (run.length) left.push(run);
        run = [];
      }
    }
    if (run.length) left.push(run);
  }
  return touched ? left : strokes;
}

/** A stroke with points so near to each other that pieces can be taken out of it. */
function dense(stroke) {
  const points = [stroke[0]];
  for (let k = 1; k < stroke.length; k++) {
    const [[x0, y0], [x1, y1]] = [stroke[k - 1], stroke[k]];
    const n = Math.max(1, Math.ceil(Math.hypot(x1 - x0, y1 - y0) / SPACING));
    for (let i = 1; i <= n; i++) points.push([x0 + ((x1 - x0) * i) / n, y0 + ((y1 - y0) * i) / n]);
  }
  return points;
}

function showStrokes(context, strokes, pen) {
  context.fillStyle = "#000";
  context.fillRect(0, 0, SIDE, SIDE);
  context.strokeStyle = "#fff";
  context.lineWidth = pen * SIDE;
  context.lineCap = context.lineJoin = "round";
  for (const [first, ...others] of strokes) {
    context.beginPath();
    context.moveTo(SIDE * first[0], SIDE * first[1]);
    for (const [x, y] of others.length ? others : [first]) context.lineTo(SIDE * x, SIDE * y);
    context.stroke();
  }
}

/** The strokes as ink on 280x280. */
function inkOf({ strokes, pen }) {
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  const context = canvas.getContext("2d");
  showStrokes(context, strokes, pen);
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  return Float64Array.from({ length: SIDE * SIDE }, (_, i) => data[4 * i] / 255);
}

function showCells(context, cells, cursor) {
  const image = context.createImageData(CELLS, CELLS);
  cells.forEach((grey, i) => image.data.set([grey, grey, grey, 255], 4 * i));
  if (cursor !== null) {
    const under = cells[cursor];
    image.data.set(under > 127 ? [31, 95, 174, 255] : [88, 180, 255, 255], 4 * cursor);
  }
  context.putImageData(image, 0, 0);
}

/** The pixels after a line between two points, without gaps however fast it was drawn. */
function inked(cells, from, to, tool) {
  const after = cells.slice();
  for (const point of dense([from, to])) {
    const [column, row] = point.map((share) => Math.floor(CELLS * share));
    if (column < 0 || row < 0 || column >= CELLS || row >= CELLS) continue;
    after[CELLS * row + column] = tool === "eraser" ? 0 : 255;
  }
  return after;
}

const MOVES = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Drawing with keys: arrows move, the space bar inks or cleans, shift and arrows draw. */
function steer(event, store) {
  const { cells, cursor } = store.get();
  if (event.ctrlKey || event.metaKey || !cells) return;
  if (event.key === " ") {
    event.preventDefault();
    store.set({ cells: cells.with(cursor, cells[cursor] ? 0 : 255) });
  }
  const move = MOVES[event.key];
  if (!move) return;
  event.preventDefault();
  const column = Math.min(CELLS - 1, Math.max(0, (cursor % CELLS) + move[0]));
  const row = Math.min(CELLS - 1, Math.max(0, Math.floor(cursor / CELLS) + move[1]));
  const next = CELLS * row + column;
  store.set({ cursor: next, cells: event.shiftKey ? cells.with(next, 255) : cells });
}
