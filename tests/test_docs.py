"""The pages name files, functions and tests: each must be where they say."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROWS = re.findall(
    r"^\| (.+) \| `(\S+?):(\w+)` \| `(\S+?):(\w+)` \|$",
    (ROOT / "docs/equations.md").read_text(),
    re.MULTILINE,
)


def names_in(path):
    """The classes and functions of a file, methods included."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kinds)}


def test_every_row_of_the_map_was_read():
    lines = (ROOT / "docs/equations.md").read_text().splitlines()
    rows = [line for line in lines if line.startswith("|") and "`" in line]
    assert len(ROWS) == len(rows) > 35


@pytest.mark.parametrize(("equation", "file", "function", "test_file", "test"), ROWS)
def test_an_equation_is_where_the_map_says_and_so_is_its_test(
    equation, file, function, test_file, test
):
    assert function in names_in(ROOT / "src/glassnet" / file), equation
    assert test in names_in(ROOT / "tests" / test_file), equation


@pytest.mark.parametrize("file", sorted((ROOT / "src/glassnet/core").glob("*.py")))
def test_every_public_function_of_the_mathematics_says_what_it_is(file):
    tree = ast.parse(file.read_text())
    public = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    ]
    assert [node.name for node in public if not ast.get_docstring(node)] == []
