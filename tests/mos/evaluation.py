# SPDX-License-Identifier: Apache-2.0
"""What the scripts here share: the rows of an evaluation set, what earshot says of them, statistics."""
import csv, json, math, os, subprocess

RECEIVERS = {"fixed60": "fixed:60", "adaptive": "adaptive"}


def rows(half):
    with open(os.path.join(half, "truth.csv")) as f:
        return list(csv.DictReader(f))


def stream(tool, half, row, receiver=None, payload=False):
    """The stream record of most packets, as the row's receiver hears it, or another one."""
    command = [tool, "read", "--json", "--records", "stream", "--receiver", receiver or RECEIVERS[row["receiver"]]]
    command += ["--use-payload"] * payload + [os.path.join(half, "pcap", row["file"])]
    out = subprocess.run(command, capture_output=True, text=True, check=True)
    streams = [json.loads(line) for line in out.stdout.splitlines()]
    return max((s for s in streams if s["record"] == "stream"), key=lambda s: s["packets"])


def agreement(pairs):
    """(truth, guess) pairs: Pearson's r (NaN where one side is constant), RMSE, bias."""
    n = len(pairs)
    t, g = sum(p[0] for p in pairs) / n, sum(p[1] for p in pairs) / n
    tt, gg = sum((p[0] - t) ** 2 for p in pairs), sum((p[1] - g) ** 2 for p in pairs)
    tg = sum((p[0] - t) * (p[1] - g) for p in pairs)
    r = tg / math.sqrt(tt * gg) if tt > 0 and gg > 0 else math.nan
    return r, math.sqrt(sum((a - b) ** 2 for a, b in pairs) / n), g - t
