# %% [markdown]
# # 7. Transfer
#
# A child who can read zeros to fours does not learn to see anew for fives. A network need not
# either: what its first layers have learned can be kept, and only the rest learns. In this lesson a
# network that has read thousands of digits from 0 to 4 learns 5 to 9 from a handful of each, and
# you measure what its past was worth.
#
# (With MNIST this takes one or two minutes. FAST=1 takes small digits, and few of everything.)

# %%
import os
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

import glassnet

FAST = os.environ.get("FAST") == "1"
ENGINE, THREADS = ("buffered", 1) if FAST else ("auto", None)
data = glassnet.load_data("digits" if FAST else None)
OLD, NEW = tuple("01234"), tuple("56789")


def only(examples, classes):
    """The examples of some classes, labeled 0, 1, ... in their order."""
    digits = np.array(classes).astype(int)
    keep = np.isin(examples.labels, digits)
    return glassnet.Examples(examples.x[keep], examples.labels[keep] - digits[0], classes)


def few(examples, n, seed):
    """So many examples of each class, chosen by the seed."""
    rng = np.random.default_rng(seed)
    rows = [rng.permutation(np.flatnonzero(examples.labels == k))[:n] for k in range(5)]
    return examples.take(np.concatenate(rows))


# %% [markdown]
# ## The past
#
# The source learns 0 to 4, each digit turned, bent and inked anew in every epoch, as the model that
# ships did. It has never seen a 5.

# %%
epochs = 15
past = replace(
    glassnet.RECIPES["many-hands"],
    layers=(784, 128, 64, 5),
    rate=glassnet.Cosine(0.2, epochs),
    epochs=epochs,
    report_every=epochs,
)
source = past.model(OLD)
source.engine = ENGINE
for _ in past.train(source, only(data.train, OLD), engine=ENGINE, threads=THREADS):
    pass
print(f"0 to 4: {glassnet.evaluate(source, only(data.test, OLD)).accuracy:.1%} right")

# %% [markdown]
# ## Transfer
#
# The target has the same hidden layers, and an output for each new class. `transfer` copies the
# weights, all but those of the output layer, since its classes are others. With `frozen=1` the
# first layer of weights then stays as it is.

# %%
new_train, new_test = only(data.train, NEW), only(data.test, NEW)
SIZES = (10, 20) if FAST else (1, 5, 10, 20, 50, 100)


