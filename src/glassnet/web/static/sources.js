/**
 * Sources: where models, digits and checks come from: a server, or the page itself if it was saved
 * as one file. Both have the same functions, and the rest of the page does not know which it is.
 *
 * @typedef {{id: number, label: number, picture: Uint8Array}} Digit its id is its place in the set
 *
 * @typedef {Object} Source
 * @property {boolean} live whether there is a server, and so training and comparing
 * @property {function(): void} forget what was asked for: another server may answer otherwise
 * @property {function(): Promise<{id: string, name: string, glassnet: string}[]>} models
 * @property {function(string): Promise<Object>} model
 * @property {function(): Promise<Digit[]>} digits 500 of the test set
 * @property {function(number): Promise<?Digit>} digit one of the test set, by its id
 * @property {function(Blob): Promise<Object>} prepareImage
 * @property {function(): Promise<Object>} lines of Python, by function
 * @property {?Function} check
 */

import { findInk, greyLevels } from "./ink.js";
import { readModel } from "./model_file.js";
import { short } from "./numbers.js";
import { inkImage } from "./pixels.js";
import { prepareInk } from "./preparation.js";

const DIGITS = 500;
const PIXELS = 784;
const LARGEST_UPLOAD = 2 ** 20; // bytes that the server takes
const LARGEST_IMAGE = 1024; // of the longer side, in the browser

/** What a server at the page's own address gives. @returns {Source} */
export function fromServer() {
  const kept = new Map();
  const once = (path, read) => {
    if (!kept.has(path)) {
      const answer = get(path).then(read);
      answer.catch(() => kept.delete(path));
      kept.set(path, answer);
    }
    return kept.get(path);
  };
  const data = () => once("/api/data", (response) => response.json());
  const digitsAt = (query) => `/api/digits?split=test&${query}`;
  const readDigits = (ids) => async (response) =>
    digitsOf(new Uint8Array(await response.arrayBuffer()), ids);
  const someDigits = async (ids) =>
    ids.length ? get(digitsAt(`ids=${ids}`)).then(readDigits(ids)) : []; // others each time: not kept
  return {
    live: true,
    forget: () => kept.clear(),
    models: () => get("/api/models").then((response) => response.json()),
    model: (id) =>
      once(`/api/models/${id}`, async (response) => readModel(await response.arrayBuffer())),
    evaluation: (id) => once(`/api/evaluation/${id}`, (response) => response.json()),
    recipes: () => once("/api/recipes", (response) => response.json()),
    data,
    digits: async () => {
      const ids = spread((await data()).test);
      return once(digitsAt(`sample=${ids.length}`), readDigits(ids));
    },
    digit: async (id) => (id < (await data()).test ? (await someDigits([id]))[0] : null),
    someDigits,
    lines: () => once("/api/source", (response) => response.json()),
    prepareImage: async (blob) => {
      const body = await shrunk(blob);
      const found = await (await get("/api/picture", { method: "POST", body })).json();
      return {
        ...found,
        square20: Uint8Array.from(found.square20.flat()),
        picture: Uint8Array.from(found.picture.flat()),
        raw: inkImage(found.ink.flat(), found.ink[0].length, 255),
        extent: [found.height, found.width],
      };
    },
    check: async (model, reading, gradient, target) => {
      const path = `/api/check/${model.id}?target=${target}`;
      const picture = Uint8Array.from(reading.x, (value) => Math.round(255 * value));
      return compared(
        await (await get(path, { method: "POST", body: picture })).json(),
        reading.passed,
        gradient,
      );
    },
  };
}

async function get(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The server does not answer. Is glassnet serve still running?");
  }
  if (response.ok) return response;
  const { found, expected, advice } = await response
    .json()
    .catch(() => ({ found: response.statusText }));
  throw new Error(
    [found, expected && ` (expected ${expected})`, advice && `. Try: ${advice}`]
      .filter(Boolean)
      .join(""),
  );
}

