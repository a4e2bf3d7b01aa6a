"""The equations neuron by neuron, in loops over Python floats, importing nothing of glassnet.

Slow, plain, and written from the equations of the four documents, so that the package can be held
against it. Weights are nested lists: W[l][i][j] leads from neuron i of layer l to neuron j of the
next.
"""

from math import exp, log, log1p, tanh


def sigmoid(z):
    return 1 / (1 + exp(-z)) if z >= 0 else exp(z) / (1 + exp(z))


F = {
    "identity": lambda z: z,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": lambda z: max(0.0, z),
    "leaky_relu": lambda z: z if z > 0 else 0.01 * z,
}

# In z, not in a: the package writes its slopes in a.
SLOPE = {
    "identity": lambda z: 1.0,
    "sigmoid": lambda z: sigmoid(z) * (1 - sigmoid(z)),
    "tanh": lambda z: 1 - tanh(z) ** 2,
    "relu": lambda z: 1.0 if z > 0 else 0.0,
    "leaky_relu": lambda z: 1.0 if z > 0 else 0.01,
}


def neuron(inputs, weights, bias):
    total = bias
    for x, w in zip(inputs, weights, strict=True):
        total += w * x
    return total


def softmax(z):
    top = max(z)
    e = [exp(value - top) for value in z]
    return [value / sum(e) for value in e]


def outputs(loss, z):
    if loss == "cross_entropy":
        return softmax(z)
    if loss == "squared_error":
        return list(z)
    return [sigmoid(value) for value in z]


def example_loss(loss, z, y):
    if loss == "cross_entropy":
        p = softmax(z)
        return -sum(t * log(q) for t, q in zip(y, p, strict=True) if t)
    if loss == "binary_cross_entropy":
        # -log a = log(1 + e^-z) and -log(1 - a) = log(1 + e^z)
        return sum(t * log1p(exp(-v)) + (1 - t) * log1p(exp(v)) for t, v in zip(y, z, strict=True))
    return sum((a - t) ** 2 for a, t in zip(outputs(loss, z), y, strict=True)) / 2


def output_delta(loss, z, y):
    """How the loss of one example changes with each logit."""
    a = outputs(loss, z)
    delta = [p - t for p, t in zip(a, y, strict=True)]
    if loss == "quadratic_cost":
        delta = [d * p * (1 - p) for d, p in zip(delta, a, strict=True)]
    return delta


def forward(W, b, activations, x):
    """The weighted inputs z and the outputs a of every layer; the last z are the logits."""
    z, a = [], [list(x)]
    for l in range(len(W)):
        columns = [[row[j] for row in W[l]] for j in range(len(b[l]))]
        z.append([neuron(a[-1], columns[j], b[l][j]) for j in range(len(b[l]))])
        if l < len(activations):
            a.append([F[activations[l]](value) for value in z[-1]])
    return z, a


def loss_and_gradient(W, b, activations, loss, X, Y):
    """The mean loss over the examples, and its slope along every weight and bias."""
    dW = [[[0.0] * len(row) for row in layer] for layer in W]
    db = [[0.0] * len(layer) for layer in b]
    total = 0.0
    for x, y in zip(X, Y, strict=True):
        z, a = forward(W, b, activations, x)
        total += example_loss(loss, z[-1], y) / len(X)
        delta = output_delta(loss, z[-1], y)
        for l in reversed(range(len(W))):
            for j, d in enumerate(delta):
                db[l][j] += d / len(X)
                for i, value in enumerate(a[l]):
                    dW[l][i][j] += value * d / len(X)
            if l > 0:
                delta = [
                    sum(W[l][i][j] * d for j, d in enumerate(delta))
                    * SLOPE[activations[l - 1]](z[l - 1][i])
                    for i in range(len(W[l]))
                ]
    return total, dW, db
