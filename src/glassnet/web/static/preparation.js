/**
 * The preparation: what shows a digit, to the picture that MNIST would have made of it.
 *
 *     strokes or ink -> 20x20 -> center of mass -> picture (28, 28)
 *
 * The same operations in the same order as data/strokes.py and data/pictures.py in Python, which
 * say why; tests/web holds the results to theirs.
 *
 * @typedef {[number, number][]} Stroke points (x, y), y downwards
 *
 * @typedef {Object} Prepared a digit on its way, stage by stage
 * @property {number[]} box of strokes or ink: top, left, bottom, right
 * @property {Uint8Array} square20 the box scaled to 20x20, ink = 255
 * @property {[number, number]} center of the mass of square20, row and column, from its corner
 * @property {Uint8Array} picture square20 with that center in the middle of 28x28
 */

const SIDE = 28; // of a picture
const CENTER = 15; // where its center of mass goes, from the edge of pixel 0
const BOX = 20; // what a digit is scaled to
const SMALLEST = 10; // what is shorter in pixels is scaled as if it were this
const DARKEST = 254 / 255; // no picture in MNIST has less in its darkest pixel
const PEN = 2.4; // its width in the 20x20
const REACH = PEN / 2 + 0.5; // what is farther from the middle of a line than this is paper

/** Strokes or ink in which there is nothing. */
export class PictureError extends Error {
  name = "PictureError";
}

/**
 * Scale, draw anew and center strokes.
 *
 * @param {Stroke[]} strokes in any unit
 * @param {number} [smallest] what is shorter than this is scaled as if it were this long
 * @returns {Prepared}
 * @throws {PictureError} there are no points
 */
export function prepareStrokes(strokes, smallest = 0) {
  const box = boxOfStrokes(strokes);
  const [top, left, bottom, right] = box;
  const [height, width] = [bottom - top, right - left];
  const side = Math.max(width, height, smallest) || 1;
  const middle = [left + width / 2, top + height / 2];
  const toPixel = (at, k) => ((at - middle[k]) / side) * (BOX - PEN) + BOX / 2;
  return toCenter(box, draw(strokes.map((stroke) => stroke.map((point) => point.map(toPixel)))));
}

/**
 * The box of all points.
 *
 * @param {Stroke[]} strokes
 * @returns {number[]} top, left, bottom, right
 */
export function boxOfStrokes(strokes) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of strokes.flat()) {
    box[0] = Math.min(box[0], y);
    box[1] = Math.min(box[1], x);
    box[2] = Math.max(box[2], y);
    box[3] = Math.max(box[3], x);
  }
  return box;
}

/** Ink (20, 20) in [0, 1], of lines whose unit is the pixel. */
function draw(lines) {
  const nearest = new Float64Array(BOX * BOX).fill(Infinity);
  for (const line of lines) {
    line.forEach((start, k) => approach(nearest, start, line[k + 1] ?? start));
  }
  return nearest.map((squared) => Math.min(Math.max(REACH - Math.sqrt(squared), 0), 1));
}

/** Lessen the squared distances from the pixels to ink, where this segment is nearer. */
function approach(nearest, start, end) {
  const [dx, dy] = [end[0] - start[0], end[1] - start[1]];
  const length = Math.max(dx * dx + dy * dy, 1e-300); // squared; not 0, for dots
  const [left, right] = withinReach(start[0], end[0]);
  const [top, bottom] = withinReach(start[1], end[1]);
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const [x, y] = [column + 0.5 - start[0], row + 0.5 - start[1]];
      const t = Math.min(Math.max((x * dx + y * dy) / length, 0), 1);
      const squared = (x - t * dx) ** 2 + (y - t * dy) ** 2;
      const at = row * BOX + column;
      nearest[at] = Math.min(nearest[at], squared);
    }
  }
}

/** The first and the last pixel of a row or column that the pen can reach. */
function withinReach(start, end) {
  const first = Math.floor(Math.min(start, end) - REACH);
  const last = Math.floor(Math.max(start, end) + REACH);
  return [Math.max(first, 0), Math.min(last, BOX - 1)];
}

