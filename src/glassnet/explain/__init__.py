"""Explain: one example through every equation, with its numbers.

`numbers` finds the numbers, `explanation` holds them, `equations` knows the lines of code that they
come from, and `story` tells it all.
"""

from glassnet.explain.explanation import Explanation as Explanation
from glassnet.explain.explanation import Neuron as Neuron
from glassnet.explain.numbers import explain as explain
