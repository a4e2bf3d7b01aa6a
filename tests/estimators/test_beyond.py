"""What scikit-learn's estimators do not do."""

import time

import numpy as np
import pytest
from sklearn import neural_network as theirs
from sklearn.datasets import load_digits, make_multilabel_classification, make_regression
from sklearn.exceptions import NotFittedError
from sklearn.metrics import log_loss

import glassnet
from glassnet.core.updates import AdamW
from glassnet.errors import ParamError
from glassnet.training.loop import rates_of

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*iterations.*", "ignore:.*converge.*", "ignore::glassnet.errors.TrainingWarning"
)

X, y = load_digits(return_X_y=True)
X = X[:600] / 16
y = y[:600]


def fitted(*data, **parameters):
    parameters = {"random_state": 0, "max_iter": 8, "hidden_layer_sizes": (30,), **parameters}
    return glassnet.MLPClassifier(**parameters).fit(*(data or (X, y)))


def same(a, b):
    return all(np.array_equal(p, q) for p, q in zip(a.coefs_, b.coefs_, strict=True))


def test_every_layer_has_an_activation_of_its_own():
    layers = {"hidden_layer_sizes": (30, 20)}
    mixed = fitted(activation=["relu", "tanh"], **layers)
    names = [f.name for f in mixed.network_.activations]
    assert names == ["relu", "tanh"]
    assert not same(mixed, fitted(activation="relu", **layers))
    assert same(fitted(activation=["tanh", "tanh"], **layers), fitted(activation="tanh", **layers))


@pytest.mark.parametrize("sequence", [tuple, np.array])
def test_what_each_layer_has_may_be_any_sequence(sequence):
    layers = {"hidden_layer_sizes": (30, 20)}
    as_list = fitted(activation=["relu", "tanh"], dropout=[0.1, 0.2], **layers)
    found = fitted(activation=sequence(["relu", "tanh"]), dropout=sequence([0.1, 0.2]), **layers)
    assert same(found, as_list)


def test_dropout_is_drawn_by_the_seed_and_answers_come_from_all_neurons():
    a, b = (fitted(dropout=0.5, max_iter=150) for _ in range(2))
    assert same(a, b) and not same(a, fitted(max_iter=150))
    assert not same(a, fitted(dropout=[0.2], max_iter=150))
    np.testing.assert_array_equal(a.predict_proba(X), a.predict_proba(X))
    assert a.score(X, y) > 0.9


def test_dropout_of_nothing_changes_nothing():
    assert same(fitted(dropout=0.0), fitted(dropout=[0.0]))


def test_a_class_weight_is_a_weight_of_its_examples():
    by_hand = np.where(y == 3, 5.0, 1.0)
    weighted = {c: 5.0 if c == 3 else 1.0 for c in range(10)}
    assert same(fitted(class_weight=weighted), fitted(X, y, by_hand))


def test_examples_that_lack_a_weighted_class_are_weighted_as_the_others():
    weights = {3: 5.0, 9: 2.0}
    by_hand = np.select([y == 3, y == 9], [5.0, 2.0], 1.0)
    few = X[y < 4], y[y < 4]
    model = fitted(class_weight=weights).partial_fit(*few)
    assert same(model, fitted(X, y, by_hand).partial_fit(*few, by_hand[y < 4]))
    watched = glassnet.MLPClassifier(max_iter=2, class_weight=weights)
    assert len(watched.fit(X, y, X_val=few[0], y_val=few[1]).validation_loss_curve_) == 2


def test_a_class_weight_of_nothing_but_zeros_is_refused():
    with pytest.raises(ValueError, match="nothing to learn from"):
        fitted(class_weight=dict.fromkeys(range(10), 0))
    with pytest.raises(ValueError, match="not in class_weight"):
        fitted(class_weight={33: 2.0})


def test_rows_of_several_classes_have_a_class_weight_for_each():
    X, Y = make_multilabel_classification(100, random_state=0)
    weights = [{0: 1.0, 1: k + 1.0} for k in range(5)]
    by_hand = np.prod(1 + Y * np.arange(5), axis=1)
    assert same(fitted(X, Y, class_weight=weights), fitted(X, Y, by_hand))


