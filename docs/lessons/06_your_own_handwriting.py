# %% [markdown]
# # 6. Your own handwriting
#
# The network is right for 98 of 100 test digits; then you draw a 7 and it says 2. What you drew
# does not look like what it has learned from. In this lesson you find out why, and what to do.

# %%
import itertools
import os

import matplotlib.pyplot as plt
import numpy as np

import glassnet

FAST = os.environ.get("FAST") == "1"
model = glassnet.load_model(engine="reference")

# %% [markdown]
# ## A drawing
#
# A stroke is a row of points (x, y), from where the pen comes down to where it is lifted; y grows
# downwards. A seven takes one stroke, a four takes two.

# %%
SEVEN = [[(90, 70), (190, 70), (150, 140), (130, 220)]]
FOUR = [[(110, 60), (90, 150), (190, 150)], [(165, 90), (160, 225)]]

# %% [markdown]
# ## What the network expects
#
# MNIST's digits were not just scanned. Every one was cut out, scaled so that its longer side is 20
# pixels, and moved so that its center of mass is in the middle of 28 by 28. `picture_from_strokes`
# does the same with what a pen drew, and `picture_from_image` with any photo or scan.

# %%
seven = glassnet.picture_from_strokes(SEVEN)

figure, (drawn, prepared) = plt.subplots(1, 2, figsize=(6, 3))
for stroke in SEVEN:
    drawn.plot(*np.transpose(stroke), color="black", linewidth=5)
drawn.set(xlim=(0, 280), ylim=(280, 0), aspect="equal", title="drawn")
prepared.imshow(seven, cmap="gray_r")
prepared.set_title("prepared")

ink = np.argwhere(seven)
assert (np.ptp(ink, axis=0) + 1).max() == 20
center = (seven.sum(axis=1) @ np.arange(28)) / seven.sum()
assert abs(center - 14) <= 0.6
assert model.predict(seven)[0] == 7

# %% [markdown]
# ## In any place and size
#
# So it does not matter where you draw, or how large: the picture is the same.


# %%
def moved(strokes, scale, dx, dy):
    """The strokes, scaled about the middle of the paper and then moved."""
    return [
        [(140 + scale * (x - 140) + dx, 140 + scale * (y - 140) + dy) for x, y in s]
        for s in strokes
    ]


for strokes, digit in ((SEVEN, 7), (FOUR, 4)):
    as_drawn = glassnet.picture_from_strokes(strokes).astype(int)
    for place in itertools.product((0.1, 0.4, 1.0), (-50, 0, 50), (-30, 30)):
        elsewhere = glassnet.picture_from_strokes(moved(strokes, *place))
        assert np.abs(elsewhere - as_drawn).max() <= 1  # of 255 grey levels
        assert model.predict(elsewhere)[0] == digit

# %% [markdown]
# ## Without it
#
# Take digits that are prepared, and move them. This network was shown every digit in many a place
# and form when it learned, and forgives a few pixels; few networks do.

# %%
data = glassnet.load_data("digits" if FAST else None)
test = data.test.take(slice(1000))
pictures = test.x.reshape(-1, 28, 28)


def accuracy(changed):
    """How many of the changed test digits are read right."""
    return float((model.predict(changed.reshape(-1, 784)) == test.labels).mean())


shifts = [accuracy(np.roll(pictures, pixels, axis=2)) for pixels in range(5)]
for pixels, share in enumerate(shifts):
    print(f"moved by {pixels} pixels: {share:.1%} right")
assert shifts[4] < shifts[0]

# %% [markdown]
# What it has never been shown it does not forgive.

# %%
changes = {
    "as they are": pictures,
    "half as large": np.pad(pictures[:, ::2, ::2], ((0, 0), (7, 7), (7, 7))),
    "upside down": pictures[:, ::-1],
    "transposed": pictures.swapaxes(1, 2),
    "white on black instead": 255 - pictures,
}
for name, changed in changes.items():
    print(f"{name}: {accuracy(changed):.1%} right")
assert accuracy(changes["half as large"]) < accuracy(pictures) - 0.1
assert accuracy(255 - pictures) < 0.3

# %% [markdown]
# The last one is the classic: ink must be 1 and paper 0, and most pictures have it the other way
# round. `picture_from_image` finds out which is which.

# %%
scan = np.kron(seven / 255, np.ones((10, 10)))
on_paper, on_board = np.uint8(255 - 200 * scan), np.uint8(55 + 200 * scan)
a, b = (glassnet.picture_from_image(image).astype(int) for image in (on_paper, on_board))
assert np.abs(a - b).max() <= 3

# %% [markdown]
# ## Look at the answer
#
# A network always answers. How it came to the answer can be seen.

# %%
glassnet.explain(model, seven)

# %% [markdown]
# ## Try it
#
# 1. Write a digit on paper, take a photo, and give its path to `picture_from_image`. Then the same
#    in a terminal: `glassnet predict photo.jpg`, and `glassnet explain photo.jpg`.
# 2. Move one point of the seven until it is read as something else. What was the way between?
# 3. Draw an A. The network has never seen one, and knows only ten answers. How sure is it?
