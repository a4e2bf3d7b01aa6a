"""The scripts of docs/examples run as they stand, and say what scikit-learn's networks say."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"
OURS = "from glassnet import MLPClassifier  # it was: "


def output_of(script):
    """What a script prints."""
    command = [sys.executable, "-W", "ignore", "-c", script]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")  # those wait for each
    return subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, env=os.environ | threads
    ).stdout


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_one_changed_import_leaves_the_result(path):
    script = path.read_text()
    assert script.count(OURS) == 1
    ours, theirs = output_of(script), output_of(script.replace(OURS, ""))
    assert ours == theirs and "accuracy: 0.9" in ours
