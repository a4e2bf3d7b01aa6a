import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.doctor.findings import ENOUGH, SHOWN, Finding, diagnosis, sample

words = st.text("abc", min_size=1, max_size=5)
some = st.lists(st.builds(Finding, words, words, words, words), max_size=6)


@given(some)
def test_a_diagnosis_shows_the_first_findings_counts_the_rest_and_repeats_no_advice(findings):
    text = diagnosis(findings)
    shown = findings[:SHOWN]
    assert bool(text) == bool(findings)
    assert all(finding.seen in text for finding in shown)
    assert ("more" in text) == (len(findings) > SHOWN)
    advice = text.partition(". Try: ")[2].split("; ") if text else []
    assert sorted(advice) == sorted({finding.advice for finding in shown})


@given(st.builds(Finding, words, words, words, words))
def test_the_diagnosis_of_one_finding_is_that_finding(finding):
    assert diagnosis([finding]) == str(finding)


@pytest.mark.parametrize("n", [0, 1, ENOUGH, ENOUGH + 1, 60_000])
def test_a_sample_is_not_too_large_and_reaches_from_one_end_to_the_other(n):
    rows = sample(np.arange(n))
    assert min(n, ENOUGH // 2) <= len(rows) <= ENOUGH
    if n:
        assert rows[0] == 0
        assert rows[-1] >= n - 1 - n // ENOUGH - 1
