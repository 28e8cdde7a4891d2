"""Writes more of the files in tests/import/files: where words are of no column for certain, old versions, training that went on.

Wants pandas, and is run by hand: with XGBoost 1.7.6 and 2.1.4 for their files of categories, then with the peers of
ci/test-tools.sh for the rest; the tests read what it wrote.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import xgboost as xgb

folder = Path(__file__).with_name("files")
METHODS, GRADES, ROWS = ["PUT", "GET", "POST", "DELETE"], ["low", "some", "more", "high"], 600
rng = np.random.default_rng(9)
version = xgb.__version__
told = {"max_depth": 3, "max_cat_to_onehot": 1, "nthread": 1, "objective": "binary:logistic", "tree_method": "hist"}

x = np.stack([rng.normal(size=ROWS), rng.integers(0, 6, ROWS)], 1).astype(float)
x[rng.random(x.shape) < 0.1] = np.nan
label = ((x[:, 0] > 0) ^ np.isin(x[:, 1], [1, 4])).astype(float)


def matrix(x, label=None):
    return xgb.DMatrix(x, label, feature_names=["wait", "code"], feature_types=["q", "c"], enable_categorical=True)


if version < "3":
    model = xgb.train(told, matrix(x, label), 2)
    name = folder / f"categories-xgboost-{version}"
    model.save_model(f"{name}.json")
    model.save_model(f"{name}.ubj")
    listed = [[None if np.isnan(value) else value for value in row] for row in x[:20]]
    Path(f"{name}-said.json").write_text(json.dumps({"rows": listed, "said": model.predict(matrix(x[:20])).tolist()}))
    raise SystemExit

half, held = matrix(x[:300], label[:300]), matrix(x[300:], label[300:])
small = told | {"max_depth": 1}
stopped = xgb.train(small, half, 50, evals=[(held, "held")], early_stopping_rounds=1, verbose_eval=False)
continued = xgb.train(small, matrix(x, label), 3, xgb_model=stopped)
continued.save_model(folder / "continued-xgboost.json")
print(f"best_iteration {continued.attr('best_iteration')} of {continued.num_boosted_rounds()} rounds")

import lightgbm as lgb  # noqa: E402 (the old versions have none beside them)


def table():
    return pd.DataFrame({
        "retries": rng.integers(0, 4, ROWS),
        "method": pd.Categorical(rng.choice(METHODS, ROWS), categories=METHODS),
        "resp time": rng.normal(size=ROWS),
        "share": rng.integers(0, 101, ROWS) / 100,
    })


def train(name, table, label, objective="binary", **which):
    told = {"num_leaves": 6, "objective": objective, "num_threads": 1, "verbose": -1, "min_data_per_group": 5, "max_cat_to_onehot": 1}
    model = lgb.train(told, lgb.Dataset(table, label, **which), 2)
    model.save_model(folder / f"{name}-lightgbm.txt")
    return model


def graded(ordered):
    with_grades = table()
    grades = pd.Categorical([GRADES[n] for n in with_grades.retries], categories=GRADES, ordered=ordered)
    return with_grades.rename(columns={"retries": "grade"}).assign(grade=grades)


def odds(table, first):
    return (2 * table.method.isin(["GET", "DELETE"]) + first + (table.share > 0.5) > 2).astype(float)


auto = table()
model = train("auto", auto, odds(auto, auto.retries > 1))
rows = auto[:20]
columns = {name: rows[name].tolist() for name in rows.columns}
(folder / "auto-lightgbm.json").write_text(json.dumps({"columns": columns, "said": {"lightgbm": model.predict(rows).tolist()}}))
explicit = table()
train("explicit", explicit, odds(explicit, explicit.retries.isin([0, 3])), categorical_feature=["retries"])
ordered = graded(True)
train("ordered", ordered, odds(ordered, ordered.grade > "more"))
numbers = table()[["resp time", "share"]]
train("custom", numbers, numbers["share"], objective=lambda said, data: (said - data.get_label(), np.ones_like(said)))
