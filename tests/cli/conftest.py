"""How the tests run commands, and what they give them to read."""

import pytest
from PIL import Image

from glassnet import cli
from glassnet.data.sources import load_data


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Run one command in an empty folder: its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        code = cli.run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def digit(tmp_path):
    """A picture file of a digit, and what it shows."""
    data = load_data("digits")
    path = tmp_path / "digit.png"
    Image.fromarray(255 - data.test.x[0].reshape(28, 28)).resize((200, 200)).save(path)
    return path, int(data.test.labels[0])
