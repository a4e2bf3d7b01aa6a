"""scikit-learn's own tests of its two networks, run on ours, but for those that NOT_RUN names."""

from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.filterwarnings("default")

NOT_RUN = {
    "test_gradient": "calls _loss_grad_lbfgs; tests/core checks our gradients by complex step",
    "test_warm_start": "wants an error where a later fit lacks a class, which we allow",
}

source = Path(find_spec("sklearn.neural_network").origin).parent / "tests" / "test_mlp.py"
text = source.read_text().replace("from sklearn.neural_network import", "from glassnet import")
theirs = {"__name__": "theirs"}
exec(compile(text, source, "exec"), theirs)
tests = {name: value for name, value in theirs.items() if name.startswith("test_")}
globals().update({name: test for name, test in tests.items() if name not in NOT_RUN})


@pytest.fixture
def global_random_seed():
    return 42


def test_the_list_of_what_is_not_run_names_tests_that_there_are():
    assert NOT_RUN.keys() <= tests.keys()
    assert len(tests) > 30
