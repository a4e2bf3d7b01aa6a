// train: a training as it happens: its curves, its weights, and what it still gets wrong.

import { chart } from "./charts.js";
import { confusionTable, showDigits } from "./digits.js";
import { fill, h } from "./dom.js";
import { count, percent, short } from "./numbers.js";
import { drawSigned } from "./pixels.js";
import { talkToServer } from "./talk.js";

const ENDS = ["done", "stopped", "failed", "idle"];
const PICTURES_PER_SECOND = 2;
const DRAW_EVERY = 300; // milliseconds: what is drawn oftener is taken from the training's time
const GAP = 3; // pixels between the weights of one neuron and the next
const NUMBERS = ["epochs", "learning_rate", "seed", "validation"]; // what is sent as such

/** @param {{store: Object, source: Object, choose: function(string): void}} context */
export function createTrainView({ store, source, choose }) {
  let training = blank();
  let connected = false;
  let weights = null; // the newest: their shape, their scale and the bytes
  let shownEvaluation = null;
  let opened = false; // whether the reader has chosen a cell, which the next evaluation leaves open
  let waiting = null; // the timer of the next drawing
  let wanted = null; // how many topics the server knows of
  const banner = h(
    "p",
    { class: "banner", role: "status", "data-testid": "disconnected", hidden: true },
    "Disconnected. Trying to reach the server again.",
  );
  const trouble = h("p", {
    class: "banner",
    role: "alert",
    "data-testid": "training-trouble",
    hidden: true,
  });
  const status = h("p", { role: "status", "data-testid": "training" });
  const curves = h("div", { class: "row" });
  const layers = h("div", { class: "equation" });
  const thumbnails = h("canvas", { class: "pixels", role: "img", "data-testid": "thumbnails" });
  const caption = h("figcaption", {});
  const picture = h("figure", { hidden: true }, thumbnails, caption);
  const results = h("div", { class: "column" });
  const gallery = h("div", { class: "column", "data-testid": "gallery", "aria-live": "polite" });
  const log = h("input", { type: "checkbox", id: "log", on: { change: () => show() } });

  const talk = talkToServer({
    connected: (on) => {
      connected = on;
      banner.hidden = on;
      wanted = null;
      if (on) want();
      else showNow();
    },
    welcome: ({ run, config, state, history }, before) => {
      if (run !== before) training = { ...blank(), config, state, lost: run === null };
      if (run !== before && before !== null) startAnew();
      history.forEach(take);
      show();
    },
    event: (message) => {
      take(message);
      if (message.type !== "metrics") showNow();
      else waiting ??= setTimeout(showNow, DRAW_EVERY);
    },
    weights: ({ shape, scale }, values) => {
      weights = [shape, scale, values];
      showWeights();
    },
  });
  /** Another server than before may have other models under the same ids. */
  async function startAnew() {
    weights = null;
    showWeights();
    source.forget();
    const { modelId } = store.get();
    const models = await source.models();
    choose(models.some(({ id }) => id === modelId) ? modelId : models[0].id);
  }
  function showWeights() {
    picture.hidden = weights === null;
    if (weights === null) return;
    const [shown, all] = [weights[0][0], training.config.layers[1]];
    const which =
      shown < all ? `the first ${count(shown)} of ${count(all)} neurons` : "each neuron";
    caption.textContent = `Weights of the first layer, one square for ${which}`;
    showThumbnails(thumbnails, ...weights);
  }
  function want() {
    const topics = document.hidden || store.get().view !== "train" ? [] : ["weights"];
    if (wanted === topics.length) return;
    if (talk.say({ type: "want", topics, hz: PICTURES_PER_SECOND })) wanted = topics.length;
  }
  function showNow() {
    clearTimeout(waiting);
    waiting = null;
    if (seen()) show();
  }
  const seen = () => !document.hidden && store.get().view === "train";
  document.addEventListener("visibilitychange", () => {
    want();
    if (seen()) show();
  });
  const form = createForm(source, (message) => {
    trouble.hidden = true;
    talk.say(message);
  });
  const command = (name, title) =>
    h(
      "button",
      {
        type: "button",
        id: `train-${name}`,
        "data-testid": `train-${name}`,
        on: { click: () => talk.say({ type: name }) },
      },
      title,
    );
  const buttons = {
    pause: command("pause", "Pause"),
    resume: command("resume", "Go on"),
    step: command("step", "One batch"),
    stop: command("stop", "Stop"),
  };

  function take(event) {
    if (event.type === "status") {
      if (event.config) training = { ...blank(), config: event.config };
      training.state = event.state;
      if (event.model) {
        training.model = event.model;
        source.models().then((models) => store.set({ models }));
      }
    } else if (event.type === "metrics") {
      event.step.forEach((step, k) => {
        training.losses.push([step, event.loss[k]]);
        for (const [name, points] of Object.entries(training.measured)) {
          if (event[name][k] !== null) points.push([step, event[name][k]]);
        }
      });
      for (const key of ["step", "steps", "epoch", "speed"]) training[key] = event[key].at(-1);
    } else if (event.type === "eval") {
      training.evaluation = event; // of those before only the points of the curves are kept
      training.test.loss.push([event.step, event.test.loss]);
      training.test.accuracy.push([event.step, event.test.accuracy]);
    } else if (event.type === "error") {
      trouble.hidden = false;
      trouble.textContent = [event.message, event.fix && `Try: ${event.fix}.`]
        .filter(Boolean)
        .join(" ");
    }
  }

  function show() {
    const { state, losses, measured, test, evaluation, config, step } = training;
    const ended = ENDS.includes(state);
    const ending = state === "finishing";
    buttons.pause.disabled = !connected || state !== "running";
    buttons.resume.disabled = !connected || state !== "paused";
    buttons.step.disabled = buttons.stop.disabled = !connected || ended || ending;
    form.enable(connected && ended);
    status.dataset.state = state;
    status.dataset.step = step;
    status.textContent = wordsFor(training);
    const curvesOf = (...pointsOf) =>
      ["training", "test", ...(config?.validation ? ["validation"] : [])].map((name, k) => ({
        name,
        points: thinned(pointsOf[k]),
      }));
    const { train_accuracy, validation_loss, validation_accuracy } = measured;
    fill(
      curves,
      chart("loss", curvesOf(losses, test.loss, validation_loss), { log: log.checked }),
      chart("accuracy", curvesOf(train_accuracy, test.accuracy, validation_accuracy)),
    );
    showEvaluation(evaluation, config);
  }

  function showEvaluation(event, config) {
    if (!event) (fill(results), fill(layers), fill(gallery));
    if (!event) opened = false;
    if (!event || event === shownEvaluation) return;
    shownEvaluation = event;
    fill(layers, layerTable(event.layers));
    const classes =
      config.positive === null
        ? event.test.confusion.map((_, k) => String(k))
        : [`not ${config.positive}`, config.positive];
    const open = (right, predicted) => openCell(right, predicted, classes);
    fill(results, confusionTable(classes, event.test.confusion, open));
    if (opened) return;
    const { worst } = event;
    showDigits(
      gallery,
      store,
      source,
      worst.map(({ id }) => id),
      (k) => `${classes[worst[k].label]}\u2192${classes[worst[k].predicted]}`,
    ).then(() => gallery.prepend(h("h3", {}, "The worst mistakes, the most surely wrong first")));
  }

  /** The digits of a cell are known in full when the model is on the shelf; until then, the worst. */
  async function openCell(right, predicted, classes) {
    opened = true;
    const known = training.model ? await source.evaluation(training.model) : null;
    const last = training.evaluation;
    const ids = known
      ? known.labels.flatMap((label, id) =>
          label === right && known.predictions[id] === predicted ? [id] : [],
        )
      : last.worst
          .filter((one) => one.label === right && one.predicted === predicted)
          .map(({ id }) => id);
    const total = known ? ids.length : last.test.confusion[right][predicted];
    await showDigits(gallery, store, source, ids, () => "");
    const more =
      ids.length < total
        ? ` (${ids.length} of the worst; all of them when the training has ended)`
        : "";
    const counted = total === 1 ? "1 digit" : `${count(total)} digits`;
    gallery.dataset.count = total;
    gallery.prepend(
      h("h3", {}, `${classes[right]} read as ${classes[predicted]}: ${counted}${more}`),
    );
  }

  const element = h(
    "div",
    { class: "column" },
    banner,
    form.element,
    trouble,
    h(
      "div",
      { class: "row" },
      Object.values(buttons),
      h("label", { class: "note" }, log, "loss on a logarithmic scale"),
    ),
    status,
    curves,
    picture,
    layers,
    results,
    gallery,
  );
  let visible = false;
  return {
    element,
    render({ state: { view } }) {
      if (!visible && view === "train") show();
      visible = view === "train";
      want();
    },
  };
}

