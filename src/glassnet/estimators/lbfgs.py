"""L-BFGS: SciPy's minimizer over the whole vector of parameters, with our loss and gradient.

The gradient is that of the loss for any number of outputs; scikit-learn's regressor gives its
minimizer K times the gradient of a loss over K outputs (its issue 8349). Liu and Nocedal, 1989.
"""

import warnings
from time import monotonic
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from glassnet.core.activations import Array
from glassnet.core.parameters import Parameters
from glassnet.core.updates import GradientDescent
from glassnet.engines import Engine
from glassnet.estimators.callbacks import Watch
from glassnet.estimators.examples import Task
from glassnet.estimators.learner import Learner


def minimize(estimator: Any, task: Task, watch: Watch) -> None:
    """Find a minimum of the mean loss over all examples.

    Args:
        estimator: whose parameters change, and which keeps the records.
        task: the examples.
        watch: hears of every iteration, and may stop.
    """
    from scipy.optimize import minimize

    learner = Learner(estimator, task)
    params, task, dtype = learner.params, learner.task, task.Y.dtype
    engine = estimator._engine(learner, GradientDescent(), len(task))
    estimator.n_iter_, start = 0, monotonic()

    def loss_and_gradient(theta: Array) -> tuple[float, Array]:
        here, grad = params.like(theta.astype(dtype)), params.like(np.empty(len(theta), dtype))
        if not task.rows.sparse:
            loss = engine.gradient(here, task.rows.X, task.Y, grad, task.weights)
            return loss, grad.theta.astype(float)
        return in_parts(engine, here, task)

    def callback(intermediate_result: Any) -> None:
        params.theta[:] = intermediate_result.x
        learner.write_back()
        estimator.n_iter_ += 1
        late = estimator.max_time and monotonic() - start >= estimator.max_time
        if watch.after(float(intermediate_result.fun)) or late:
            raise StopIteration

    options = {"maxfun": estimator.max_fun, "maxiter": estimator.max_iter, "gtol": estimator.tol}
    arguments = {"method": "L-BFGS-B", "jac": True, "callback": callback, "options": options}
    try:
        result = minimize(loss_and_gradient, params.theta.astype(float), **arguments)
    except KeyboardInterrupt:  # the parameters are those of the last iteration
        warnings.warn("Training interrupted by user.", stacklevel=5)
        return
    params.theta[:] = result.x
    learner.write_back()
    report(estimator, result)


def report(estimator: Any, result: Any) -> None:
    """Keep what SciPy says of a minimum, and warn if it is none."""
    if estimator.verbose:
        print(f"L-BFGS: {result.nit} iterations, loss = {result.fun:.8f}. {result.message}")
    if result.status == 1:
        warnings.warn(
            f"lbfgs failed to converge after {result.nit} iteration(s) (status=1):"
            f" {result.message}. Increase the number of iterations to improve the convergence"
            f" (max_iter={estimator.max_iter}), or scale the data.",
            ConvergenceWarning,
            stacklevel=6,
        )
    estimator.n_iter_, estimator.loss_ = min(result.nit, estimator.max_iter), float(result.fun)


def in_parts(engine: Engine, params: Parameters, task: Any) -> tuple[float, Array]:
    """Loss and gradient of a sparse matrix that is written out part by part."""
    n = len(task)
    weights = np.ones(n) if task.weights is None else task.weights
    total, grad = np.zeros(len(params.theta)), params.like(np.empty_like(params.theta))
    loss = 0.0
    for part, x in task.rows.parts():
        share = weights[part].sum() / weights.sum()
        loss += share * engine.gradient(params, x, task.Y[part], grad, weights[part])
        total += share * grad.theta
    return loss, total
