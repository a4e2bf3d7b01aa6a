"""Measure MLPClassifier and MLPRegressor against scikit-learn's: the same data, parameters, seeds.

    python benchmarks/estimators.py                 time to fit, and scores over five seeds

Each fit runs in turn, ours and theirs, in this process; the first of each is not counted, as it
loads what was compiled before. The machine should have nothing else to do.
"""

import argparse
import warnings
from collections.abc import Callable
from statistics import mean, median, stdev
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from sklearn import neural_network
from sklearn.datasets import load_digits, make_classification, make_regression
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

import glassnet


class Workload(NamedTuple):
    """What is fitted.

    Args:
        name: what it is called.
        kind: the estimator.
        data: X and y to learn from, X and y to score on.
        options: parameters other than the defaults.
    """

    name: str
    kind: str
    data: Callable[[], tuple[Any, ...]]
    options: dict[str, Any]


def mnist(rows: int) -> tuple[Any, ...]:
    """The first rows of MNIST, in [0, 1], float64 as scikit-learn's users have it."""
    data = glassnet.load_data("mnist")
    train = data.train.take(slice(rows))
    return train.x / 255, train.labels, data.test.x / 255, data.test.labels


def digits() -> tuple[Any, ...]:
    """All 1,797 digits of scikit-learn, of which a quarter is scored on."""
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X / 16, y, random_state=0)
    return X, y, X_test, y_test


def table() -> tuple[Any, ...]:
    """A synthetic table with classes."""
    X, y = make_classification(
        5000, 40, n_informative=15, n_classes=4, flip_y=0.02, class_sep=0.8, random_state=0
    )
    X, X_test, y, y_test = train_test_split(X, y, random_state=0)
    return X, y, X_test, y_test


def numbers() -> tuple[Any, ...]:
    """A synthetic table with numbers."""
    X, y = make_regression(5000, 20, noise=10, random_state=0)
    X, X_test, y, y_test = train_test_split(X, np.tanh(y / 100) + y / 200, random_state=0)
    return X, y, X_test, y_test


WORKLOADS = [
    Workload("MNIST, 10,000 rows", "MLPClassifier", lambda: mnist(10_000), {}),
    Workload("digits", "MLPClassifier", digits, {}),
    Workload("digits, L-BFGS", "MLPClassifier", digits, {"solver": "lbfgs"}),
    Workload("digits, SGD", "MLPClassifier", digits, {"solver": "sgd", "learning_rate_init": 0.1}),
    Workload("table, 4 classes", "MLPClassifier", table, {}),
    Workload("table, numbers", "MLPRegressor", numbers, {}),
]


def main() -> None:
    """Measure, and print a table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    print("| workload | scikit-learn, s | glassnet, s | times as fast | epochs | score of theirs")
    print("| score of ours |\n|---|--:|--:|--:|--:|--:|--:|")
    for workload in WORKLOADS:
        print(row(workload, range(options.seeds)), flush=True)


def row(workload: Workload, seeds: range) -> str:
    """One workload: medians of time, means and standard deviations of scores."""
    X, y, X_test, y_test = workload.data()
    seconds: dict[Any, list[float]] = {neural_network: [], glassnet: []}
    scores: dict[Any, list[float]] = {neural_network: [], glassnet: []}
    epochs: dict[Any, list[int]] = {neural_network: [], glassnet: []}
    for seed in (seeds[0], *seeds):
        for where in (neural_network, glassnet):
            model = getattr(where, workload.kind)(random_state=seed, **workload.options)
            start = perf_counter()
            model.fit(X, y)
            seconds[where].append(perf_counter() - start)
            scores[where].append(100 * model.score(X_test, y_test))
            epochs[where].append(model.n_iter_)
    theirs, ours = (median(seconds[where][1:]) for where in (neural_network, glassnet))
    ratio = median(a / b for a, b in zip(*(seconds[w][1:] for w in seconds), strict=True))
    measured = " | ".join(f"{mean(s[1:]):.2f} ± {stdev(s[1:]):.2f}" for s in scores.values())
    n_epochs = " : ".join(f"{median(e[1:]):.0f}" for e in epochs.values())
    cells = [workload.name, f"{theirs:.2f}", f"{ours:.2f}", f"**{ratio:.1f}**", n_epochs, measured]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
