#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""table.py EARSHOT DIR: MOS-LQ on an evaluation set (DIR/truth.csv, DIR/pcap) against its full-reference
truth, without re-mapping, next to the formulas of other open monitors on the same data (peers.py)."""
import os, statistics, sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

import evaluation, peers

CELL_MIN = 3  # files of a condition
PAYLOAD = "earshot --use-payload"


def measure(tool, half, row):
    s = evaluation.stream(tool, half, row)
    buffered = evaluation.stream(tool, half, row, "fixed:50") if row["receiver"] == "fixed60" else s
    x = peers.inputs(row, s, buffered)
    aware = evaluation.stream(tool, half, row, payload=True)
    return row, {"earshot": s["mos_lq"], PAYLOAD: aware["mos_lq"], **{name: formula(x) for name, formula in peers.FORMULAS.items()}}


def pairs(measured, name, want=lambda row: True):
    return [(float(row["mos_lqo"]), scores[name]) for row, scores in measured if want(row)]


def conditions(measured, name):
    """Means of what has codec, receiver, kind of impairment and rounded loss in common."""
    cells = defaultdict(list)
    for row, scores in measured:
        loss = round(float(row["net_loss_pct"]) / 2)
        cells[row["key"], row["receiver"], loss, row["kind"]].append((float(row["mos_lqo"]), scores[name]))
    return [tuple(map(statistics.fmean, zip(*c))) for c in cells.values() if len(c) >= CELL_MIN]


def line(name, *columns):
    print(f"| {name} | " + " | ".join(columns) + " |")


def head(name, *columns):
    print()
    line(name, *columns)
    print("|---|" + "---|" * len(columns))


def figures(of):
    r, rmse, bias = evaluation.agreement(of)
    return f"{len(of)}", f"{r:.3f}", f"{rmse:.3f}", f"{bias:+.3f}"


def short(of):
    r, rmse, _ = evaluation.agreement(of)
    return f"{r:.2f} / {rmse:.2f}"


def formulas(measured):
    groups = [(rx, band) for rx in ("fixed60", "adaptive") for band in ("nb", "wb")]
    head("r / RMSE", "all", "bias", *(f"{rx}, {band}" for rx, band in groups), "per condition")
    for name in measured[0][1]:
        of_all = pairs(measured, name)
        of_groups = [pairs(measured, name, lambda row, g=g: (row["receiver"], row["mode"]) == g) for g in groups]
        bias = evaluation.agreement(of_all)[2]
        line(name, short(of_all), f"{bias:+.2f}", *map(short, of_groups), short(conditions(measured, name)))


def ours(measured):
    for name in ("earshot", PAYLOAD):
        head(name, "n", "r", "RMSE", "bias")
        line("all", *figures(pairs(measured, name)))
        line("per condition", *figures(conditions(measured, name)))
        for by in ("receiver", "key", "kind", "voice"):
            for value in sorted({row[by] for row, _ in measured}):
                line(f"{by} {value}", *figures(pairs(measured, name, lambda row: row[by] == value)))


def main():
    tool, half = sys.argv[1:]
    if not os.path.exists(os.path.join(half, "truth.csv")):
        print(f"skip mos: no evaluation set at {half} (MOS=DIR names another place)")
        return
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        measured = list(pool.map(lambda row: measure(tool, half, row), evaluation.rows(half)))
    print(f"{len(measured)} rows of {half}; the formulas of others restated, fed with ideal inputs")
    formulas(measured)
    ours(measured)


if __name__ == "__main__":
    main()