def test_balanced_classes_raise_the_recall_of_the_rare_one():
    rng = np.random.default_rng(0)
    rare = np.concatenate([np.flatnonzero(y != 8), rng.choice(np.flatnonzero(y == 8), 8)])
    data, test = (X[rare], y[rare] == 8), X[y == 8]
    plain, balanced = (fitted(*data, class_weight=w, max_iter=15) for w in (None, "balanced"))
    assert balanced.predict(test).mean() > plain.predict(test).mean() + 0.2


def test_an_l2_price_means_the_same_at_any_batch_size():
    options = {"alpha": 60, "solver": "sgd", "momentum": 0, "max_iter": 300}
    options |= {"learning_rate_init": 0.05, "random_state": 0, "n_iter_no_change": np.inf}

    def size_of_weights(where, batch_size):
        model = where.MLPClassifier((30,), batch_size=batch_size, **options).fit(X, y)
        return sum((W**2).sum() for W in model.coefs_)

    ours, large = (size_of_weights(glassnet, size) for size in (60, 600))
    assert ours == pytest.approx(large, rel=0.2)
    assert size_of_weights(theirs, 600) == pytest.approx(large, rel=1e-6)
    assert size_of_weights(theirs, 60) < 0.01 * large  # which is why ours is not theirs


def test_validation_examples_may_be_given():
    model = glassnet.MLPClassifier(max_iter=9, random_state=0)
    model.fit(X[:400], y[:400], X_val=X[400:], y_val=y[400:])
    assert len(model.validation_loss_curve_) == 9
    expected = log_loss(y[400:], model.predict_proba(X[400:]))
    assert model.validation_loss_curve_[-1] == pytest.approx(expected)
    assert same(model, glassnet.MLPClassifier(max_iter=9, random_state=0).fit(X[:400], y[:400]))


def test_early_stopping_watches_the_examples_that_are_given_and_restores_the_best_weights():
    model = fitted().set_params(
        early_stopping=True, max_iter=100, learning_rate_init=0.05, n_iter_no_change=3
    )
    model.fit(X[:400], y[:400], X_val=X[400:], y_val=y[400:])
    assert len(model.validation_scores_) == model.n_iter_ < 100
    assert model.score(X[400:], y[400:]) == model.best_validation_score_
    assert model.best_validation_score_ == max(model.validation_scores_)
    last = model.set_params(restore_best_weights=False)
    last.fit(X[:400], y[:400], X_val=X[400:], y_val=y[400:])
    assert last.score(X[400:], y[400:]) == last.validation_scores_[-1]


@pytest.mark.parametrize("scoring", ["balanced_accuracy", "neg_log_loss", "loss"])
def test_early_stopping_may_watch_any_score(scoring):
    model = fitted(early_stopping=True, scoring=scoring, max_iter=12)
    assert len(model.validation_scores_) == 12
    if scoring != "balanced_accuracy":
        losses = [-score for score in model.validation_scores_]
        np.testing.assert_allclose(losses, model.validation_loss_curve_, rtol=1e-6)


def test_the_examples_set_aside_are_stratified_for_any_number_of_classes():
    rare = np.concatenate([np.flatnonzero(y < 2), np.flatnonzero(y == 2)[:10]])
    seen = []

    def count(model, X, y):
        seen.append(np.bincount(y))
        return 0.0

    for seed in range(5):
        fitted(X[rare], y[rare], early_stopping=True, scoring=count, max_iter=1, random_state=seed)
    assert {counts[2] for counts in seen} == {1}


@pytest.mark.parametrize(
    ("rows", "targets"),
    [(600, np.where(np.arange(600) == 0, 10, y)), (60, y)],
    ids=["one of a class", "fewer set aside than classes"],
)
def test_examples_are_set_aside_also_where_not_every_class_can_be(rows, targets):
    model = fitted(X[:rows], targets[:rows], early_stopping=True)
    assert len(model.validation_scores_) == 8


def test_weights_that_leave_nothing_on_one_side_of_the_split_are_refused():
    weights = np.zeros(600)
    weights[0] = 1
    with pytest.raises(ValueError, match=r"All sample weights .* are zero"):
        fitted(X, y, weights, early_stopping=True)


