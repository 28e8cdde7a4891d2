"""Trains models with XGBoost and LightGBM and writes them, rows for them and what they say of the rows into a folder.

Usage: peers.py FOLDER. Prints a JSON list: of each model its name, its files, and how many trees early stopping left out.
Arrays are written as numbers of 64 bits, row by row.
"""

import json
import sys
from pathlib import Path

import lightgbm as lgb
import numpy as np
import xgboost as xgb

ROWS = 10_000
TRAIN = 3_000
EXPLAINED = 20
folder = Path(sys.argv[1])


def table(rng, rows, seen):
    """Four numbers, some of them on a few values, and two categories; a tenth is missing."""
    columns = [
        rng.normal(size=rows),
        rng.integers(-3, 4, rows).astype(float),
        np.where(rng.random(rows) < 0.5, 0.0, rng.exponential(size=rows)),
        rng.choice([-1e6, -1e-36, 0.0, 1e-36, 0.1, 1 / 3, 1e6], rows),
        rng.integers(0, 6 if seen else 9, rows).astype(float),
        rng.integers(0, 90 if seen else 120, rows).astype(float),
    ]
    x = np.stack(columns, axis=1)
    x[rng.random(x.shape) < 0.1] = np.nan
    return x


def signal(rng, x):
    f = np.nan_to_num(x)
    s = f[:, 0] + (f[:, 1] > 0) * f[:, 2] + np.isin(f[:, 4], [1, 4]) - (f[:, 5] % 7 < 3) + 0.5 * np.isnan(x[:, 0])
    return s + 0.3 * rng.normal(size=len(x))


def labels(objective, s):
    if any(word in objective for word in ("logi", "binary")):
        return (s > 0.3).astype(float)
    if "cross" in objective:
        return 1 / (1 + np.exp(-s))
    if any(word in objective for word in ("poisson", "gamma", "tweedie")):
        return np.ceil(np.exp(np.clip(s, -3, 3)))
    if "squaredlog" in objective:
        return np.exp(np.clip(s, -3, 3))
    # Far from 0 a pseudo-Huber loss has no curvature to split by.
    return s if "pseudohuber" in objective else 40 + 7 * s


def write(name, array):
    np.ascontiguousarray(array, dtype=np.float64).tofile(folder / name)
    return name


XGBOOST = [
    "reg:squarederror", "binary:logistic", "reg:quantileerror", "count:poisson", "reg:absoluteerror", "binary:logitraw",
    "reg:pseudohubererror", "reg:gamma", "reg:logistic", "reg:tweedie", "reg:squaredlogerror",
]


def xgboost_model(seed, x):
    rng = np.random.default_rng(seed)
    objective = XGBOOST[seed % len(XGBOOST)]
    kind = ["plain", "dart", "forest", "stopped"][seed % 4]
    train = table(rng, 2 * TRAIN, True)
    y = labels(objective, signal(rng, train))
    types = ["q", "q", "q", "q", "c", "c"] if seed % 3 else ["q"] * 6
    names = [f"column {at}" for at in range(6)] if seed % 2 else None
    data = lambda x, y=None: xgb.DMatrix(x, y, feature_names=names, feature_types=types, enable_categorical=True)
    told = {
        "objective": objective, "seed": seed, "nthread": 2, "max_depth": int(rng.integers(2, 8)),
        "eta": float(rng.uniform(0.05, 0.6)), "max_cat_to_onehot": int(rng.choice([1, 4, 100])),
        "tree_method": "hist", "lambda": float(rng.uniform(0.1, 2)), "gamma": float(rng.choice([0, 0.1])),
        "grow_policy": str(rng.choice(["depthwise", "lossguide"])),
    }
    if objective == "reg:quantileerror":
        told["quantile_alpha"] = 0.9
    if kind == "dart":
        told |= {"booster": "dart", "rate_drop": 0.3, "skip_drop": 0.2}
    if kind == "forest":
        told |= {"num_parallel_tree": 4, "subsample": 0.7, "colsample_bynode": 0.7}
    held = data(train[TRAIN:], y[TRAIN:])
    stopping = {"early_stopping_rounds": 3, "evals": [(held, "held")], "verbose_eval": False} if kind == "stopped" else {}
    rounds = {"forest": 5, "stopped": 200}.get(kind, 30)
    model = xgb.train(told, data(train[:TRAIN], y[:TRAIN]), rounds, **stopping)
    name = f"xgboost-{seed}"
    model.save_model(folder / f"{name}.json")
    model.save_model(folder / f"{name}.ubj")
    until = (0, model.best_iteration + 1) if kind == "stopped" else (0, 0)
    say = lambda x, **how: model.predict(data(x), iteration_range=until, **how)
    return {
        "name": f"{name}: {objective}, {kind}", "files": [f"{name}.json", f"{name}.ubj"],
        "is_named": names is not None, "trees_left_out": rounds_left_out(model, kind),
        "margins": write(f"{name}.margins", say(x, output_margin=True)), "predictions": write(f"{name}.said", say(x)),
        "explained": write(f"{name}.explained", say(x[:EXPLAINED], pred_contribs=True)),
    }


