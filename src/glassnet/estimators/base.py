"""What a classifier and a regressor have in common: to learn, and to answer."""

import warnings
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, is_regressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from glassnet.core.activations import Array
from glassnet.core.losses import Loss
from glassnet.core.network import Network
from glassnet.core.parameters import Parameters, count_parameters
from glassnet.core.penalties import Penalty
from glassnet.core.updates import Rule
from glassnet.doctor.data import unscaled
from glassnet.doctor.findings import diagnosis
from glassnet.doctor.network import examine_network, where_it_broke
from glassnet.engines import Engine, choose, choose_forward
from glassnet.engines.dropout import prepare as prepare_dropout
from glassnet.errors import ParamError, TrainingWarning
from glassnet.estimators import callbacks, settings
from glassnet.estimators.descent import Descent
from glassnet.estimators.examples import Rows, Task
from glassnet.estimators.lbfgs import minimize
from glassnet.estimators.learner import Learner
from glassnet.estimators.optimizer import Optimizer

OUTPUTS = {
    "cross_entropy": "softmax",
    "binary_cross_entropy": "logistic",
    "quadratic_cost": "logistic",
    "squared_error": "identity",
    "poisson": "exp",
}


class BaseMLP(callbacks.Support, BaseEstimator):
    """A feedforward network that learns from arrays, data frames and sparse matrices."""

    own: ClassVar[dict[str, settings.Fits]] = {}  # parameters that this estimator alone allows

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None
    ) -> Any:
        """Learn from examples.

        Args:
            X: (N, n) numbers: an array, a data frame or a sparse matrix.
            y: (N,) or (N, K) targets.
            sample_weight: (N,) how much each example counts, >= 0.
            X_val: examples to measure on meanwhile, not to learn from; with early_stopping in
                place of a share of X.
            y_val: their targets.

        Returns:
            The estimator.

        Raises:
            ParamError: some parameters are wrong; all faults are told at once.
            ValueError: X or y cannot be learned from; scikit-learn's words.
        """
        return self._fit(X, y, sample_weight, X_val, y_val)

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any) -> Any:
        if self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        return self._fit(X, y, sample_weight, incremental=True)

    @property
    def network_(self) -> Network:
        """What is computed; coefs_ and intercepts_ are the numbers it is computed with."""
        return self._network

    @callbacks.managed
    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        X_val: Any = None,
        y_val: Any = None,
        incremental: bool = False,
    ) -> Any:
        settings.check(type(self).__name__, self.get_params(deep=False), self.own)
        anew = not hasattr(self, "coefs_") or not (self.warm_start or incremental)
        task = self._task(X, y, sample_weight, anew, get_to_know=anew and not incremental)
        is_given = X_val is not None or y_val is not None
        validation = self._validation(X_val, y_val, task.Y) if is_given else None
        self._random_state = check_random_state(self.random_state)
        self.n_outputs_ = task.Y.shape[1]
        self._build(task, anew)
        watch = callbacks.Watch(self, X, y)
        if self.solver == "lbfgs":
            minimize(self, task, watch)
        else:
            Descent(self, task, validation).run(1 if incremental else self.max_iter, watch)
            self._warn_of_the_limit(incremental)
        watch.end()
        x, Y = task.sample()
        if not np.isfinite(self._params.theta).all():
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large"
                f" values and need to be preprocessed. {where_it_broke(*self._whole, x)}"
            )
        if not incremental and (found := unscaled(x) + examine_network(*self._whole, x, Y)):
            warnings.warn(diagnosis(found), TrainingWarning, stacklevel=4)
        return self

    @property
    def _whole(self) -> tuple[Network, Parameters]:
        """The network and its parameters."""
        return self._network, self._params

    def _task(self, X: Any, y: Any, sample_weight: Any, anew: bool, get_to_know: bool) -> Task:
        """The examples, checked."""
        checked, targets = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            multi_output=True,
            y_numeric=is_regressor(self),
            dtype=self.dtype or (np.float64, np.float32),
            reset=anew,
        )
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, checked, ensure_non_negative=True)
        if targets.ndim == 2 and targets.shape[1] == 1:
            targets = column_or_1d(targets, warn=True)
        if get_to_know:
            self._get_to_know(targets)
        Y, weights = self._targets(targets, sample_weight)
        if weights is not None and not weights.any():
            raise ValueError("All sample weights are zero: there is nothing to learn from.")
        return Task(X, targets, Rows(checked, checked.dtype), Y.astype(checked.dtype), weights)

    def _validation(self, X_val: Any, y_val: Any, learned: Array) -> Task:
        """The examples to measure on, checked against the targets that are learned."""
        if X_val is None or y_val is None:
            found = "y_val without X_val" if X_val is None else "X_val without y_val"
            raise ParamError("fit", found, "both, or neither")
        checked, targets = validate_data(
            self,
            X_val,
            y_val,
            accept_sparse="csr",
            multi_output=True,
            dtype=learned.dtype,
            reset=False,
        )
        Y, _ = self._targets(targets, None)
        if Y.shape[1] != learned.shape[1]:
            raise ParamError("y_val", f"{Y.shape[1]} targets a row", f"{learned.shape[1]}, as in y")
        return Task(X_val, targets, Rows(checked, learned.dtype), Y.astype(learned.dtype), None)

    def _get_to_know(self, y: Array) -> None:
        """Note what there is to be learned, such as classes."""

    def _targets(self, y: Array, sample_weight: Array | None) -> tuple[Array, Array | None]:
        """Y (N, K), and how much each example counts."""
        raise NotImplementedError

    def _loss(self) -> Loss:
        """The loss, with its output function."""
        raise NotImplementedError

    def _build(self, task: Task, anew: bool) -> None:
        """The network, and the parameters that it starts from."""
        hidden = settings.sizes_of(self.hidden_layer_sizes)
        layers = (self.n_features_in_, *hidden, self.n_outputs_)
        activations = settings.activations_of(self.activation, len(hidden))
        network = Network(layers, activations, self._loss())
        params = Parameters(layers, np.zeros(count_parameters(layers), task.Y.dtype))
        if anew:
            self._initialize(network, params)
        else:
            gather((self.coefs_, self.intercepts_), params)
        self._network, self._params = network, params
        self.n_layers_ = len(layers)
        self.out_activation_ = OUTPUTS.get(network.loss.name, network.loss.name)
        begins = anew or not hasattr(self, "_optimizer")  # or coefs_ was put in by hand
        if begins:
            self._start_counting()
        stopping = self.early_stopping and self.solver != "lbfgs"
        if begins or stopping != (self.validation_scores_ is not None):
            self._start_comparing(stopping)
        self.coefs_: list[Any] = list(params.W)
        self.intercepts_: list[Any] = list(params.b)

    def _initialize(self, network: Network, params: Parameters) -> None:
        """Random weights, in scikit-learn's order and of its size, and those that were given."""
        for l, (W, b) in enumerate(zip(params.W, params.b, strict=True)):
            last = len(network.activations) - 1
            name = network.activations[min(l, last)].name if last >= 0 else ""
            bound = np.sqrt((2.0 if name == "sigmoid" else 6.0) / sum(W.shape))
            W[...] = self._random_state.uniform(-bound, bound, W.shape)
            b[...] = self._random_state.uniform(-bound, bound, b.shape)
        if self.initial_weights is not None:
            n_given = len(self.initial_weights[0])
            gather(self.initial_weights, params, n_given)

    def _start_counting(self) -> None:
        """The records of a training that begins."""
        self._optimizer: Optimizer | None = None
        self.t_ = 0
        self.loss_curve_: list[float] = []
        self.validation_loss_curve_: list[float] = []

    def _start_comparing(self, stopping: bool) -> None:
        """What is best by now: a score if it stops early, else a loss."""
        self._no_improvement_count = 0
        self.best_loss_: Any = None if stopping else np.inf
        self.validation_scores_: Any = [] if stopping else None
        self.best_validation_score_: Any = -np.inf if stopping else None

    def _penalty(self, task: Task) -> Penalty:
        """alpha / 2n sum w^2, over all n examples whatever the batch size."""
        n = len(task) if task.weights is None else task.weights.sum()
        return Penalty(l2=0.0 if self.solver == "adamw" else self.alpha / float(n))

    def _engine(self, learner: Learner, rule: Rule, batch_size: int) -> Engine:
        """What computes the steps of a rule."""
        arguments = (learner.network, rule, self._penalty(learner.task))
        if any(learner.dropout) and self.solver != "lbfgs":
            rng = np.random.default_rng(self._random_state.randint(2**31))
            return prepare_dropout(*arguments, batch_size, learner.dropout, rng)
        dtype, threads = learner.params.theta.dtype, self.n_threads
        job = (self.engine, *arguments, batch_size, dtype, threads)
        if getattr(self, "_prepared", (None,))[0] != job:
            options = {"batch_size": batch_size, "dtype": dtype, "threads": threads}
            self._prepared = job, choose(self.engine, *arguments, **options)
        return self._prepared[1]

    def _strata(self, Y: Array) -> Array | None:
        """What has to have its share on both sides of a split."""
        return None

    def _score(self, task: Task) -> float:
        """The score that `score` gives, of examples that are checked already."""
        raise NotImplementedError

    def _loss_on(self, task: Task) -> float:
        """The mean loss over examples."""
        losses = self._network.loss.value(self._logits(task.rows), task.Y)
        return float(np.average(losses, weights=task.weights))

    def _warn_of_the_limit(self, incremental: bool) -> None:
        over = self._no_improvement_count > self.n_iter_no_change
        if not incremental and not over and self.n_iter_ == self.max_iter:
            warnings.warn(
                f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and the"
                " optimization hasn't converged yet.",
                ConvergenceWarning,
                stacklevel=5,
            )

    def _logits(self, rows: Rows) -> Array:
        """The logits (N, K)."""
        params = self._current()
        forward = choose_forward(self.engine, self._network, params.theta.dtype, self.n_threads)
        return np.concatenate([forward(params, x) for _, x in rows.parts()])

    def _current(self) -> Parameters:
        """The parameters; those of the user, if coefs_ or intercepts_ are no longer ours."""
        own = [*self.coefs_, *self.intercepts_]
        views = [*self._params.W, *self._params.b]
        if len(own) != len(views) or any(a is not b for a, b in zip(own, views, strict=True)):
            self._params = gather((self.coefs_, self.intercepts_), self._params.copy())
            self.coefs_, self.intercepts_ = list(self._params.W), list(self._params.b)
        return self._params

    def _outputs(self, X: Any) -> Array:
        """What the network answers (N, K)."""
        check_is_fitted(self, "coefs_")
        dtype = self._params.theta.dtype
        checked = validate_data(self, X, accept_sparse="csr", dtype=dtype, reset=False)
        with np.errstate(over="ignore"):
            return self._network.loss.output(self._logits(Rows(checked, dtype)))

    def __getstate__(self) -> Any:
        # A view on a vector would be written as a vector of its own, an engine has threads.
        left_out = ("_params", "_prepared")
        return {key: value for key, value in super().__getstate__().items() if key not in left_out}

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state)
        if hasattr(self, "coefs_"):
            layers = (len(self.coefs_[0]), *(len(b) for b in self.intercepts_))
            theta = np.concatenate([np.ravel(one) for one in [*self.coefs_, *self.intercepts_]])
            self._params = Parameters(layers, theta)
            self.coefs_, self.intercepts_ = list(self._params.W), list(self._params.b)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def gather(weights: Any, into: Parameters, n: int | None = None) -> Parameters:
    """(coefs, intercepts) of the first n layers, which may be a user's own, in one vector."""
    layers = (into.W[:n], into.b[:n])
    for kind, own, views in zip(("coefs", "intercepts"), weights, layers, strict=True):
        found = [np.shape(one) for one in own]
        if found != (expected := [view.shape for view in views]):
            raise ParamError(kind, f"arrays of shapes {found}", f"{expected}")
        for one, view in zip(own, views, strict=True):
            view[...] = one
    return into


def is_stochastic(estimator: Any) -> bool:
    """Whether it learns step by step; otherwise it has no partial_fit."""
    if estimator.solver == "lbfgs":
        raise AttributeError(
            "partial_fit is only available for stochastic optimizers. lbfgs is not stochastic."
        )
    return True


def keep(estimator: Any, arguments: dict[str, Any]) -> None:
    """Keep the arguments of __init__ as they are, which is all that __init__ may do."""
    vars(estimator).update({key: value for key, value in arguments.items() if key != "self"})
