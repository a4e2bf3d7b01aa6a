"""The lessons are scripts and notebooks: they run to their end, without a warning."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

LESSONS = sorted((Path(__file__).parents[1] / "docs/lessons").glob("*.py"))
lessons = pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)


def test_there_are_seven_lessons_in_their_order():
    assert [path.name[:3] for path in LESSONS] == [f"0{number}_" for number in range(1, 8)]


@lessons
def test_every_lesson_runs_to_its_end_and_all_it_asserts_holds(lesson):
    environment = os.environ | {"FAST": "1", "MPLBACKEND": "agg"}
    command = [sys.executable, "-W", "error", str(lesson)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert (run.returncode, run.stderr) == (0, "")


@lessons
def test_a_lesson_needs_glassnet_numpy_and_matplotlib_alone_and_asserts_what_it_says(lesson):
    tree = ast.parse(lesson.read_text())
    modules = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    modules |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    others = modules - {"glassnet", "numpy", "matplotlib.pyplot"}
    assert others <= sys.stdlib_module_names
    assert any(isinstance(node, ast.Assert) for node in ast.walk(tree))


@lessons
def test_a_lesson_is_a_notebook_of_texts_and_cells(lesson):
    text = lesson.read_text()
    assert text.startswith(f"# %% [markdown]\n# # {int(lesson.stem[:2])}. ")
    assert text.count("\n# %%\n") >= 5
