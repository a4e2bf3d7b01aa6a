# %% [markdown]
# # 5. Looking inside
#
# It works, but what do its neurons do? An essay hopes that each layer "lights up the right set of
# neurons". In this lesson you watch them light up, switch them off, and see what they look for. Do
# not expect strokes and loops: a small network finds its own ways, and they look like blobs.

# %%
import matplotlib.pyplot as plt
import numpy as np

import glassnet

model = glassnet.load_model(engine="reference")
digits = glassnet.load_data("digits").test
a, _ = glassnet.forward(model.network, model.params, digits.x / np.float32(255))
before = glassnet.evaluate(model, digits)
print(f"{len(digits.x)} digits, {before.accuracy:.1%} right")

# %% [markdown]
# ## What the first neurons see
#
# Each neuron of the first layer has a weight for every pixel, so its weights are a picture. In a
# notebook, a model shows sixteen of them by itself.

# %%
model

# %%
_ = glassnet.plot_weights(model.params.W[0], count=36)

# %% [markdown]
# ## Which neurons light up
#
# For one digit, a good part of the neurons is silent: ReLU has made a 0 of everything negative.
# Here is the first layer for ten pictures of a 0, and ten of a 1.

# %%
zeros, ones = (np.flatnonzero(digits.labels == digit)[:10] for digit in (0, 1))
figure, axes = plt.subplots(2, 1, figsize=(9, 3), layout="constrained")
for ax, rows, digit in zip(axes, (zeros, ones), "01", strict=True):
    ax.imshow(a[1][rows], cmap="gray_r", aspect="auto")
    ax.set_title(f"ten pictures of a {digit}", loc="left")
    ax.set_yticks([])

silent = (a[1] == 0).mean()
print(f"on average {silent:.0%} of the first layer is silent")
never = (a[1] == 0).all(axis=0).sum()
print(f"{never} of {a[1].shape[1]} neurons are silent for all of these digits")
assert 0.1 < silent < 0.9

# %% [markdown]
# Two pictures of the same digit light up neurons that are more alike than those of two different
# digits, and more so than the pictures themselves: the layers pull the digits apart. One can
# measure it, as the cosine between the rows, for each layer.


# %%
def likeness(values):
    """The mean cosine of rows with the same label, and of rows with different ones."""
    rows = values / np.linalg.norm(values, axis=1, keepdims=True)
    cosines = rows @ rows.T
    same = digits.labels[:, np.newaxis] == digits.labels
    others = ~np.eye(len(rows), dtype=bool)
    return cosines[same & others].mean(), cosines[~same].mean()


gaps = []
for l, values in enumerate(a):
    same, different = likeness(values)
    gaps.append(same - different)
    print(f"a[{l}]: same digit {same:.2f}, different digits {different:.2f}")
assert gaps[0] < min(gaps[1:])

# %% [markdown]
# ## What one neuron likes
#
# Take a neuron of the last hidden layer, and the pictures that excite it most.

# %%
layer = len(a) - 1
neuron = int(a[layer].mean(axis=0).argmax())
favorites = np.argsort(-a[layer][:, neuron])[:8]
figure, axes = plt.subplots(1, 8, figsize=(9, 1.6))
for ax, row in zip(axes, favorites, strict=True):
    ax.imshow(digits.x[row].reshape(28, 28), cmap="gray_r")
    ax.set_title(f"{a[layer][row, neuron]:.1f}", fontsize=9)
    ax.set_axis_off()
print(f"neuron {layer}.{neuron} likes", digits.labels[favorites].tolist())

# %% [markdown]
# And why does its favorite excite it? Because of these neurons before it:

# %%
glassnet.explain(model, digits.x[favorites[0]]).neuron(layer, neuron)

# %% [markdown]
# ## Switching neurons off
#
# How much depends on one neuron? We switch off each of that layer in turn: its weights to the
# output become 0.


# %%
def accuracy_without(dead):
    """How many digits are right if some neurons of the last hidden layer are silent."""
    params = model.params.copy()
    params.W[-1][dead] = 0
    outputs = glassnet.predict(model.network, params, digits.x / np.float32(255))
    return (outputs.argmax(axis=1) == digits.labels).mean()


assert np.isclose(accuracy_without([]), before.accuracy)
n = a[layer].shape[1]
alone = [accuracy_without([j]) for j in range(n)]
print(f"without one neuron: {min(alone):.1%} to {max(alone):.1%} right")

rng = np.random.default_rng(0)
for count in (n // 8, n // 4, n // 2, n):
    dead = rng.choice(n, count, replace=False)
    print(f"without {count} of {n}: {accuracy_without(dead):.1%}")
assert min(alone) > accuracy_without(np.arange(n))

# %% [markdown]
# No neuron is needed alone: what they know is spread over many of them. And the place of a neuron
# means nothing. Shuffled, with their weights, they compute the same.

# %%
order = rng.permutation(a[1].shape[1])
shuffled = model.params.copy()
shuffled.W[0][...] = shuffled.W[0][:, order]
shuffled.b[0][...] = shuffled.b[0][order]
shuffled.W[1][...] = shuffled.W[1][order]
x = digits.x[:50] / np.float32(255)
assert np.allclose(
    glassnet.predict(model.network, shuffled, x),
    glassnet.predict(model.network, model.params, x),
    atol=1e-5,
)

# %% [markdown]
# ## Which pixels matter
#
# Backpropagation does not have to stop at the weights. One step more, and it says for every pixel
# which way it should change to make the right answer likelier. With delta of the first layer:
#
#     dloss/dx = delta W[0]^T

# %%
row = int(before.probabilities[np.arange(len(digits.x)), digits.labels].argmin())
label = int(digits.labels[row])
explanation = glassnet.explain(model, digits.x[row], target=label)
slope = explanation.params.W[0] @ explanation.backward.layers[0].delta

x = digits.x[row] / 255
nudged = np.clip(x - 0.1 * slope / np.abs(slope).max(), 0, 1)
after = glassnet.explain(model, nudged, target=label)
print(f"loss {explanation.backward.loss:.3f}, with nudged pixels {after.backward.loss:.3f}")
assert after.backward.loss < explanation.backward.loss

figure, axes = plt.subplots(1, 2, figsize=(6, 3))
largest = np.abs(slope).max()
axes[0].imshow(x.reshape(28, 28), cmap="gray_r")
axes[0].set_title(f"is {label}, read as {explanation.answer}")
axes[1].imshow(-slope.reshape(28, 28), cmap="PuOr", vmin=-largest, vmax=largest)
_ = axes[1].set_title("more ink, less ink")

# %% [markdown]
# ## Try it
#
# 1. Which pair of digits does the network confuse most? `before` shows the table in a notebook.
# 2. Switch off the 16 neurons with the smallest weights to the output, instead of 16 at random.
# 3. Draw `plot_weights` for a model trained with `l2=0.001`. What has changed, and why?