function blank() {
  return {
    state: "idle",
    config: null,
    losses: [],
    measured: { train_accuracy: [], validation_loss: [], validation_accuracy: [] },
    test: { loss: [], accuracy: [] },
    evaluation: null, // the newest
    step: 0,
    steps: 1,
    epoch: 0,
    speed: 0,
    model: null,
    lost: false, // whether there was one that the server no longer knows
  };
}

function wordsFor({ state, config, epoch, speed, step, steps, evaluation, lost }) {
  if (lost) return "The server was started anew, and the training it had is gone. Start another.";
  if (state === "idle" || !config) return "Nothing has been trained yet.";
  const where = `epoch ${Math.ceil(epoch)} of ${config.epochs}, batch ${count(step)} of ${count(steps * config.epochs)}`;
  const fast = state === "paused" ? "" : `, ${count(Math.round(speed))} pictures a second`;
  const { accuracy, interval } = evaluation?.test ?? {};
  const good = evaluation
    ? `; test accuracy ${percent(accuracy, 2)} (${percent(interval[0])} to ${percent(interval[1])})`
    : "";
  return `${config.recipe}: ${state}, ${where}${fast}${good}`;
}

/** No more points than pixels. */
function thinned(points) {
  const every = Math.ceil(points.length / 400);
  return points.filter((_, k) => k % every === 0 || k === points.length - 1);
}

