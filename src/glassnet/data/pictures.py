"""Pictures: whatever shows a digit, to the row of pixels that MNIST would have held.

    image file -> grey -> ink -> box -> 20x20 -> center of mass -> picture (28, 28)

The steps after the ink are MNIST's own, as Yadav and Bottou (NeurIPS 2019) found them again; to
leave one out costs up to two thirds of the accuracy. MNIST's pictures come out as they went in, but
for one in 800. Left out are pictures of more than one digit, and strokes of a pen (strokes.py).
"""

from os.path import realpath
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from glassnet.core.activations import Array
from glassnet.data.examples import DIGITS, grey_to_unit
from glassnet.data.files import reason
from glassnet.data.images import check_size, read_image, write_image
from glassnet.data.ink import box_of, find_ink
from glassnet.data.resampling import area_weights
from glassnet.errors import DataFileError, PictureError, StorageError

SIDE, CENTER = 28, 15  # of a picture; where its center of mass goes, from the edge of pixel 0
BOX, SMALLEST = 20, 10  # what a digit is scaled to; what is shorter is scaled as if it were this
DARKEST = 254 / 255  # no picture in MNIST has less in its darkest pixel


class Prepared(NamedTuple):
    """A digit on its way into the shape of MNIST, stage by stage.

    Args:
        box: of all ink (top, left, bottom, right); of pixels, the last two are the first without.
        square20: the box scaled to 20x20 (20, 20) uint8, ink = 255.
        center: of the mass of square20, its row and column, counted from the edge of pixel 0.
        picture: square20 with that center in the middle (28, 28) uint8.
    """

    box: tuple[float, float, float, float]
    square20: Array
    center: tuple[float, float]
    picture: Array


def picture_from_image(image: str | Path | bytes | Array) -> Array:
    """The picture MNIST would have made of an image.

    Args:
        image: a path, the bytes of a file, or light (height, width): uint8, or floats in [0, 1].

    Returns:
        The picture (28, 28) uint8, ink = 255.

    Raises:
        PictureError: the image cannot be read, or shows no ink.

    Example:
        >>> paper = np.full((50, 40), 230, np.uint8)
        >>> paper[10:30, 20:24] = 30
        >>> picture = picture_from_image(paper)
        >>> [int(picture.any(axis).sum()) for axis in (1, 0)]  # rows and columns with ink
        [20, 4]
    """
    where = image if isinstance(image, str | Path) else "picture"
    grey = check_grey(image) if isinstance(image, np.ndarray) else read_image(image)
    return prepare(find_ink(grey), where).picture


def check_grey(image: Array) -> Array:
    """An array as light in [0, 1], if it is a picture.

    Raises:
        PictureError: it is none.
    """
    if image.ndim != 2 or not (image.dtype == np.uint8 or np.issubdtype(image.dtype, np.floating)):
        found, expected = f"{image.dtype} {image.shape}", "(height, width) of uint8 or floats"
        raise PictureError("picture", found, expected, "convert the array to grey levels")
    check_size("picture", *image.shape)
    grey = grey_to_unit(image, float)
    if not (grey.min() >= 0 and grey.max() <= 1):  # so that NaN fails too
        found = f"values from {grey.min():g} to {grey.max():g}"
        raise PictureError("picture", found, "floats in [0, 1]", "divide by the largest value")
    return grey


def prepare(ink: Array, where: str | Path = "picture") -> Prepared:
    """Scale and center ink as MNIST's makers did.

    Args:
        ink: (height, width) in [0, 1], paper = 0 exactly.
        where: what errors call it.

    Returns:
        Every stage.

    Raises:
        PictureError: there is no ink.

    Example:
        >>> ink = np.zeros((100, 100))
        >>> ink[70:90, 5:45] = 1
        >>> prepared = prepare(ink)
        >>> prepared.box, prepared.center
        ((70, 5, 90, 45), (10.0, 10.0))
        >>> np.flatnonzero(prepared.picture.any(axis=1))  # the rows with ink
        array([10, 11, 12, 13, 14, 15, 16, 17, 18, 19])
    """
    if not ink.any():
        advice = "show one digit, clearly darker or lighter than what it is written on"
        raise PictureError(where, "no ink found", "a digit", advice)
    top, left, bottom, right = box = box_of(ink)
    return to_center(box, scale_into_box(ink[top:bottom, left:right]))


