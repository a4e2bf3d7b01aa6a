// numbers: how they are written, so that what is shown adds up as it is shown.

const MINUS = "\u2212";

/** A number with so many digits behind the point. */
export function fixed(x, digits = 3) {
  if (!Number.isFinite(x)) {
    return x === null || Number.isNaN(x) ? "not a number" : x > 0 ? "\u221e" : `${MINUS}\u221e`;
  }
  const text = Math.abs(x).toFixed(digits);
  return (x < 0 && Number(text) !== 0 ? MINUS : "") + text;
}

/** A number with so many digits that count, in scientific notation where it is very small. */
export function short(x, digits = 3) {
  if (x === 0 || !Number.isFinite(x)) {
    return fixed(x, 0);
  }
  const size = Math.abs(x);
  if (size >= 1e-3 && size < 1e5) {
    const behind = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
    return fixed(x, Math.min(behind, 8));
  }
  const [mantissa, exponent] = size.toExponential(digits - 1).split("e");
  return `${x < 0 ? MINUS : ""}${mantissa}e${exponent.replace("+", "").replace("-", MINUS)}`;
}

/** A share as percent. */
export function percent(share, digits = 1) {
  return `${fixed(100 * share, digits)} %`;
}

/** A count with its thousands apart. */
export function count(n) {
  return n.toLocaleString("en-US");
}

/**
 * A sum as it can be shown: the largest terms, and the rest, that add up in the digits shown.
 *
 * Everything is rounded to whole units of the last digit; the rest takes what rounding left over.
 * @param {number} bias what is added to the terms
 * @param {{value: number}[]} terms the terms
 * @param {number} total their sum with the bias
 * @param {number} shown how many terms are shown
 * @param {number} digits behind the point
 */
export function displayedSum(bias, terms, total, shown = 8, digits = 3) {
  const unit = 10 ** digits;
  const round = (x) => Math.round(x * unit);
  const largest = terms
    .filter((term) => term.value !== 0)
    .sort((one, other) => Math.abs(other.value) - Math.abs(one.value))
    .slice(0, shown);
  const rest = largest.reduce((left, term) => left - round(term.value), round(total) - round(bias));
  return {
    bias: round(bias) / unit,
    largest: largest.map((term) => ({ ...term, shown: round(term.value) / unit })),
    rest: rest / unit,
    others: terms.length - largest.length,
    total: round(total) / unit,
  };
}
