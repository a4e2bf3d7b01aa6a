/**
 * Ink in an image: what is drawn, told from what it is drawn on.
 *
 * A clean image, of one paper level, is taken as data/ink.py in Python takes it. Of any other, such
 * as a JPEG, what is nearer to paper than to ink becomes paper. Left out is what Python does for
 * photos: shadows are not followed, and no closer look is taken.
 */

const BARELY = 0.35; // shares of the ink's level where ink begins ...
const FULLY = 0.65; // ... and is complete
const LEAST_CONTRAST = 4; // of ink, in standard deviations of the paper's noise
const STRAY = 1e-4; // the share of the ink that may be cut off at each edge of a clean image ...
const STRAY_IN_PHOTO = 5e-3; // ... and of any other

/**
 * The light of an image's pixels, as Pillow weighs the colors. What is transparent shows the paper
 * behind it: white if the visible part is dark, else black.
 *
 * @param {Uint8ClampedArray} rgba as in ImageData
 * @returns {Float64Array} light in [0, 1], 0 = black
 */
export function greyLevels(rgba) {
  const pixels = { length: rgba.length / 4 };
  const light = Float64Array.from(pixels, (_, i) => lightOf(rgba, 4 * i));
  const alpha = Float64Array.from(pixels, (_, i) => rgba[4 * i + 3] / 255);
  const visible = light.map((value, i) => alpha[i] * value);
  const paper = sum(visible) < sum(alpha) / 2 ? 1 : 0;
  return visible.map((value, i) => value + (1 - alpha[i]) * paper);
}

/** The light of the color at a place, rounded to 256 levels. */
function lightOf(rgba, at) {
  return ((rgba[at] * 19595 + rgba[at + 1] * 38470 + rgba[at + 2] * 7471 + 0x8000) >> 16) / 255;
}

/**
 * Tell ink from paper, dark on light or light on dark.
 *
 * @param {ArrayLike<number>} grey light (height, width) in [0, 1]
 * @param {number} height
 * @param {number} width
 * @returns {Float64Array} ink in [0, 1], paper = 0, and nothing but 0 if there is no ink
 */
export function findInk(grey, height, width) {
  const paper = median(frame(grey, height, width));
  const distance = Float64Array.from(grey, (light) => light - paper);
  if (isClean(distance, height, width)) {
    return withoutStrayLines(towardInk(distance), height, width, STRAY);
  }
  const noise = 1.4826 * median(distance.map(Math.abs)); // the standard deviation, if it is normal
  const ink = towardInk(distance);
  const level = inkLevel(ink);
  if (level <= LEAST_CONTRAST * noise) return ink.fill(0);
  const scanned = ink.map((ink) => clip((ink / level - BARELY) / (FULLY - BARELY)));
  return withoutStrayLines(scanned, height, width, STRAY_IN_PHOTO);
}

/** The pixels along the four edges: most of them are paper. */
function frame(image, height, width) {
  const rows = [...image.slice(0, width), ...image.slice((height - 1) * width)];
  const columns = Array.from({ length: height }, (_, i) => [i * width, (i + 1) * width - 1]);
  return Float64Array.from([...rows, ...columns.flat().map((at) => image[at])]);
}

/** Whether the paper has one level, and few pixels are faint as the noise of a JPEG is. */
function isClean(distance, height, width) {
  const size = distance.map(Math.abs);
  const largest = size.reduce((a, b) => Math.max(a, b), 0);
  const strong = size.filter((d) => d > largest / 10).length;
  const faint = size.filter((d) => d > 0).length - strong;
  return median(frame(size, height, width)) === 0 && 2 * faint <= strong;
}

/** The distance from paper on the side of ink: where it is far, it is ink. */
function towardInk(distance) {
  const side = Math.sign(sum(distance.map((d) => d ** 3)));
  return distance.map((d) => Math.max(side * d, 0));
}

/** The mean of what is nearer to it than to paper at 0 (Ridler and Calvard, 1978). */
function inkLevel(ink) {
  let level = ink.reduce((a, b) => Math.max(a, b), 0);
  for (let i = 0; i < 20; i++) {
    const near = ink.filter((value) => value >= level / 2);
    level = sum(near) / near.length;
  }
  return level;
}

/** Blank the outermost rows, then columns, that hold no more than a fraction of the ink. */
function withoutStrayLines(ink, height, width, fraction) {
  const rows = linesToKeep(ink, height, (at) => Math.floor(at / width), fraction);
  const left = ink.map((value, at) => (rows[Math.floor(at / width)] ? value : 0));
  const columns = linesToKeep(left, width, (at) => at % width, fraction);
  return left.map((value, at) => (columns[at % width] ? value : 0));
}

/** Of n lines, whether up to each, and from each on, there is more than a fraction of the ink. */
function linesToKeep(ink, n, lineOf, fraction) {
  const lines = new Float64Array(n);
  ink.forEach((value, at) => (lines[lineOf(at)] += value));
  const all = sum(lines);
  let before = 0;
  return Array.from(lines, (line) => {
    before += line;
    return Math.min(before, all - before + line) > fraction * all;
  });
}

function median(values) {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2;
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

function clip(value) {
  return Math.min(Math.max(value, 0), 1);
}
