/**
 * The engine: forward pass, loss, backpropagation and one step, in the browser, for one example.
 *
 *     a[0] = x
 *     z[l] = a[l] W[l] + b[l]
 *     a[l+1] = f(z[l]), in the last layer the output function of the loss instead
 *
 *     delta[L-1] = dloss/dz of the last layer
 *     dW[l] = a[l]^T delta[l],   db[l] = delta[l]
 *     delta[l-1] = (delta[l] W[l]^T) * f'(a[l])
 *
 * Names and equations are those of core/ in Python, and tests/web holds the results to it. Weights
 * are float32, as a model file has them; what is computed from them is float64.
 *
 * @typedef {Object} Model
 * @property {number[]} layers the widths from the input to the output
 * @property {string[]} activations the name of one for each hidden layer
 * @property {string} loss its name
 * @property {Float32Array[]} W for each layer (inputs, outputs), row by row
 * @property {Float32Array[]} b for each layer (outputs,)
 * @property {string[]} classes the names of the answers
 * @property {number} [temperature] divides the logits where they become probabilities
 *
 * @typedef {Object} Passed what a forward pass has left
 * @property {Float64Array[]} z of each layer
 * @property {ArrayLike<number>[]} a the input of each layer, and last the output of the network
 * @property {Float64Array} probabilities of each class
 *
 * @typedef {Object} Gradient
 * @property {number} loss
 * @property {Float64Array[]} delta of each layer, dloss/dz
 * @property {Float64Array[]} dW of each layer (inputs, outputs)
 * @property {Float64Array[]} db of each layer (outputs,)
 * @property {Float64Array} dx of the input
 */

const LEAK = 0.01;
const H = 1e-5; // of a finite difference: its own error and that of rounding are equally small

/** z as it is. */
const identity = (z) => z;

/** 1 / (1 + e^-z), written as tanh(z/2) moved into (0, 1), which never overflows. */
const sigmoid = (z) => 0.5 * (1 + Math.tanh(0.5 * z));

/** Each activation and its slope, which is written in the output a, not in z. */
export const ACTIVATIONS = {
  identity: { f: identity, derivative: () => 1 },
  sigmoid: { f: sigmoid, derivative: (a) => a * (1 - a) },
  tanh: { f: Math.tanh, derivative: (a) => 1 - a * a },
  relu: { f: (z) => Math.max(z, 0), derivative: (a) => (a > 0 ? 1 : 0) },
  leaky_relu: { f: (z) => Math.max(z, LEAK * z), derivative: (a) => (a > 0 ? 1 : LEAK) },
};

/** Each loss: its output function, its value, and its error dloss/dz, from the logits z. */
export const LOSSES = {
  cross_entropy: {
    output: softmax,
    value: crossEntropy,
    error: (z, y) => softmax(z).map((a, k) => a - y[k]),
  },
  binary_cross_entropy: {
    output: (z) => z.map(sigmoid),
    value: (z, y) => sum(z.map((z, k) => log1PlusExp(z) - y[k] * z)),
    error: (z, y) => z.map((z, k) => sigmoid(z) - y[k]),
  },
  quadratic_cost: {
    output: (z) => z.map(sigmoid),
    value: (z, y) => squaredError(z.map(sigmoid), y),
    error: (z, y) => z.map(sigmoid).map((a, k) => (a - y[k]) * a * (1 - a)),
  },
  squared_error: {
    output: (z) => z.map(identity),
    value: squaredError,
    error: (z, y) => z.map((z, k) => z - y[k]),
  },
};

/** @param {Float64Array} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

/** p_k = e^{z_k} / sum_j e^{z_j}, the largest logit subtracted so that nothing overflows. */
function softmax(z) {
  const largest = Math.max(...z);
  const e = z.map((z) => Math.exp(z - largest));
  const total = sum(e);
  return e.map((e) => e / total);
}

/** -sum y_k log p_k, with log p_k = z_k - log sum_j e^{z_j}. */
function crossEntropy(z, y) {
  const largest = Math.max(...z);
  const logTotal = largest + Math.log(sum(z.map((z) => Math.exp(z - largest))));
  return sum(z.map((z, k) => y[k] * (logTotal - z)));
}

/** log(1 + e^z), which does not overflow. */
function log1PlusExp(z) {
  return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
}

/** 1/2 sum (a_k - y_k)^2. */
function squaredError(a, y) {
  return sum(a.map((a, k) => (a - y[k]) ** 2)) / 2;
}

/**
 * z = a W + b; a = f(z), layer by layer.
 *
 * @param {Model} model
 * @param {ArrayLike<number>} x the input
 * @returns {Passed}
 */
export function forward(model, x) {
  const a = [x];
  const z = [];
  model.W.forEach((W, l) => {
    z.push(weightedSums(a[l], W, model.b[l]));
    const hidden = l < model.activations.length;
    a.push(hidden ? z[l].map(ACTIVATIONS[model.activations[l]].f) : outputOf(model, z[l]));
  });
  return { z, a, probabilities: probabilitiesOf(model, z.at(-1)) };
}

