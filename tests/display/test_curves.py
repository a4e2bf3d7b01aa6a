from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from glassnet.display.curves import BOTTOM, HEIGHT, MOST_POINTS, WIDTH, curves

lines = st.lists(
    st.lists(st.tuples(st.integers(1, 1000), st.floats(0, 1e6)), min_size=1, max_size=400),
    min_size=1,
    max_size=2,
)


def points_of(svg):
    return [
        [tuple(map(float, point.split(","))) for point in line.get("points").split()]
        for line in ElementTree.fromstring(svg).iter("polyline")
    ]


@given(lines)
def test_every_point_is_inside_and_there_are_not_too_many(lines):
    drawn = points_of(curves(lines, "loss", str))
    assert len(drawn) == len(lines)
    for line, points in zip(lines, drawn, strict=True):
        assert len(points) == min(len(line), MOST_POINTS)
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)


def test_what_falls_goes_down_and_what_comes_later_is_to_the_right():
    ((first, middle, last),) = points_of(curves([[(1, 3.0), (2, 2.0), (3, 0.0)]], "loss", str))
    assert first[0] < middle[0] < last[0]
    assert first[1] < middle[1] < last[1]  # in SVG, y points downward


def test_the_label_is_text():
    svg = ElementTree.fromstring(curves([[(1, 1.0)]], '<b> "x"', lambda y: "<i>"))
    assert svg.get("aria-label") == '<b> "x"'
    assert [node.text for node in svg.iter() if node.tag == "text"] == ["<i>", "<i>", "1", "1"]


def test_a_frame_begins_where_it_should_or_lower():
    ((_, middle),) = points_of(curves([[(1, 0.0), (2, 0.5)]], "share", str, low=1))
    ((_, zero),) = points_of(curves([[(1, 3.0), (2, 0.0)]], "loss", str))
    ((_, above),) = points_of(curves([[(1, 3.0), (2, 1.5)]], "loss", str))
    assert middle[1] < above[1] < zero[1] == BOTTOM
