"""Distorting: pictures turned, stretched, bent and inked anew, each by random numbers of its own.

    out[i, j] = picture[M (i, j) + shift + D[i, j]]      between pixels, their weighted mean
    D = strength G U G^T                                 U uniform in -1..1, G a Gaussian's rows

Simard, Steinkraus and Platt, Best Practices for Convolutional Neural Networks, ICDAR 2003. The
numbers of a picture depend on the key and its place alone (SplitMix64: Steele, Lea and Flood,
2014), so that it makes no difference who distorts which pictures, or in which order.
"""

import numpy as np

from glassnet.engines.compiled.compiling import entry, jit

SIDE = 28
MIDDLE = np.float32((SIDE + 1) / 2)  # of what is padded by a pixel on every side
FIELDS = 13  # the first random number of the fields; those before it from 7 on are free
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@jit
def mix(state):
    """A number of 64 bits that looks random, of each state another."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


@jit
def uniform(state, k):
    """The k-th number, uniform in -1..1, of the stream that begins at a state."""
    bits = mix(state + np.uint64(k + 1) * GOLDEN)
    return np.float32(np.int64(bits >> np.uint64(40)) - 2**23) * np.float32(2.0**-23)


@jit
def bend(state, first, strength, gaussian, field, rows):
    """A smooth random field in the middle of (30, 30), in pixels, by way of rows (30, 30)."""
    for i in range(SIDE):
        for j in range(SIDE):
            rows[i, j] = 0
            field[i, j] = strength * uniform(state, first + i * SIDE + j)
    for i in range(SIDE):
        for k in range(SIDE):
            g = gaussian[i, k]
            for j in range(SIDE):
                rows[i, j] += g * field[k, j]
    for i in range(SIDE + 2):
        for j in range(SIDE + 2):
            field[i, j] = 0
    for i in range(SIDE):
        row = field[i + 1, 1:]
        for k in range(SIDE):
            v = rows[i, k]
            for j in range(SIDE):
                row[j] += v * gaussian[k, j]


@jit
def ink_anew(picture, amount, padded):
    """A picture in the middle of padded (30, 30), its lines by a share of a pixel thicker."""
    for i in range(SIDE):
        for j in range(SIDE):
            here = np.float32(picture[i * SIDE + j])
            other = here
            for di, dj in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                near = np.float32(0)
                if 0 <= i + di < SIDE and 0 <= j + dj < SIDE:
                    near = np.float32(picture[(i + di) * SIDE + j + dj])
                other = max(other, near) if amount > 0 else min(other, near)
            padded[i + 1, j + 1] = here + abs(amount) * (other - here)


@jit
def between(array, i, j):
    """An array (30, 30) between its pixels, the weighted mean of four; beyond its edge, 0."""
    if not (0 <= i < SIDE + 1 and 0 <= j < SIDE + 1):
        return np.float32(0)
    top, left = np.int64(i), np.int64(j)
    down, right = i - np.float32(top), j - np.float32(left)
    above = array[top, left] + right * (array[top, left + 1] - array[top, left])
    below = array[top + 1, left] + right * (array[top + 1, left + 1] - array[top + 1, left])
    return above + down * (below - above)


@entry
def distort(pictures, key, first, amounts, gaussian, work, out):
    """Distort pictures (N, 784) to out.

    Args:
        pictures: (N, 784) uint8.
        key: of 64 bits.
        first: the place of the first picture among all.
        amounts: the largest rotation, log of scale, shear, shift, strength and inking (6,) float32.
        gaussian: (28, 28) float32, the weights of U[k] in row i.
        work: (4, 30, 30) float32, to work in; zeros.
        out: (N, 784) uint8.
    """
    padded, down, right, rows = work[0], work[1], work[2], work[3]
    for n in range(len(pictures)):
        state = mix(np.uint64(key) + np.uint64(first + n + 1) * GOLDEN)
        angle = amounts[0] * uniform(state, 0)
        tall, wide = np.exp(amounts[1] * uniform(state, 1)), np.exp(amounts[1] * uniform(state, 2))
        shear = amounts[2] * uniform(state, 3)
        up, aside = amounts[3] * uniform(state, 4), amounts[3] * uniform(state, 5)
        ink_anew(pictures[n], amounts[5] * uniform(state, 6), padded)
        bend(state, FIELDS, amounts[4], gaussian, down, rows)
        bend(state, FIELDS + SIDE * SIDE, amounts[4], gaussian, right, rows)
        c, s = np.cos(angle), np.sin(angle)
        for i in range(SIDE):
            for j in range(SIDE):
                y = tall * np.float32(i + 1 - MIDDLE)
                x = wide * np.float32(j + 1 - MIDDLE) + shear * np.float32(i + 1 - MIDDLE)
                at_i = c * y + s * x + MIDDLE + up + down[i + 1, j + 1]
                at_j = c * x - s * y + MIDDLE + aside + right[i + 1, j + 1]
                out[n, i * SIDE + j] = np.uint8(between(padded, at_i, at_j) + np.float32(0.5))
        padded[:] = 0