def rounds_left_out(model, kind):
    return model.num_boosted_rounds() - model.best_iteration - 1 if kind == "stopped" else 0


LIGHTGBM = [
    "regression", "binary", "quantile", "poisson", "regression_l1", "cross_entropy", "huber", "gamma", "fair", "tweedie", "mape",
]


def lightgbm_model(seed, x):
    rng = np.random.default_rng(100 + seed)
    objective = LIGHTGBM[seed % len(LIGHTGBM)]
    kind = ["plain", "dart", "forest", "stopped"][seed % 4]
    train = table(rng, 2 * TRAIN, True)
    y = labels(objective, signal(rng, train))
    told = {
        "objective": objective, "seed": seed, "num_threads": 2, "verbose": -1, "num_leaves": int(rng.integers(2, 40)),
        "learning_rate": float(rng.uniform(0.05, 0.5)), "min_data_in_leaf": 5, "min_data_per_group": 5, "cat_smooth": 1.0,
        "max_cat_to_onehot": int(rng.choice([1, 4])), "alpha": 0.9, "sigmoid": float(rng.choice([1.0, 2.5])),
        "zero_as_missing": seed % 5 == 1, "use_missing": seed % 5 != 2,
    }
    if kind == "dart":
        told |= {"boosting": "dart", "drop_rate": 0.3}
    if kind == "forest":
        told |= {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6, "feature_fraction": 0.8}
    names = {"feature_name": [f"column_{at}" for at in range(6)]} if seed % 2 else {}
    words = {"categorical_feature": [4, 5]} if seed % 3 else {}
    data = lgb.Dataset(train[:TRAIN], y[:TRAIN], params=told, **names, **words)
    held = {"valid_sets": [data.create_valid(train[TRAIN:], y[TRAIN:])], "callbacks": [lgb.early_stopping(3, verbose=False)]}
    model = lgb.train(told, data, 200 if kind == "stopped" else 30, **(held if kind == "stopped" else {}))
    name = f"lightgbm-{seed}"
    model.save_model(folder / f"{name}.txt")
    # The raw score of a forest is a sum of LightGBM, and a mean here.
    trees = model.num_trees() if kind == "forest" else 1
    return {
        "name": f"{name}: {objective}, {kind}", "files": [f"{name}.txt"], "is_named": bool(names), "trees_left_out": 0,
        "margins": write(f"{name}.margins", model.predict(x, raw_score=True) / trees),
        "predictions": write(f"{name}.said", model.predict(x)),
        "explained": write(f"{name}.explained", model.predict(x[:EXPLAINED], pred_contrib=True) / trees),
    }


x = table(np.random.default_rng(7), ROWS, False)
write("rows", x)
print(json.dumps([xgboost_model(seed, x) for seed in range(20)] + [lightgbm_model(seed, x) for seed in range(20)]))