def present(n, seed, frozen=0):
    """The recipe to learn 5 to 9 from n examples of each."""
    epochs = max(20, (100 if FAST else 1000) // n)
    return replace(
        glassnet.RECIPES["first-network"],
        layers=(784, 128, 64, 5),
        batch_size=10,
        epochs=epochs,
        report_every=epochs,
        seed=seed,
        frozen=frozen,
    )


def learn(n, seed, transferred, frozen=0):
    """A model that has learned 5 to 9 from n examples of each."""
    recipe = present(n, seed, frozen)
    model = recipe.model(NEW)
    model.engine = ENGINE
    if transferred:
        glassnet.transfer(source, model)
    for _ in recipe.train(model, few(new_train, n, seed), engine=ENGINE, threads=THREADS):
        pass
    return model


model = learn(n=10, seed=0, transferred=True, frozen=1)
print(f"5 to 9: {glassnet.evaluate(model, new_test).accuracy:.1%} right, from ten of each")
assert (model.params.W[0] == source.params.W[0]).all()
assert (model.params.W[1] != source.params.W[1]).any()

# %% [markdown]
# ## A smaller network
#
# What is frozen is a fixed function of the picture: it can be computed once. What is left is a
# smaller network, which learns from a[1] as if these were its pictures; no line of backpropagation
# has to know of it. By hand, that is:

# %%
examples = few(new_train, 10, seed=0)
a, _ = glassnet.forward(source.network, source.params, examples.x / np.float32(255))

whole = present(10, seed=0).model(NEW)
glassnet.transfer(source, whole)
smaller = replace(present(10, seed=0), layers=(128, 64, 5), activations=past.activations[1:])
tail = smaller.model(NEW)
tail.engine = ENGINE
for l in (0, 1):
    tail.params.W[l][...] = whole.params.W[l + 1]
    tail.params.b[l][...] = whole.params.b[l + 1]
for _ in smaller.train(tail, examples._replace(x=a[1]), engine=ENGINE, threads=THREADS):
    pass
difference = np.abs(tail.params.W[0] - model.params.W[1]).max()
print(f"largest difference to the weights above: {difference:.1e}")
assert difference < 1e-2

# %% [markdown]
# ## What it gains
#
# Now fresh against transferred, for more and more examples, and each with several seeds: which
# examples they are, their order and the random weights are others each time, and the same for all
# four ways.

# %%
WAYS = {
    "fresh": {"transferred": False},
    "transferred, all layers learn": {"transferred": True},
    "first layer frozen": {"transferred": True, "frozen": 1},
    "both hidden layers frozen": {"transferred": True, "frozen": 2},
}
SEEDS = range(2 if FAST else 10)
accuracy = {
    way: np.array(
        [
            [glassnet.evaluate(learn(n, seed, **how), new_test).accuracy for seed in SEEDS]
            for n in SIZES
        ]
    )
    for way, how in WAYS.items()
}
for way, table in accuracy.items():
    cells = [f"{row.mean():6.1%} ± {row.std(ddof=1):.1%}" for row in table]
    print(f"{way:30}", *cells)

figure, ax = plt.subplots(figsize=(6, 4))
for way, table in accuracy.items():
    ax.errorbar(SIZES, table.mean(axis=1), table.std(axis=1, ddof=1), capsize=3, label=way)
ax.set(xscale="log", xlabel="examples of each digit", ylabel="test accuracy on 5 to 9")
ax.set_xticks(SIZES, map(str, SIZES))
_ = ax.legend()

gain = accuracy["transferred, all layers learn"] - accuracy["fresh"]
print("gained, in points:", np.round(100 * gain.mean(axis=1), 1))
assert FAST or (gain.mean(axis=1) > 0).all()  # of the small digits there are too few to tell

# %% [markdown]
# On MNIST, with ten seeds: the mean ± the standard deviation, in percent, of the 4,861 digits from
# 5 to 9 in the test set.
#
# | examples of each digit | 1 | 5 | 10 | 20 | 50 | 100 |
# |---|--:|--:|--:|--:|--:|--:|
# | fresh | 51.4 ± 3.9 | 73.7 ± 2.4 | 80.4 ± 1.5 | 86.8 ± 1.2 | 90.2 ± 0.5 | 92.4 ± 0.4 |
# | all layers learn | 58.2 ± 7.2 | 79.3 ± 2.2 | 85.4 ± 1.7 | 89.9 ± 1.0 | 92.9 ± 0.6 | 94.6 ± 0.5 |
# | first frozen | 58.4 ± 8.1 | 79.0 ± 2.2 | 84.4 ± 1.4 | 88.7 ± 1.1 | 91.9 ± 1.0 | 93.8 ± 0.6 |
# | both frozen | 61.4 ± 7.4 | 78.1 ± 2.0 | 82.1 ± 1.4 | 85.4 ± 1.4 | 88.1 ± 0.7 | 89.9 ± 0.6 |
#
# A past is worth most where the present is short, and is of use as far as we looked: a quarter of
# the mistakes is gone, and 20 examples do nearly what 50 do without it. How much to freeze depends
# on how much there is to learn from: from one example of each digit it is best to change nothing
# but the output; from ten on, to let all layers learn. What the second layer has learned is about
# zeros to fours: to keep it costs more the more one could have learned.
#
# It is the past that counts, and not that there is one. A source that was shown MNIST's digits as
# they are, not distorted, reads zeros to fours as well (99.4 %), and is of little use here: from
# ten examples 82.0 ± 0.6 where all layers learn, 78.9 ± 0.7 with the first frozen (five seeds).

# %% [markdown]
# ## Try it
#
# 1. Distort the few examples, too: `distortion=past.distortion`. What is left of the gain?
# 2. Turn it round: learn 5 to 9 first, and then 0 to 4.
# 3. In a terminal, the model that ships learns your own handwriting from a folder of pictures:
#    `glassnet train --from many-hands --freeze 1 --learning-rate 0.01 --data my-digits`.