@pytest.mark.parametrize("solver", ["rmsprop", "adamw"])
def test_other_solvers_learn(solver):
    assert fitted(solver=solver, max_iter=120).score(X, y) > 0.95


def test_the_decay_of_adamw_is_alpha():
    assert fitted(solver="adamw", alpha=0.3)._optimizer.rule == AdamW(decay=0.3)


def test_a_schedule_holds_for_every_solver():
    rates = []
    for solver in ("adam", "sgd", "rmsprop"):
        model = fitted(
            solver=solver,
            learning_rate="cosine",
            max_iter=4,
            callbacks=[lambda own: rates.append(own._optimizer.rates(own, 1)[0])],
        )
    expected = [
        rates_of(glassnet.Cosine(model.learning_rate_init, 4), e, 1)[0] for e in (2, 3, 4, 5)
    ]
    np.testing.assert_allclose(rates, expected * 3)
    steps = fitted(learning_rate=glassnet.StepDecay(0.001, every=2))
    assert not same(steps, fitted())


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_it_stops_when_its_time_is_over(solver):
    start = time.monotonic()
    model = fitted(
        solver=solver,
        max_iter=10**6,
        n_iter_no_change=np.inf,
        tol=0,
        max_time=0.3,
        callbacks=[lambda model: time.sleep(0.01)],
    )
    assert 0.3 < time.monotonic() - start < 20
    assert 1 < model.n_iter_ < 10**6


@pytest.mark.parametrize("dtype", [np.float32, np.float64, "float32"])
def test_it_computes_in_the_type_that_is_asked_for(dtype):
    model = fitted(dtype=dtype)
    assert {W.dtype for W in model.coefs_} == {model.predict_proba(X).dtype} == {np.dtype(dtype)}


@pytest.mark.filterwarnings("ignore:overflow")
def test_a_number_too_large_for_the_type_that_is_asked_for_is_refused():
    large = X * 1e300
    for refused in (
        lambda: fitted(large, y, dtype="float32"),
        lambda: fitted(dtype="float32").predict(large),
        lambda: fitted(max_iter=1).fit(X.astype("f4"), y, X_val=large, y_val=y),
    ):
        with pytest.raises(ValueError, match="a value too large for dtype"):
            refused()


def test_a_callback_hears_of_every_epoch_and_may_stop():
    heard = []

    def listen(model):
        heard.append((model.n_iter_, model.loss_, model.score(X, y)))
        return model.n_iter_ == 3

    model = fitted(callbacks=[listen])
    assert model.n_iter_ == 3 and [n for n, *_ in heard] == [1, 2, 3]
    assert heard[-1][2] == model.score(X, y)
    assert fitted(callbacks=[lambda model: np.float64(1) > 0]).n_iter_ == 1
    assert fitted(callbacks=[lambda model: "no answer"]).n_iter_ == 8


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_scikit_learns_progress_bar_and_scoring_monitor_work(solver):
    callback = pytest.importorskip("sklearn.callback")  # since scikit-learn 1.9
    model = glassnet.MLPClassifier(max_iter=4, solver=solver, random_state=0)
    monitor = callback.ScoringMonitor(scoring="accuracy")
    model.set_callbacks(callback.ProgressBar(), monitor)
    model.fit(X, y)
    scores = [row["accuracy"] for row in monitor.get_logs().data]
    assert scores[0] == scores[-1] == model.score(X, y) > scores[1]  # first the whole, then epochs


def test_a_warm_start_keeps_the_state_of_the_optimizer():
    once = glassnet.MLPClassifier(max_iter=8, random_state=0, shuffle=False).fit(X, y)
    twice = glassnet.MLPClassifier(max_iter=4, random_state=0, shuffle=False, warm_start=True)
    twice.fit(X, y).fit(X, y)
    assert same(once, twice)
    assert twice.loss_curve_ == once.loss_curve_


