#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""fit.py EARSHOT DIR [--folds N]: the derived constants of probes/quality/equipment.c from an
evaluation set (DIR/truth.csv, DIR/pcap), by the way of P.834: what the modelled receiver concealed,
against a full-reference score of the same speech. Prints the rows, and how well they do, on all of
the set and on files left out of the fit. Needs numpy and scipy."""
import argparse, collections, os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.optimize import least_squares

import evaluation

RO = {"nb": 93.20620772327571, "wb": 129.0}
SPAN = {"nb": 1.0, "wb": 1.29}
# Variants that share a decoder share its constants.
GROUPS = {"pcmu": "G711", "pcma": "G711", "g729": "G729", "gsm": "GSM", "speex": "SPEEX", "opusnb": "OPUS_NB",
          "opusfec": "OPUS_WB_FEC", "opus": "OPUS_WB", "g722": "G722", "amr12.2": "AMR_12_2",
          "amr4.75": "AMR_4_75", "amrwb12.65": "AMR_WB_12_65", "amrwb23.85": "AMR_WB_23_85"}
# What a codec's files are held to, where they are few: limit (of 100), log Bpl, after, burst, waited, shifted;
# and how firmly. Narrowband, `burst` is what comes on top of `after`: no fewer and longer runs are better.
PRIOR = {"nb": (11, np.log(11), .1, .05, 1.25, .33), "wb": (5, np.log(7.5), .75, 0, 1.05, .25)}
SPREAD = (6, .6, .3, .2, .5, .3)
WEIGHT = .4
# G.711: a run's first 10 ms are repeated well, and each packet hurts by its part beyond; `after` follows.
GROWTH, GROWTH_SPREAD, EASY_MS = .3, .3, 10
# A call without loss is to be scored as one: as so many files, and of the scale that ends at 4.5.
CLEAN_WEIGHT, CLEAN_TOP = 6, 4.49

def group(key):
    return next(g for k, g in sorted(GROUPS.items(), key=lambda kv: -len(kv[0])) if key.startswith(k))


def measure(tool, half, row):
    s = evaluation.stream(tool, half, row)
    bad, runs = s["concealed_packets"], s["concealed_runs"]
    if group(row["key"]).endswith("FEC"):  # the last packet of each run lost comes with the next; late ones stay
        bad, runs = bad - sum(s["loss_runs"]), runs - min(runs, s["loss_runs"][0])
    return {"row": row, "group": group(row["key"]), "band": row["mode"], "n": s["expected"], "bad": max(bad, runs),
            "runs": runs, "frozen": s["frozen_ms"] / s["ptime_ms"], "moved": s["buffer_moves"],
            "beyond": 1 - EASY_MS / max(s["ptime_ms"], EASY_MS), "truth": float(row["mos_lqo"]), "mos": s["mos_lq"]}

def mos(r):
    r = np.clip(r, 0, 100)
    return np.clip(1 + .035 * r + r * (r - 60) * (100 - r) * 7e-6, 1, 4.5)


def columns(rows, *names):
    return [np.array([r[n] for r in rows], float) for n in names]


def shape(p, rows):
    """after and burst of equipment.c: of G.711 by packet time."""
    if rows[0]["group"] == "G711":
        return p[4] * columns(rows, "beyond")[0], p[4]
    return p[3], p[3] + p[4] if rows[0]["band"] == "nb" else p[4]


def predict(p, rows):
    clean, limit, bpl, _, _, waited, shifted = p
    after, burst = shape(p, rows)
    n, bad, runs, frozen, moved = columns(rows, "n", "bad", "runs", "frozen", "moved")
    x = 100 * (bad + after * runs + burst * (bad - runs) + waited * frozen + shifted * moved) / n
    return mos(clean - (clean - limit) * x / (x + np.exp(bpl)))


def fit(rows):
    truth, = columns(rows, "truth")
    prior, spread = np.array(PRIOR[rows[0]["band"]]), np.array(SPREAD)
    if rows[0]["group"] == "G711":
        prior[3], spread[3] = GROWTH, GROWTH_SPREAD
    clean = [r["truth"] for r in rows if r["row"]["kind"] == "clean"]

    def errors(p):
        known = [CLEAN_WEIGHT * (mos(p[0]) - min(np.mean(clean), CLEAN_TOP))] if clean else []
        return np.concatenate([predict(p, rows) - truth, WEIGHT * (p[1:] - prior) / spread, known])

    start = [80, 8, 2, .2, .1, 1, .2]
    return least_squares(errors, start, bounds=([30, -5, -1, 0, 0, 0, 0], [100, 45, 4, 1, 1, 3, 3])).x

def line(name, truth, guess):
    e = np.array(guess) - np.array(truth)
    print(f"{name:24s} n {len(e):5d}  r {np.corrcoef(truth, guess)[0, 1]:.3f}  rmse {np.sqrt((e ** 2).mean()):.3f}  bias {e.mean():+.3f}")


def conditions(rows, truth, guess):
    """Means of three rows and more of a codec, receiver, kind and loss, as score.py makes them."""
    cells = collections.defaultdict(list)
    for i, r in enumerate(rows):
        row = r["row"]
        cells[row["key"], row["receiver"], round(float(row["net_loss_pct"]) / 2), row["kind"]].append(i)
    cells = [c for c in cells.values() if len(c) >= 3]
    return [np.mean([truth[i] for i in c]) for c in cells], [np.mean([guess[i] for i in c]) for c in cells]


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("tool")
    ap.add_argument("half")
    ap.add_argument("--folds", type=int, default=6)
    a = ap.parse_args()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = list(pool.map(lambda r: measure(a.tool, a.half, r), evaluation.rows(a.half)))
    fitted, left_out = {}, {}
    for name in sorted({r["group"] for r in rows}):
        mine = [i for i, r in enumerate(rows) if r["group"] == name]
        p = fit([rows[i] for i in mine])
        band = rows[mine[0]]["band"]
        ie, limit = (RO[band] - SPAN[band] * v for v in p[:2])
        after, burst = (np.max(v) for v in shape(p, [rows[i] for i in mine if rows[i]["row"]["ptime"] == "20"]))
        print(f"{name:14s} ie {1000 * ie:6.0f} bpl {1000 * np.exp(p[2]):6.0f} limit {1000 * limit:6.0f} "
              f"after {1000 * after:5.0f} burst {1000 * burst:5.0f} waited {1000 * p[5]:5.0f} shifted {1000 * p[6]:5.0f}")
        fitted.update(zip(mine, predict(p, [rows[i] for i in mine])))
        files = sorted({rows[i]["row"]["file"] for i in mine})
        for k in range(a.folds):
            test = [i for i in mine if files.index(rows[i]["row"]["file"]) % a.folds == k]
            train = [rows[i] for i in mine if i not in test]
            left_out.update(zip(test, predict(fit(train), [rows[i] for i in test])))
    truth = [r["truth"] for r in rows]
    line("as built", truth, [r["mos"] for r in rows])
    line("as fitted", truth, [fitted[i] for i in range(len(rows))])
    line("files left out", truth, [left_out[i] for i in range(len(rows))])
    line("per condition", *conditions(rows, truth, left_out))
    for by in ("kind", "group", "key", "receiver"):
        for v in sorted({{**r["row"], "group": r["group"]}[by] for r in rows}):
            mine = [i for i, r in enumerate(rows) if {**r["row"], "group": r["group"]}[by] == v]
            line(f"left out, {v}", [truth[i] for i in mine], [left_out[i] for i in mine])


if __name__ == "__main__":
    main()
