"""All that scikit-learn asks of an estimator, without an expected failure."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from glassnet.estimators import MLPClassifier, MLPRegressor

# With as many epochs as scikit-learn gives its own two.
ESTIMATORS = [MLPClassifier(max_iter=100), MLPRegressor(max_iter=100)]


@pytest.mark.filterwarnings("default")
@parametrize_with_checks(ESTIMATORS)
def test_scikit_learns_check(estimator, check):
    check(estimator)