def scale_into_box(ink: Array) -> Array:
    """Resample ink (height, width), in the middle of the smallest square, to (20, 20)."""
    side = max(*ink.shape, SMALLEST)
    weights = area_weights(side, BOX)
    start = [(side - n) // 2 for n in ink.shape]  # the square's margins are paper and add nothing
    rows, columns = (weights[:, i : i + n] for i, n in zip(start, ink.shape, strict=True))
    return rows @ ink @ columns.T


def to_center(box: tuple[float, float, float, float], square: Array) -> Prepared:
    """The stages after ink has been scaled into the square (20, 20) in [0, 1]."""
    square20 = np.rint(255 * square / min(1, square.max() / DARKEST)).astype(np.uint8)
    center = center_of_mass(square20)
    return Prepared(box, square20, center, paste(square20, center))


def center_of_mass(image: Array) -> tuple[float, float]:
    """The mean row and column of the ink; the middle of pixel i is i + 0.5."""
    middle = np.arange(BOX) + 0.5
    mass = image.sum(dtype=float)
    return float(image.sum(axis=1) @ middle / mass), float(middle @ image.sum(axis=0) / mass)


def paste(square20: Array, center: tuple[float, float]) -> Array:
    """Put the 20x20 into the 28x28, its center of mass in the middle; what is outside is cut off.

    Places are rounded down, not toward 0: some of MNIST's pictures have a center beyond 15.
    """
    margin = 10  # no digit reaches farther out
    canvas = np.zeros((SIDE + 2 * margin, SIDE + 2 * margin), np.uint8)
    top, left = (margin + int(np.floor(CENTER - c)) for c in center)
    canvas[top : top + BOX, left : left + BOX] = square20
    return canvas[margin:-margin, margin:-margin]


def read_folder(path: str | Path) -> tuple[Array, Array]:
    """Read pictures sorted into sub-folders 0 to 9 by what they show.

    Args:
        path: the folder; names with a leading dot in it are left out.

    Returns:
        x (N, 784) uint8 and labels (N,) uint8, by digit and then by name.

    Raises:
        DataFileError: there are no pictures, other sub-folders, or pictures that cannot be used.
    """
    root = Path(path)
    pictures, labels, problems = [], [], []
    for file in labeled_files(root):
        try:
            if not Path(realpath(file)).is_relative_to(realpath(root)):
                raise PictureError(file, "a link out of the folder")
            pictures.append(picture_from_image(file))
            labels.append(int(file.parent.name))
        except PictureError as error:
            problems.append(f"{file.relative_to(root)}: {error.found}")
    if problems:
        found = f"{len(problems)} pictures cannot be used: {'; '.join(problems[:10])}"
        raise DataFileError(root, found, "", "mend or remove them")
    return np.array(pictures).reshape(-1, SIDE * SIDE), np.array(labels, np.uint8)


def labeled_files(root: Path) -> list[Path]:
    """The files in the sub-folders 0 to 9, in the order of their names.

    Raises:
        DataFileError: there are none, or there are other sub-folders.
    """
    expected = "pictures in sub-folders named 0 to 9"
    advice = "put each picture into the folder of the digit it shows"
    try:
        folders = sorted(f for f in root.iterdir() if f.is_dir() and not f.name.startswith("."))
        files = [f for d in folders for f in sorted(d.iterdir()) if not f.name.startswith(".")]
    except OSError as error:
        raise DataFileError(root, reason(error), expected, advice) from error
    strange = [folder.name for folder in folders if folder.name not in DIGITS]
    if strange or not files:
        found = f"sub-folders {', '.join(strange[:10])}" if strange else "no pictures"
        raise DataFileError(root, found, expected, advice)
    return files


def write_folder(path: str | Path, x: Array, labels: Array) -> None:
    """Write pictures as PNG files, path/<label>/<index>.png, as read_folder reads them.

    Args:
        path: a folder that does not exist yet; it appears when all is written.
        x: pictures (N, 784) uint8.
        labels: the digits they show (N,).

    Raises:
        StorageError: the folder exists, or cannot be written.
    """
    root = Path(path)
    if root.exists():
        raise StorageError(root, "exists already", "a new folder", "choose another name")
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".", dir=root.parent) as temporary:
            unfinished = Path(temporary, root.name)
            unfinished.mkdir()
            for index, (row, label) in enumerate(zip(x, labels, strict=True)):
                folder = unfinished / str(label)
                folder.mkdir(exist_ok=True)
                write_image(folder / f"{index:05d}.png", row.reshape(SIDE, SIDE))
            unfinished.rename(root)
    except OSError as error:
        found = f"cannot be written: {reason(error)}"
        advice = "choose a place that has room and may be written to"
        raise StorageError(root, found, advice=advice) from error
