import gzip
import io

import numpy as np
import pytest
from drawings import KINDS, drawings, photo
from hypothesis import given
from hypothesis import strategies as st
from mutants import mutants
from PIL import Image

from glassnet.data.pictures import picture_from_image, prepare, read_folder, write_folder
from glassnet.errors import DataFileError, PictureError, StorageError

N = 6000
BAR = np.zeros((60, 50), np.uint8)
BAR[12:44, 20:28] = 255


def idx(folder, name, offset):
    return np.frombuffer(
        gzip.decompress((folder / f"{name}.gz").read_bytes()), np.uint8, offset=offset
    )


@pytest.fixture(scope="module")
def digits(mnist_folder):
    """Pictures (N, 28, 28) and what they show."""
    images = idx(mnist_folder, "train-images-idx3-ubyte", 16).reshape(-1, 28, 28)
    return images[:N], idx(mnist_folder, "train-labels-idx1-ubyte", 8)[:N]


def alike(picture, other, levels=1):
    """Whether two pictures are the same but for ties: of rounding, and of the center of mass."""
    moves = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    moved = (np.roll(other, move, axis=(0, 1)).astype(int) for move in moves)
    return any(np.abs(picture.astype(int) - m).max() <= levels for m in moved)


def saved(image, form="PNG", **options):
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


# MNIST itself


def test_mnist_passes_through_unchanged(digits):
    changed = [d for d in digits[0] if not np.array_equal(picture_from_image(d), d)]
    assert len(changed) <= 0.003 * N  # measured: 77 of all 60,000
    for digit in changed:
        assert similarity(picture_from_image(digit), digit) > 0.85


def similarity(picture, other):
    """The correlation of two pictures at the best of the shifts by up to one pixel."""
    moves = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return max(
        np.corrcoef(picture.ravel(), np.roll(other, move, axis=(0, 1)).ravel())[0, 1]
        for move in moves
    )


def test_mnist_as_files_passes_through_as_arrays_do(digits):
    for digit in digits[0][:100]:
        assert np.array_equal(
            picture_from_image(saved(Image.fromarray(digit))), picture_from_image(digit)
        )


def test_mnist_dark_on_light_is_what_it_was(digits):
    for digit in digits[0][:1000]:
        assert np.array_equal(picture_from_image(255 - digit), picture_from_image(digit))


def test_mnist_on_a_larger_page_is_what_it_was(digits):
    rng = np.random.default_rng(0)
    for digit in digits[0][:1000]:
        margins = rng.integers(0, 60, (2, 2))
        assert np.array_equal(picture_from_image(np.pad(digit, margins)), picture_from_image(digit))


@pytest.fixture(scope="module")
def nearest(digits):
    """The label of the nearest picture in MNIST: a reader of digits that needs no training."""
    known = digits[0].reshape(N, 784).astype(np.float32)
    half_squares = (known**2).sum(axis=1) / 2

    def read(pictures):
        x = np.reshape(pictures, (-1, 784)).astype(np.float32)
        return digits[1][(half_squares - x @ known.T).argmin(axis=1)]

    return read


@pytest.mark.parametrize("kind", KINDS)
def test_photos_of_digits_are_read_as_well_as_the_digits(kind, nearest, mnist_folder):
    unseen = idx(mnist_folder, "t10k-images-idx3-ubyte", 16).reshape(-1, 28, 28)[:100]
    labels = idx(mnist_folder, "t10k-labels-idx1-ubyte", 8)[:100]
    rng = np.random.default_rng(0)
    photos = [picture_from_image(photo(digit, kind, rng)) for digit in unseen]
    assert (nearest(photos) == labels).mean() >= (nearest(unseen) == labels).mean() - 0.03


def test_mnist_as_jpeg_is_read_as_well_as_mnist(nearest, mnist_folder):
    unseen = idx(mnist_folder, "t10k-images-idx3-ubyte", 16).reshape(-1, 28, 28)[:300]
    labels = idx(mnist_folder, "t10k-labels-idx1-ubyte", 8)[:300]
    files = [saved(Image.fromarray(digit), "JPEG", quality=75) for digit in unseen]
    again = [picture_from_image(file) for file in files]
    assert (nearest(again) == labels).mean() >= (nearest(unseen) == labels).mean() - 0.02


# Laws of the preparation


@given(drawings(), st.integers(0, 200), st.integers(0, 200))
def test_moving_a_drawing_leaves_its_picture(ink, down, right):
    page = np.zeros((330, 330), np.uint8)
    page[down + 4 : down + 124, right + 4 : right + 124] = ink
    assert np.array_equal(picture_from_image(page), picture_from_image(np.pad(ink, 4)))


@given(drawings(), st.integers(2, 5))
def test_enlarging_a_drawing_leaves_its_picture(ink, factor):
    large = np.pad(ink, 4).repeat(factor, axis=0).repeat(factor, axis=1)
    assert alike(picture_from_image(large), picture_from_image(np.pad(ink, 4)))


