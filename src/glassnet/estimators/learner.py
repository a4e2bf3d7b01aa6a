"""What learns: the whole network, or what is behind its frozen layers."""

from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.estimators.examples import Rows, Task
from glassnet.estimators.settings import rates_of_dropout
from glassnet.model import Model
from glassnet.training.transfer import arrays, copy, part


class Learner:
    """A network, its parameters and its examples.

    With frozen layers it is the tail of the estimator's, which learns from what they make of the
    examples; see glassnet.training.transfer.

    Args:
        estimator: whose network learns.
        task: what it learns from.
    """

    def __init__(self, estimator: Any, task: Task):
        self.whole, self.frozen = estimator._params, estimator.freeze
        self.network, self.params, self.task = estimator._network, self.whole, task
        self.dropout = rates_of_dropout(estimator.dropout, len(self.network.activations))
        if self.frozen:
            model = Model(self.network, self.whole, (), engine=estimator.engine)
            front, tail = part(model, 0, self.frozen), part(model, self.frozen, None)
            f = self.network.activations[self.frozen - 1].f
            x = np.concatenate([f(front.logits(x)) for _, x in task.rows.parts()])
            self.task = replace(task, rows=Rows(x, task.Y.dtype))
            self.network, self.params = tail.network, tail.params
            self.dropout = self.dropout[self.frozen :]

    def write_back(self) -> None:
        """Bring what was learned into the whole."""
        if self.frozen:
            copy(arrays(self.params), arrays(self.whole, self.frozen))