@pytest.mark.parametrize("way", ["fit", "partial_fit"])
def test_what_is_changed_between_two_fits_holds_from_then_on(way):
    def twice(**changed):
        model = fitted(solver="sgd", warm_start=True).set_params(**changed)
        return getattr(model, way)(X, y)

    unchanged = twice()
    for changed in ({"solver": "adam"}, {"learning_rate_init": 0.1}, {"momentum": 0.5}):
        assert not same(twice(**changed), unchanged)
    assert same(twice(learning_rate_init=0.001), unchanged)
    assert twice(solver="adam")._optimizer.state["t"] > 0


@pytest.mark.parametrize("first", [True, False])
def test_early_stopping_may_begin_and_end_between_two_fits(first):
    model = fitted(warm_start=True, early_stopping=first)
    model.set_params(early_stopping=not first, max_iter=30).fit(X, y)
    assert (model.best_loss_ is None) == (model.validation_scores_ is not None) == (not first)
    assert len(model.loss_curve_) == 8 + model.n_iter_
    assert model.score(X, y) > 0.5


def test_a_partial_fit_is_one_epoch_of_a_fit():
    whole = fitted(max_iter=5, shuffle=False)
    parts = glassnet.MLPClassifier((30,), random_state=0, shuffle=False)
    for _ in range(5):
        parts.partial_fit(X, y, classes=range(10))
    assert same(whole, parts)


@pytest.mark.parametrize("way", ["warm_start", "partial_fit"])
def test_a_later_batch_may_lack_a_class(way):
    model = glassnet.MLPClassifier(max_iter=3, random_state=0, warm_start=way == "warm_start")
    model.fit(X, y)
    (model.fit if way == "warm_start" else model.partial_fit)(X[y < 4], y[y < 4])
    assert model.predict_proba(X).shape == (600, 10)
    with pytest.raises(ValueError, match=r"12.* is new"):
        model.partial_fit(X[:2], [3, 12])


def test_partial_fits_of_several_classes_a_row_reach_what_a_fit_does():
    X, Y = make_multilabel_classification(100, random_state=0)
    options = {"hidden_layer_sizes": (50,), "random_state": 0, "learning_rate_init": 0.01}
    whole = glassnet.MLPClassifier(max_iter=100, n_iter_no_change=np.inf, **options).fit(X, Y)
    parts = glassnet.MLPClassifier(**options)
    for _ in range(100):
        parts.partial_fit(X, Y, classes=range(5))
    assert parts.score(X, Y) == pytest.approx(whole.score(X, Y), abs=0.1)
    assert parts.score(X, Y) > 0.8


def test_it_starts_from_the_weights_that_are_given():
    model = fitted()
    again = fitted(
        initial_weights=(model.coefs_, model.intercepts_),
        solver="sgd",
        max_iter=1,
        learning_rate_init=1e-12,
    )
    np.testing.assert_allclose(again.predict_proba(X), model.predict_proba(X), atol=1e-6)
    with pytest.raises(ParamError, match=r"coefs: .* shapes \[\(64, 30\), \(30, 10\)\].*\(64, 7\)"):
        fitted(initial_weights=(model.coefs_, model.intercepts_), hidden_layer_sizes=(7,))


def test_a_fit_that_is_refused_leaves_no_trace():
    unfitted = glassnet.MLPClassifier((30,), max_iter=2, warm_start=True)
    with pytest.raises(ParamError):
        unfitted.set_params(initial_weights=([X], [y])).fit(X, y)
    with pytest.raises(NotFittedError):
        unfitted.predict(X)
    unfitted.set_params(initial_weights=None).fit(X, y)

    model = fitted(warm_start=True)
    before = model.predict_proba(X)
    with pytest.raises(ParamError, match=r"coefs: .*\(64, 30\).*expected.*\(64, 9\)"):
        model.set_params(hidden_layer_sizes=(9,)).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), before)


def softplus(z):
    return np.logaddexp(0, z)


def softplus_slope(a):
    return 1 - np.exp(-a)


def test_an_activation_may_be_ones_own_and_is_checked():
    assert fitted(activation=(softplus, softplus_slope), max_iter=120).score(X, y) > 0.9
    with pytest.raises(ValueError, match=r"derivative of softplus .* the slope of f"):
        fitted(activation=(softplus, lambda a: 1 / (1 + np.exp(-a))))


