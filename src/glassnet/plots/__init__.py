"""Pictures of a training and of its model, drawn with Matplotlib: the one door to it.

Every plot takes the axes to draw on, or makes a figure of its own that notebooks show, and returns
the axes. Nothing global is changed, neither style nor backend. Whatever a color says is said by a
sign, a word or a number too. Left out is choosing what to draw, and computing it.
"""

from glassnet.plots.axes import new_axes as new_axes
from glassnet.plots.axes import save as save
from glassnet.plots.confusion import plot_confusion_matrix as plot_confusion_matrix
from glassnet.plots.curves import plot_accuracy as plot_accuracy
from glassnet.plots.curves import plot_loss as plot_loss
from glassnet.plots.curves import plot_times as plot_times
from glassnet.plots.mosaics import plot_mistakes as plot_mistakes
from glassnet.plots.mosaics import plot_predictions as plot_predictions
from glassnet.plots.mosaics import plot_weights as plot_weights
