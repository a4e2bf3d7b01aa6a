// learn: what the network would change so that its answer gets better, and one step of doing it.

import { fill, h, svg } from "./dom.js";
import { backward, copyOf, finiteDifference, forward, lossOf, step, targetOf } from "./engine.js";
import { formula, indexed, name, slope, words } from "./mathml.js";
import { count, fixed, short } from "./numbers.js";
import { legend, linesOfCode } from "./neuron.js";
import { drawSigned, gridWidth } from "./pixels.js";
import { classOf, inputOf, rank } from "./reading.js";
import { HIDDEN, hidesAnswer } from "./store.js";

/**
 * @param {import("./store.js").Store} store
 * @param {{digits: function(): Promise, check: ?Function}} source
 * @param {function(Error): void} complain says what went wrong
 */
export function createLearnView(store, source, complain) {
  const element = h("div", { class: "column" });
  const steps = []; // what was done, for undo: {model, summary}
  let digits = null;
  let code = null; // our Python
  let finite = null; // the last finite difference, and what it was for
  let python = null; // what Python said
  source.digits().then(
    (loaded) => {
      digits = loaded;
      store.set({});
    },
    () => {},
  );

  source.lines().then((lines) => {
    code = lines;
    store.set({});
  });

  function takeSteps(n) {
    const { model, drawing, reading, target, eta } = store.get();
    const y = targetOf(model, target);
    const before = model;
    let after = copyOf(model);
    let predicted = 0;
    for (let k = 0; k < n; k++) {
      const gradient = backward(after, forward(after, reading.x), y);
      predicted -= k === 0 ? n * eta * squaredNorm(gradient) : 0;
      after = step(after, gradient, eta);
    }
    if (!after.W.every((W) => W.every(Number.isFinite))) {
      complain(new Error("So long a step leads to what is no number. Take a smaller rate."));
      return;
    }
    const summary = { n, eta, predicted, ...compare(before, after, reading.x, y, target, digits) };
    steps.push({ before, summary, drawing, target });
    store.set({ scratch: after });
  }

  function undo() {
    const { before } = steps.pop();
    store.set({ scratch: steps.length ? before : null });
  }

  /** The last step, if it was for what is shown. */
  function lastStep({ drawing, target }) {
    const last = steps.at(-1);
    return (
      last && { ...last, fits: last.drawing.picture === drawing.picture && last.target === target }
    );
  }

  function render({ state, model, trained, reading }) {
    if (!reading.passed) {
      fill(element, h("p", {}, `${reading.words} Then the network can learn from it.`));
      return;
    }
    if (hidesAnswer(state)) {
      fill(element, h("p", {}, HIDDEN));
      return;
    }
    if (state.target === null) {
      fill(
        element,
        targets(store, model, state),
        h("p", {}, "Say which answer is right, and see what the network wants to change."),
      );
      return;
    }
    if (model === trained) steps.length = 0;
    const y = targetOf(model, state.target);
    const gradient = backward(model, reading.passed, y);
    const weight = chooseWeight(model, reading, gradient, state);
    if (finite && (finite.model !== model || finite.x !== reading.x || finite.at !== weight.at))
      finite = null;
    if (finite && finite.target !== state.target) finite = null;
    if (python && (python.model !== model || python.x !== reading.x)) python = null;
    if (python && python.target !== state.target) python = null;
    const measure = () => {
      finite = {
        model,
        x: reading.x,
        at: weight.at,
        target: state.target,
        value: finiteDifference(model, reading.x, y, weight.l, weight.i, weight.j),
      };
      store.set({});
    };
    const ask = async () => {
      const asked = { model, x: reading.x, target: state.target, words: "Asking" };
      python = asked;
      store.set({});
      asked.words = await source
        .check(model, reading, gradient, state.target)
        .catch((error) => error.message);
      store.set({});
    };
    const opened = element.querySelector("details")?.open ?? false;
    fill(
      element,
      targets(store, model, state),
      theLoss(model, reading, gradient, state),
      errors(model, gradient),
      gradients(model, reading, gradient, weight, store),
      chainRule(weight, finite, measure),
      source.check && model === trained
        ? h(
            "div",
            { class: "row" },
            h(
              "button",
              { type: "button", id: "check", "data-testid": "check", on: { click: ask } },
              "Check against Python",
            ),
            h(
              "span",
              { class: "note", role: "status", "data-testid": "checked" },
              python?.words ?? "",
            ),
          )
        : null,
      linesOfCode(code, `${model.loss}_error`, "backward"),
      oneStep(store, state, takeSteps, undo, lastStep(state)),
    );
    element.querySelectorAll("details").forEach((details) => (details.open = opened));
  }
  return { element, render };
}

