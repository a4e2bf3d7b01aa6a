from dataclasses import replace
from importlib.util import find_spec

import pytest

from glassnet.compare import OURS, compare
from glassnet.core.schedules import Constant
from glassnet.data.sources import load_data
from glassnet.errors import ParamError
from glassnet.recipes import RECIPES

FIRST = RECIPES["first-network"]
QUICK = replace(FIRST, layers=(784, 30, 10), activations=FIRST.activations[:1])


@pytest.fixture(scope="module")
def comparison():
    """Ours and the two peers that are always installed, on small digits."""
    said = []
    data = load_data("digits")
    return compare(QUICK, data, ["numpy", "sklearn"], epochs=6, runs=1, say=said.append), said


def test_all_contestants_learn_the_same_task_about_as_well(comparison):
    results = comparison[0].results
    assert [result.name for result in results] == [OURS, "numpy", "sklearn"]
    assert all(result.accuracy > 0.85 for result in results)
    assert max(result.accuracy for result in results) - min(r.accuracy for r in results) < 0.06


def test_every_contestant_has_its_raw_figures_and_its_memory(comparison):
    for result in comparison[0].results:
        assert [len(run["epoch_seconds"]) for run in result.runs] == [6]
        assert 30e6 < result.peak_bytes < 2e9
        assert result.threads >= 1


def test_what_was_compared_and_where_is_said(comparison):
    result, said = comparison
    assert result.job["layers"] == [784, 30, 10]
    assert result.job["batch_size"] == 32
    assert result.machine["processor"]
    assert any("sklearn: run 1 of 1" in line for line in said)


def test_a_peer_that_is_not_there_or_cannot_do_it_is_named_and_the_others_go_on():
    missing = [name for name in ("torch", "jax", "keras") if not find_spec(name)]
    quadratic = replace(RECIPES["nielsen-30"], rate=Constant(1.0))
    peers = ["sklearn", *missing[:1]]
    result = compare(quadratic, load_data("digits"), peers, epochs=1, runs=1)
    assert [contestant.name for contestant in result.results] == [OURS]
    assert "no other loss than cross-entropy" in result.absent["sklearn"]
    for name in missing[:1]:
        assert "pip install" in result.absent[name]


def test_an_unknown_peer_and_a_task_that_peers_do_not_share_are_refused():
    with pytest.raises(ParamError, match="caffe"):
        compare(QUICK, load_data("digits"), ["caffe"], epochs=1)
    with pytest.raises(ParamError, match="ten classes"):
        compare(RECIPES["is-it-a-three"], load_data("digits"), [], epochs=1)