def absolute(z, y):
    return np.abs(z - y).sum(axis=1)


def absolute_error(z, y):
    return np.sign(z - y)


def test_a_loss_may_be_ones_own_and_is_checked():
    X, y = make_regression(300, 3, random_state=0)
    y = y / 50
    y[:60] += 40  # outliers, which the median does not hear
    options = {"max_iter": 200, "random_state": 0, "learning_rate_init": 0.01}
    robust = glassnet.MLPRegressor(loss=(absolute, absolute_error), **options).fit(X, y)
    squared = glassnet.MLPRegressor(**options).fit(X, y)
    typical = [np.median(np.abs(model.predict(X[60:]) - y[60:])) for model in (robust, squared)]
    assert typical[0] < 0.5 * typical[1]
    with pytest.raises(ValueError, match=r"error of absolute .* the slope of its value"):
        glassnet.MLPRegressor(loss=(absolute, lambda z, y: z - y)).fit(X, y)


def test_all_wrong_parameters_are_told_at_once_and_the_nearest_name_with_them():
    model = glassnet.MLPClassifier(solver="adamm", alpha=-1, max_iter=0, dropout=[0.1, 0.2])
    with pytest.raises(ParamError) as error:
        model.fit(X, y)
    message = str(error.value)
    assert "Did you mean 'adam'?" in message
    for part in (
        "'solver'",
        "'alpha' parameter of MLPClassifier must be a float in the range [0, inf)",
        "Got -1 instead",
        "'max_iter'",
        "has 2 for 1 hidden layers",
    ):
        assert part in message


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("hidden_layer_sizes", (8, "a")),
        ("hidden_layer_sizes", ((8,), (3, 4))),
        ("hidden_layer_sizes", (np.nan,)),
        ("activation", ("relu", "relu", "relu")),
        ("dropout", (0.1, 0.1, 0.1)),
        ("dtype", np.zeros(3)),
        ("n_iter_no_change", np.ones(2)),
        ("random_state", np.random.default_rng(0)),
        ("random_state", -1),
        ("initial_weights", (5, 6)),
        ("class_weight", [1, 2]),
    ],
)
def test_whatever_is_wrong_with_a_parameter_is_told_with_the_rest(parameter, value):
    with pytest.raises(ParamError) as error:
        fitted(alpha=-1, **{parameter: value})
    assert f"'{parameter}' parameter" in str(error.value) and "'alpha'" in str(error.value)


@pytest.mark.parametrize(
    ("parameter", "value", "near"),
    [
        ("loss", "logloss", "log_loss"),
        ("engine", "compild", "compiled"),
        ("class_weight", "balance", "balanced"),
        ("activation", "Relu", "relu"),
        ("solver", "constan", None),  # which is near to a name, but not to one of a solver
    ],
)
def test_the_nearest_name_is_one_of_the_parameters_own(parameter, value, near):
    with pytest.raises(ParamError) as error:
        fitted(**{parameter: value})
    advice = f"Did you mean {near!r}?" if near else ""
    assert advice in str(error.value) and ("Did you mean" in str(error.value)) == bool(near)


def test_bad_data_is_refused_in_scikit_learns_words():
    with pytest.raises(ValueError, match="Input X contains NaN"):
        fitted(np.where(X > 0.9, np.nan, X), y)
    with pytest.raises(ValueError, match="X has 3 features, but MLPClassifier is expecting 64"):
        fitted().predict(X[:, :3])
    with pytest.raises(ValueError, match="X_val without y_val"):
        glassnet.MLPClassifier().fit(X, y, X_val=X)
    with pytest.raises(ValueError, match="y_val without X_val"):
        glassnet.MLPClassifier().fit(X, y, y_val=y)
    with pytest.raises(ValueError, match=r"y_val: 1 targets a row \(expected 2, as in y\)"):
        glassnet.MLPRegressor().fit(X, np.c_[y, y], X_val=X, y_val=y)
    with pytest.raises(ValueError, match="out of the valid range of the loss 'poisson'"):
        glassnet.MLPRegressor("poisson").fit(X, -y)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_ctrl_c_keeps_what_was_learned(solver):
    def interrupt(model):
        if model.n_iter_ == 3:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="interrupted"):
        model = fitted(solver=solver, callbacks=[interrupt])
    assert model.n_iter_ == 3 and same(model, fitted(solver=solver, max_iter=3))


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("parameters", [{}, {"solver": "lbfgs"}, {"batch_size": 999}])
def test_a_warning_points_to_the_line_of_the_user(parameters):
    def interrupt(model):
        raise KeyboardInterrupt

    for callbacks in ([], [interrupt]):
        model = glassnet.MLPClassifier((30,), max_iter=2, callbacks=callbacks, **parameters)
        with pytest.warns(UserWarning) as record:
            model.fit(X, y)
        assert {warning.filename for warning in record} == {__file__}