function targets(store, model, { target }) {
  return h(
    "div",
    { class: "row", role: "group", "aria-label": "The right answer" },
    "The right answer is",
    model.classes.map((name, k) =>
      h(
        "button",
        {
          type: "button",
          id: `target-${k}`,
          "data-testid": `target-${k}`,
          "aria-pressed": target === k,
          on: { click: () => store.set({ target: k }) },
        },
        name,
      ),
    ),
  );
}

const ERROR_WIDTH = 35; // pixels: ten of them fit on a phone

/** A number in so little room. */
function brief(x) {
  return Math.abs(x) < 0.01 ? short(x, 1) : fixed(x, 2);
}

const ERRORS = {
  cross_entropy: "p \u2212 y",
  binary_cross_entropy: "p \u2212 y",
  quadratic_cost: "(a \u2212 y) a (1 \u2212 a)",
  squared_error: "a \u2212 y",
};

function theLoss(model, { passed }, gradient, { target }) {
  const p = model.layers.at(-1) === 1 ? null : passed.a.at(-1)[target];
  const exact =
    model.loss === "cross_entropy"
      ? formula(
          words("loss"),
          "=",
          "\u2212",
          words("log"),
          indexed("p", model.classes[target]),
          "=",
          "\u2212",
          words("log"),
          "(",
          short(p, 4),
          ")",
          "=",
          short(gradient.loss, 4),
        )
      : formula(words("loss"), "=", short(gradient.loss, 4));
  const error = gradient.delta.at(-1);
  const top = Math.max(...error.map(Math.abs), 1e-9);
  const names = error.length === model.classes.length ? model.classes : [model.classes.at(-1)];
  const width = names.length * ERROR_WIDTH;
  const bars = names.map((label, k) => {
    const half = (60 * Math.abs(error[k])) / top;
    return svg(
      "g",
      { transform: `translate(${(k + 0.5) * ERROR_WIDTH} 0)` },
      svg("rect", {
        x: -9,
        width: 18,
        height: Math.max(half, 0.5),
        y: error[k] > 0 ? 75 - half : 75,
        fill: error[k] > 0 ? "var(--positive)" : "var(--negative)",
      }),
      svg("text", { "text-anchor": "middle", y: 152 }, label),
      svg(
        "text",
        { "text-anchor": "middle", y: 168 },
        Math.abs(error[k]) < top / 1000 ? "~0" : brief(error[k]),
      ),
    );
  });
  return h(
    "section",
    { class: "column" },
    h("h2", {}, "The loss, and what the outputs should do"),
    exact,
    model.temperature === 1
      ? null
      : h(
          "p",
          { class: "note" },
          `Learning knows no temperature: here z is not divided by ${fixed(model.temperature, 2)}.`,
        ),
    h(
      "p",
      { class: "note" },
      `The error of each output, ${ERRORS[model.loss]}: above zero it should fall, below zero it should rise, each in proportion.`,
    ),
    h(
      "div",
      { class: "equation" },
      svg(
        "svg",
        {
          viewBox: `0 0 ${width} 174`,
          width,
          height: 174,
          role: "img",
          "data-testid": "errors",
          "data-sum": error.reduce((sum, value) => sum + value, 0),
          "aria-label": `Errors of the outputs: ${names.map((label, k) => `${label} ${short(error[k], 2)}`).join(", ")}`,
        },
        svg("line", { class: "ticks", x1: 0, x2: width, y1: 75, y2: 75 }),
        bars,
      ),
    ),
  );
}

function signedFigure(values, title, side, extra = {}) {
  const width = gridWidth(values.length);
  const canvas = h("canvas", {
    class: "pixels",
    role: "img",
    "aria-label": title,
    style: { width: `${side}px` },
    ...extra,
  });
  drawSigned(canvas, values, width);
  return h("figure", {}, canvas, h("figcaption", {}, title));
}

