"""Models beside each other."""

import numpy as np
import pytest
from networks import random_parameters
from web.hands import SEVEN, draw, settled

from glassnet.core.losses import LOSSES
from glassnet.core.network import Network
from glassnet.model import Model

FLAT = Network((784, 10), (), LOSSES["cross_entropy"])


@pytest.fixture
def opened(opened, server):
    """With a second model to compare the shipped one with."""
    if len(server.shelf) == 1:
        server.shelf.add("flat", Model(FLAT, random_parameters(FLAT, 0, np.float32)))
    return opened


def test_two_models_are_compared_on_all_test_digits(opened, server):
    page = opened("#view=compare")
    page.wait_for_selector("[data-testid=pair]")
    pair = page.get_by_test_id("pair").locator("button").all()
    counts = [int(button.get_attribute("data-count")) for button in pair]
    assert len(counts) == 4 and sum(counts) == len(server.data.test.x)
    draw(page, SEVEN)
    assert settled(page).get_by_test_id("compare-drawing").locator("tbody tr").count() == 2