def test_what_one_network_has_learned_is_the_start_of_another():
    low, high = y < 5, y >= 5
    few = np.concatenate([np.flatnonzero(y == c)[:4] for c in range(5, 10)])
    options = {"hidden_layer_sizes": (60, 30), "max_iter": 200, "n_iter_no_change": np.inf}
    old = fitted(X[low], y[low], **options)
    first = (old.coefs_[:1], old.intercepts_[:1])
    moved = fitted(X[few], y[few], initial_weights=first, freeze=1, **options)
    np.testing.assert_array_equal(moved.coefs_[0], old.coefs_[0])
    np.testing.assert_array_equal(moved.intercepts_[0], old.intercepts_[0])
    assert moved.score(X[few], y[few]) == 1 and moved.score(X[high], y[high]) > 0.8


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
def test_frozen_layers_are_a_fixed_function_of_the_inputs(solver):
    old = fitted(hidden_layer_sizes=(20, 10))
    first = (old.coefs_[:1], old.intercepts_[:1])
    options = {"solver": solver, "alpha": 0, "shuffle": False, "max_iter": 5}
    frozen = fitted(initial_weights=first, freeze=1, hidden_layer_sizes=(20, 10), **options)
    start = fitted(
        initial_weights=first,
        freeze=1,
        hidden_layer_sizes=(20, 10),
        max_iter=1,
        solver="sgd",
        learning_rate_init=1e-300,
    )
    features = np.maximum(X @ old.coefs_[0] + old.intercepts_[0], 0)
    rest = (start.coefs_[1:], start.intercepts_[1:])
    tail = fitted(features, y, hidden_layer_sizes=(10,), initial_weights=rest, **options)
    np.testing.assert_allclose(frozen.predict_proba(X), tail.predict_proba(features), 1e-7, 1e-9)


def test_a_warm_start_with_another_solver_or_more_frozen_layers_begins_with_a_new_optimizer():
    model = fitted(warm_start=True)
    for changes in ({"solver": "sgd"}, {"freeze": 1}, {"freeze": 0, "solver": "adamw"}):
        before = model.coefs_[0].copy()
        model.set_params(**changes).fit(X, y)
        assert np.array_equal(before, model.coefs_[0]) == (model.freeze == 1)


def test_a_layer_has_to_be_left_that_learns():
    with pytest.raises(ParamError, match=r"must leave a layer that learns\. Got 2 of 2"):
        fitted(freeze=2)


@pytest.mark.parametrize("loss", ["log_loss", "quadratic_cost", "squared_error"])
@pytest.mark.parametrize("n_classes", [2, 10])
def test_probabilities_are_probabilities_whatever_the_loss(loss, n_classes):
    p = fitted(X, y % n_classes, loss=loss).predict_proba(X)
    assert p.shape == (600, n_classes)
    assert p.min() >= 0
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)


@pytest.mark.parametrize("loss", ["cross_entropy", glassnet.LOSSES["cross_entropy"]])
def test_the_cross_entropy_of_one_output_which_is_always_1_is_refused(loss):
    with pytest.raises(ParamError, match=r"loss 'cross_entropy' of one output .expected 'log_loss"):
        fitted(X, y % 2, loss=loss)
    assert fitted(loss=loss).score(X, y) == fitted().score(X, y)
