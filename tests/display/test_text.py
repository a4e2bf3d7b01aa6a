import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from glassnet.display.blocks import Equation, Paragraph, Section, Source, Table
from glassnet.display.text import WIDTH, half_blocks, to_text

cells = st.text("0123456789.-", min_size=1, max_size=9)


def lines_of(*blocks):
    return to_text([Section("Title", blocks)]).split("\n")


@given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=5))
def test_numbers_end_and_words_begin_in_the_same_column(rows):
    table = Table(("first", "second", "words"), tuple(rows), words=(2,))
    head, *body = lines_of(table)[2:]
    ends, start = [head.index(name) + len(name) for name in ("first", "second")], head.index("w")
    for line, row in zip(body, rows, strict=True):
        assert line[: ends[0]].split() == [row[0]]
        assert line[ends[0] : ends[1]].split() == [row[1]]
        assert line[start:] == row[2]


def test_a_table_without_a_head_has_no_line_for_it():
    assert lines_of(Table(("", ""), (("1", "2"),)))[2:] == ["  1  2"]


def test_paragraphs_are_broken_before_the_last_column():
    lines = lines_of(Paragraph("word " * 50))
    assert max(map(len, lines)) <= WIDTH
    assert " ".join(lines[2:]).split() == ["word"] * 50


def test_a_line_of_code_that_does_not_fit_beside_its_place_stands_below_it():
    short, long = Source("core/x.py", 7, "z = a @ W"), Source("core/x.py", 7, "z" * 78)
    assert lines_of(Equation("z = a W", short))[2:] == ["z = a W", "    core/x.py:7  z = a @ W"]
    assert lines_of(Equation("z = a W", long))[3:] == ["    core/x.py:7", "  " + "z" * 78]


def test_sections_have_underlined_titles_and_an_empty_line_between_them():
    sections = [Section("One", (Paragraph("a"),)), Section("Three", (Paragraph("b"),))]
    assert to_text(sections) == "One\n---\na\n\nThree\n-----\nb"


@given(arrays(bool, (6, 5)))
def test_a_picture_can_be_read_back_from_its_half_blocks(ink):
    text = half_blocks(np.where(ink, 255, 0).astype(np.uint8))
    rows = [[" ▀▄█".index(c) for c in line] for line in text.split("\n")]
    back = np.array([[[pair & 1, pair >> 1] for pair in row] for row in rows])
    np.testing.assert_array_equal(back.transpose(0, 2, 1).reshape(6, 5).astype(bool), ink)
