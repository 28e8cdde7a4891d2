"""Trains LightGBM or XGBoost once on the file that crates/outrider-train/benches/learn.rs writes, and prints what it took:
`peers.py lightgbm|xgboost TASK FILE ROWS TREES`. Two threads that do not spin while they wait."""

import ctypes
import os
import sys
import time

os.environ.update(OMP_WAIT_POLICY="passive", GOMP_SPINCOUNT="0", KMP_BLOCKTIME="0", OMP_NUM_THREADS="2")

import numpy

FEATURES, CATEGORIES = 20, [15, 16, 17, 18, 19]
TASKS = ["regression", "p95", "12 %", "1 %"]


def load(path, rows):
    table = numpy.fromfile(path, dtype=numpy.float32).reshape(-1, FEATURES + len(TASKS))
    features, labels = numpy.ascontiguousarray(table[:, :FEATURES]), table[:, FEATURES:].T.copy()
    return features[:rows], features[rows:], labels[:, :rows], labels[:, rows:]


def error(task, said, label):
    if task == "regression":
        return float(numpy.sqrt(numpy.mean((said - label) ** 2)))
    if task == "p95":
        above = label - said
        return float(numpy.mean(numpy.maximum(0.95 * above, -0.05 * above)))
    said = numpy.clip(said, 1e-9, 1 - 1e-9)
    return float(-numpy.mean(numpy.where(label > 0.5, numpy.log(said), numpy.log(1 - said))))


def lightgbm(task, trees):
    import lightgbm as library

    objective = {"regression": "regression", "p95": "quantile"}.get(task, "binary")
    least = 20.0 if task in ("regression", "p95") else 1.0
    settings = dict(
        objective=objective, alpha=0.95, num_leaves=31, learning_rate=0.1, lambda_l2=1.0, num_threads=2, verbose=-1,
        min_sum_hessian_in_leaf=least, force_col_wise=True,
    )

    def train(x, y):
        return library.train(settings, library.Dataset(x, y, categorical_feature=CATEGORIES), trees)

    return train, lambda model, x: model.predict(x, num_threads=1)


def xgboost(task, trees):
    import xgboost as library

    objective = {"regression": "reg:squarederror", "p95": "reg:quantileerror"}.get(task, "binary:logistic")
    settings = dict(
        objective=objective, max_leaves=31, max_depth=0, grow_policy="lossguide", learning_rate=0.1, nthread=2,
        tree_method="hist", min_child_weight=20.0 if task in ("regression", "p95") else 1.0,
    )
    settings.update({"quantile_alpha": 0.95} if task == "p95" else {})
    types = ["c" if at in CATEGORIES else "float" for at in range(FEATURES)]

    def matrix(x, y=None):
        return library.QuantileDMatrix(x, y, feature_types=types, enable_categorical=True, nthread=2)

    def predict(model, x):
        model.set_param({"nthread": 1})
        return model.predict(library.DMatrix(x, feature_types=types, enable_categorical=True, nthread=1))

    return (lambda x, y: library.train(settings, matrix(x, y), trees)), predict


def resident_kib(key):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(key + ":"))


def single_row_us(model, rows):
    """LightGBM's fastest call for one row, from C; the call itself, with nothing to do, is taken off."""
    from lightgbm import basic

    library, config = basic._LIB, ctypes.c_void_p()
    start = library.LGBM_BoosterPredictForMatSingleRowFastInit
    assert start(model._handle, 1, 0, -1, 0, ctypes.c_int(FEATURES), b"num_threads=1", ctypes.byref(config)) == 0
    length, out = ctypes.c_int64(), (ctypes.c_double * 1)()
    call, begin = library.LGBM_BoosterPredictForMatSingleRowFast, rows.ctypes.data
    pointers = [ctypes.c_void_p(begin + row * FEATURES * 4) for row in range(20_000)]
    clock = time.perf_counter()
    for pointer in pointers:
        call(config, pointer, ctypes.byref(length), out)
    whole = time.perf_counter() - clock
    clock = time.perf_counter()
    for pointer in pointers:
        library.LGBM_GetLastError(config, pointer, ctypes.byref(length), out)
    return (whole - (time.perf_counter() - clock)) / len(pointers) * 1e6


def main():
    name, task, path, rows, trees = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
    x, x_test, y, y_test = load(path, rows)
    y, y_test = y[TASKS.index(task)], y_test[TASKS.index(task)]
    train, predict = {"lightgbm": lightgbm, "xgboost": xgboost}[name](task, trees)
    with open("/proc/self/clear_refs", "w") as refs:
        refs.write("5")
    before, wall, cpu = resident_kib("VmRSS"), time.perf_counter(), time.process_time()
    model = train(x, y)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    extra = (resident_kib("VmHWM") - before) / 1024
    predict(model, x_test)
    clock = time.perf_counter()
    said = predict(model, x_test)
    batch = (time.perf_counter() - clock) / len(x_test) * 1e6
    single = single_row_us(model, x_test) if name == "lightgbm" else float("nan")
    print(wall, cpu, error(task, said, y_test), extra, single, batch)


if __name__ == "__main__":
    main()
