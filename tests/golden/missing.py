#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the missing runs of interval records with what the relays of a live case dropped.

usage: missing.py VANTAGE.jsonl TRUTH.json

VANTAGE is ep, sbc_access, sbc_core, sbc_any or gw: it decides which segments lie before it. What was
dropped before the first or behind the last packet seen cannot be missed. Exit 1 on a difference.
"""
import json
import os
import sys

BEFORE = {  # direction and vantage point: the segments a packet has passed
    'a2g': {'ep': (), 'sbc': ('seg1',), 'gw': ('seg1', 'seg2')},
    'g2a': {'gw': (), 'sbc': ('seg2',), 'ep': ('seg2', 'seg1')},
}


def streams_of(path):
    """Per stream the range seen and the numbers missing, both 16 bits wide."""
    streams = {}
    with open(path, encoding='utf-8') as f:
        for r in map(json.loads, f):
            if r['record'] != 'interval':
                continue
            s = streams.setdefault((r['src'], r['dst'], r['ssrc']), {'first': r['first_seq'], 'missing': set()})
            s['last'] = r['last_seq']
            for seq, run in r['missing']:
                s['missing'].update((seq + i) & 0xffff for i in range(run))
    return streams


def dropped_before(truth, vantage, key):
    """What the log says was dropped of this stream before the vantage point; None: not in the log."""
    addresses = lambda row: ('%s:%s' % (row['src'], row['sport']), '%s:%s' % (row['dst'], row['dport']))
    rows = [(name, row) for name, rows in truth['segments'].items() for row in rows
            if row['kind'] == 'rtp' and row['ssrc'] == key[2]]
    ways = {row['dir'] for _, row in rows if addresses(row) == key[:2]}
    if len(ways) != 1:
        return None
    way = ways.pop()
    passed = BEFORE[way][vantage.split('_')[0]]
    return {seq for name, row in rows if row['dir'] == way and name in passed
            for seq in row.get('dropped_seq', [])}


def main(path, truth_path):
    vantage = os.path.basename(path).removesuffix('.jsonl')
    with open(truth_path, encoding='utf-8') as f:
        truth = json.load(f)
    compared = wrong = 0
    for key, s in sorted(streams_of(path).items()):
        dropped = dropped_before(truth, vantage, key)
        if dropped is None:
            continue
        compared += 1
        span = s['last'] - s['first']
        dropped = {seq for seq in dropped if (seq - s['first']) & 0xffff <= span}
        if dropped != s['missing']:
            wrong += 1
            print('%s > %s %s: missing, not dropped %s; dropped, not missing %s'
                  % (*key, sorted(s['missing'] - dropped), sorted(dropped - s['missing'])))
    print('%d streams compared, %d differ' % (compared, wrong))
    return 1 if wrong else 0


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))
