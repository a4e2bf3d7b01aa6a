"""The regressor."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.metaestimators import available_if

from glassnet.core.activations import Array
from glassnet.core.losses import Loss
from glassnet.estimators.base import BaseMLP, is_stochastic, keep
from glassnet.estimators.examples import Task
from glassnet.estimators.settings import A_LOSS, either, loss_of, one_of


class MLPRegressor(RegressorMixin, BaseMLP):
    """A feedforward network that predicts numbers: scikit-learn's MLPRegressor, over these engines.

    What is said of `MLPClassifier` holds here too. The loss over K outputs is the sum of theirs,
    whose gradient every solver follows; scikit-learn reports their mean.

    Args:
        loss: "squared_error"; "poisson" for counts, whose answers are e^z; a Loss; or a pair
            (value, error): (z, y) -> (N,) each example's own loss, and (N, K) its slope in z.
        hidden_layer_sizes: as all that follow, see MLPClassifier.

    Example:
        >>> from sklearn.datasets import load_diabetes
        >>> X, y = load_diabetes(return_X_y=True)
        >>> model = MLPRegressor(hidden_layer_sizes=(10,), solver="lbfgs", tol=1e-2, random_state=0)
        >>> model.fit(X * 20, y / 100).score(X * 20, y / 100) > 0.5
        True
    """

    own: ClassVar = {"loss": either(one_of("squared_error", "poisson"), A_LOSS)}

    def __init__(
        self,
        loss: Any = "squared_error",
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str | Callable[[float], float] = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        dropout: float | Sequence[float] = 0.0,
        scoring: Any = None,
        restore_best_weights: bool = True,
        initial_weights: Any = None,
        freeze: int = 0,
        max_time: float | None = None,
        dtype: Any = None,
        n_threads: int | None = None,
        engine: str = "auto",
        callbacks: Sequence[Callable[[Any], Any]] = (),
    ):
        keep(self, locals())

    @available_if(is_stochastic)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """One epoch over some examples.

        Args:
            X: as in fit.
            y: as in fit.
            sample_weight: as in fit.

        Returns:
            The estimator.
        """
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: Any) -> Array:
        """The answer to each row.

        Args:
            X: as in fit.

        Returns:
            (N,), or (N, K) for K targets.
        """
        return self._answers(self._outputs(X))

    def _targets(self, y: Array, sample_weight: Array | None) -> tuple[Array, Array | None]:
        if self.loss == "poisson" and (y < 0).any():
            raise ValueError("Some value(s) of y are out of the valid range of the loss 'poisson'.")
        return y.reshape(len(y), -1), sample_weight

    def _loss(self) -> Loss:
        return loss_of(self.loss)

    def _answers(self, a: Array) -> Array:
        """The outputs, as many dimensions as the targets had."""
        return a.ravel() if a.shape[1] == 1 else a

    def _score(self, task: Task) -> float:
        answers = self._answers(self._network.loss.output(self._logits(task.rows)))
        if not np.isfinite(answers).all():
            return float("nan")
        return float(r2_score(task.y, answers, sample_weight=task.weights))
