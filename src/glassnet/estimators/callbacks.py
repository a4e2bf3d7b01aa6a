"""Callbacks: who is told of every epoch, in our own way and in that of scikit-learn 1.9."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

Method = TypeVar("Method", bound=Callable[..., Any])


class Nothing:
    """Nothing to support."""


def unchanged(method: Method) -> Method:
    """The method as it is."""
    return method


try:
    from sklearn import callback as protocol
except ImportError:  # before scikit-learn 1.9
    protocol = None

Support: Any = protocol.CallbackSupportMixin if protocol else Nothing
managed: Any = protocol.with_callbacks if protocol else unchanged


class Watch:
    """Tells all who want to know of a training.

    Args:
        estimator: which learns.
        X: what it learns from.
        y: its targets.
    """

    def __init__(self, estimator: Any, X: Any, y: Any):
        self.estimator, self.data = estimator, {"X": X, "y": y}
        self.all = None
        if protocol:
            self.all = estimator._init_callback_context(max_subtasks=estimator.max_iter)
            self.all.call_on_fit_task_begin(estimator=estimator, **self.data)

    def after(self, loss: float) -> bool:
        """An epoch is over; whether somebody wants to stop."""
        self.estimator.loss_ = loss
        answers = [callback(self.estimator) for callback in self.estimator.callbacks]
        stop = [answer is True or answer is np.True_ for answer in answers]
        if self.all is not None:
            epoch = self.all.subcontext(task_name="epoch")
            epoch.call_on_fit_task_begin(estimator=self.estimator, **self.data)
            stop.append(
                epoch.call_on_fit_task_end(
                    estimator=self.estimator, reconstruction_attributes=self.so_far, **self.data
                )
            )
        return any(stop)

    def so_far(self) -> dict[str, Any]:
        """What a copy of the estimator needs to answer as the estimator does now."""
        params = self.estimator._params.copy()
        known = {key: value for key, value in vars(self.estimator).items() if key.endswith("_")}
        return known | {"_params": params, "coefs_": params.W, "intercepts_": params.b}

    def end(self) -> None:
        """The training is over."""
        if self.all is not None:
            self.all.call_on_fit_task_end(
                estimator=self.estimator, reconstruction_attributes=self.so_far, **self.data
            )
