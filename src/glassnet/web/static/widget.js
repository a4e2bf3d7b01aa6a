// widget: the paper and the bars in a notebook. What is drawn and read there, Python can have.

import { createDrawView } from "./draw.js";
import { h } from "./dom.js";
import { readModel } from "./model_file.js";
import { createPad } from "./pad.js";
import { prepareDrawing, rank, read } from "./reading.js";
import { prepareHere } from "./sources.js";
import { BLANK, createStore } from "./store.js";

/**
 * What anywidget calls for each view of a widget.
 * @param {{model: Object, el: HTMLElement}} view the widget's values, and where it is shown
 */
export function render({ model: values, el }) {
  const file = values.get("file");
  const trained = readModel(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength));
  const store = createStore({ ...BLANK, trained, model: trained });
  const source = { prepareImage: prepareHere, digits: null };
  const pad = createPad(store);
  const draw = createDrawView(store, source, pad, el);
  const root = el.attachShadow({ mode: "open" });
  root.append(h("style", {}, values.get("style")), draw.element);

  let shown = null;
  store.watch((state) => {
    const drawing = prepareDrawing(state, pad.ink);
    const reading = read(trained, drawing);
    draw.render({ state, model: trained, drawing, reading });
    const told = JSON.stringify(reading.passed ? [...reading.passed.probabilities] : null);
    if (told === shown) return;
    shown = told;
    const p = reading.passed?.probabilities ?? null;
    values.set("pixels", drawing.picture ? [...drawing.picture] : []);
    values.set("strokes", state.strokes);
    values.set("probabilities", p ? [...p] : []);
    values.set("prediction", p ? trained.classes[rank(p)[0]] : "");
    values.save_changes();
  });
}
