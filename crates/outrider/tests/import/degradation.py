"""Trains LightGBM on round trips: degradation.py RTT.csv MODEL.txt [shuffled]. Its features are those of the task, made anew here."""

import csv
import random
import statistics
import sys
from collections import defaultdict

import lightgbm as lgb
import numpy as np

links = defaultdict(list)
with open(sys.argv[1], newline="") as file:
    for row in csv.DictReader(file):
        links[row["trace"]].append((int(row["unix_ts"]), float(row["rtt_ms"])))


def runs(samples):
    """What was normal for each sample, and the first sample and the length so far of the run that it is in."""
    told, begin, limit, normal = [], None, None, None
    for at, (seconds, ms) in enumerate(samples):
        if begin is None or ms <= limit or seconds - samples[begin][0] > 3600:
            hour = [ms for s, ms in samples[max(0, at - 20) : at] if s >= seconds - 3600]
            if len(hour) < 8:
                told.append((None, None, 0))
                continue
            normal = statistics.fmean(hour)
            limit = normal + max(2.5 * statistics.stdev(hour), 0.01 * normal)
            begin = at if ms > limit else None
        told.append((normal, begin, 0 if begin is None else at - begin + 1))
    return told


x, y = [], []
for samples in links.values():
    told = runs(samples)
    lasted = defaultdict(int)
    for _, begin, length in told:
        lasted[begin] = max(lasted[begin], length)
    # Later rows judge.
    for at in range(len(samples) // 2):
        (normal, _, length), (_, begin, _) = told[at], told[at + 2]
        if normal is not None:
            x.append([length, samples[at][1] / normal - 1])
            y.append(float(begin is not None and lasted[begin] >= 3))
if "shuffled" in sys.argv:
    random.Random(1).shuffle(y)
told = {"objective": "binary", "num_leaves": 8, "learning_rate": 0.1, "num_threads": 2, "verbose": -1}
data = lgb.Dataset(np.array(x), np.array(y), feature_name=["run_samples", "rise_over_normal"])
lgb.train(told, data, 60).save_model(sys.argv[2])
