# %% [markdown]
# # 4. The systems of four documents
#
# glassnet began with four essays by people who built their first network by hand. Each describes a
# system; each is a recipe here. In this lesson you train them, and see what their choices cost.
#
# (With MNIST this takes less than a minute. Where MNIST cannot be had, small digits that come
# with scikit-learn are taken; their figures are other ones. FAST=1 takes those, and few epochs.)

# %%
import os
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import glassnet

FAST = os.environ.get("FAST") == "1"
data = glassnet.load_data("digits" if FAST else None)
print(f"{data.name}: {len(data.train.x):,} to learn from, {len(data.test.x):,} for the test")


# %%
def learn(name):
    """Train a recipe, and say how good it became."""
    recipe = glassnet.RECIPES[name]
    if FAST:
        recipe = replace(recipe, epochs=min(recipe.epochs, 100 if name == "ten-hidden" else 3))
    examples = recipe.examples(data.train)
    if recipe.rows is not None:
        examples = examples.take(slice(recipe.rows))
    model = recipe.model(examples.classes)
    model.engine = "buffered" if FAST else "auto"
    history = glassnet.History(recipe.train(model, examples, engine=model.engine))
    evaluation = glassnet.evaluate(model, recipe.examples(data.test))
    print(f"{name}: {recipe.about}")
    print(f"  {model}")
    print(f"  training {history[-1].train_accuracy:.2%}, test {evaluation.accuracy:.2%}", end="")
    print(f", {sum(epoch.seconds for epoch in history):.1f} s; on MNIST: {recipe.reaches}")
    assert history[-1].loss < history[0].loss
    assert evaluation.accuracy > 0.3  # ten digits: chance is 0.1
    return model, history, evaluation


# %% [markdown]
# ## My Neural Network (Part 1)
#
# Two hidden layers of 128 and 64 neurons, ReLU, softmax with cross-entropy, mini-batches and plain
# gradient descent. This is what `glassnet train` does if you say nothing else.

# %%
model, history, evaluation = learn("first-network")
evaluation

# %%
history

# %% [markdown]
# The essay wants its network saved, loaded and used again, and so it is: one file, which holds
# numbers and text and nothing that could run.

# %%
with TemporaryDirectory() as folder:
    path = Path(folder, "first-network.safetensors")
    model.save(path)
    again = glassnet.load_model(path, engine="reference")
assert (again.params.theta == model.params.theta).all()

# %% [markdown]
# ## Implementing a Neural Network
#
# No hidden layer at all: every pixel votes for every digit. One example at a time: a step after
# each picture. It is a good part of the way, with 7,850 numbers in place of 109,386.

# %%
one_layer, _, one_layer_result = learn("one-layer")

# %% [markdown]
# Its weights can be looked at, one picture for each digit: where ink speaks for it (blue) and
# where against it (orange).

# %%
_ = glassnet.plot_weights(one_layer.params.W[0])

# %% [markdown]
# ## Digit Recognizer from Scratch
#
# Ten hidden neurons, and every step looks at all of the examples: 500 careful steps. The essay
# prints the accuracy every 10 iterations; so do we, every 100.

# %%
_, slow, _ = learn("ten-hidden")
for epoch in slow[99::100]:
    print(f"  iteration {epoch.number}: {epoch.train_accuracy:.2%} of the training set")

# %% [markdown]
# The essay notes that its twin in a library is faster and more accurate, thanks to Adam. Here is
# that twin, by hand too: the same ten neurons, mini-batches, Adam.

# %%
_, fast, _ = learn("ten-hidden-adam")

# %% [markdown]
# ## Learn to make your first Neural Network Now
#
# Sigmoids everywhere, 16 and 16 hidden neurons, random weights, and the cost is the sum of squared
# differences between what came out and what should have.

# %%
_, _, quadratic = learn("sigmoid-quadratic")

# %% [markdown]
# ## Side by side

# %%
_ = glassnet.plot_confusion_matrix(evaluation.confusion)
print(f"two hidden layers {evaluation.accuracy:.2%} (95 % interval", end=" ")
print(f"{evaluation.interval[0]:.2%} to {evaluation.interval[1]:.2%})")
print(f"no hidden layer   {one_layer_result.accuracy:.2%}")
print(f"sixteen sigmoids  {quadratic.accuracy:.2%}")

# %% [markdown]
# ## Try it
#
# 1. `glassnet.RECIPES` has two more: `nielsen-30`, the network of the book behind the fourth essay,
#    and `is-it-a-three`, which has one output and answers yes or no.
# 2. Give the first network tanh instead of ReLU: `replace(recipe, activations=...)`.
# 3. The fourth essay is curious about ReLU "for a later project". Do that project: its network
#    with ReLU in the hidden layers. What learning rate does it need?
