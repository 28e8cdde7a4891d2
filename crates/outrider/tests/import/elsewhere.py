"""Trains XGBoost on generated telemetry: elsewhere.py TELEMETRY.csv MODEL.json [COLUMN ...], where columns are features more."""

import csv
import math
import sys

import numpy as np
import xgboost as xgb

with open(sys.argv[1], newline="") as file:
    rows = list(csv.DictReader(file))
more = sys.argv[3:]


def features(row):
    status, wait = float(row["status_code"] or "nan"), float(row["response_time_ms"] or "nan")
    own = [math.log1p(wait), float(wait > 500), float(status >= 500), float(status < 400)]
    return own + [float(row[name] or "nan") for name in more]


names = ["log1p_response_time_ms", "is_slow", "is_server_error", "is_success"] + more
x = np.array([features(row) for row in rows])
y = np.array([float(row["retried"]) for row in rows])
# Later rows judge.
first = len(rows) // 2
told = {"objective": "binary:logistic", "max_depth": 3, "eta": 0.2, "nthread": 2}
xgb.train(told, xgb.DMatrix(x[:first], y[:first], feature_names=names), 30).save_model(sys.argv[2])
