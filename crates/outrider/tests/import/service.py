"""Trains XGBoost on requests: service.py REQUESTS.csv MODEL50.json MODEL90.json. The quantiles 0.5 and 0.9 of milliseconds, by size."""

import csv
import sys

import numpy as np
import xgboost as xgb

with open(sys.argv[1], newline="") as file:
    rows = list(csv.DictReader(file))
x = np.array([[float(row["size"])] for row in rows])
y = np.array([float(row["latency_ms"]) for row in rows])
# Later rows judge.
first = len(rows) // 2
for quantile, path in zip((0.5, 0.9), sys.argv[2:]):
    told = {"objective": "reg:quantileerror", "quantile_alpha": quantile, "max_depth": 4, "eta": 0.1, "nthread": 2}
    xgb.train(told, xgb.DMatrix(x[:first], y[:first], feature_names=["size"]), 150).save_model(path)
