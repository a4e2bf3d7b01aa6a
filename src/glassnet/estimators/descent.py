"""The descent: epochs of steps, until there is no more progress."""

import warnings
from math import ceil
from time import monotonic
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer
from sklearn.model_selection import train_test_split

from glassnet.core.activations import Array
from glassnet.estimators.callbacks import Watch
from glassnet.estimators.examples import Task
from glassnet.estimators.learner import Learner
from glassnet.estimators.optimizer import Optimizer
from glassnet.training.loop import SeveralASecond, weighted_mean


class Descent:
    """One call of fit, or of partial_fit.

    Args:
        estimator: whose parameters change, and which keeps the records.
        task: what it learns from.
        validation: what it is measured on meanwhile; None for a share of the task, if it stops
            early, else for nothing.
    """

    def __init__(self, estimator: Any, task: Task, validation: Task | None):
        self.estimator = estimator
        if estimator.early_stopping and validation is None:
            task, validation = split(estimator, task)
        self.learner, self.validation = Learner(estimator, task), validation
        self.task, self.theta = self.learner.task, self.learner.params.theta
        self.size = batch_size(estimator, len(task))
        last: Optimizer | None = estimator._optimizer
        begin = last.go_on if last else Optimizer.begin
        self.optimizer = estimator._optimizer = begin(estimator, self.theta)
        self.engine = estimator._engine(self.learner, self.optimizer.rule, self.size)
        self.pieces = SeveralASecond()

    def run(self, max_iter: int, watch: Watch) -> None:
        """Epochs, so many at most."""
        estimator, order, start = self.estimator, np.arange(len(self.task)), monotonic()
        best = self.theta.copy()
        estimator.n_iter_ = 0
        try:
            for _ in range(max_iter):
                if estimator.shuffle:
                    order = order[estimator._random_state.permutation(len(order))]
                self.epoch(order)
                self.learner.write_back()
                if self.measure():
                    best[:] = self.theta
                self.optimizer.end_epoch(estimator)
                late = estimator.max_time and monotonic() - start >= estimator.max_time
                diverged = not np.isfinite(estimator.loss_)
                if self.is_over() or watch.after(estimator.loss_) or late or diverged:
                    break
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=5)
        if estimator.early_stopping and estimator.restore_best_weights:
            self.theta[:] = best
            self.learner.write_back()

    def epoch(self, order: Array) -> None:
        """One pass over the examples."""
        estimator = self.estimator
        steps = -(-len(order) // self.size)
        rates = self.optimizer.rates(estimator, steps)
        losses = np.empty(0)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for piece in self.pieces(steps):
                n_parts = self.task.rows.n_parts(len(piece) * self.size)
                for part in np.array_split(piece, min(n_parts, len(piece))):
                    rows = order[part[0] * self.size : (part[-1] + 1) * self.size]
                    losses = np.append(losses, self.steps(rows, rates[part]))
        estimator.loss_ = weighted_mean(losses, len(order), self.size)
        estimator.loss_curve_.append(estimator.loss_)
        estimator.t_ += len(order)
        estimator.n_iter_ += 1
        if estimator.verbose:
            print(f"Iteration {estimator.n_iter_}, loss = {estimator.loss_:.8f}")

    def steps(self, rows: Array, rates: Array) -> Array:
        """Some steps of an epoch; their losses."""
        x, Y, order, weights = self.task.written_out(rows)
        params, state = self.learner.params, self.optimizer.state
        return self.engine.descend(params, state, x, Y, order, rates, weights)

    def measure(self) -> bool:
        """Note how good it is by now; whether it has never been better."""
        estimator = self.estimator
        if self.validation is not None:
            estimator.validation_loss_curve_.append(estimator._loss_on(self.validation))
        if not estimator.early_stopping:
            self.count(worse=estimator.loss_ > estimator.best_loss_ - estimator.tol)
            estimator.best_loss_ = min(estimator.best_loss_, estimator.loss_)
            return False
        score = self.score()
        estimator.validation_scores_.append(score)
        if estimator.verbose:
            print(f"Validation score: {score:f}")
        self.count(worse=score < estimator.best_validation_score_ + estimator.tol)
        if better := score > estimator.best_validation_score_:
            estimator.best_validation_score_ = score
        return bool(better)

    def count(self, worse: bool) -> None:
        """Count the epochs without progress."""
        self.estimator._no_improvement_count = (
            self.estimator._no_improvement_count + 1 if worse else 0
        )

    def score(self) -> float:
        """The score on examples that are not learned from; NaN when it has diverged."""
        estimator, scoring = self.estimator, self.estimator.scoring
        aside: Any = self.validation
        if not np.isfinite(self.theta).all():
            return float("nan")
        if scoring == "loss":
            return -float(estimator.validation_loss_curve_[-1])
        if scoring is None:
            return float(estimator._score(aside))
        scorer = get_scorer(scoring) if isinstance(scoring, str) else scoring
        return float(scorer(estimator, aside.X, aside.y))

    def is_over(self) -> bool:
        """Whether there is no more progress, and no lower rate to try."""
        estimator, wait = self.estimator, self.estimator.n_iter_no_change
        if estimator._no_improvement_count <= wait:
            return False
        what = "Validation score" if estimator.early_stopping else "Training loss"
        message = f"{what} did not improve more than tol={estimator.tol:f} for {wait} epochs."
        if lower := self.optimizer.may_go_on(estimator):
            estimator._no_improvement_count = 0
            message += f" Setting learning rate to {self.optimizer.learning_rate:f}"
        if estimator.verbose:
            print(message)
        return not lower


def split(estimator: Any, task: Task) -> tuple[Task, Task]:
    """Set a share of the examples aside, in which the classes have their shares.

    Where not all of more than two can be on both sides, chance decides, as in scikit-learn.
    """
    strata = estimator._strata(task.Y)
    if task.Y.shape[1] > 1 and not is_divisible(strata, estimator.validation_fraction):
        strata = None
    learn, aside = train_test_split(
        np.arange(len(task)),
        random_state=estimator._random_state,
        test_size=estimator.validation_fraction,
        stratify=strata,
    )
    if len(aside) < 2:
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' or the size of your"
            " dataset."
        )
    for part, what in ((learn, "that are left to learn from"), (aside, "of the validation set")):
        if task.weights is not None and not task.weights[part].any():
            raise ValueError(f"All sample weights {what} are zero. Give X_val and y_val.")
    return task.some(learn), task.some(aside)


def is_divisible(strata: Array | None, fraction: float) -> bool:
    """Whether every class can be on both sides of a split."""
    if strata is None:
        return False
    counts = np.unique(strata, return_counts=True)[1]
    n_aside = ceil(fraction * len(strata))
    return bool(counts.min() >= 2 and len(counts) <= min(n_aside, len(strata) - n_aside))


def batch_size(estimator: Any, n: int) -> int:
    """How many of n examples a step learns from."""
    if estimator.batch_size == "auto":
        return min(200, n)
    if estimator.batch_size > n:
        warnings.warn(
            "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped.",
            stacklevel=6,
        )
    return int(min(estimator.batch_size, n))
