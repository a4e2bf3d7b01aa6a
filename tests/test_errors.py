import pickle

import pytest

from glassnet import errors

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.GlassnetError)
]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_says_where_what_expected_and_what_to_do(kind):
    error = kind("a.csv", "a word", "a number", "another file")
    assert str(error) == "a.csv: a word (expected a number). Try: another file"
    assert str(kind("a.csv", "a word")) == "a.csv: a word"


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_passes_from_one_process_to_another(kind):
    error = kind("a.csv", "a word", "a number", "another file")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == str(error)


def test_every_kind_of_error_ends_with_a_code_of_its_own():
    codes = [kind.exit_code for kind in KINDS]
    assert len(set(codes)) == len(codes) == len({kind.code for kind in KINDS})
