from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

in_the_page = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

SPLIT = """async ({ drawings, pen }) => {
  const { splitDigits } = await import("/drawing.js");
  return drawings.map((strokes) => splitDigits(strokes, pen));
}"""
DESCRIBE = """async ({ strokes, pen }) => {
  const { describeDrawing } = await import("/drawing.js");
  return describeDrawing(strokes, pen);
}"""
PEN = 0.07  # as wide as it is seen, of a canvas with side 1

coordinates = st.floats(0, 1, width=16)
strokes = st.lists(
    st.lists(st.lists(coordinates, min_size=2, max_size=2), min_size=1, max_size=5),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope="module")
def digits(pen_digits):
    """Single digits, 0.7 high or wide."""
    return [scaled(digit["strokes"]) for digit in pen_digits[::3]]


def scaled(digit, factor=0.7 / 1000, right=0.0):
    return [[[right + x * factor, y * factor] for x, y in stroke] for stroke in digit]


def beside(*digits, gap=PEN + 0.02):
    """Digits in a row, with a gap between them, each as a drawing of its own."""
    row, right = [], 0.0
    for digit in digits:
        row.append(scaled(digit, 1.0, right))
        right = max(x for stroke in row[-1] for x, _ in stroke) + gap
    return row


# How many digits


def test_a_digit_is_hardly_ever_taken_for_two(run, digits):
    parts = run(SPLIT, drawings=digits, pen=PEN)
    assert np.mean([len(found) > 1 for found in parts]) < 0.003


@pytest.mark.parametrize("n", [2, 3, 5])
def test_digits_side_by_side_are_told_apart(run, digits, n):
    rows = [beside(*(digits[(i + 7) ** k % 1000] for k in range(1, n + 1))) for i in range(300)]
    drawings = [[stroke for digit in row for stroke in digit] for row in rows]
    parts = run(SPLIT, drawings=drawings, pen=PEN)
    same = [
        sorted(map(sorted, a)) == sorted(map(sorted, b)) for a, b in zip(parts, rows, strict=True)
    ]
    assert np.mean(same) > 0.97


@in_the_page
@given(drawing=strokes)
def test_every_stroke_belongs_to_one_digit(run, drawing):
    (parts,) = run(SPLIT, drawings=[drawing], pen=PEN)
    assert sorted(stroke for part in parts for stroke in part) == sorted(drawing)


@in_the_page
@given(drawing=strokes)
def test_digits_come_from_left_to_right_with_an_empty_column_between_them(run, drawing):
    (parts,) = run(SPLIT, drawings=[drawing], pen=PEN)
    columns = [[x for stroke in part for x, _ in stroke] for part in parts]
    for left, right in pairwise(columns):
        assert min(right) - max(left) > PEN


@in_the_page
@given(drawing=strokes, order=st.randoms())
def test_the_order_of_the_strokes_does_not_matter(run, drawing, order):
    lefts = [min(x for x, _ in stroke) for stroke in drawing]
    assume(len(set(lefts)) == len(lefts))
    shuffled = order.sample(drawing, len(drawing))
    one, other = run(SPLIT, drawings=[drawing, shuffled], pen=PEN)
    assert [sorted(part) for part in one] == [sorted(part) for part in other]


def test_a_dot_beside_a_digit_belongs_to_the_nearer_digit(run):
    one, dot, seven = [[0.1, 0], [0.1, 0.8]], [[0.3, 0.8]], [[0.6, 0], [0.9, 0], [0.7, 0.8]]
    (parts,) = run(SPLIT, drawings=[[seven, dot, one]], pen=PEN)
    assert parts == [[one, dot], [seven]]


def test_no_strokes_are_no_digits(run):
    assert run(SPLIT, drawings=[[]], pen=PEN) == [[]]


# What it is like


def facts(**true):
    return {"empty": False, "tooSmall": False, "tooWide": False} | true


@pytest.mark.parametrize(
    ("strokes", "expected"),
    [
        ([], facts(empty=True, tooSmall=True)),
        ([[[0.5, 0.5]]], facts(empty=True, tooSmall=True)),
        ([[[0.5, 0.5], [0.53, 0.5]]], facts(empty=True, tooSmall=True, tooWide=True)),
        ([[[0.5, 0.5], [0.5, 0.57]]], facts(tooSmall=True)),
        ([[[0.5, 0.5], [0.5, 0.59]]], facts()),
        ([[[0.1, 0.1], [0.1, 0.9]]], facts()),
        ([[[0.1, 0.1], [0.7, 0.7]]], facts()),
        ([[[0.1, 0.1], [0.9, 0.6]]], facts(tooWide=True)),
    ],
)
def test_a_drawing_is_described(run, strokes, expected):
    assert run(DESCRIBE, strokes=strokes, pen=PEN) == expected


def test_digits_of_real_hands_are_rarely_too_wide_and_never_too_small(run, digits):
    found = [run(DESCRIBE, strokes=digit, pen=PEN) for digit in digits[:300]]
    assert np.mean([facts["tooWide"] for facts in found]) < 0.06
    assert not any(facts["tooSmall"] or facts["empty"] for facts in found)
