/**
 * The address: what the page shows, as the part of its address behind #, so that it can be sent
 * around. What is as on a blank page is left out; what is unknown or impossible is passed over.
 */

import { BLANK } from "./store.js";

const SCALE = 1000; // of coordinates, which are whole numbers in an address
const PIXELS = 784;
const VIEWS = ["flow", "learn", "train", "compare", "card"];

/**
 * Each part of an address: the text for a state, and what a text says of the state; null for none.
 *
 * @type {Object<string, {write: function(Object): ?string, read: function(string): ?Object}>}
 */
const PARTS = {
  view: {
    write: ({ view }) => view,
    read: (text) => (VIEWS.includes(text) ? { view: text } : null),
  },
  model: {
    write: ({ modelId }) => modelId,
    read: (text) => (isWhole(text) ? { modelId: text } : null),
  },
  neuron: {
    write: ({ neuron }) => neuron && neuron.join("."),
    read: (text) =>
      /^\d{1,3}\.\d{1,6}$/.test(text) ? { neuron: text.split(".").map(Number) } : null,
  },
  step: whole("step"),
  target: whole("target"),
  weight: whole("weight"),
  eta: number("eta", 1e-9, 10),
  pen: number("pen", 0.01, 0.3),
  prepare: flag("prepare"),
  quiz: flag("quiz"),
  large: flag("large"),
  hide: {
    write: ({ hide }) => hide.join("."),
    read: (text) => ({ hide: text.split(".").filter((name) => /^[a-z]{1,20}$/.test(name)) }),
  },
  seed: whole("seed"),
  sample: {
    write: ({ sample }) => sample && String(sample.id),
    read: (text) => (isWhole(text) ? { sample: { id: Number(text) } } : null),
  },
  picture: {
    write: ({ upload }) => upload && packBytes(upload.picture),
    read: (text) => {
      const picture = unpackBytes(text);
      return picture && { upload: { picture, stages: null } };
    },
  },
  pixels: {
    write: ({ cells }) => cells && packBytes(cells),
    read: (text) => {
      const cells = unpackBytes(text);
      return cells && { cells };
    },
  },
  strokes: {
    write: ({ strokes, sample, upload, cells }) =>
      sample || upload || cells ? null : packStrokes(strokes),
    read: (text) => {
      const strokes = unpackStrokes(text);
      return strokes && { strokes };
    },
  },
};

/** The state as text. */
export function toHash(state) {
  return Object.entries(PARTS)
    .map(([key, { write }]) => [key, write(state), write(BLANK)])
    .filter(([, text, blank]) => text !== null && text !== blank)
    .map(([key, text]) => `${key}=${encodeURIComponent(text)}`)
    .join("&");
}

/** What a text says of the state. Of a sample there is the id alone: its picture is to be loaded. */
export function fromHash(hash) {
  const changes = {};
  for (const piece of hash.replace(/^#/, "").split("&")) {
    const [key, text] = piece.split("=");
    if (Object.hasOwn(PARTS, key) && text !== undefined) {
      Object.assign(changes, PARTS[key].read(decode(text)));
    }
  }
  return changes;
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

function isWhole(text) {
  return /^\d{1,6}$/.test(text);
}

/** A part that is a whole number. */
function whole(key) {
  return {
    write: ({ [key]: value }) => (value === null ? null : String(value)),
    read: (text) => (isWhole(text) ? { [key]: Number(text) } : null),
  };
}

/** A part that is a number. */
function number(key, least, most) {
  return {
    write: ({ [key]: value }) => String(Number(value.toPrecision(6))),
    read: (text) =>
      Number(text) >= least && Number(text) <= most ? { [key]: Number(text) } : null,
  };
}

/** A part that is yes or no. */
function flag(key) {
  return {
    write: ({ [key]: value }) => (value ? "1" : "0"),
    read: (text) => (text === "0" || text === "1" ? { [key]: text === "1" } : null),
  };
}

/** A picture in the letters that an address may have as they are (base64url, RFC 4648). */
function packBytes(bytes) {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function unpackBytes(text) {
  try {
    const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return bytes.length === PIXELS ? Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)) : null;
  } catch {
    return null; // no base64
  }
}

function packStrokes(strokes) {
  const whole = (value) => Math.round(SCALE * value);
  return strokes
    .map((stroke) => stroke.map(([x, y]) => `${whole(x)}_${whole(y)}`).join("~"))
    .join("!");
}

function unpackStrokes(text) {
  const strokes = text
    .split("!")
    .map((stroke) =>
      stroke.split("~").map((point) => point.split("_").map((n) => Number(n) / SCALE)),
    );
  const possible = strokes
    .flat()
    .every((point) => point.length === 2 && point.every((n) => Math.abs(n) < 10));
  return possible ? strokes : null;
}
