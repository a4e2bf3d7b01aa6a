// reading: from what was drawn to what the network says of it, and in which words.

import { describeDrawing, LEAST_SIDE, splitDigits } from "./drawing.js";
import { forward } from "./engine.js";
import { distance } from "./familiarity.js";
import { percent } from "./numbers.js";
import { inkImage } from "./pixels.js";
import { prepareInk, prepareStrokes } from "./preparation.js";

const SURE = 0.8; // below, 59 % of all errors are found among 4 % of the digits
const SIDE = 28;

/**
 * What is to be read: strokes, pixels or a picture, and each stage of its preparation.
 *
 * @param {Object} state of the page
 * @param {function(): Float64Array} canvasInk the drawing as it is seen, 280x280 in [0, 1]
 * @returns {{picture: ?Uint8Array, stages: ?Object, note: string, digits: Array}}
 */
export function prepareDrawing(state, canvasInk) {
  const nothing = { picture: null, stages: null, note: "", digits: [] };
  if (state.sample) {
    return { ...nothing, picture: state.sample.picture };
  }
  if (state.upload) {
    return { ...nothing, ...state.upload };
  }
  if (state.cells) {
    const ink = Float64Array.from(state.cells, (grey) => grey / 255);
    if (!state.cells.some((grey) => grey > 0)) return nothing;
    const raw = inkImage(state.cells, SIDE, 255);
    const stages = { ...prepareInk(ink, SIDE, SIDE), raw, extent: [SIDE, SIDE] };
    return state.prepare
      ? { ...nothing, picture: stages.picture, stages }
      : { ...nothing, picture: state.cells };
  }
  return prepareStrokesOf(state, canvasInk, nothing);
}

function prepareStrokesOf(state, canvasInk, nothing) {
  const { strokes, pen, prepare } = state;
  if (strokes.length === 0) return nothing;
  const facts = describeDrawing(strokes, pen);
  if (facts.empty) return nothing;
  if (!prepare) return { ...nothing, picture: shrunk(canvasInk()) };
  if (facts.tooSmall) return { ...nothing, note: "Too small to read. Draw it larger." };
  const digits = splitDigits(strokes, pen).map((part) => prepareStrokes(part, LEAST_SIDE));
  const touching = digits.length === 1 && facts.tooWide;
  const [top, left, bottom, right] = digits[0].box; // of the middle of the lines
  const box = [top - pen / 2, left - pen / 2, bottom + pen / 2, right + pen / 2];
  return {
    picture: digits[0].picture,
    stages: { ...digits[0], box },
    note: touching ? "Two digits that touch? Draw them apart." : "",
    digits: digits.map(({ picture }) => picture),
  };
}

/** The whole canvas as 28x28, each pixel the mean of 10x10: what the preparation is left out for. */
function shrunk(ink) {
  const picture = new Uint8Array(SIDE * SIDE);
  const scale = 255 / 100;
  for (let i = 0; i < picture.length; i++) {
    let total = 0;
    const [top, left] = [10 * Math.floor(i / SIDE), 10 * (i % SIDE)];
    for (let y = top; y < top + 10; y++) {
      for (let x = left; x < left + 10; x++) total += ink[280 * y + x];
    }
    picture[i] = Math.round(scale * total);
  }
  return picture;
}

/** A picture as the input of a network. */
export function inputOf(picture) {
  return Float64Array.from(picture, (grey) => grey / 255);
}

/**
 * What the network says of what was drawn.
 *
 * @param {Object} model
 * @param {{picture: ?Uint8Array, note: string, digits: Array}} drawing from prepareDrawing
 * @returns {{passed: ?Object, x: ?Float64Array, words: string}}
 */
export function read(model, drawing) {
  if (drawing.picture === null) {
    return { passed: null, x: null, words: drawing.note || "Draw a digit." };
  }
  const x = inputOf(drawing.picture);
  const passed = forward(model, x);
  if (drawing.digits.length > 1) {
    return { passed, x, words: wordsForSeveral(model, drawing.digits) };
  }
  const words = wordsFor(judge(model, x, passed.probabilities));
  return { passed, x, words: drawing.note ? `${words} ${drawing.note}` : words };
}

/** The two most probable classes, and how far the first can be relied on. */
function judge(model, x, p) {
  const [k, other] = rank(p);
  return {
    first: model.classes[k],
    second: model.classes[other],
    share: p[k],
    finite: p.every(Number.isFinite),
    familiar: isFamiliar(model, x),
    sure: p[k] >= SURE,
  };
}

/** Which class of a model a digit belongs to; null if to none. */
export function classOf({ classes }, digit) {
  const k = classes.indexOf(String(digit));
  return k >= 0 ? k : classes[0] === `not ${classes[1]}` ? 0 : null;
}

/** What changes with a test digit on the paper; in a quiz, which one it is stays unsaid. */
export function withSample(sample, { quiz, model }) {
  const target = quiz ? null : classOf(model, sample.label);
  return { sample, cells: null, upload: null, revealed: false, target };
}

/** Whether a picture is like those the model has learned from; without knowledge of them, yes. */
export function isFamiliar(model, x) {
  return !model.familiarity || distance(model.familiarity, x) <= model.familiarity.limit;
}

/** Classes by falling probability. */
export function rank(probabilities) {
  return [...probabilities.keys()].sort((one, other) => probabilities[other] - probabilities[one]);
}

function wordsFor({ first, second, share, finite, familiar, sure }) {
  if (!finite) return "This model answers with numbers that are none.";
  if (!familiar) return `Unlike the digits I learned. Nearest to: ${first}.`;
  if (!sure) return `Not sure: ${first} or ${second}?`;
  return `This is ${named(first)} (${percent(share)}).`;
}

/** A class in a sentence: a 7, an 8, not 3. */
function named(name) {
  if (name.startsWith("not ")) return name;
  return `${name === "8" || /^[aeiou]/i.test(name) ? "an" : "a"} ${name}`;
}

/** Each digit, or what there is to doubt about it. */
function wordsForSeveral(model, pictures) {
  const answers = pictures.map(inputOf).map((x) => {
    const { first, second, familiar, sure } = judge(model, x, forward(model, x).probabilities);
    if (!familiar) return `unlike the digits I learned, nearest to ${first}`;
    return sure ? first : `not sure, ${first} or ${second}`;
  });
  const list = answers.join(answers.some((answer) => answer.includes(",")) ? "; " : " ");
  return `${pictures.length} digits: ${list}. Below, the first.`;
}