@given(drawings(), st.integers(0, 255), st.integers(0, 255))
def test_the_levels_of_ink_and_paper_do_not_matter(ink, paper, level):
    ink = np.pad(ink, 4)
    if paper != level:
        picture = picture_from_image(np.where(ink, np.uint8(level), np.uint8(paper)))
        assert alike(picture, picture_from_image(ink), levels=2)


@given(drawings())
def test_a_transposed_drawing_has_the_transposed_picture(ink):
    assert alike(prepare(ink.T / 255).picture, prepare(ink / 255).picture.T)


@given(drawings())
def test_the_longer_side_fills_the_box_and_the_shape_is_kept(ink):
    box, square20, _, _ = prepare(ink / 255)
    sides = box[2] - box[0], box[3] - box[1]
    inked = [np.ptp(np.flatnonzero(square20.any(axis))) + 1 for axis in (1, 0)]
    assert max(inked) == 20
    assert min(inked) == pytest.approx(20 * min(sides) / max(sides), abs=2)


@given(drawings())
def test_the_darkest_ink_is_black(ink):
    assert prepare(ink / 255).square20.max() >= 254


@given(drawings())
def test_the_center_of_mass_is_in_the_center(ink):
    _, square20, _, picture = prepare(ink / 255)
    if picture.sum() < square20.sum():
        return  # some of it reaches beyond the field, as some of MNIST's digits do
    mass = picture / picture.sum(dtype=float)
    for axis in (0, 1):
        center = mass.sum(axis=1 - axis) @ np.arange(28)
        assert 13.5 - 1e-9 < center <= 14.5 + 1e-9


def test_a_heavy_foot_is_in_the_center_even_if_the_head_is_cut_off():
    ink = np.zeros((20, 20))
    ink[:, 10] = 0.4
    ink[15:19, 5:15] = 1
    _, square20, center, picture = prepare(ink)
    assert 15 < center[0] < 16
    assert np.array_equal(picture[:19].sum(axis=1), square20[1:].sum(axis=1, dtype=np.uint64))


def test_a_symmetric_drawing_stays_symmetric():
    square20 = prepare(BAR / 255).square20.astype(int)
    assert np.abs(square20 - square20[::-1, ::-1]).max() <= 1


def test_a_dot_is_not_blown_up_to_a_digit():
    dot = np.zeros((50, 50))
    dot[20:22, 30:32] = 1
    assert np.count_nonzero(prepare(dot).picture) == 4 * 4


# From files


@pytest.mark.parametrize("form", ["PNG", "BMP", "GIF"])
@pytest.mark.parametrize("mode", ["L", "RGB", "P", "1"])
@pytest.mark.parametrize("levels", [BAR, 255 - BAR], ids=["on black", "on white"])
def test_the_way_a_picture_is_stored_does_not_matter(form, mode, levels):
    image = Image.fromarray(levels).convert(mode)
    assert np.array_equal(picture_from_image(saved(image, form)), picture_from_image(BAR))


@pytest.mark.parametrize("quality", [50, 75, 95])
def test_a_jpeg_of_a_drawing_is_read_almost_as_the_drawing(quality):
    file = saved(Image.fromarray(BAR.repeat(4, axis=0).repeat(4, axis=1)), "JPEG", quality=quality)
    assert similarity(picture_from_image(file), picture_from_image(BAR)) > 0.99


@pytest.mark.parametrize("color", [(0, 0, 0), (0, 0, 160), (255, 255, 255), (255, 255, 0)])
def test_a_drawing_on_nothing_is_read_whatever_its_color(color):
    image = Image.new("RGBA", BAR.shape[::-1], (*color, 0))
    image.putalpha(Image.fromarray(BAR))
    assert alike(picture_from_image(saved(image)), picture_from_image(BAR))


def test_sixteen_bits_are_read_as_eight():
    image = Image.fromarray(BAR.astype(np.uint16) * 200)
    assert alike(picture_from_image(saved(image)), picture_from_image(BAR))


@pytest.mark.parametrize("image", [np.zeros((1, 1)), np.full((40, 40), 9, np.uint8)])
def test_an_empty_picture_shows_no_ink(image):
    with pytest.raises(
        PictureError, match=r"picture: no ink found \(expected a digit\)\. Try: show"
    ):
        picture_from_image(image)


def test_the_file_without_ink_is_named(tmp_path):
    Image.new("L", (30, 30), 200).save(tmp_path / "blank.png")
    with pytest.raises(PictureError, match=r"blank\.png: no ink found"):
        picture_from_image(tmp_path / "blank.png")


