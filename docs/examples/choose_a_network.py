"""Choose a network for handwritten digits by cross-validation, and say how good it is."""

from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from glassnet import MLPClassifier  # it was: from sklearn.neural_network import MLPClassifier

X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, random_state=0)

model = make_pipeline(StandardScaler(), MLPClassifier(max_iter=300, random_state=0))
choices = {
    "mlpclassifier__hidden_layer_sizes": [(50,), (100,), (50, 50)],
    "mlpclassifier__solver": ["adam", "lbfgs"],
}
search = GridSearchCV(model, choices).fit(X, y)

print("best:", search.best_params_)
print(f"cross-validated accuracy: {search.best_score_:.3f}")
print(f"test accuracy: {search.score(X_test, y_test):.3f}")