function layerTable(layers) {
  const line = ({ dead, gradient, change }, l) =>
    h(
      "tr",
      {},
      h("td", {}, `W[${l}]`),
      h("td", {}, dead),
      h("td", {}, short(gradient)),
      h("td", {}, short(change)),
    );
  return h(
    "table",
    { "data-testid": "layers" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        ["layer", "dead neurons", "|gradient|", "change of |W| since last measured"].map((title) =>
          h("th", { scope: "col" }, title),
        ),
      ),
    ),
    h("tbody", {}, layers.map(line)),
  );
}

function showThumbnails(canvas, [n, height, width], scale, values) {
  const across = Math.min(n, 16);
  const down = Math.ceil(n / across);
  const [right, below] = [width + GAP, height + GAP];
  const row = across * right - GAP;
  const mosaic = new Float32Array((down * below - GAP) * row);
  for (let k = 0; k < n; k++) {
    const corner = Math.floor(k / across) * below * row + (k % across) * right;
    for (let y = 0; y < height; y++) {
      const line = (k * height + y) * width;
      mosaic.set(values.slice(line, line + width), corner + y * row);
    }
  }
  canvas.style.width = `${Math.min(across * 42, 672)}px`;
  canvas.setAttribute("aria-label", `Weights of ${n} neurons, the largest ${short(127 * scale)}`);
  drawSigned(canvas, mosaic, row, 127);
}

function createForm(source, send) {
  const recipe = h("select", { id: "recipe", "data-testid": "recipe" });
  const about = h("p", { class: "note" });
  const field = (id, title, attributes) => {
    const input = h("input", { type: "text", id, "data-testid": id, size: 12, ...attributes });
    return { input, element: h("label", {}, title, input) };
  };
  const fields = {
    layers: field("layers", "layers", { size: 16 }),
    epochs: field("epochs", "epochs", { inputmode: "numeric", size: 4 }),
    learning_rate: field("learning-rate", "rate", { inputmode: "decimal", size: 6 }),
    batch_size: field("batch-size", "batch", { size: 6 }),
    seed: field("seed", "seed", { inputmode: "numeric", size: 4 }),
    validation: field("validation", "validation share", {
      inputmode: "decimal",
      size: 4,
      placeholder: "0",
    }),
  };
  const start = h(
    "button",
    { type: "submit", class: "main", id: "train-start", "data-testid": "train-start" },
    "Start",
  );
  let recipes = [];
  const choose = () => {
    const chosen = { validation: "", ...recipes.find((one) => one.recipe === recipe.value) };
    about.textContent = `${chosen.about}; must reach ${chosen.reaches}.`;
    for (const [name, { input }] of Object.entries(fields)) {
      input.dataset.own = String(chosen[name] ?? "all");
      input.value = input.dataset.own;
    }
  };
  recipe.addEventListener("change", choose);
  source.recipes().then((found) => {
    recipes = found;
    fill(
      recipe,
      recipes.map((one) => h("option", { value: one.recipe }, one.recipe)),
    );
    choose();
  });
  const numeric = (text) =>
    text.trim() === "" ? null : Number.isFinite(Number(text)) ? Number(text) : text;
  const element = h(
    "form",
    {
      class: "card column",
      on: {
        submit: (event) => {
          event.preventDefault();
          const changed = Object.entries(fields).filter(
            ([, { input }]) => input.value.trim() !== input.dataset.own,
          );
          const read = ([name, { input }]) => [
            name,
            NUMBERS.includes(name) ? numeric(input.value) : input.value.trim(),
          ];
          send({ type: "start", recipe: recipe.value, ...Object.fromEntries(changed.map(read)) });
        },
      },
    },
    h(
      "div",
      { class: "row" },
      h("label", {}, "Recipe", recipe),
      Object.values(fields).map(({ element: one }) => one),
      start,
    ),
    about,
  );
  return { element, enable: (on) => (start.disabled = !on) };
}
