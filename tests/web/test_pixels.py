"""Numbers as pictures, in the colors of the page."""

from web.hands import SEVEN, draw, settled

PICTURES = """() => [...document.querySelectorAll("main canvas:not(#pad)")].map((canvas) =>
  canvas.toDataURL())"""


def test_signed_pictures_are_drawn_anew_in_the_dark_and_back(opened, page):
    pictures = {}
    opened("#view=learn&target=3&neuron=1.5")
    draw(page, SEVEN)
    for colors in ("light", "dark", "light"):
        page.emulate_media(color_scheme=colors)
        found = settled(page).evaluate(PICTURES)
        assert pictures.setdefault(colors, found) == found
    assert pictures["light"] != pictures["dark"]


def test_a_picture_that_no_view_draws_again_has_the_new_colors_too(run):
    first, dark, grey = run(
        """async () => {
          const { drawGrey, drawSigned, readColors } = await import("/pixels.js");
          const root = document.documentElement.style;
          const canvas = document.body.appendChild(document.createElement("canvas"));
          const pixel = () => [...canvas.getContext("2d").getImageData(0, 0, 1, 1).data];
          const paint = (color) => {
            ["--positive", "--zero", "--negative"].map((name) => root.setProperty(name, color));
            readColors();
            return pixel();
          };
          paint("rgb(1 2 3)");
          drawSigned(canvas, [1], 1);
          const first = pixel();
          const dark = paint("rgb(4 5 6)");
          drawGrey(canvas, [1], 1, 1);
          return [first, dark, paint("rgb(7 8 9)")];
        }"""
    )
    assert (first, dark, grey) == ([1, 2, 3, 255], [4, 5, 6, 255], [255, 255, 255, 255])
