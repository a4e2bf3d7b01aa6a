/**
 * Familiarity: how far a picture is from all that was learned from, as familiarity.py has it.
 *
 * @typedef {Object} Familiarity
 * @property {Float64Array[]} means the mean picture of each class, in [0, 1]
 * @property {Float64Array[][]} bases for each class directions at right angles, of length 1
 * @property {number} limit the distance up to which a picture is familiar
 */

/**
 * @param {{means: string, directions: string, limit: number}} text as a model file has it
 * @param {number} classes how many
 * @param {number} width pixels of a picture
 * @returns {Familiarity}
 */
export function readFamiliarity(text, classes, width) {
  const means = bytesOf(text.means);
  const directions = new Int8Array(bytesOf(text.directions).buffer);
  const perClass = directions.length / classes;
  if (means.length !== classes * width || perClass % width !== 0) throw new Error("other sizes");
  if (!(text.limit >= 0 && text.limit < Infinity)) throw new Error(`a limit of ${text.limit}`);
  const ofClass = (values, size, k) => Float64Array.from(values.subarray(k * size, (k + 1) * size));
  const numbers = [...Array(classes).keys()];
  return {
    means: numbers.map((k) => ofClass(means, width, k).map((grey) => grey / 255)),
    bases: numbers.map((k) => orthonormal(ofClass(directions, perClass, k), width)),
    limit: text.limit,
  };
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/** Rows at right angles and of length 1 that span the same (Gram and Schmidt, twice for rounding). */
function orthonormal(rows, width) {
  const basis = [];
  for (let at = 0; at < rows.length; at += width) {
    const row = rows.slice(at, at + width);
    for (let pass = 0; pass < 2; pass++)
      basis.forEach((unit) => subtract(row, unit, dot(row, unit)));
    const length = Math.sqrt(dot(row, row));
    if (length > 1e-6) basis.push(row.map((value) => value / length));
  }
  return basis;
}

/**
 * How far a picture is from the nearest class, in that class's own directions not counted.
 *
 * @param {Familiarity} familiarity
 * @param {ArrayLike<number>} x pixels in [0, 1]
 * @returns {number}
 */
export function distance(familiarity, x) {
  const squares = familiarity.means.map((mean, k) => {
    const r = mean.map((value, i) => x[i] - value);
    for (const unit of familiarity.bases[k]) subtract(r, unit, dot(r, unit));
    return dot(r, r);
  });
  return Math.sqrt(Math.min(...squares));
}

function dot(one, other) {
  let total = 0;
  for (let i = 0; i < one.length; i++) total += one[i] * other[i];
  return total;
}

function subtract(from, unit, share) {
  for (let i = 0; i < from.length; i++) from[i] -= share * unit[i];
}
