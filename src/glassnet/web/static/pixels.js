// pixels: numbers as pictures. Inks and activations are grey, weights and gradients have two colors.

/** The colors of the page as it is now, light or dark: [red, green, blue]. */
function color(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  probe.style.forcedColorAdjust = "none"; // a picture of numbers needs its colors
  document.body.append(probe);
  const [red, green, blue] = getComputedStyle(probe)
    .color.match(/[\d.]+/g)
    .map(Number);
  probe.remove();
  return [red, green, blue];
}

let palette = null;
const redraws = new WeakMap(); // of canvases: how each is drawn again in other colors

/** Read the colors of the page anew, as it has become dark, or light, and draw in them. */
export function readColors() {
  palette = { negative: color("--negative"), zero: color("--zero"), positive: color("--positive") };
  for (const canvas of document.querySelectorAll("canvas")) redraws.get(canvas)?.();
}

/** The largest size among some numbers, and 1 if all are zero. */
export function largest(values) {
  let top = 0;
  for (const value of values) {
    top = Math.max(top, Math.abs(value));
  }
  return top || 1;
}

/**
 * Ink, or activations that are not negative: 0 is black, `top` is white.
 * @param {HTMLCanvasElement} canvas where
 * @param {ArrayLike<number>} values row by row
 * @param {number} width of a row
 * @param {number} top what is white
 */
export function drawGrey(canvas, values, width, top) {
  redraws.delete(canvas);
  draw(canvas, values, width, (value) => {
    const level = Math.max(0, Math.min(255, (255 * value) / top));
    return [level, level, level];
  });
}

/** Ink as an image that can be drawn from. */
export function inkImage(values, width, top) {
  const canvas = new OffscreenCanvas(width, 1);
  drawGrey(canvas, values, width, top);
  return canvas;
}

/** Weights and gradients: 0 is the paper, and both signs have a color of the same strength. */
export function drawSigned(canvas, values, width, top = largest(values)) {
  if (palette === null) {
    readColors();
  }
  redraws.set(canvas, () => drawSigned(canvas, values, width, top));
  const { negative, zero, positive } = palette;
  draw(canvas, values, width, (value) => {
    const end = value < 0 ? negative : positive;
    const share = Math.min(1, Math.abs(value) / top);
    return zero.map((from, i) => from + share * (end[i] - from));
  });
}

function draw(canvas, values, width, colorOf) {
  const height = Math.ceil(values.length / width);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const image = new ImageData(width, height);
  for (let i = 0; i < values.length; i++) {
    const [red, green, blue] = colorOf(values[i]);
    image.data.set([red, green, blue, 255], 4 * i);
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** How many cells lie in a row of the grid of a layer: a full rectangle if a flat one will do. */
export function gridWidth(n) {
  const side = Math.ceil(Math.sqrt(n));
  for (let width = side; width <= 2.1 * side; width++) {
    if (n % width === 0) return width;
  }
  return side;
}
