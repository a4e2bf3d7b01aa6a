import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markup import parse, words

from glassnet.display.blocks import (
    Bars,
    Equation,
    Paragraph,
    Picture,
    Section,
    Source,
    Table,
)
from glassnet.display.html import LONGEST, to_html
from glassnet.display.numbers import printable

HOSTILE = "<img src=x onerror=alert(1)>\"'&\x00\x1b[0m</style></div>"


def page_of(text):
    pixels = np.zeros((2, 2), np.uint8)
    blocks = (
        Paragraph(text),
        Equation(text, Source(text, 1, text)),
        Table((text, "head"), ((text, text),), words=(1,)),
        Bars((text,), np.array([0.5])),
        Picture(pixels, text),
    )
    return parse(to_html(text, [Section(text, blocks)]))


def tags(tree):
    return [node.tag for node in tree.iter()]


@given(st.text() | st.sampled_from([HOSTILE, "a" * LONGEST, "a" * 2 * LONGEST]))
def test_whatever_a_text_holds_it_is_shown_and_does_nothing(text):
    tree = page_of(text)
    assert tags(tree) == tags(page_of("harmless"))
    shown = printable(text, LONGEST)
    assert (tree.find("details/p").text or "") == shown
    assert tree.find(".//img").get("alt") == shown


def test_the_first_sections_are_opened():
    tree = parse(to_html("", [Section(f"{k}", ()) for k in range(3)], opened=2))
    assert [node.get("open") is not None for node in tree.findall("details")] == [True, True, False]


@pytest.mark.parametrize("block", [Paragraph("a b"), Equation("a b"), Table(("a",), (("b",),))])
def test_without_its_style_everything_can_still_be_read(block):
    assert words(parse(to_html("title", [Section("section", (block,))]))) == [
        *["title", "section"],
        *["a", "b"],
    ]
