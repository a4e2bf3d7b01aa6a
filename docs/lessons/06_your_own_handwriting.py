# %% [markdown]
# # 6. Your own handwriting
#
# The network is right for 98 of 100 test digits; then you draw a 7 and it says 2. What you drew
# does not look like what it has learned from. In this lesson you find out why, and what to do.

# %%
import os
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np

import glassnet

FAST = os.environ.get("FAST") == "1"
model = glassnet.load_model(engine="reference")

# %% [markdown]
# ## A drawing
#
# A stroke is a row of points. We draw it with a round pen on a canvas of 280 by 280 pixels.


# %%
def draw(strokes, pen=9.0, side=280):
    """Ink (side, side) in [0, 1]: where a pen of that radius went from point to point."""
    row, column = np.mgrid[:side, :side] + 0.5
    ink = np.zeros((side, side))
    for stroke in strokes:
        for (x0, y0), (x1, y1) in pairwise(stroke):
            dx, dy = x1 - x0, y1 - y0
            t = ((column - x0) * dx + (row - y0) * dy) / (dx * dx + dy * dy)
            t = np.clip(t, 0, 1)
            distance = np.hypot(column - x0 - t * dx, row - y0 - t * dy)
            ink = np.maximum(ink, np.clip(pen + 0.5 - distance, 0, 1))
    return ink


SEVEN = [[(90, 70), (190, 70), (150, 140), (130, 220)]]
FOUR = [[(110, 60), (90, 150), (190, 150)], [(165, 90), (160, 225)]]
seven = draw(SEVEN)

# %% [markdown]
# ## What the network expects
#
# MNIST's digits were not just scanned. Every one was cut out, scaled so that its longer side is 20
# pixels, and moved so that its center of mass is in the middle of 28 by 28. `picture_from_image`
# does the same with any picture, photo or drawing. Beside it, the same drawing simply shrunk:

# %%
prepared = glassnet.picture_from_image(seven)
shrunk = np.uint8(255 * seven.reshape(28, 10, 28, 10).mean(axis=(1, 3)))

figure, axes = plt.subplots(1, 3, figsize=(9, 3))
titles = ("drawn", "shrunk", "prepared")
for ax, picture, title in zip(axes, (seven, shrunk, prepared), titles, strict=True):
    ax.imshow(picture, cmap="gray_r")
    ax.set_title(title)

ink = np.argwhere(prepared)
assert (np.ptp(ink, axis=0) + 1).max() == 20
center = (prepared.sum(axis=1) @ np.arange(28)) / prepared.sum()
assert abs(center - 14) <= 0.6
assert model.predict(prepared)[0] == 7

# %% [markdown]
# ## In any place and size
#
# So it should not matter where you draw, or how large. With the preparation it does not; without
# it, the answer depends on luck.


# %%
def moved(strokes, scale, dx, dy):
    """The strokes, scaled about the middle of the canvas and then moved."""
    return [
        [(140 + scale * (x - 140) + dx, 140 + scale * (y - 140) + dy) for x, y in s]
        for s in strokes
    ]


places = [(scale, dx, dy) for scale in (0.4, 0.7, 1.0) for dx in (-50, 0, 50) for dy in (-30, 30)]
drawings = [
    (draw(moved(strokes, *place), pen=9 * place[0]), digit)
    for strokes, digit in ((SEVEN, 7), (FOUR, 4))
    for place in places
]
with_preparation = [model.predict(glassnet.picture_from_image(ink))[0] == n for ink, n in drawings]
without = [
    model.predict(ink.reshape(28, 10, 28, 10).mean(axis=(1, 3)))[0] == n for ink, n in drawings
]
print(f"prepared: {np.mean(with_preparation):.0%} right, shrunk: {np.mean(without):.0%} right")
assert np.mean(with_preparation) > 0.9
assert np.mean(without) < np.mean(with_preparation)

# %% [markdown]
# ## How little is needed
#
# Take digits that are prepared, and move them by a few pixels. Nothing else changes.

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
assert shifts[4] < shifts[0] - 0.1

changes = {
    "as they are": pictures,
    "upside down": pictures[:, ::-1],
    "transposed": pictures.swapaxes(1, 2),
    "white on black instead": 255 - pictures,
}
for name, changed in changes.items():
    print(f"{name}: {accuracy(changed):.1%} right")
assert accuracy(255 - pictures) < 0.3

# %% [markdown]
# The last one is the classic: ink must be 1 and paper 0, and most pictures have it the other way
# round. `picture_from_image` finds out which is which.

# %%
on_paper, on_board = np.uint8(255 - 200 * seven), np.uint8(55 + 200 * seven)
a, b = (glassnet.picture_from_image(image).astype(int) for image in (on_paper, on_board))
assert np.abs(a - b).max() <= 3

# %% [markdown]
# ## Look at the answer
#
# A network always answers. How it came to the answer can be seen.

# %%
glassnet.explain(model, prepared)

# %% [markdown]
# ## Try it
#
# 1. Write a digit on paper, take a photo, and give its path to `picture_from_image`. Then the same
#    in a terminal: `glassnet predict photo.jpg`, and `glassnet explain photo.jpg`.
# 2. How thick may the pen be? Draw with `pen` from 2 to 40 and watch the probability.
# 3. Draw an A. The network has never seen one, and knows only ten answers. How sure is it?