/**
 * Scale and center ink.
 *
 * @param {ArrayLike<number>} ink (height, width) in [0, 1], paper = 0
 * @param {number} height
 * @param {number} width
 * @returns {Prepared}
 * @throws {PictureError} there is no ink
 */
export function prepareInk(ink, height, width) {
  const box = boxOfInk(ink, height, width);
  return toCenter(box, scaleIntoBox(ink, width, box));
}

/** The box of all ink; the last row and column are the first without. */
function boxOfInk(ink, height, width) {
  const box = [height, width, 0, 0];
  for (let at = 0; at < height * width; at++) {
    if (ink[at] === 0) continue;
    const [row, column] = [Math.floor(at / width), at % width];
    box[0] = Math.min(box[0], row);
    box[1] = Math.min(box[1], column);
    box[2] = Math.max(box[2], row + 1);
    box[3] = Math.max(box[3], column + 1);
  }
  return box;
}

/** Resample the ink in the box, in the middle of the smallest square, to (20, 20). */
function scaleIntoBox(ink, width, [top, left, bottom, right]) {
  const side = Math.max(bottom - top, right - left, SMALLEST);
  const rows = new Float64Array(BOX * width);
  const square = new Float64Array(BOX * BOX);
  for (const [out, row, share] of shares(side, top, bottom)) {
    for (let x = left; x < right; x++) rows[out * width + x] += share * ink[row * width + x];
  }
  for (const [out, x, share] of shares(side, left, right)) {
    for (let row = 0; row < BOX; row++) square[row * BOX + out] += share * rows[row * width + x];
  }
  return square;
}

/**
 * [out, in, share]: of the length of each of 20 pixels, the share that each pixel from first to end
 * covers, which are in the middle of n.
 */
function* shares(n, first, end) {
  const margin = Math.floor((n - (end - first)) / 2);
  for (let out = 0; out < BOX; out++) {
    const [start, stop] = [(out * n) / BOX, ((out + 1) * n) / BOX];
    for (let i = Math.floor(start); i < stop; i++) {
      const share = ((Math.min(stop, i + 1) - Math.max(start, i)) * BOX) / n;
      const pixel = i - margin + first;
      if (pixel >= first && pixel < end) yield [out, pixel, share];
    }
  }
}

/** The stages after ink has been scaled into the square (20, 20) in [0, 1]. */
function toCenter(box, square) {
  const darkest = Math.max(...square);
  if (!(darkest > 0)) throw new PictureError("no ink found (expected a digit). Try: draw one");
  const full = Math.min(1, darkest / DARKEST);
  const square20 = Uint8Array.from(square, (ink) => roundHalfToEven((255 * ink) / full));
  const center = centerOfMass(square20);
  return { box, square20, center, picture: paste(square20, center) };
}

/** The nearest whole number, as NumPy rounds. */
function roundHalfToEven(x) {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}

/** The mean row and column of the ink; the middle of pixel i is i + 0.5. */
function centerOfMass(image) {
  let [mass, down, right] = [0, 0, 0];
  image.forEach((ink, at) => {
    mass += ink;
    down += ink * (Math.floor(at / BOX) + 0.5);
    right += ink * ((at % BOX) + 0.5);
  });
  return [down / mass, right / mass];
}

/** Put the 20x20 into the 28x28, its center of mass in the middle; what is outside is cut off. */
function paste(square20, center) {
  const picture = new Uint8Array(SIDE * SIDE);
  const [top, left] = center.map((c) => Math.floor(CENTER - c));
  square20.forEach((ink, at) => {
    const [row, column] = [top + Math.floor(at / BOX), left + (at % BOX)];
    const inside = Math.min(row, column) >= 0 && Math.max(row, column) < SIDE;
    if (inside) picture[row * SIDE + column] = ink;
  });
  return picture;
}