/** a W + b. What is 0, as most of a picture is, adds nothing and is passed over. */
function weightedSums(a, W, b) {
  const z = Float64Array.from(b);
  for (let i = 0; i < a.length; i++) {
    if (a[i] === 0) continue;
    for (let j = 0, at = i * z.length; j < z.length; j++, at++) z[j] += a[i] * W[at];
  }
  return z;
}

/** What the network answers. */
function outputOf(model, z) {
  return LOSSES[model.loss].output(z);
}

/**
 * Logits as the probability of each class; outputs that are no distribution, such as ten sigmoids,
 * are divided by their sum.
 *
 * @param {Model} model
 * @param {Float64Array} z the logits
 * @returns {Float64Array}
 */
export function probabilitiesOf(model, z) {
  const temperature = model.temperature ?? 1;
  const output = outputOf(
    model,
    z.map((z) => z / temperature),
  );
  const a = output.map((a) => Math.min(Math.max(a, 0), 1));
  if (a.length === 1 && model.classes.length === 2) return Float64Array.of(1 - a[0], a[0]);
  const total = sum(a);
  return a.map((a) => (total > 0 ? a / total : 1 / z.length));
}

/**
 * The target y of a class: 1 for it, else 0; of a network with one output, the index itself.
 *
 * @param {Model} model
 * @param {number} index of the class
 * @returns {Float64Array}
 */
export function targetOf(model, index) {
  const width = model.layers.at(-1);
  return width === 1 ? Float64Array.of(index) : new Float64Array(width).fill(1, index, index + 1);
}

/**
 * The loss of one example.
 *
 * @param {Model} model
 * @param {ArrayLike<number>} x the input
 * @param {ArrayLike<number>} target y
 * @returns {number}
 */
export function lossOf(model, x, target) {
  return LOSSES[model.loss].value(forward(model, x).z.at(-1), target);
}

/**
 * Backpropagation: from the error of the output to the gradient of every parameter.
 *
 * @param {Model} model
 * @param {Passed} passed what forward gave
 * @param {ArrayLike<number>} target y
 * @returns {Gradient}
 */
export function backward(model, passed, target) {
  const { a, z } = passed;
  const { value, error } = LOSSES[model.loss];
  const delta = [];
  delta[z.length - 1] = error(z.at(-1), target);
  for (let l = z.length - 1; l > 0; l--) {
    const { derivative } = ACTIVATIONS[model.activations[l - 1]];
    delta[l - 1] = sentBack(delta[l], model.W[l]).map((da, i) => da * derivative(a[l][i]));
  }
  return {
    loss: value(z.at(-1), target),
    delta,
    dW: delta.map((delta, l) => outerProduct(a[l], delta)),
    db: delta,
    dx: sentBack(delta[0], model.W[0]),
  };
}

/** delta W^T: how the loss changes with each input of a layer. */
function sentBack(delta, W) {
  const da = new Float64Array(W.length / delta.length);
  for (let i = 0, at = 0; i < da.length; i++) {
    for (let j = 0; j < delta.length; j++, at++) da[i] += delta[j] * W[at];
  }
  return da;
}

/** a^T delta (inputs, outputs). */
function outerProduct(a, delta) {
  const dW = new Float64Array(a.length * delta.length);
  for (let i = 0; i < a.length; i++) {
    if (a[i] === 0) continue;
    for (let j = 0, at = i * delta.length; j < delta.length; j++, at++) dW[at] = a[i] * delta[j];
  }
  return dW;
}

/**
 * A model that can be changed while this one stays.
 *
 * @param {Model} model
 * @returns {Model}
 */
export function copyOf(model) {
  return { ...model, W: model.W.map((W) => W.slice()), b: model.b.map((b) => b.slice()) };
}

/**
 * One step of gradient descent: theta - eta * gradient.
 *
 * @param {Model} model which stays as it is
 * @param {Gradient} gradient what backward gave
 * @param {number} eta the learning rate
 * @returns {Model}
 */
export function step(model, gradient, eta) {
  const descend = (theta, grad) => theta.map((value, i) => value - eta * grad[i]);
  return {
    ...model,
    W: model.W.map((W, l) => descend(W, gradient.dW[l])),
    b: model.b.map((b, l) => descend(b, gradient.db[l])),
  };
}

/**
 * The slope of the loss in one weight without backpropagation: by two forward passes, one with a
 * slightly larger weight and one with a slightly smaller.
 *
 * @param {Model} model
 * @param {ArrayLike<number>} x the input
 * @param {ArrayLike<number>} target y
 * @param {number} layer from 0
 * @param {number} i the input of the layer that the weight is for
 * @param {number} j the neuron that it belongs to
 * @returns {number}
 */
export function finiteDifference(model, x, target, layer, i, j) {
  const W = Float64Array.from(model.W[layer]); // in float32, so small a difference would be rough
  const moved = { ...model, W: model.W.map((other, l) => (l === layer ? W : other)) };
  const at = i * model.layers[layer + 1] + j;
  const weight = W[at];
  const lossAt = (value) => {
    W[at] = value;
    return lossOf(moved, x, target);
  };
  return (lossAt(weight + H) - lossAt(weight - H)) / (2 * H);
}
