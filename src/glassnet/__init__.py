"""glassnet: a neural network under glass.

The forward pass, backpropagation and gradient descent are written by hand in `glassnet.core`, one
equation to a line. Importing this loads NumPy and nothing heavier.

    >>> import glassnet
    >>> model = glassnet.load_model()
    >>> data = glassnet.load_data("digits")
    >>> glassnet.evaluate(model, data.test).accuracy > 0.5
    True
"""

from typing import TYPE_CHECKING

from glassnet import errors as errors
from glassnet.core.activations import ACTIVATIONS as ACTIVATIONS
from glassnet.core.activations import Activation as Activation
from glassnet.core.gradient_check import check_activation as check_activation
from glassnet.core.gradient_check import check_gradient as check_gradient
from glassnet.core.gradient_check import check_loss as check_loss
from glassnet.core.initialization import INITIALIZERS as INITIALIZERS
from glassnet.core.losses import LOSSES as LOSSES
from glassnet.core.losses import Loss as Loss
from glassnet.core.network import Network as Network
from glassnet.core.network import backward as backward
from glassnet.core.network import forward as forward
from glassnet.core.network import loss_and_gradient as loss_and_gradient
from glassnet.core.network import predict as predict
from glassnet.core.parameters import Parameters as Parameters
from glassnet.core.parameters import initialize as initialize
from glassnet.core.penalties import Penalty as Penalty
from glassnet.core.schedules import Constant as Constant
from glassnet.core.schedules import Cosine as Cosine
from glassnet.core.schedules import StepDecay as StepDecay
from glassnet.core.schedules import WarmUp as WarmUp
from glassnet.core.updates import RULES as RULES
from glassnet.core.updates import Adam as Adam
from glassnet.core.updates import AdamW as AdamW
from glassnet.core.updates import GradientDescent as GradientDescent
from glassnet.core.updates import Momentum as Momentum
from glassnet.core.updates import Nesterov as Nesterov
from glassnet.core.updates import RMSprop as RMSprop
from glassnet.data.examples import DataSet as DataSet
from glassnet.data.examples import Examples as Examples
from glassnet.data.pictures import picture_from_image as picture_from_image
from glassnet.data.sources import load_data as load_data
from glassnet.data.strokes import picture_from_strokes as picture_from_strokes
from glassnet.doctor import examine as examine
from glassnet.doctor.findings import Finding as Finding
from glassnet.doctor.findings import diagnosis as diagnosis
from glassnet.explain import Explanation as Explanation
from glassnet.explain import explain as explain
from glassnet.formats.keras import from_keras as from_keras
from glassnet.formats.keras import save_keras as save_keras
from glassnet.formats.keras import to_keras as to_keras
from glassnet.formats.onnx import save_onnx as save_onnx
from glassnet.formats.onnx import to_onnx as to_onnx
from glassnet.formats.sklearn import from_sklearn as from_sklearn
from glassnet.formats.torch import from_torch as from_torch
from glassnet.formats.torch import save_torch as save_torch
from glassnet.formats.torch import to_torch as to_torch
from glassnet.model import Model as Model
from glassnet.model import load_model as load_model
from glassnet.plots import plot_accuracy as plot_accuracy
from glassnet.plots import plot_confusion_matrix as plot_confusion_matrix
from glassnet.plots import plot_loss as plot_loss
from glassnet.plots import plot_mistakes as plot_mistakes
from glassnet.plots import plot_predictions as plot_predictions
from glassnet.plots import plot_weights as plot_weights
from glassnet.recipes import RECIPES as RECIPES
from glassnet.recipes import Recipe as Recipe
from glassnet.training.history import History as History
from glassnet.training.loop import Epoch as Epoch
from glassnet.training.loop import stop_early as stop_early
from glassnet.training.loop import train as train
from glassnet.training.measures import Evaluation as Evaluation
from glassnet.training.measures import evaluate as evaluate
from glassnet.training.transfer import fine_tune as fine_tune
from glassnet.training.transfer import transfer as transfer

__version__ = "0.1.0"

# They load scikit-learn, so not before they are used.
_LATE = ("MLPClassifier", "MLPRegressor")

if TYPE_CHECKING:
    from glassnet.estimators import MLPClassifier as MLPClassifier
    from glassnet.estimators import MLPRegressor as MLPRegressor
else:

    def __getattr__(name: str) -> object:
        if name in _LATE:
            from glassnet import estimators

            return getattr(estimators, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_LATE])
