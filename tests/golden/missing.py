#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the missing runs of interval records with what the relay of a live case dropped.

usage: missing.py RECORDS.jsonl TRUTH.json SEGMENT

SEGMENT is seg1 or seg2 of truth.json. Streams are matched by SSRC and by the addresses on that
segment; a stream the records do not name, or name elsewhere, is left out. Exit 1 on a difference.
"""
import json
import sys


def main(records, truth, segment):
    missing, seen = {}, set()
    with open(records, encoding='utf-8') as f:
        for line in f:
            r = json.loads(line)
            if r['record'] != 'interval':
                continue
            key = (r['src'], r['dst'], r['ssrc'])
            seen.add(key)
            for seq, run in r['missing']:
                missing.setdefault(key, []).extend((seq + i) & 0xffff for i in range(run))
    with open(truth, encoding='utf-8') as f:
        rows = [s for s in json.load(f)['segments'][segment] if s['kind'] == 'rtp']
    compared = wrong = 0
    for s in rows:
        key = ('%s:%s' % (s['src'], s['sport']), '%s:%s' % (s['dst'], s['dport']), s['ssrc'])
        if key not in seen:
            continue
        compared += 1
        ours, dropped = sorted(missing.get(key, [])), sorted(s.get('dropped_seq', []))
        if s['dropped'] != len(dropped):
            print('%s > %s %s: the log lists %d of %d' % (*key, len(dropped), s['dropped']))
        if ours != dropped:
            wrong += 1
            print('%s > %s %s: missing here, not dropped %s; dropped, not missing here %s'
                  % (*key, sorted(set(ours) - set(dropped)), sorted(set(dropped) - set(ours))))
    print('%s: %d streams compared, %d differ' % (records, compared, wrong))
    return 1 if wrong or not compared else 0


if __name__ == '__main__':
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
