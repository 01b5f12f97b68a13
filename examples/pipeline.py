"""Choose loss and strength of the penalty by grid search in scikit-learn.

python -m examples.pipeline
"""

from sklearn.datasets import load_wine
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lossopt_core import LOSSES, LinearClassifier

X, y = load_wine(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

search = GridSearchCV(
    make_pipeline(StandardScaler(), LinearClassifier(random_state=0)),
    {
        "linearclassifier__loss": list(LOSSES),
        "linearclassifier__strength": [1e-3, 1e-2, 1e-1, 1.0],
    },
).fit(X_train, y_train)

for name, value in search.best_params_.items():
    print(f"{name.removeprefix('linearclassifier__')}: {value}")
print(f"cross-validated accuracy: {search.best_score_:.1%}")
print(f"test accuracy: {search.score(X_test, y_test):.1%}")
