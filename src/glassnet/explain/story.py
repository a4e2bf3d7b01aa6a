"""The story of an explanation: its numbers in words and tables, for whatever shows them.

What is small is told whole; of what is large, the largest.
"""

from glassnet.display.blocks import Section
from glassnet.explain.backward_story import backward_story as backward_story
from glassnet.explain.explanation import Explanation
from glassnet.explain.forward_story import forward_story as forward_story
from glassnet.explain.neuron_story import neuron_story as neuron_story


def story(explanation: Explanation) -> list[Section]:
    """All of it."""
    return [*forward_story(explanation), *backward_story(explanation)]