/** delta of every layer, from the output back. */
function errors(model, gradient) {
  const hidden = gradient.delta.slice(0, -1);
  const figures = hidden.map((delta, l) => {
    const dead = delta.filter((value) => value === 0).length;
    const note = dead ? `, ${count(dead)} of ${count(delta.length)} are 0` : "";
    return signedFigure(delta, `\u03b4 of layer ${l + 1}${note}`, 130);
  });
  return h(
    "section",
    { class: "column" },
    h("h2", {}, "The errors, sent back"),
    formula(
      indexed("\u03b4", "l"),
      "=",
      "(",
      indexed("\u03b4", "l+1"),
      indexed("W", "l+1"),
      words("\u1d40"),
      ")",
      "\u2299",
      words("f\u2032(a)"),
    ),
    h(
      "div",
      { class: "images" },
      ...figures.reverse(),
      signedFigure(gradient.dx, "how each pixel matters: \u2202loss/\u2202x", 140),
      legend(),
    ),
    model.activations.includes("relu")
      ? h(
          "p",
          { class: "note" },
          "A neuron that is off (ReLU at 0) has slope 0: no error passes through it, and nothing it gets is changed.",
        )
      : null,
  );
}

/** The neuron whose weights are looked at, and the weight: chosen, else the one that matters most. */
function chooseWeight(model, { passed, x }, gradient, { neuron, weight }) {
  const last = model.W.length;
  const strongest = (values) =>
    values.reduce((best, value, k) => (Math.abs(value) > Math.abs(values[best]) ? k : best), 0);
  const l = neuron?.[0] > 0 ? neuron[0] : last;
  const j = neuron?.[0] > 0 ? neuron[1] : strongest(gradient.delta[last - 1]);
  const inputs = l === 1 ? x : passed.a[l - 1];
  const delta = gradient.delta[l - 1][j];
  const i = weight !== null && weight < inputs.length ? weight : strongest(Array.from(inputs));
  const n = model.layers[l];
  return {
    l: l - 1,
    i,
    j,
    at: `${l}.${j}.${i}`,
    a: inputs[i],
    off: model.activations[l - 1] === "relu" && passed.a[l][j] === 0,
    delta,
    slope: gradient.dW[l - 1][i * n + j],
    w: model.W[l - 1][i * n + j],
    image: Array.from(inputs, (a) => a * delta),
    last: l === last,
  };
}

function gradients(model, reading, gradient, weight, store) {
  const who = weight.last
    ? `answer ${model.classes.at(weight.j)}`
    : `neuron ${weight.j} of layer ${weight.l + 1}`;
  const figure = signedFigure(weight.image, `gradient of the weights of ${who}`, 168, {
    "data-testid": "gradient",
  });
  const canvas = figure.querySelector("canvas");
  canvas.style.cursor = "crosshair";
  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    const column = Math.floor((canvas.width * (event.clientX - box.left)) / box.width);
    const line = Math.floor((canvas.height * (event.clientY - box.top)) / box.height);
    store.set({ weight: Math.min(weight.image.length - 1, line * canvas.width + column) });
  });
  const input = h("input", {
    type: "number",
    id: "weight",
    min: 0,
    max: weight.image.length - 1,
    value: weight.i,
    on: {
      change: (event) =>
        store.set({
          weight: Math.max(0, Math.min(weight.image.length - 1, Number(event.target.value) || 0)),
        }),
    },
  });
  return h(
    "section",
    { class: "column" },
    h("h2", {}, "The gradient of the weights"),
    h(
      "p",
      { class: "note" },
      `It is the input times one number, the error \u03b4 = ${short(weight.delta)}. Choose a weight in the picture, another neuron in Flow.`,
    ),
    h("div", { class: "images" }, figure, legend(), h("label", {}, "weight i", input)),
  );
}

function chainRule({ i, j, a, off, delta, slope: value, w }, finite, measure) {
  const agree = finite === null ? "" : agreement(value, finite.value);
  return h(
    "section",
    { class: "card column" },
    h("h3", {}, `The chain rule for one weight, now ${short(w)}`),
    formula(
      slope(words("loss"), indexed("w", i, ",", j)),
      "=",
      slope(indexed("z", j), indexed("w", i, ",", j)),
      "\u00b7",
      slope(words("loss"), indexed("z", j)),
      "=",
      indexed("a", i),
      indexed("\u03b4", j),
      "=",
      short(a, 4),
      "\u00d7",
      short(delta, 4),
      "=",
      short(value, 4),
    ),
    value === 0
      ? h(
          "p",
          { class: "note" },
          a === 0
            ? "Its input is 0: the weight has no part in this answer, and is not changed."
            : off
              ? "Its neuron is off (ReLU at 0): no error passes."
              : "The error of its neuron is 0: there is nothing to change.",
        )
      : null,
    h(
      "div",
      { class: "row" },
      h(
        "button",
        { type: "button", id: "finite", "data-testid": "finite", on: { click: measure } },
        "Measure it without calculus",
      ),
      h(
        "span",
        { class: "note", role: "status", "data-testid": "finite-result" },
        finite === null
          ? "two forward passes with a slightly different weight"
          : `(loss(w + h) \u2212 loss(w \u2212 h)) / 2h = ${short(finite.value, 6)}, backpropagation ${short(value, 6)}: ${agree}`,
      ),
    ),
  );
}

