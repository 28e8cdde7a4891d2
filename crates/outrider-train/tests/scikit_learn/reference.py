"""What scikit-learn says, as JSON: metrics of generated predictions, and logistic regressions of its own data sets."""

import json

import numpy as np
from sklearn import datasets, metrics
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder


def metrics_case(rows, positives, rounding, seed):
    random = np.random.default_rng(seed)
    labels = (random.random(rows) < positives).astype(float)
    scores = np.clip(0.3 * labels + 0.7 * random.random(rows), 0.001, 0.999).round(rounding)
    weights = random.integers(0, 4, rows).astype(float)
    called = (scores >= 0.5).astype(float)
    amounts = random.normal(size=rows)
    predicted = amounts + random.normal(size=rows)
    weigh = {"sample_weight": weights}
    expected = {
        "accuracy": metrics.accuracy_score(labels, called, **weigh),
        "balanced_accuracy": metrics.balanced_accuracy_score(labels, called, **weigh),
        "precision": metrics.precision_score(labels, called, **weigh),
        "recall": metrics.recall_score(labels, called, **weigh),
        "f1": metrics.f1_score(labels, called, **weigh),
        "roc_auc": metrics.roc_auc_score(labels, scores, **weigh),
        "average_precision": metrics.average_precision_score(labels, scores, **weigh),
        "log_loss": metrics.log_loss(labels, scores, **weigh),
        "brier": metrics.brier_score_loss(labels, scores, **weigh),
        "mae": metrics.mean_absolute_error(amounts, predicted, **weigh),
        "rmse": metrics.root_mean_squared_error(amounts, predicted, **weigh),
        "pinball": metrics.mean_pinball_loss(amounts, predicted, alpha=0.9, **weigh),
    }
    given = {"labels": labels, "scores": scores, "weights": weights, "amounts": amounts, "predicted": predicted}
    return {**{name: values.tolist() for name, values in given.items()}, "expected": expected}


def standardised(column):
    """A number's two places: the value, and whether it is missing."""
    deviation = np.nanstd(column) or 1.0
    return np.column_stack([np.nan_to_num((column - np.nanmean(column)) / deviation), np.isnan(column)])


def logistic_case(numbers, words, labels, c, balanced):
    numbers = numbers.astype(np.float32).astype(float)
    parts = [standardised(column) for column in numbers.T]
    for column in words:
        one_hot = OneHotEncoder(min_frequency=10, handle_unknown="infrequent_if_exist", sparse_output=False)
        parts.append(one_hot.fit_transform(np.array(column).reshape(-1, 1)))
    design = np.hstack(parts)
    model = LogisticRegression(C=c, class_weight="balanced" if balanced else None, tol=1e-10, max_iter=100_000)
    model.fit(design, labels)
    return {
        "numbers": [[None if np.isnan(x) else x for x in column] for column in numbers.T.tolist()],
        "words": words,
        "labels": [float(label) for label in labels],
        "l2": 1 / c,
        "balanced": balanced,
        "probabilities": model.predict_proba(design)[:, 1].tolist(),
    }


def with_words_and_gaps():
    """Breast cancer: one feature becomes a word of many lengths, another loses a tenth of its values."""
    data = datasets.load_breast_cancer()
    numbers = data.data[:, 2:12].copy()
    numbers[::10, 0] = np.nan
    words = [f"radius {int(value)}" for value in data.data[:, 0]]
    return logistic_case(numbers, [words], data.target, 0.5, True)


def main():
    cancer, wine, iris = datasets.load_breast_cancer(), datasets.load_wine(), datasets.load_iris()
    print(json.dumps({
        "metrics": [metrics_case(500, 0.3, 1, 0), metrics_case(500, 0.05, 6, 1), metrics_case(40, 0.5, 2, 2)],
        "logistic": {
            "breast_cancer": logistic_case(cancer.data, [], cancer.target, 1.0, False),
            "wine": logistic_case(wine.data, [], wine.target == 1, 10.0, False),
            "iris": logistic_case(iris.data, [], iris.target == 1, 1.0, True),
            "breast_cancer with words and gaps": with_words_and_gaps(),
        },
    }))


main()
