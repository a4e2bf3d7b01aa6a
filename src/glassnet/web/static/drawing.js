/**
 * A drawing before it is read: whether there is anything in it, and how many digits.
 *
 * Strokes are in units of the canvas, whose side is 1; `pen` is the width that they are seen with.
 *
 * @typedef {import("./preparation.js").Stroke} Stroke
 */

import { boxOfStrokes } from "./preparation.js";

const LEAST_PATH = 12 / 280; // shorter is a slip of the pen
export const LEAST_SIDE = 0.08; // less is too small to be a digit
const WIDEST = 1.3; // of 1,000 digits, 18 are wider for their height than this
const LEAST_SHARE = 0.3; // of the mean digit's ink, which a digit has at least

/**
 * What a reader of digits should know about a drawing.
 *
 * @param {Stroke[]} strokes
 * @param {number} pen
 * @returns {{empty: boolean, tooSmall: boolean, tooWide: boolean}} empty: nothing worth reading;
 *   tooSmall: to be a digit; tooWide: to be a single digit, so perhaps two that touch
 */
export function describeDrawing(strokes, pen) {
  const [top, left, bottom, right] = boxOfStrokes(strokes);
  const [height, width] = [bottom - top, right - left];
  return {
    empty: strokes.length === 0 || total(strokes.map(pathLength)) < LEAST_PATH,
    tooSmall: Math.max(height, width) < LEAST_SIDE,
    tooWide: width + pen > WIDEST * (height + pen),
  };
}

/**
 * The digits of a drawing: parts with an empty column between them, each with its share of ink.
 *
 * What has too little ink belongs to the part beside it, so that a dot or a bar beside its digit is
 * not taken for another.
 *
 * @param {Stroke[]} strokes
 * @param {number} pen
 * @returns {Stroke[][]} from left to right
 */
export function splitDigits(strokes, pen) {
  const parts = [];
  for (const stroke of strokes.toSorted((a, b) => leftOf(a) - leftOf(b))) {
    const last = parts.at(-1);
    if (last && leftOf(stroke) - rightOf(last.flat()) <= pen) last.push(stroke);
    else parts.push([stroke]);
  }
  return withoutSmallParts(parts, pen);
}

/** Join the smallest part to the nearer one beside it, until no part is too small. */
function withoutSmallParts(parts, pen) {
  const ink = parts.map((part) => total(part.map((stroke) => pathLength(stroke) + pen)));
  const smallest = ink.indexOf(Math.min(...ink));
  if (parts.length < 2 || ink[smallest] >= (LEAST_SHARE * total(ink)) / parts.length) return parts;
  const gap = (k) => leftOf((parts[k] ?? []).flat()) - rightOf((parts[k - 1] ?? []).flat());
  const first = gap(smallest) <= gap(smallest + 1) ? smallest - 1 : smallest;
  const joined = [...parts[first], ...parts[first + 1]];
  return withoutSmallParts(parts.toSpliced(first, 2, joined), pen);
}

function leftOf(points) {
  return points.reduce((left, [x]) => Math.min(left, x), Infinity);
}

function rightOf(points) {
  return points.reduce((right, [x]) => Math.max(right, x), -Infinity);
}

function pathLength(stroke) {
  return total(stroke.slice(1).map(([x, y], k) => Math.hypot(x - stroke[k][0], y - stroke[k][1])));
}

function total(values) {
  return values.reduce((sum, value) => sum + value, 0);
}
