import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from glassnet.core.schedules import Constant, Cosine, StepDecay, WarmUp

times = st.floats(0, 50)


@given(times, times)
def test_no_schedule_but_a_warm_up_ever_rises(t, u):
    t, u = sorted((t, u))
    for rate in (Constant(0.3), StepDecay(0.3, every=7), Cosine(0.3, epochs=20)):
        assert rate(u) <= rate(t) <= 0.3


@given(st.floats(0, 20))
def test_a_cosine_falls_as_far_after_its_middle_as_before(t):
    rate = Cosine(0.3, epochs=20)
    np.testing.assert_allclose(rate(t) + rate(20 - t), 0.3)


@given(times)
def test_a_warm_up_changes_nothing_once_it_is_over(t):
    then = Cosine(0.3, epochs=20)
    assert WarmUp(2, then)(2 + t) == then(2 + t)


def test_a_warm_up_climbs_in_a_straight_line():
    rate = WarmUp(4, Constant(1.0))
    assert [rate(t) for t in (0, 1, 2, 3, 4)] == [0, 0.25, 0.5, 0.75, 1]
