import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutants import mutants
from PIL import Image

from glassnet.data.images import read_image
from glassnet.errors import PictureError

LEVELS = np.arange(0, 240, 2, np.uint8).reshape(10, 12)  # no two pixels alike
GREY = Image.fromarray(LEVELS)
LIGHT = LEVELS / 255
ONE_STEP = 1 / 255


def saved(image, form="PNG", **options):
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def masked(level, mask):
    """A picture of one level that is visible only where the mask is."""
    image = Image.new("RGBA", (12, 10), (level, level, level, 0))
    image.putalpha(Image.fromarray(np.uint8(255 * mask)))
    return image


@pytest.mark.parametrize("form", ["PNG", "BMP", "GIF"])
@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_grey_levels_are_the_same_however_they_are_stored(form, mode):
    assert read_image(saved(GREY.convert(mode), form)) == pytest.approx(LIGHT)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_that_hides_nothing_changes_nothing(mode):
    assert read_image(saved(GREY.convert(mode))) == pytest.approx(LIGHT)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_jpeg_is_nearly_the_same(mode):
    image = read_image(saved(GREY.convert(mode), "JPEG", quality=100))
    assert image == pytest.approx(LIGHT, abs=3 * ONE_STEP)


def test_sixteen_bits_are_finer_and_mean_the_same():
    deep = LEVELS.astype(np.uint16) * 257 + 100
    light = read_image(saved(Image.fromarray(deep)))
    assert np.array_equal(light, deep / 65535)


@pytest.mark.parametrize("form", ["PNG", "BMP", "GIF"])
def test_one_bit_is_black_and_white(form):
    bits = LEVELS > 100
    assert np.array_equal(read_image(saved(Image.fromarray(bits), form)), bits)


def test_colors_become_their_luminance():
    red, green, blue = (read_image(saved(Image.new("RGB", (1, 1), color))) for color in RGB)
    assert [red.item(), green.item(), blue.item()] == pytest.approx(
        [0.299, 0.587, 0.114], abs=0.002
    )


RGB = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]


@pytest.mark.parametrize("level", [0, 60, 200, 255])
def test_what_is_transparent_is_the_paper_farthest_from_the_ink(level):
    mask = LEVELS > 100
    paper = 0 if level > 127 else 1
    assert read_image(saved(masked(level, mask))) == pytest.approx(
        np.where(mask, level / 255, paper)
    )


def test_a_transparent_color_of_a_palette_is_transparent():
    indices = Image.fromarray(np.uint8(LEVELS > 100), "P")
    indices.putpalette([255, 0, 0, 0, 0, 0])
    light = read_image(saved(indices, "GIF", transparency=0))
    assert np.array_equal(light, LEVELS <= 100)


def test_nothing_visible_is_one_level():
    assert np.ptp(read_image(saved(masked(90, np.zeros(LEVELS.shape))))) == 0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_side_that_the_camera_said_is_up_is_up(orientation):
    undo = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE"}
    undo |= {6: "ROTATE_90", 7: "TRANSVERSE", 8: "ROTATE_270"}
    turn = undo.get(orientation)
    image = GREY.transpose(Image.Transpose[turn]) if turn else GREY
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert np.array_equal(read_image(saved(image, exif=exif)), LIGHT)


@pytest.mark.parametrize("form", ["PNG", "GIF"])
def test_of_an_animation_the_first_frame_is_read(form):
    frames = [Image.fromarray(255 - LEVELS)]
    animation = saved(GREY, form, save_all=True, append_images=frames)
    assert np.array_equal(read_image(animation), LIGHT)


def test_a_path_is_read_as_its_bytes_are(tmp_path):
    path = tmp_path / "digit.png"
    path.write_bytes(saved(GREY))
    assert np.array_equal(read_image(path), LIGHT)
    assert np.array_equal(read_image(str(path)), LIGHT)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(PictureError, match=r"no\.png: no such file .* check the path"):
        read_image(tmp_path / "no.png")


def test_a_folder_is_no_picture(tmp_path):
    with pytest.raises(PictureError, match=r"is a directory \(expected a PNG, JPEG, BMP or GIF"):
        read_image(tmp_path)


@pytest.mark.parametrize("content", [b"", b"5", b"%PDF-1.7", saved(GREY, "TIFF")])
def test_other_files_are_no_pictures(content):
    with pytest.raises(PictureError, match="not a picture"):
        read_image(content)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "BMP", "GIF"])
def test_half_a_file_is_refused(form):
    whole = saved(Image.effect_noise((60, 60), 50), form)
    with pytest.raises(PictureError, match="cannot be decoded"):
        read_image(whole[: len(whole) // 2])


def png_header(width, height):
    """A PNG file that says how large it is and then ends."""
    chunk = b"IHDR" + struct.pack(">2I5B", width, height, 8, 0, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n\x00\x00\x00\r" + chunk + struct.pack(">I", zlib.crc32(chunk))
    return start + struct.pack(">I", 9) + b"IDAT"


@pytest.mark.parametrize("size", [(2001, 2000), (4097, 1), (1, 4097), (30_000, 3000)])
def test_a_picture_that_is_too_large_is_refused_before_it_is_decoded(size):
    expected = f"{size[0]}x{size[1]} pixels .*at most 4 megapixels, 4096 pixels a side"
    with pytest.raises(PictureError, match=expected):
        read_image(png_header(*size))


def test_a_decompression_bomb_is_refused():
    with pytest.raises(PictureError):
        read_image(png_header(2**31 - 1, 2**31 - 1))


def test_the_largest_size_is_read():
    assert read_image(saved(Image.new("1", (2000, 2000)))).shape == (2000, 2000)


def test_what_a_decoder_says_aside_is_not_passed_on():
    broken_exif = saved(GREY, "JPEG", exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x09")
    with warnings.catch_warnings(record=True, action="always") as said:
        read_or_refuse(broken_exif)
    assert not said


def read_or_refuse(content):
    """Read a picture; any error but a PictureError escapes and fails the test."""
    try:
        light = read_image(content)
    except PictureError:
        return
    assert light.ndim == 2
    assert light.min() >= 0
    assert light.max() <= 1


FILES = [
    saved(GREY),
    saved(GREY.convert("P"), transparency=3),
    saved(masked(90, LEVELS > 100)),
    saved(Image.fromarray(LEVELS.astype(np.uint16))),
    saved(GREY, "JPEG"),
    saved(GREY.convert("CMYK"), "JPEG", progressive=True),
    saved(GREY, "BMP"),
    saved(GREY.convert("1"), "BMP"),
    saved(GREY, "GIF", save_all=True, append_images=[GREY.convert("1")]),
]


@given(st.sampled_from(FILES).flatmap(mutants))
def test_a_damaged_file_is_read_or_refused(content):
    read_or_refuse(content)


@given(st.sampled_from(FILES), st.integers(1, 40), st.binary(max_size=60))
def test_a_file_with_another_content_is_read_or_refused(whole, start, rest):
    read_or_refuse(whole[:start] + rest)
