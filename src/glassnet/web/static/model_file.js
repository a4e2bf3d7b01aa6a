/**
 * The model file: the bytes that Python's model_file.py writes, to a model for the engine.
 *
 * A safetensors file is the length of its header (8 bytes), the header (JSON), and the numbers. Its
 * weights are (outputs, inputs), as torch.nn.Sequential has them, and are transposed here. Nothing
 * is used before it has been checked; left out is the SHA-256 of the weights, which a file of
 * float16 cannot keep.
 */

import { ACTIVATIONS, LOSSES } from "./engine.js";
import { readFamiliarity } from "./familiarity.js";

const FORMAT = 1;
const MAX_WIDTH = 65_536;
const show = JSON.stringify;

/** How the numbers of each type are read: their size in bytes, and the one at a place. */
const TYPES = {
  F64: { size: 8, read: (view, at) => view.getFloat64(at, true) },
  F32: { size: 4, read: (view, at) => view.getFloat32(at, true) },
  F16: { size: 2, read: (view, at) => float16(view.getUint16(at, true)) },
};

/** A model file that is damaged, or of another format. */
export class ModelFileError extends Error {
  name = "ModelFileError";
}

/** Throw unless it holds; `found` and `expected` complete the sentence. */
function require(holds, found, expected) {
  if (holds) return;
  const advice = "Try: a file made by `glassnet train`";
  throw new ModelFileError(`model file: ${found.slice(0, 200)} (expected ${expected}). ${advice}`);
}

/**
 * Read a model.
 *
 * @param {ArrayBuffer} content the bytes of the file
 * @returns {import("./engine.js").Model & {training: Object}} with what else is told of it
 * @throws {ModelFileError} it is damaged, of another format, or holds what cannot be
 */
export function readModel(content) {
  const { header, numbers } = readHeader(content);
  const description = readDescription(header);
  const { format, layers, activations, loss, classes, training, sha256 } = description;
  const needed = layers.slice(1).flatMap((_, l) => [`${2 * l}.bias`, `${2 * l}.weight`]);
  const names = Object.keys(header).filter((name) => name !== "__metadata__");
  require(same(names.toSorted(), needed.toSorted()), `tensors ${names}`, `${needed}`);
  const W = [];
  const b = [];
  for (let l = 0; l < layers.length - 1; l++) {
    const [n, m] = [layers[l], layers[l + 1]];
    W.push(transposed(readTensor(header, numbers, `${2 * l}.weight`, [m, n]), m, n));
    b.push(readTensor(header, numbers, `${2 * l}.bias`, [m]));
  }
  const about = { format, layers, activations, loss, classes, training, sha256 };
  return { ...about, ...readTrust(description), W, b };
}

/** How far answers can be trusted: the temperature, and what is familiar. */
function readTrust({ temperature = 1, familiarity = null, classes, layers }) {
  const possible = Number.isFinite(temperature) && temperature >= 0.01 && temperature <= 100;
  require(possible, `temperature ${show(temperature)}`, "0.01 to 100");
  if (familiarity === null) return { temperature, familiarity };
  try {
    return { temperature, familiarity: readFamiliarity(familiarity, classes.length, layers[0]) };
  } catch (error) {
    return require(false, `familiarity with ${error.message}`, "what Python has learned of it");
  }
}

/** The header of a safetensors file, and a view of the numbers behind it. */
function readHeader(content) {
  const whole = "a whole safetensors file";
  require(content.byteLength >= 8, `${content.byteLength} bytes`, whole);
  const length = Number(new DataView(content).getBigUint64(0, true));
  require(8 + length <= content.byteLength, `a header of ${length} bytes`, whole);
  const header = parsed(new TextDecoder().decode(new Uint8Array(content, 8, length)));
  require(isRecord(header), "a header that is no JSON object", whole);
  return { header, numbers: new DataView(content, 8 + length) };
}

/** The JSON text that says what the network is, checked. */
function readDescription(header) {
  const description = parsed(header.__metadata__?.glassnet);
  require(isRecord(description), "weights alone", "glassnet's description of their network");
  const { format, layers, activations, loss, classes, training } = description;
  require(format === FORMAT, `format ${show(format)}`, `${FORMAT}, this version's`);
  const widths = `two or more widths from 1 to ${MAX_WIDTH}`;
  const possible = Array.isArray(layers) && layers.length >= 2 && layers.every(isWidth);
  require(possible, `layers ${show(layers)}`, widths);
  const hidden = areTexts(activations, layers.length - 2);
  const known = hidden && activations.every((name) => isOneOf(ACTIVATIONS, name));
  const choice = `${layers.length - 2} of ${Object.keys(ACTIVATIONS)}`;
  require(known, `activations ${show(activations)}`, choice);
  require(isOneOf(LOSSES, loss), `loss ${show(loss)}`, `one of ${Object.keys(LOSSES)}`);
  const answers = Math.max(layers.at(-1), 2);
  require(areTexts(classes, answers), `classes ${show(classes)}`, `${answers} names`);
  require(isRecord(training), `training ${show(training)}`, "a JSON object");
  return description;
}

/** One tensor, if it has the shape, lies within the file, and holds finite numbers. */
function readTensor(header, numbers, name, shape) {
  const { dtype, shape: found, data_offsets: offsets } = header[name] ?? {};
  const types = `one of ${Object.keys(TYPES)}`;
  require(isOneOf(TYPES, dtype), `${name} of type ${show(dtype)}`, types);
  const { size, read } = TYPES[dtype];
  const fits = Array.isArray(found) && same(found, shape);
  require(fits, `${name} of shape ${show(found)}`, show(shape));
  const length = shape.reduce((product, n) => product * n, 1);
  const [start, end] = Array.isArray(offsets) ? offsets : [];
  const whole = Number.isInteger(start) && start >= 0 && end === start + length * size;
  require(whole, `${name} at ${show(offsets)}`, `${length * size} bytes`);
  require(end <= numbers.byteLength, `${numbers.byteLength} bytes of numbers`, `${end} or more`);
  const tensor = Float32Array.from({ length }, (_, i) => read(numbers, start + i * size));
  require(tensor.every(Number.isFinite), `nan or inf in ${name}`, "finite float32 numbers");
  return tensor;
}

/** (m, n) row by row, to (n, m). */
function transposed(matrix, m, n) {
  return matrix.map((_, at) => matrix[(at % m) * n + Math.floor(at / m)]);
}

/** The number that 16 bits are: sign, 5 bits of exponent, 10 bits of fraction (IEEE 754). */
function float16(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = (bits & 0x3ff) / 1024;
  if (exponent === 0) return sign * fraction * 2 ** -14;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction) * 2 ** (exponent - 15);
}

/** What a JSON text says; nothing if it is none. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOneOf(table, name) {
  return typeof name === "string" && Object.hasOwn(table, name);
}

function isWidth(value) {
  return Number.isInteger(value) && value >= 1 && value <= MAX_WIDTH;
}

function areTexts(value, count) {
  const texts = Array.isArray(value) && value.every((text) => typeof text === "string");
  return texts && value.length === count;
}

function same(some, others) {
  return some.length === others.length && some.every((value, i) => value === others[i]);
}
