"""Both ways: networks that learn raise no finding, and each planted disease is named."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn import datasets

from glassnet.core.activations import ACTIVATIONS
from glassnet.core.initialization import INITIALIZERS
from glassnet.core.losses import LOSSES
from glassnet.core.schedules import Constant
from glassnet.core.updates import Adam
from glassnet.data.examples import Examples
from glassnet.data.sources import load_data
from glassnet.doctor import examine
from glassnet.model import load_model
from glassnet.recipes import FIRST_NETWORK, NIELSEN_30, RECIPES, Recipe

TANH = (ACTIVATIONS["tanh"],) * 2
HANDS = ("first-network", "one-layer", "ten-hidden", "ten-hidden-adam", "is-it-a-three")
SIGMOIDS = ("sigmoid-quadratic", "nielsen-30")


def look(recipe, examples, change=lambda model: None):
    """What is found after a training by a recipe, from a start that was changed."""
    model = recipe.model(examples.classes)
    change(model)
    losses = [epoch.loss for epoch in recipe.train(model, examples)]
    return examine(model, examples, losses)


@pytest.mark.parametrize("name", HANDS + SIGMOIDS)
def test_every_recipe_is_well(name):
    recipe = RECIPES[name]
    assert look(recipe, recipe.examples(load_data("digits").train)) == []


def test_recipes_are_well_on_mnist(mnist_folder):
    train = load_data("mnist").train
    assert examine(load_model(), train) == []
    for name in ("first-network", "sigmoid-quadratic"):  # the second has 9 of 10 saturated
        assert look(replace(RECIPES[name], epochs=4), train.take(slice(20_000))) == []


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "digits"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_toy_data_are_learned_and_all_is_well(name, activation):
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    deviation = x.std(axis=0)
    x = (x - x.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    examples = Examples(x, y, tuple(map(str, range(y.max() + 1))))
    recipe = replace(
        FIRST_NETWORK,
        layers=(x.shape[1], 50, y.max() + 1),
        activations=(ACTIVATIONS[activation],),
        rule=Adam(),
        rate=Constant(0.005),
    )
    assert look(recipe, examples) == []


def start(bias=0.0, size=1.0):
    """A start with other biases in the hidden layers, and weights of another size."""

    def change(model):
        model.params.weights[:] *= size
        for b in model.params.b[:-1]:
            b += bias

    return change


@pytest.mark.parametrize(
    ("recipe", "change", "expected"),
    [
        (replace(FIRST_NETWORK, rate=Constant(1.0)), start(), "layer 1: dead ReLUs (1"),
        (FIRST_NETWORK, start(bias=-3.0), "layer 1: dead ReLUs (128 of 128 are 0 for each of 809"),
        (FIRST_NETWORK, start(size=10), "layer 2: dead ReLUs"),
        (NIELSEN_30, start(bias=-10), "layer 1: saturated sigmoids (100 % of outputs are within"),
        (NIELSEN_30, start(size=100), "layer 1: saturated sigmoids"),
        (replace(FIRST_NETWORK, activations=TANH), start(size=100), "layer 2: saturated tanhs"),
        (replace(NIELSEN_30, rate=Constant(90.0)), start(), "output: one answer for everything"),
        (replace(FIRST_NETWORK, rate=Constant(0.0)), start(), "output: no better than the mean"),
    ],
)
def test_a_planted_disease_is_named(recipe: Recipe, change, expected):
    found = "; ".join(map(str, look(replace(recipe, epochs=8), load_data("digits").train, change)))
    assert expected in found


def test_where_nothing_else_is_wrong_a_loss_that_has_not_fallen_is_told_of():
    digits = load_data("digits").train
    assert examine(load_model(), digits, losses=[0.5, 0.4]) == []
    (finding,) = examine(load_model(), digits, losses=[0.4, 0.5])
    assert (finding.where, finding.what) == ("loss", "has not fallen")


def test_unscaled_pixels_are_the_first_cause_of_the_dead_layers_behind_them():
    train = load_data("digits").train
    findings = look(replace(FIRST_NETWORK, epochs=2), train._replace(x=train.x.astype(float)))
    assert findings[0].what == "unscaled pixels"
    assert {finding.what for finding in findings[1:]} >= {"dead ReLUs", "one answer for everything"}


def test_a_network_that_has_its_numbers_right_is_well_without_being_a_classifier():
    x, y = datasets.make_friedman1(500, random_state=0)
    y = (y - y.mean()) / y.std()
    recipe = replace(
        FIRST_NETWORK,
        layers=(10, 50, 1),
        activations=(ACTIVATIONS["relu"],),
        loss=LOSSES["squared_error"],
        initializer=INITIALIZERS["he"],
        rate=Constant(0.05),
    )
    model = recipe.model(("y", "y"))
    losses = [epoch.loss for epoch in recipe.train(model, Examples(x, y, model.classes))]
    assert examine(model, Examples(x, y, model.classes), losses) == []


def test_shapes_that_do_not_fit_are_found_before_the_network_is_asked():
    digits = load_data("digits").train
    for examples in (
        digits._replace(labels=digits.labels[:, np.newaxis]),
        digits._replace(x=digits.x.T),
    ):
        assert len(examine(load_model(), examples)) == 1