/** A picture as the server takes it: of a photo with more than a megapixel, nothing is gained. */
async function shrunk(blob) {
  if (blob.size <= LARGEST_UPLOAD) return blob;
  const image = await createImageBitmap(blob).catch(() => null);
  if (image === null) return blob; // the server says what is wrong with it
  const scale = Math.min(1, LARGEST_IMAGE / Math.max(image.width, image.height));
  const [width, height] = [image.width, image.height].map((side) => Math.ceil(scale * side));
  const paper = new OffscreenCanvas(width, height);
  paper.getContext("2d").drawImage(image, 0, 0, width, height);
  return paper.convertToBlob({ type: "image/jpeg", quality: 0.95 });
}

/** The places in the test set of the digits that are samples of it. */
function spread(n) {
  const size = Math.min(DIGITS, n);
  return Array.from({ length: size }, (_, k) => Math.floor((k * n) / size));
}

/** A byte for the label and 784 grey levels, for each digit. */
function digitsOf(bytes, ids) {
  return ids.map((id, k) => {
    const [label, ...picture] = bytes.subarray((PIXELS + 1) * k, (PIXELS + 1) * (k + 1));
    return { id, label, picture: Uint8Array.from(picture) };
  });
}

/** How far what the browser computed is from what Python did, in words. */
function compared(python, passed, gradient) {
  let most = 0; // for what is larger than 1, in relation to it
  let numbers = 0;
  const against = (theirs, ours) => {
    theirs.forEach((value, k) => {
      most = Math.max(most, Math.abs(value - ours[k]) / Math.max(1, Math.abs(value)));
    });
    numbers += theirs.length;
  };
  against([python.loss], [gradient.loss]);
  python.activations.forEach((layer, l) => against(layer, passed.a[l]));
  against(python.logits, passed.z.at(-1));
  against(python.output, passed.a.at(-1));
  python.gradient.b.forEach((delta, l) => against(delta, gradient.db[l]));
  const verdict = most < 1e-5 ? "Python finds the same" : "Python finds something else";
  return `${verdict}: ${numbers.toLocaleString("en-US")} numbers, the largest difference is ${short(most, 2)}.`;
}

/** What a page that was saved as one file has in itself. @returns {Source} */
export function fromPage() {
  const text = (id) => document.getElementById(id).textContent;
  const bytes = async (id) => {
    const packed = Uint8Array.from(atob(text(id)), (letter) => letter.charCodeAt(0));
    const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(unpacked).arrayBuffer();
  };
  const facts = JSON.parse(text("facts"));
  const digits = async () => digitsOf(new Uint8Array(await bytes("digits")), spread(facts.test));
  return {
    live: false,
    models: async () => [{ id: "0", name: facts.name, glassnet: facts.glassnet }],
    model: async () => readModel(await bytes("weights")),
    digits,
    digit: async (id) => (await digits()).find((digit) => digit.id === id) ?? null,
    lines: async () => facts.lines,
    facts,
    prepareImage: prepareHere,
    check: null,
  };
}

/** An image prepared in the browser: good for drawings and scans, less so for photos in bad light. */
export async function prepareHere(blob) {
  let image;
  try {
    image = await createImageBitmap(blob);
  } catch {
    throw new Error("This is no picture that your browser can read. Try: a PNG or JPEG file.");
  }
  const scale = Math.min(1, LARGEST_IMAGE / Math.max(image.width, image.height));
  const [width, height] = [image.width, image.height].map((side) =>
    Math.max(1, Math.round(scale * side)),
  );
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(image, 0, 0, width, height);
  const ink = findInk(greyLevels(context.getImageData(0, 0, width, height).data), height, width);
  if (!ink.some((value) => value > 0)) {
    throw new Error("No ink found. Try: one digit, clearly darker or lighter than its paper.");
  }
  const raw = inkImage(ink, width, 1);
  return { ...prepareInk(ink, height, width), raw, extent: [height, width] };
}