@pytest.mark.parametrize(
    ("array", "found"),
    [
        (np.zeros(784), r"float64 \(784,\)"),
        (np.zeros((28, 28, 3), np.uint8), r"uint8 \(28, 28, 3\)"),
        (np.zeros((28, 28), int), r"int64 \(28, 28\)"),
        (np.zeros((0, 28)), "28x0 pixels"),
        (np.zeros((1, 5000), np.uint8), "5000x1 pixels"),
        (np.eye(28) * 255, "values from 0 to 255"),
        (np.full((28, 28), np.nan), "values from nan"),
        (-np.eye(28), "values from -1 to"),
    ],
)
def test_an_array_that_is_no_picture_is_refused(array, found):
    with pytest.raises(PictureError, match=found):
        picture_from_image(array)


FILES = [saved(Image.fromarray(BAR)), saved(Image.fromarray(BAR), "JPEG", quality=60)]


@given(st.sampled_from(FILES).flatmap(mutants))
def test_a_damaged_file_gives_a_picture_or_is_refused(content):
    try:
        picture = picture_from_image(content)
    except PictureError:
        return
    assert (picture.shape, picture.dtype) == ((28, 28), np.uint8)
    assert picture.any()


# Folders


def written(folder, labels=(3, 0, 3)):
    """A folder with a bar of another height for each label."""
    x = np.zeros((len(labels), 28, 28), np.uint8)
    for i in range(len(labels)):
        x[i, 4:24, 12 : 15 + i] = 255
    x = np.array([picture_from_image(picture) for picture in x]).reshape(-1, 784)
    write_folder(folder, x, np.array(labels, np.uint8))
    return x


def test_what_was_written_is_read_again_by_digit(tmp_path):
    x = written(tmp_path / "new" / "digits")
    again, labels = read_folder(tmp_path / "new" / "digits")
    assert np.array_equal(again, x[[1, 0, 2]])
    assert np.array_equal(labels, [0, 3, 3])
    assert (again.dtype, labels.dtype) == (np.uint8, np.uint8)


def test_only_the_folder_itself_is_written(tmp_path):
    written(tmp_path / "digits")
    assert [path.name for path in tmp_path.iterdir()] == ["digits"]
    names = sorted(str(f.relative_to(tmp_path)) for f in tmp_path.rglob("*.png"))
    assert names == ["digits/0/00001.png", "digits/3/00000.png", "digits/3/00002.png"]


def test_a_folder_that_exists_is_not_written_into(tmp_path):
    with pytest.raises(StorageError, match="exists already"):
        written(tmp_path)


def test_a_place_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"digits: cannot be written: .* Try: choose a place"):
        written(tmp_path / "file" / "digits")


def test_a_failed_write_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(StorageError, match="no space left on device"):
        written(tmp_path / "digits")
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_not_in_a_digits_folder_and_hidden_ones_are_left_out(tmp_path):
    x = written(tmp_path / "digits")
    for name in ("readme.txt", ".hidden", "3/.DS_Store"):
        (tmp_path / "digits" / name).touch()
    assert np.array_equal(read_folder(tmp_path / "digits")[0], x[[1, 0, 2]])


def test_what_cannot_be_read_is_listed_up_to_ten(tmp_path):
    written(tmp_path / "digits")
    (tmp_path / "digits" / "7" / "folder").mkdir(parents=True)
    for i in range(11):
        (tmp_path / "digits" / "7" / f"{i:02d}.png").write_bytes(b"seven")
    with pytest.raises(DataFileError, match=r"12 pictures cannot be used: 7/00\.png: not a p") as e:
        read_folder(tmp_path / "digits")
    assert e.value.found.count("7/") == 10


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    written(tmp_path / "digits")
    Image.fromarray(BAR).save(tmp_path / "secret.png")
    (tmp_path / "digits" / "3" / "a.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(DataFileError, match=r"3/a\.png: a link out of the folder"):
        read_folder(tmp_path / "digits")


def test_a_link_that_turns_in_a_circle_is_listed(tmp_path):
    written(tmp_path / "digits")
    (tmp_path / "digits" / "3" / "a.png").symlink_to("a.png")
    with pytest.raises(DataFileError, match=r"3/a\.png: "):
        read_folder(tmp_path / "digits")


@pytest.mark.parametrize("name", ["10", "seven", "\u0665"])
def test_a_folder_of_no_digit_is_refused(tmp_path, name):
    written(tmp_path / "digits")
    (tmp_path / "digits" / name).mkdir()
    with pytest.raises(DataFileError, match=f"sub-folders {name} .expected .* named 0 to 9"):
        read_folder(tmp_path / "digits")


def test_a_folder_without_pictures_is_refused(tmp_path):
    (tmp_path / "0").mkdir()
    with pytest.raises(DataFileError, match="no pictures"):
        read_folder(tmp_path)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DataFileError, match="digits: no such file or directory"):
        read_folder(tmp_path / "digits")
