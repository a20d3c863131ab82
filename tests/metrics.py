#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the keys that records, explain and the API print with the tables of docs/METRICS.md.

Prints a line for each key that the tables do not have, for each key of theirs that nothing prints, and for
each unit that is not the one of the key's row in proto/fields.h.
usage, from the top of the tree: tests/metrics.py
"""
import glob
import re

WRITERS = ["agent/record_json*.c", "agent/path/path_json.c", "correlate/explained_json.c", "collector/portal/api*.c"]
ROWS = "proto/fields.h"
MACROS = ["include/earshot/health.h", "include/earshot/signal.h", "include/earshot/reported.h"]
STREAM = "agent/record_json_stream.c"
ARRAYS = ["finding_names", "unscored_names", "receiver_by_names"]  # of STREAM, values with a line each

# First head of a table whose cells are keys: the column they stand in.
HEADS = {"field": 0, "counter": 0, "signal": 0, "metric": 0, "kind": 0, "finding": 0, "block": 1,
         "`unscored`": 0, "`receiver_by`": 0}

UNITS = {"MS": "ms", "SHORT_MS": "ms", "SECONDS": "s", "PPM": "ppm"}  # of the forms in ROWS


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def printed():
    """Each key with the file that writes it."""
    found = {}
    for path in sorted(p for w in WRITERS for p in glob.glob(w)):
        for name in re.findall(r'\b(?:put_|write_|es_json_key)\w*\([^;{"]*?"(\w+)"', read(path)):
            found[name] = path
    for name in re.findall(r'"(\w+)"', read(ROWS)):
        found[name] = ROWS
    for path in MACROS:
        for name in re.findall(r'^\s+X\(\w+, "(\w+)"', read(path), re.M):
            found[name] = path
    for array in ARRAYS:
        body = re.search(array + r"\[\] = \{(.*?)\}", read(STREAM), re.S)[1]
        for name in re.findall(r'"(\w+)"', body):
            found[name] = STREAM
    return found


def described():
    """Each key of a table with the number of its line, and the unit where its table has units."""
    found = {}
    units = {}
    head = None
    for number, line in enumerate(read("docs/METRICS.md").splitlines(), 1):
        if not line.startswith("|"):
            head = None
            continue
        cells = [c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]]
        if head is None:
            head = cells[0]
            has_unit = cells[1] == "unit"
        elif head in HEADS and set(line) - set("|-"):
            for name in cells[HEADS[head]].replace("`", "").split(", "):
                found[name.split(".")[-1]] = number
                if has_unit:
                    units[name.split(".")[-1]] = cells[1]
    return found, units


want = printed()
have, units = described()
for key in sorted(want.keys() - have.keys()):
    print(f"{want[key]}: {key} is printed, and docs/METRICS.md has no line for it")
for key in sorted(have.keys() - want.keys()):
    print(f"docs/METRICS.md:{have[key]}: {key} is printed nowhere")
for key, form in re.findall(r'"(\w+)",\s*(?:\\\s+)?(?:SOME\()?(\w+)', read(ROWS)):
    if form in UNITS and UNITS[form] not in units.get(key, UNITS[form]).split(", "):
        print(f"docs/METRICS.md:{have[key]}: {key} is printed in {UNITS[form]}, not {units[key]}")