function agreement(one, other) {
  if (one === other) return "the same";
  const digits = Math.floor(
    -Math.log10(Math.abs(one - other) / Math.max(Math.abs(one), Math.abs(other))),
  );
  return `${Math.max(0, digits)} digits agree`;
}

function squaredNorm({ dW, db }) {
  const squares = (values) => values.reduce((sum, value) => sum + value * value, 0);
  return [...dW, ...db].reduce((sum, values) => sum + squares(values), 0);
}

/** What a step has changed: for this drawing, and for 500 test digits. */
function compare(before, after, x, y, target, digits) {
  const p = (model) => forward({ ...model, temperature: 1 }, x).probabilities[target];
  const others =
    digits && digits.every(({ picture }) => picture.length === before.layers[0])
      ? whatElse(before, after, digits)
      : null;
  return {
    pBefore: p(before),
    pAfter: p(after),
    lossBefore: lossOf(before, x, y),
    lossAfter: lossOf(after, x, y),
    others,
  };
}

function whatElse(before, after, digits) {
  const result = { n: digits.length, before: 0, after: 0, changed: 0 };
  for (const { label, picture } of digits) {
    const x = inputOf(picture);
    const [was, is] = [before, after].map((model) => rank(forward(model, x).probabilities)[0]);
    const right = classOf(before, label);
    result.before += was === right;
    result.after += is === right;
    result.changed += was !== is;
  }
  return result;
}

function oneStep(store, { eta }, takeSteps, undo, last) {
  const rate = h("span", {}, `rate \u03b7 = ${short(eta)}`);
  const slider = h("input", {
    type: "range",
    id: "eta",
    "data-testid": "eta",
    min: -6,
    max: 0,
    step: 0.25,
    value: Math.log10(eta),
    "aria-valuetext": short(eta),
    on: {
      input: ({ target }) => {
        rate.textContent = `rate \u03b7 = ${short(10 ** Number(target.value))}`;
        target.setAttribute("aria-valuetext", short(10 ** Number(target.value)));
      },
      change: ({ target }) => store.set({ eta: 10 ** Number(target.value) }), // drawn anew after it
    },
  });
  const button = (id, text, n) =>
    h(
      "button",
      {
        type: "button",
        class: n === 1 ? "main" : "",
        id,
        "data-testid": id,
        on: { click: () => takeSteps(n) },
      },
      text,
    );
  return h(
    "section",
    { class: "card column" },
    h("h2", {}, "One step"),
    formula(
      name("\u03b8"),
      "\u2190",
      name("\u03b8"),
      "\u2212",
      name("\u03b7"),
      slope(words("loss"), name("\u03b8")),
    ),
    h("label", {}, rate, slider),
    h(
      "div",
      { class: "row" },
      button("one-step", "Take one step", 1),
      button("ten-steps", "Take ten", 10),
      last
        ? h(
            "button",
            { type: "button", id: "undo-step", "data-testid": "undo-step", on: { click: undo } },
            "Undo the step",
          )
        : null,
    ),
    last?.fits
      ? whatChanged(last.summary)
      : h("p", { class: "note" }, "It is taken on a copy, and can be undone."),
  );
}

function whatChanged({ n, predicted, pBefore, pAfter, lossBefore, lossAfter, others }) {
  const line = (title, before, after, change) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, title),
      h("td", {}, before),
      h("td", {}, after),
      h("td", {}, change),
    );
  return h(
    "div",
    { class: "equation" },
    h(
      "table",
      { "data-testid": "step" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ["", "before", "after", "change"].map((title) => h("th", { scope: "col" }, title)),
        ),
      ),
      h(
        "tbody",
        {},
        line("p of the right answer", short(pBefore), short(pAfter), short(pAfter - pBefore)),
        line("loss", short(lossBefore, 4), short(lossAfter, 4), short(lossAfter - lossBefore, 3)),
        line(
          n === 1 ? "predicted: \u2212\u03b7 |gradient|\u00b2" : "predicted by the first step",
          "",
          "",
          short(predicted, 3),
        ),
        others
          ? line(
              `right among ${others.n} test digits`,
              others.before,
              others.after,
              `${others.changed} read otherwise`,
            )
          : null,
      ),
    ),
    h(
      "p",
      { class: "note" },
      "The prediction is that of a straight line; the loss is curved, so a long step falls short of it, or goes up.",
    ),
  );
}
