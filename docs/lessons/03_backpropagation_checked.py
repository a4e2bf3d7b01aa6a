# %% [markdown]
# # 3. Backpropagation, checked
#
# Which way should each weight move so that the loss gets smaller? Backpropagation answers that for
# all weights at once. In this lesson you write it yourself, and then you find out whether it is
# right, because a wrong gradient trains too, only worse.

# %%
import matplotlib.pyplot as plt
import numpy as np

import glassnet

# %% [markdown]
# ## A small network
#
# Four inputs, five hidden neurons with tanh, three outputs with softmax and cross-entropy, and six
# examples to learn from.

# %%
rng = np.random.default_rng(0)
TANH, CROSS_ENTROPY = glassnet.ACTIVATIONS["tanh"], glassnet.LOSSES["cross_entropy"]
network = glassnet.Network((4, 5, 3), (TANH,), CROSS_ENTROPY)
params = glassnet.initialize(network.layers, glassnet.INITIALIZERS["glorot"], rng, np.float64)
x = rng.random((6, 4))
y = np.eye(3)[rng.integers(3, size=6)]

# %% [markdown]
# ## Back, one equation at a time
#
# Let delta be the slope of the loss in z. In the last layer, for softmax with cross-entropy, it is
# as simple as it can be: what came out, minus what should have come out.
#
#     delta = (a - y) / B                  B examples; the loss is their mean
#     dW    = a_before^T delta             a weight's slope: its input, times delta behind it
#     db    = sum of the rows of delta
#     delta = (delta W^T) f'(a)            and on to the layer before
#
# The slope of tanh, written in its output, is 1 - a^2.

# %%
(W0, W1), (b0, b1) = params.W, params.b
a1 = np.tanh(x @ W0 + b0)
z = a1 @ W1 + b1
a2 = CROSS_ENTROPY.output(z)

delta2 = (a2 - y) / len(x)
dW1, db1 = a1.T @ delta2, delta2.sum(axis=0)
delta1 = (delta2 @ W1.T) * (1 - a1**2)
dW0, db0 = x.T @ delta1, delta1.sum(axis=0)

# %% [markdown]
# glassnet's backward pass is these lines in a loop.

# %%
grad = params.like(np.empty_like(params.theta))
loss = glassnet.loss_and_gradient(network, params, x, y, into=grad)
for ours, theirs in zip((dW0, dW1, db0, db1), (*grad.W, *grad.b), strict=True):
    assert np.allclose(ours, theirs, rtol=1e-13)

# %% [markdown]
# ## Is it right?
#
# A slope is a small change of the loss divided by a small change of the weight. We can just try:
# nudge one weight up and down by h, and look. That takes two forward passes for each weight, which
# is why nobody trains so; but it knows nothing of backpropagation, so it can judge it.


# %%
def loss_at(theta):
    """The loss of the network with other parameters."""
    _, z = glassnet.forward(network, params.like(theta), x)
    return network.loss.value(z, y).mean()


def finite_difference(i, h):
    """(loss(w + h) - loss(w - h)) / 2h"""
    step = h * (np.arange(len(params.theta)) == i)
    return (loss_at(params.theta + step) - loss_at(params.theta - step)) / (2 * h)


print("backpropagation  ", grad.theta[0])
print("finite difference", finite_difference(0, h=1e-5))
assert np.isclose(grad.theta[0], finite_difference(0, h=1e-5), rtol=1e-6)

# %% [markdown]
# How small should h be? A large h measures the curve, not its slope. A tiny h subtracts two
# numbers that are nearly equal, and the digits that remain are noise. The best one can do is about
# ten digits.

# %%
sizes = 10.0 ** np.arange(-13, 0)
errors = [abs(finite_difference(0, h) - grad.theta[0]) for h in sizes]
figure, ax = plt.subplots(figsize=(6, 3))
ax.loglog(sizes, errors, "o-")
ax.set_xlabel("h")
_ = ax.set_ylabel("difference")
best = int(np.argmin(errors))
assert errors[best] < errors[0] / 10
assert errors[best] < errors[-1] / 10

# %% [markdown]
# There is a trick without that loss. Nudge the weight by an imaginary number, i h. For a smooth
# function the slope appears in the imaginary part, and nothing is subtracted:
#
#     dloss/dw = Im loss(w + i h) / h
#
# Now h can be 1e-30, and all digits are right. `check_gradient` does this for every weight.

# %%
theta = params.theta.astype(complex)
theta[0] += 1e-30j
complex_step = np.imag(loss_at(theta)) / 1e-30
print("complex step     ", complex_step)
assert np.isclose(grad.theta[0], complex_step, rtol=1e-13)

for row in glassnet.check_gradient(network, params, x, y):
    print(f"{row.tensor}: {row.checked} slopes, the largest difference is {row.error:.0e}")
    assert row.error < 1e-15

# %% [markdown]
# ## A mistake is found
#
# Suppose somebody wrote the sigmoid's slope, a (1 - a), for tanh. The forward pass is right, the
# loss falls in training, nothing looks wrong. The check sees it at once, and says in which layer.

# %%
wrong = glassnet.Activation("tanh", np.tanh, glassnet.ACTIVATIONS["sigmoid"].derivative)
broken = glassnet.Network(network.layers, (wrong,), CROSS_ENTROPY)
found = {row.tensor: row.error for row in glassnet.check_gradient(broken, params, x, y)}
print(found)
assert found["W[0]"] > 1e-3
assert found["W[1]"] < 1e-15

# %% [markdown]
# ## A step
#
# Now move every weight against its slope, by a learning rate eta. If the loss were a plane, it
# would change by -eta |grad|^2. For a small eta it nearly does.

# %%
for eta in (0.001, 0.01, 0.1):
    change = loss_at(params.theta - eta * grad.theta) - loss
    predicted = -eta * (grad.theta @ grad.theta)
    print(f"eta = {eta}: predicted {predicted:.6f}, actual {change:.6f}")
    assert change < 0
    assert np.isclose(change, predicted, rtol=2 * eta)

# %% [markdown]
# ## On a real digit
#
# What does one picture want? The output of the right digit should increase, the others decrease,
# each in proportion to how far it is off; the hidden neurons likewise, in proportion to their
# weights to the outputs; and every weight is tuned up or down. Here is all of it, with the check
# beside it.

# %%
model = glassnet.load_model(engine="reference")
digits = glassnet.load_data("digits").test
p = glassnet.evaluate(model, digits).probabilities[np.arange(len(digits.x)), digits.labels]
hardest, label = int(p.argmin()), int(digits.labels[p.argmin()])
explanation = glassnet.explain(model, digits.x[hardest], target=label)
direction = explanation.backward.layers[-1].direction
assert [k for k in range(10) if direction[k] > 0] == [label]
assert all(slope.digits >= 9 for slope in explanation.steepest(layer=1))
explanation

# %% [markdown]
# ## Try it
#
# 1. Replace tanh by ReLU. At z = 0 it has a corner, and no slope. Does it matter?
# 2. Derive delta = (a - y) a (1 - a) for the quadratic cost over a sigmoid, and check it: the loss
#    is called `quadratic_cost`. What happens to it where a is nearly 0 or 1, but wrong?
# 3. Make eta larger until the loss rises.
