"""Estimators: the networks of this package as scikit-learn's users know them.

They take scikit-learn's parameters, with its defaults, and draw random numbers in its order, so
that they start from the same weights and visit the same batches.
"""

from glassnet.estimators.classifier import MLPClassifier as MLPClassifier
from glassnet.estimators.regressor import MLPRegressor as MLPRegressor
