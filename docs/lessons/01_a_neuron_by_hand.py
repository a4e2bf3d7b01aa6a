# %% [markdown]
# # 1. A neuron by hand
#
# A neural network is made of one small thing, many times over. In this lesson you compute that
# thing yourself, first with two inputs, then with the 784 pixels of a digit.

# %%
import matplotlib.pyplot as plt
import numpy as np

import glassnet

# %% [markdown]
# ## The equation
#
# A neuron multiplies each input with a weight, adds everything up, adds a bias, and bends the
# result with an activation function:
#
#     z = b + sum_i w_i x_i
#     a = f(z)
#
# Here are two inputs.

# %%
x = np.array([0.5, 1.0])
w = np.array([2.0, -1.0])
b = 0.25

z = b
for w_i, x_i in zip(w, x, strict=True):
    z += w_i * x_i
print("z =", z)

# %% [markdown]
# The loop is what the sum sign means. NumPy writes it as `@`, and that is how every program of
# this kind writes it.

# %%
assert z == b + w @ x

# %% [markdown]
# ## The activation
#
# Without f, a neuron could only weigh and add, and so could any number of them in a row: a sum of
# sums is a sum. f makes the difference. Three common ones:

# %%
line = np.linspace(-4, 4, 200)
figure, ax = plt.subplots(figsize=(6, 3))
for name in ("sigmoid", "tanh", "relu"):
    ax.plot(line, glassnet.ACTIVATIONS[name].f(line), label=name)
ax.set_ylim(-1.5, 2.5)
ax.set_xlabel("z")
ax.set_ylabel("a")
_ = ax.legend()

# %% [markdown]
# The sigmoid squeezes any number in between 0 and 1. You can check that glassnet's is the one in
# the books, although it is written in another way (as a tanh, which never overflows).

# %%
sigmoid = glassnet.ACTIVATIONS["sigmoid"].f
assert np.allclose(sigmoid(line), 1 / (1 + np.exp(-line)))
print("a =", sigmoid(np.array(z)))

# %% [markdown]
# ## What the bias does
#
# The bias decides how much is needed before the neuron lights up. This neuron has two inputs that
# are 0 or 1. With a bias of -15 it lights up only if both are 1; with -5 one of them is enough.

# %%
pairs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
weights = np.array([10.0, 10.0])

both = sigmoid(pairs @ weights - 15)
either = sigmoid(pairs @ weights - 5)
for pair, p, q in zip(pairs.tolist(), both, either, strict=True):
    print(pair, f"both: {p:.3f}  either: {q:.3f}")
assert (both.round() == pairs.all(axis=1)).all()
assert (either.round() == pairs.any(axis=1)).all()

# %% [markdown]
# The same weights and another bias, and "and" became "or". Note that `pairs @ weights` computed
# four neurons' sums at once: one for each row.
#
# ## A neuron that looks at a digit
#
# glassnet comes with a trained network. The neurons of its first layer see the picture itself:
# 784 inputs, from 0 for paper to 1 for ink. We take a digit, and the neuron that it excites most.

# %%
model = glassnet.load_model(engine="reference")
digits = glassnet.load_data("digits").test
picture = digits.x[0].reshape(28, 28)
x = digits.x[0] / 255

W, b = model.params.W[0], model.params.b[0]
j = int((x @ W + b).argmax())
print("neuron", j, "of", W.shape[1])

figure, axes = plt.subplots(1, 3, figsize=(9, 3))
weights = W[:, j].reshape(28, 28)
largest = np.abs(weights).max()
axes[0].imshow(picture, cmap="gray_r")
axes[0].set_title("x, the inputs")
axes[1].imshow(weights, cmap="PuOr", vmin=-largest, vmax=largest)
axes[1].set_title("w, the weights")
axes[2].imshow(weights * picture / 255, cmap="PuOr", vmin=-largest, vmax=largest)
_ = axes[2].set_title("w x, the terms")

# %% [markdown]
# By hand, this is the same loop as before, only longer:

# %%
z = float(b[j])
for w_i, x_i in zip(W[:, j], x, strict=True):
    z += w_i * x_i
a = max(z, 0)
print("z =", z, " a =", a)

# %% [markdown]
# And this is the neuron as glassnet explains it: the largest terms, and the rest. What is printed
# adds up.

# %%
explanation = glassnet.explain(model, picture)
neuron = explanation.neuron(1, j)
assert np.isclose(neuron.z, z)
assert np.isclose(neuron.a, a)
neuron

# %% [markdown]
# ## Try it
#
# 1. Find weights and a bias for "the first, but not the second".
# 2. No single neuron can say "one of them, but not both". Why not? (Draw the four pairs on paper,
#    and the line where z = 0.) Two neurons and a third that listens to them can.
# 3. Which neuron does another digit, `digits.x[1]`, excite most?
