# %% [markdown]
# # 2. Forward
#
# In lesson 1 you computed one neuron. A network is layers of them, and each layer is one line of
# NumPy. In this lesson you read a digit with a trained network in a few lines of your own.

# %%
import numpy as np

import glassnet

model = glassnet.load_model(engine="reference")
digits = glassnet.load_data("digits").test
print(model)

# %% [markdown]
# ## A layer
#
# A layer of O neurons that look at I inputs has O times I weights. We put them into a matrix W of
# shape (I, O): a column for each neuron. An example is a row x of shape (1, I). Then all neurons
# at once are
#
#     z = x W + b        (1, I) (I, O) + (O,) -> (1, O)
#     a = f(z)
#
# Column by column, this is the neuron of lesson 1:

# %%
x = digits.x[:1] / 255
W, b = model.params.W, model.params.b
z = x @ W[0] + b[0]
for j in range(3):
    assert np.isclose(z[0, j], b[0][j] + W[0][:, j] @ x[0])
print(x.shape, W[0].shape, b[0].shape, "->", z.shape)

# %% [markdown]
# ## All layers
#
# What one layer puts out is what the next one sees. Here is the whole network:


# %%
def relu(z):
    """max(z, 0)"""
    return np.maximum(z, 0)


a = x
for l in range(len(W) - 1):
    a = relu(a @ W[l] + b[l])
z = a @ W[-1] + b[-1]
print(z.round(2))

# %% [markdown]
# glassnet's own forward pass is these lines. It gives the inputs of every layer, and the numbers z
# of the last, which are called logits.

# %%
inputs, logits = glassnet.forward(model.network, model.params, x)
assert np.allclose(inputs[-1], a)
assert np.allclose(logits, z)

# %% [markdown]
# ## From logits to probabilities
#
# Ten logits are ten votes. Softmax makes probabilities of them: positive, and 1 in all.
#
#     p_k = e^{z_k} / sum_j e^{z_j}


# %%
def softmax(z):
    """Probabilities, row by row."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


p = softmax(z)
print(p.round(3), "so it is a", p.argmax())
assert np.isclose(p.sum(), 1)
assert p.argmax() == model.predict(digits.x[:1])[0] == digits.labels[0]

# %% [markdown]
# Why is the maximum subtracted? e^1000 is too large for a computer. And it changes nothing: a
# number added to all logits is a factor above and below, and cancels.

# %%
assert np.allclose(softmax(z), softmax(z + 100))
assert np.isfinite(softmax(1000 * z)).all()

# %% [markdown]
# ## Many examples
#
# Nothing in these lines says that x has one row. With a hundred rows, the same lines compute a
# hundred examples, and none of them notices the others.

# %%
many = digits.x[:100] / 255
together = glassnet.predict(model.network, model.params, many)
one_by_one = [glassnet.predict(model.network, model.params, row[np.newaxis])[0] for row in many]
assert np.allclose(together, one_by_one, atol=1e-6)

right = (together.argmax(axis=1) == digits.labels[:100]).mean()
print(f"{right:.0%} of 100 digits are right")

# %% [markdown]
# (These digits come with scikit-learn and are coarser than those the network was trained on. On
# MNIST's own test set it is right in more than 98 of 100.)
#
# ## How wrong?
#
# Training needs one number that says how wrong the network is. Cross-entropy takes the
# probability of the right answer: the loss is -log p. Sure and right costs nothing; sure and
# wrong costs a lot.

# %%
for probability in (0.99, 0.5, 0.1, 0.001):
    print(f"p = {probability:<6} loss = {-np.log(probability):.3f}")

y = np.zeros((1, 10))
y[0, digits.labels[0]] = 1
loss = model.network.loss.value(z, y).mean()
assert np.isclose(loss, -np.log(p[0, digits.labels[0]]))

# %% [markdown]
# ## Under glass
#
# `explain` shows all of it, every equation with its numbers, and the line of glassnet's code that
# did it. In a notebook, open the layers.

# %%
glassnet.explain(model, digits.x[0], target=int(digits.labels[0]))

# %% [markdown]
# ## Try it
#
# 1. Put the hidden neurons into another order: permute the columns of W[0] and b[0], and the rows
#    of W[1]. What changes in the output?
# 2. Leave both `relu` out. Then one matrix can do what all of them do: which one?
# 3. How many numbers does the network have? Count them from the shapes; the model says them too.
