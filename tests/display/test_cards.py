import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markup import parse, words
from networks import networks, random_parameters, seeds

from glassnet.core.losses import LOSSES
from glassnet.core.network import Network
from glassnet.model import Model, load_model
from glassnet.training.history import History
from glassnet.training.loop import Epoch
from glassnet.training.measures import Evaluation

LARGEST = 40_000
json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def model_of(network, seed=0, training=None):
    classes = tuple(map(str, range(max(network.layers[-1], 2))))
    return Model(network, random_parameters(network, seed), classes, training or {})


def rows_of(tree):
    return [[cell.text or "" for cell in row] for row in tree.iter("tr")]


def test_the_card_of_the_shipped_model_says_what_it_is_and_is_small():
    html = load_model()._repr_html_()
    tree = parse(html)
    assert len(html) < LARGEST
    assert {"784", "235,146", "relu", "softmax", "99.27"} <= set(words(tree))
    assert len(tree.findall(".//img")) == 16
    assert sum(int(row[3].replace(",", "")) for row in rows_of(tree)[1:4]) == 235_146


@given(networks(), seeds, st.dictionaries(st.text() | st.just("losses"), json, max_size=4))
def test_any_model_has_a_card_whatever_its_file_says_of_its_training(network, seed, training):
    parse(model_of(network, seed, training)._repr_html_())


def test_names_of_classes_are_text():
    network = Network((4, 2), (), LOSSES["cross_entropy"])
    model = model_of(network)
    model.classes = ("<img onerror=x>", "</details>")
    assert "<img onerror=x>, </details>" in "".join(parse(model._repr_html_()).itertext())


@pytest.mark.parametrize(
    ("losses", "curves"),
    [([2.0, 1.0, 0.5], 1), ([], 0), ([1.0, float("nan")], 0), (["a"], 0), ("ab", 0), (None, 0)],
)
def test_a_model_shows_its_loss_curve_where_its_file_has_one(losses, curves):
    network = Network((4, 2), (), LOSSES["cross_entropy"])
    tree = parse(model_of(network, training={"losses": losses})._repr_html_())
    assert len(tree.findall(".//polyline")) == curves


@pytest.mark.parametrize(("pixels", "pictures"), [(784, 3), (64, 3), (783, 0), (4, 0)])
def test_weights_are_pictures_where_the_inputs_are_a_square(pixels, pictures):
    network = Network((pixels, 3), (), LOSSES["cross_entropy"])
    assert len(parse(model_of(network)._repr_html_()).findall(".//img")) == pictures


@given(st.integers(0, 500), st.booleans())
def test_a_history_shows_its_curves_and_its_first_and_last_epoch(count, validated):
    rest = (0.5, 0.4, 0.7) if validated else (None, None, None)
    history = History(Epoch(n, 1 / n, 0.1, 1.0, 10, *rest) for n in range(1, count + 1))
    html = history._repr_html_()
    tree = parse(html)
    assert len(html) < LARGEST
    assert len(tree.findall(".//polyline")) == (0 if not count else 4 if validated else 1)
    numbers = [int(row[0]) for row in rows_of(tree)[1:]]
    assert numbers == sorted(set(numbers))
    assert numbers[:1] + numbers[-1:] == ([1, count] if count > 1 else [1, 1] * count)


@given(st.integers(2, 30), st.integers(1, 50), seeds)
def test_an_evaluation_shows_every_count_of_its_confusion_matrix(n_classes, n, seed):
    rng = np.random.default_rng(seed)
    labels, p = rng.integers(n_classes, size=n), rng.dirichlet(np.ones(n_classes), n)
    evaluation = Evaluation(tuple(map(str, range(n_classes))), p, labels, loss=1.0)
    html = evaluation._repr_html_()
    assert len(html) < LARGEST
    for matrix in parse(html).findall("details")[1:]:
        counts = [[int(cell or 0) for cell in row[1:]] for row in rows_of(matrix)[1:]]
        assert counts == evaluation.confusion.tolist()
