// mathml: formulas from parts. Browsers show and read out MathML as it is.

import { math } from "./dom.js";

/** A whole formula; parts that are text are operators, numbers are numbers. */
export function formula(...parts) {
  return math("math", { display: "block" }, row(...parts));
}

/** Parts side by side. */
export function row(...parts) {
  return math("mrow", {}, ...parts.map(part));
}

function part(value) {
  if (value instanceof Node) {
    return value;
  }
  return /^\u2212?(\d[\d.,]*(e\u2212?\d+)?|\u221e)$/.test(value)
    ? math("mn", {}, value)
    : math("mo", {}, value);
}

/** A name, as z. */
export function name(text) {
  return math("mi", {}, text);
}

/** Words in a formula. */
export function words(text) {
  return math("mtext", {}, text);
}

/** A name with an index, as z_3. */
export function indexed(base, ...index) {
  return math("msub", {}, name(base), row(...index.map((text) => name(String(text)))));
}

/** One above the other. */
export function fraction(above, below) {
  return math("mfrac", {}, row(above), row(below));
}

/** A power, as e^z. */
export function power(base, exponent) {
  return math("msup", {}, part(base), row(exponent));
}

/** What follows as a derivative: d loss / d w. */
export function slope(of, by) {
  return fraction(row(name("\u2202"), of), row(name("\u2202"), by));
}
