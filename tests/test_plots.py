import subprocess
import sys
from itertools import combinations
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot
from matplotlib.colors import to_rgba
from matplotlib.text import Text

from glassnet import plots
from glassnet.data.examples import DIGITS
from glassnet.errors import ParamError, StorageError
from glassnet.plots.axes import BLUE, MIDDLE, ORANGE
from glassnet.training.loop import Epoch

matplotlib.use("Agg")

LONG_NAMES = ("T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    pyplot.close("all")


def epoch(number, loss=0.5, train=None, validation=None, validation_loss=None):
    return Epoch(number, loss, 0.1, 1.0, 60_000, train, validation, validation_loss)


def history_of(n):
    shares = np.linspace(0.5, 0.975, n)
    return [epoch(i + 1, 1 - s, s, s - 0.02, 1.1 - s) for i, s in enumerate(shares)]


def pictures_of(n):
    """Pictures that tell who they are: number i is full of the grey level i."""
    return np.repeat(np.arange(n, dtype=np.uint8), 784).reshape(n, 784)


def one_sure(predictions, sure, k=10):
    """Probabilities that name these classes, each this surely."""
    probabilities = np.repeat((1 - np.array(sure))[:, np.newaxis] / (k - 1), k, axis=1)
    probabilities[np.arange(len(predictions)), predictions] = sure
    return probabilities


def random_answers(n, k=10, seed=0):
    rng = np.random.default_rng(seed)
    return pictures_of(n), rng.dirichlet(np.full(k, 0.3), n), rng.integers(0, k, n)


def texts(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def runs(flags):
    """The (start, end) of each run of true flags."""
    edges = np.flatnonzero(np.diff(np.r_[False, flags, False].astype(int)))
    return list(zip(edges[::2], edges[1::2], strict=True))


def tiles(ax):
    """The pictures of a mosaic with their corners (left, top), in reading order."""
    image = ax.images[0].get_array()
    shown = ~np.ma.getmaskarray(image)
    places = [
        (left, top, image[top:bottom, left:right])
        for top, bottom in runs(shown.any(axis=1))
        for left, right in runs(shown[top])
    ]
    assert sum(tile.size for _, _, tile in places) == shown.sum()
    return places


PLOTS = {
    "loss": lambda **ax: plots.plot_loss(history_of(20), **ax),
    "accuracy": lambda **ax: plots.plot_accuracy(history_of(20), **ax),
    "one epoch": lambda **ax: plots.plot_accuracy(history_of(1), **ax),
    "nothing measured": lambda **ax: plots.plot_accuracy([epoch(1)], **ax),
    "predictions": lambda **ax: plots.plot_predictions(*random_answers(20), **ax),
    "one picture": lambda **ax: plots.plot_predictions(*random_answers(1), **ax),
    "no pictures": lambda **ax: plots.plot_predictions(*random_answers(0), **ax),
    "mistakes": lambda **ax: plots.plot_mistakes(*random_answers(99), **ax),
    "mistakes of two": lambda **ax: plots.plot_mistakes(
        *random_answers(99, k=2), classes=("not 3", "3"), **ax
    ),
    "confusion": lambda **ax: plots.plot_confusion_matrix(np.arange(100).reshape(10, 10), **ax),
    "confusion of two": lambda **ax: plots.plot_confusion_matrix(
        np.array([[8954, 36], [42, 968]]), ("not 3", "3"), **ax
    ),
    "confusion of long names": lambda **ax: plots.plot_confusion_matrix(
        np.full((8, 8), 1234), LONG_NAMES, **ax
    ),
    "weights": lambda **ax: plots.plot_weights(np.linspace(-1, 2, 7840).reshape(784, 10), **ax),
    "one neuron": lambda **ax: plots.plot_weights(np.linspace(-1, 2, 784).reshape(784, 1), **ax),
}
every_plot = pytest.mark.parametrize("draw", PLOTS.values(), ids=PLOTS)


# What is true of every plot


@every_plot
def test_a_plot_draws_on_the_axes_it_is_given_and_makes_no_figure(draw):
    (ax,) = plots.new_axes(6, 4)
    assert draw(ax=ax) is ax
    assert pyplot.get_fignums() == []


@every_plot
def test_a_plot_without_axes_makes_one_figure_of_its_own(draw):
    ax = draw()
    assert [pyplot.figure(number) for number in pyplot.get_fignums()] == [ax.figure]


@every_plot
def test_a_plot_changes_no_setting(draw):
    before = dict(matplotlib.rcParams)
    draw()
    assert dict(matplotlib.rcParams) == before


def drawn_texts(ax):
    """All texts of the axes that are seen: titles, notes, labels, ticks."""
    drawn = [child for child in ax.get_children() if isinstance(child, Text)]
    for axis in (ax.xaxis, ax.yaxis) if ax.axison else ():
        lowest, highest = sorted(axis.get_view_interval())
        ticks = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
        drawn += [axis.label, *(label for at, label in ticks if lowest <= at <= highest)]
    return [text for text in drawn if text.get_text() and text.get_visible()]


@every_plot
def test_no_two_texts_of_a_plot_overlap(draw):
    figure = draw().figure
    figure.draw_without_rendering()
    seen = [(t.get_text(), t.get_window_extent()) for ax in figure.axes for t in drawn_texts(ax)]
    assert len(seen) >= 2
    for (a, a_box), (b, b_box) in combinations(seen, 2):
        assert not a_box.padded(-0.5).overlaps(b_box.padded(-0.5)), (a, b)


def test_importing_the_plots_does_not_import_matplotlib():
    code = "import sys, glassnet.plots; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Curves


def test_the_lines_are_the_history():
    history = history_of(20)
    loss, accuracy = plots.plot_loss(history), plots.plot_accuracy(history)
    numbers = [e.number for e in history]
    for ax, *fields in (
        (loss, "loss", "validation_loss"),
        (accuracy, "train_accuracy", "validation_accuracy"),
    ):
        for line, field in zip(ax.lines, fields, strict=True):
            assert list(line.get_xdata()) == numbers
            assert list(line.get_ydata()) == [getattr(e, field) for e in history]


def test_an_epoch_that_was_not_measured_is_skipped():
    history = [epoch(n, train=n / 10 if n % 2 == 0 else None) for n in range(1, 7)]
    (line,) = plots.plot_accuracy(history).lines
    assert list(line.get_xdata()) == [2, 4, 6]
    assert list(line.get_ydata()) == [0.2, 0.4, 0.6]


def test_a_line_is_named_and_tells_its_last_value():
    history = [epoch(1, 2.0, 0.4, 0.3, 2.5), epoch(2, 0.1234, 0.9876, 0.9, 0.5)]
    assert set(texts(plots.plot_accuracy(history))) == {"training 98.76 %", "validation 90.00 %"}
    assert set(texts(plots.plot_loss(history))) == {"training 0.123", "validation 0.5"}


def test_without_validation_there_is_one_line():
    ax = plots.plot_loss([epoch(1), epoch(2, 0.25)])
    assert len(ax.lines) == 1
    assert texts(ax) == ["training 0.25"]


@pytest.mark.parametrize("train", [0.95, 0.9501, 0.951, 0.96])
def test_lines_that_end_close_together_have_labels_apart_in_the_same_order(train):
    ax = plots.plot_accuracy([epoch(1, train=0.8, validation=0.8), epoch(2, 0.1, train, 0.95)])
    ax.figure.draw_without_rendering()
    boxes = {t.get_text()[:5]: t.get_window_extent() for t in ax.texts if t.get_text()}
    assert not boxes["train"].overlaps(boxes["valid"])
    if train > 0.95:
        assert boxes["train"].y0 > boxes["valid"].y0


@pytest.mark.parametrize("n", [1, 2, 3, 30, 500])
def test_ticks_are_whole_epochs_of_the_history(n):
    ticks = plots.plot_loss(history_of(n)).get_xticks()
    assert 1 <= len(ticks) <= 10
    assert all(tick == round(tick) and 1 <= tick <= n for tick in ticks)


def test_a_single_epoch_is_a_visible_point(tmp_path):
    plots.save(plots.plot_loss([epoch(1)]), tmp_path / "loss.png")
    dot = np.isclose(pyplot.imread(tmp_path / "loss.png"), to_rgba(BLUE)).all(axis=2)
    widest = max(end - start for row in dot if row.any() for start, end in runs(row))
    assert widest > 6  # no stroke of a letter is as wide


def test_a_loss_is_drawn_down_to_zero_and_an_accuracy_not_above_one():
    assert plots.plot_loss([epoch(1, 2.3), epoch(2, 2.2)]).get_ylim()[0] == 0
    assert plots.plot_accuracy([epoch(1, train=1.0), epoch(2, train=1.0)]).get_ylim()[1] == 1


@pytest.mark.parametrize("history", [[], [epoch(1), epoch(2)]])
def test_an_accuracy_that_nobody_measured_is_said_to_be_missing(history):
    ax = plots.plot_accuracy(history)
    assert texts(ax) == ["not measured"]
    assert not ax.lines


# Mosaics of digits


@given(n=st.integers(1, 40), columns=st.integers(1, 12), wrong=st.booleans())
def test_every_picture_stands_in_its_place(n, columns, wrong):
    pictures = pictures_of(n)
    labels = np.full(n, 1 if wrong else 0)
    (ax,) = plots.new_axes(8, 4)
    plots.plot_predictions(pictures, one_sure([0] * n, [0.9] * n), labels, columns=columns, ax=ax)
    drawn = tiles(ax)
    assert [tile.ravel().tolist() for _, _, tile in drawn] == pictures.tolist()
    lefts = sorted({left for left, _, _ in drawn})
    tops = sorted({top for _, top, _ in drawn})
    assert [(left, top) for left, top, _ in drawn] == [
        (lefts[i % columns], tops[i // columns]) for i in range(n)
    ]


def test_rows_and_squares_of_pixels_are_drawn_alike():
    pictures = np.random.default_rng(0).integers(0, 256, (5, 784), np.uint8)
    probabilities = one_sure([1] * 5, [0.8] * 5)
    rows = plots.plot_predictions(pictures, probabilities)
    squares = plots.plot_predictions(pictures.reshape(5, 28, 28), probabilities)
    assert np.ma.allequal(rows.images[0].get_array(), squares.images[0].get_array())
    assert np.array_equal(tiles(rows)[3][2], pictures[3].reshape(28, 28))


def test_under_each_picture_stands_what_was_predicted_how_surely_and_what_is_true():
    probabilities = one_sure([7, 2, 5], [0.99, 0.6, 0.804])
    ax = plots.plot_predictions(pictures_of(3), probabilities, np.array([7, 4, 5]), columns=2)
    captions = []
    for left, top, tile in tiles(ax):
        under = [
            text.get_text()
            for text in ax.texts
            if left - 1 <= text.get_position()[0] <= left + tile.shape[1]
            and top + 28 <= text.get_position()[1] < top + 45
        ]
        captions.append(under)
    assert captions == [["7", "99 %"], ["2", "60 %", "× true: 4"], ["5", "80 %"]]  # noqa: RUF001


def test_where_nobody_knows_the_truth_nothing_is_called_wrong():
    ax = plots.plot_predictions(pictures_of(9), one_sure(range(9), [0.5] * 9))
    assert not [text for text in texts(ax) if "true" in text]


def test_class_names_are_no_formulas():
    names = (r"$\frac$", "$x$")
    ax = plots.plot_predictions(pictures_of(1), np.array([[0.9, 0.1]]), np.array([1]), names)
    ax.figure.draw_without_rendering()
    plots.plot_confusion_matrix(np.eye(2, dtype=int), names).figure.draw_without_rendering()


@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_mistakes_are_the_wrong_ones_with_the_least_probability_for_the_truth(seed, count):
    pictures, probabilities, labels = random_answers(30, k=3, seed=seed)
    (ax,) = plots.new_axes(8, 4)
    plots.plot_mistakes(pictures, probabilities, labels, "abc", count, ax)
    wrong = [i for i in range(30) if probabilities[i].argmax() != labels[i]]
    worst = sorted(wrong, key=lambda i: probabilities[i, labels[i]])[:count]
    assert [int(tile[0, 0]) for _, _, tile in tiles(ax)] == worst
    assert [text[-1] for text in texts(ax) if "true" in text] == ["abc"[labels[i]] for i in worst]


def test_a_plot_of_mistakes_tells_how_many_there_are():
    ax = plots.plot_mistakes(pictures_of(9), one_sure([0] * 9, [0.9] * 9), np.ones(9, int), count=4)
    assert ax.get_title(loc="left") == "The worst 4 of 9 mistakes"


def test_when_all_is_right_there_are_no_mistakes():
    ax = plots.plot_mistakes(pictures_of(4), one_sure([1, 2, 3, 4], [0.9] * 4), np.arange(1, 5))
    assert texts(ax) == ["no mistakes"]
    assert not ax.images


@pytest.mark.parametrize(
    ("pictures", "probabilities", "labels", "at_fault"),
    [
        (pictures_of(3)[:, :700], np.ones((3, 10)), np.zeros(3, int), "pictures"),
        (pictures_of(3), np.ones((2, 10)), np.zeros(3, int), "probabilities"),
        (pictures_of(3), np.ones((3, 2)), np.zeros(3, int), "probabilities"),
        (pictures_of(3), np.ones((3, 10)), np.zeros(4, int), "labels"),
        (pictures_of(3), np.ones((3, 10)), np.full(3, 10), "labels"),
    ],
)
@pytest.mark.parametrize("draw", [plots.plot_predictions, plots.plot_mistakes])
def test_arrays_that_do_not_belong_together_are_refused(
    draw, pictures, probabilities, labels, at_fault
):
    with pytest.raises(ParamError, match=f"^{at_fault}:"):
        draw(pictures, probabilities, labels)
    assert pyplot.get_fignums() == []


# The confusion matrix


@pytest.mark.parametrize("k", [2, 10])
def test_the_numbers_in_the_cells_are_the_counts(k):
    confusion = np.random.default_rng(k).integers(0, 3, (k, k)) * 7
    ax = plots.plot_confusion_matrix(confusion, DIGITS[:k])
    cells = {t.get_position(): t for t in ax.texts if t.get_text().isdecimal()}
    assert len(cells) == k * k
    for (column, row), text in cells.items():
        assert int(text.get_text()) == confusion[row, column]
        mistaken = row != column and confusion[row, column] > 0
        assert text.get_weight() == ("bold" if mistaken else "normal")


def test_rows_are_the_truth_and_columns_what_was_predicted():
    ax = plots.plot_confusion_matrix(np.eye(2, dtype=int), ("not 3", "3"))
    for axis, name in ((ax.xaxis, "predicted"), (ax.yaxis, "true")):
        assert axis.get_label_text() == name
        assert [label.get_text() for label in axis.get_ticklabels()] == ["not 3", "3"]


def cell_colors(ax):
    image = ax.images[0]
    return image.cmap(image.norm(image.get_array()))


def test_colors_show_mistakes_by_their_share_of_the_row():
    confusion = np.array([[900, 10, 0], [1, 50, 49], [0, 0, 0]])
    colors = cell_colors(plots.plot_confusion_matrix(confusion, "abc"))
    thrice = cell_colors(plots.plot_confusion_matrix(confusion * [[3], [1], [1]], "abc"))
    assert np.allclose(colors, thrice)
    greenness = colors[..., 1]
    assert greenness[1, 2] < greenness[0, 1] <= greenness[1, 0] < greenness[0, 2]
    assert len(np.unique(colors.diagonal(), axis=1).T) == 1


def test_a_confusion_matrix_of_another_size_than_the_classes_is_refused():
    with pytest.raises(ParamError, match=r"^confusion: shape \(2, 2\)"):
        plots.plot_confusion_matrix(np.eye(2))


# The weights


@pytest.mark.parametrize(("n_neurons", "shown"), [(1, 1), (10, 10), (16, 16), (128, 64)])
def test_each_neuron_is_the_picture_of_its_column(n_neurons, shown):
    W = np.random.default_rng(0).normal(size=(784, n_neurons))
    ax = plots.plot_weights(W)
    drawn = tiles(ax)
    assert len(drawn) == shown
    for i, (_, _, tile) in enumerate(drawn):
        assert np.array_equal(tile, W[:, i].reshape(28, 28))
    assert ("64 of its 128" in ax.get_title(loc="left")) == (n_neurons > 64)


def test_pictures_of_another_shape_can_be_weighed():
    W = np.arange(6 * 3.0).reshape(6, 3)
    assert np.array_equal(
        tiles(plots.plot_weights(W, shape=(2, 3)))[1][2], [[1, 4, 7], [10, 13, 16]]
    )
    with pytest.raises(ParamError, match=r"^W: shape \(6, 3\)"):
        plots.plot_weights(W)


@given(st.lists(st.floats(-1e3, 1e3, width=32), min_size=4, max_size=4))
def test_weights_share_one_scale_that_is_symmetric_about_zero(weights):
    (ax,) = plots.new_axes(4, 4)
    plots.plot_weights(np.array(weights).reshape(4, 1), shape=(2, 2), ax=ax)
    lowest, highest = ax.images[0].get_clim()
    assert lowest == -highest < 0
    assert highest == (max(map(abs, weights)) or 1)


def test_blue_weights_are_positive_and_orange_ones_negative_as_the_note_says():
    ax = plots.plot_weights(np.array([[2.0], [-2.0], [0.0], [1.0]]), shape=(2, 2))
    most, least, none, some = cell_colors(ax).reshape(-1, 4)
    assert np.allclose(most, to_rgba(BLUE), atol=0.01)
    assert np.allclose(least, to_rgba(ORANGE), atol=0.01)
    assert np.allclose(none, to_rgba(MIDDLE), atol=0.01)
    assert some[2] > some[0]
    assert [text for text in texts(ax) if text.startswith("blue: ink here excites")]


# Files


@pytest.mark.parametrize(("name", "magic"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml")])
def test_the_same_picture_gives_the_same_file(tmp_path, name, magic):
    first, second = tmp_path / name, tmp_path / f"again-{name}"
    plots.save(plots.plot_loss(history_of(5)), first)
    plots.save(plots.plot_loss(history_of(5)), second)
    assert first.read_bytes().startswith(magic)
    assert first.read_bytes() == second.read_bytes()


def test_a_figure_is_saved_whole_whichever_of_its_axes_is_named(tmp_path):
    axes = plots.new_axes(8, 3, count=2)
    plots.plot_loss(history_of(5), axes[0])
    plots.plot_accuracy(history_of(5), axes[1])
    for name, drawn in (("a", axes[0]), ("b", axes[1]), ("c", axes[0].figure)):
        plots.save(drawn, tmp_path / f"{name}.png")
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1
    height, width, _ = pyplot.imread(tmp_path / "a.png").shape
    assert width > 2 * height


def test_saving_changes_no_setting_and_opens_no_window(tmp_path):
    before = dict(matplotlib.rcParams)
    plots.save(plots.plot_loss(history_of(5), *plots.new_axes(4, 3)), tmp_path / "a.svg")
    assert dict(matplotlib.rcParams) == before
    assert pyplot.get_fignums() == []


@pytest.mark.parametrize("name", ["a.jpg", "a", "png"])
def test_another_suffix_is_refused_and_nothing_written(tmp_path, name):
    with pytest.raises(ParamError, match=r"\.png or \.svg"):
        plots.save(plots.new_axes(1, 1)[0], tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_a_storage_error():
    with pytest.raises(StorageError):
        plots.save(plots.new_axes(1, 1)[0], Path("no such folder") / "a.png")


def test_times_are_bars_ours_first_and_the_others_say_how_many_times_as_long():
    ax = plots.plot_times(["ours", "theirs"], [0.5, 2.0])
    assert [bar.get_width() for bar in ax.patches] == [0.5, 2.0]
    assert [text.get_text() for text in ax.texts][-1].strip() == "2   4.0 times as long"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["ours", "theirs"]
