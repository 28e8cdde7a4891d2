"""Writes the files in tests/import/files: small models over columns with words, and rows with what the models say of them.

Wants pandas besides the peers of ci/test-tools.sh, and is run by hand; the tests read what it wrote.
"""

import json
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
import xgboost as xgb

folder = Path(__file__).with_name("files")
METHODS, CODES = ["PUT", "GET", "POST", "DELETE", "HEAD"], [503, 200, 404]
rng = np.random.default_rng(5)


def table(rows):
    columns = {
        "bytes": rng.exponential(1000, rows),
        "method": pd.Categorical(rng.choice(METHODS, rows), categories=METHODS),
        "status": pd.Categorical(rng.choice(CODES, rows), categories=CODES),
        "wait": np.where(rng.random(rows) < 0.3, 0.0, rng.normal(size=rows)),
    }
    table = pd.DataFrame(columns)
    for name in table.columns:
        table.loc[rng.random(rows) < 0.1, name] = None
    return table


train = table(2000)
odds = train.method.isin(["GET", "PUT"]) + 1.0 * (train.status == 503) - (train.bytes > 900) + (train.wait.fillna(1) > 0)
label = (odds + 0.3 * rng.normal(size=len(train)) > 1).astype(float)
told = {"max_depth": 3, "max_cat_to_onehot": 1, "nthread": 1, "objective": "binary:logistic"}
xgboost = xgb.train(told, xgb.DMatrix(train, label, enable_categorical=True), 4)
told = {"num_leaves": 6, "objective": "binary", "num_threads": 1, "verbose": -1, "min_data_per_group": 5, "max_cat_to_onehot": 1}
lightgbm = lgb.train(told, lgb.Dataset(train, label), 4)
xgboost.save_model(folder / "words-xgboost.json")
xgboost.save_model(folder / "words-xgboost.ubj")
lightgbm.save_model(folder / "words-lightgbm.txt")

rows = table(50)
said = {
    "xgboost": xgboost.predict(xgb.DMatrix(rows, enable_categorical=True)).tolist(),
    "lightgbm": lightgbm.predict(rows).tolist(),
}
listed = json.loads(rows.to_json(orient="split", double_precision=15, index=False))
columns = {name: [row[at] for row in listed["data"]] for at, name in enumerate(listed["columns"])}
(folder / "words.json").write_text(json.dumps({"columns": columns, "said": said}))
