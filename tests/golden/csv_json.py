#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what `earshot read --csv` and `--json` print of captures: the same records with the same values.

usage: csv_json.py EARSHOT CAPTURE...
"""
import csv
import io
import json
import subprocess
import sys

RECORDS = 'stream,call,interval'


def run(form, captures):
    return subprocess.run([sys.argv[1], 'read', form, '--records', RECORDS, *captures], check=True,
                          stdout=subprocess.PIPE).stdout.decode()


class Number(str):
    """A number as it is written."""


def flat(record, before=''):
    out = {}
    for key, value in record.items():
        if isinstance(value, dict):
            out.update(flat(value, before + key + '.'))
        elif isinstance(value, str):
            out[before + key] = str(value)
        else:
            out[before + key] = json.dumps(value, separators=(',', ':'))
    return out


def main(captures):
    text = run('--csv', captures)
    lines = text.split('\r\n')
    assert lines.pop() == '' and not any('\n' in line for line in lines), 'lines end in CRLF'
    rows = [{k: v for k, v in row.items() if v} for row in csv.DictReader(io.StringIO(text, newline=''), strict=True)]
    records = [flat(json.loads(line, parse_float=Number, parse_int=Number))
               for line in run('--json', captures).splitlines()]
    # Numbers are kept as they are written; within lists they are texts for dumps, so without their quotes.
    for record in records:
        for key, value in record.items():
            if value.startswith('[') and key in ('missing', 'loss_runs', 'statuses'):
                record[key] = value.replace('"', '')
    assert rows, 'no rows'
    assert len(rows) == len(records), '%d rows, %d records' % (len(rows), len(records))
    for row, record in zip(rows, records):
        differing = {k for k in row.keys() | record.keys() if row.get(k) != record.get(k)}
        assert not differing, [(k, row.get(k), record.get(k)) for k in sorted(differing)]


if __name__ == '__main__':
    main(sys.argv[2:])
