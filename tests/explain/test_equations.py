from pathlib import Path

import numpy as np
import pytest
from explanations import explained
from hypothesis import given
from hypothesis import strategies as st
from networks import networks, seeds

import glassnet
from glassnet.core.activations import ACTIVATIONS, Activation
from glassnet.core.losses import LOSSES
from glassnet.core.network import Network
from glassnet.display.blocks import Equation
from glassnet.explain.story import neuron_story, story

PACKAGE = Path(glassnet.__file__).parent
CODE = {  # what of an equation's line must be in the code
    "z = a[0] W[0] + b[0]": " @ ",
    "p = softmax(z / T)": "output(z / T)",
    "delta = (delta W[1]^T) * f'(a[1])": "delta = (delta @ params.W[l].T) *",
    "dW[0] = a[0]^T delta": "a[l].T @ delta",
    "db[0] = delta": "delta.sum(axis=0)",
    "theta <- theta - eta grad": "theta -= eta * grad",
}


def equations_in(sections):
    return [block for s in sections for block in s.blocks if isinstance(block, Equation)]


@given(networks(), seeds, st.sampled_from([1.0, 1.3]))
def test_every_equation_names_the_line_of_our_code_that_is_it(network, seed, temperature):
    explanation = explained(network, seed, temperature)
    found = equations_in([*story(explanation), *neuron_story(explanation.neuron(1, 0))])
    assert len(found) >= 8
    for text, source in found:
        lines = (PACKAGE / source.file).read_text().split("\n")
        assert lines[source.line - 1].strip() == source.code
        assert CODE.get(text, "") in source.code


@pytest.mark.parametrize("f", [np.tanh, eval("lambda z: z")])  # no source to look into
def test_an_activation_whose_source_is_not_to_be_had_is_explained_without_it(f):
    own = Activation("own", f, ACTIVATIONS["tanh"].derivative)
    explanation = explained(Network((3, 4, 2), (own,), LOSSES["cross_entropy"]), 0)
    assert [text for text, source in equations_in(story(explanation)) if source is None]
