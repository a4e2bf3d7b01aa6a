from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.display.numbers import add_up, number, printable

numbers = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300)
parts = st.integers(-320, 300).flatmap(
    lambda power: st.lists(
        st.floats(-9, 9).map(lambda value: value * 10.0**power), min_size=1, max_size=12
    )
)


@given(parts)
def test_numbers_add_up_as_they_are_printed(values):
    texts, rounding, total = add_up(values, sum(values))
    printed = [Decimal(text) for text in texts] + [Decimal(rounding or 0)]
    assert sum(printed) == Decimal(total)


@given(parts)
def test_what_rounding_leaves_is_less_than_half_a_unit_for_each_number(values):
    texts, rounding, total = add_up(values, sum(values))
    unit = Decimal((0, (1,), Decimal(total).as_tuple().exponent))
    for text, value in zip([*texts, total], [*values, sum(values)], strict=True):
        assert abs(Decimal(text) - Decimal(value)) <= unit * Decimal("0.5000001")
    assert abs(Decimal(rounding or 0)) <= unit * (len(values) + 2) / 2


@given(parts)
def test_the_largest_of_a_column_keeps_four_digits(values):
    largest = max(map(abs, values))
    texts, _, _ = add_up(values, 0)
    if largest > 1e-290:
        assert max(abs(float(text)) for text in texts) == pytest.approx(largest, rel=1e-3)


@given(numbers)
def test_a_number_is_printed_with_at_least_three_digits_right(value):
    assert float(number(value)) == pytest.approx(value, rel=5e-3, abs=1e-300)


@given(st.text(), st.integers(3, 50))
def test_any_text_becomes_one_short_line_that_holds_no_command(text, longest):
    line = printable(text, longest)
    assert line.isprintable()
    assert len(line) <= longest
