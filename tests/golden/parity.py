#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares `earshot read --json` with the truth of every shared capture, stream by stream.

usage: parity.py EARSHOT CORPUS

Prints every difference with its reason from parity_reasons.tsv, then a summary. Exit 1 on a
difference without a reason, and on a reason without a difference. What is compared, and why the
truth files may be wrong, stands in CORPUS/README.md.
"""
import glob
import json
import os
import subprocess
import sys

COUNTS = (  # our field, theirs
    ('packets', 'packets'),
    ('expected', 'expected'),
    ('lost', 'lost_unique'),
    ('duplicates', 'dup'),
)
JITTER_SHARE, JITTER_MS = 0.01, 0.05
DERIVED_TRUTH = 'live/dtmf_rfc4733/truth/sbc_access.pcap.json'


def captures(corpus):
    """(name, path of the capture, list of true streams) for each capture with a truth."""
    for path in sorted(glob.glob(corpus + '/real/*')):
        truth = '%s/truth/%s.json' % (corpus, os.path.basename(path))
        if os.path.exists(truth):
            yield os.path.relpath(path, corpus), path, load(truth).get('rfc3550')
    for path in sorted(glob.glob(corpus + '/live/*/*.pcap*')):
        case, name = os.path.split(path)
        truth = '%s/truth/%s.json' % (case, name)
        if os.path.exists(truth):
            streams = load(truth).get('rfc3550')
        else:
            vantages = load(case + '/truth.json')['vantages']
            streams = vantages[name.removesuffix('.gz')].get('rfc3550')
        yield os.path.relpath(path, corpus), path, streams
    for path in sorted(glob.glob(corpus + '/derived/dtmf4733__*')):
        yield os.path.relpath(path, corpus), path, load(corpus + '/' + DERIVED_TRUTH)['rfc3550']


def load(path):
    with open(path, encoding='utf-8') as f:
        return json.load(f)


def endpoint(addr, port):
    return ('[%s]:%s' if ':' in addr else '%s:%s') % (addr, port)


def true_streams(streams):
    return {'%s > %s %s' % (endpoint(s['src'], s['sport']), endpoint(s['dst'], s['dport']), s['ssrc']): s
            for s in streams or []}


def our_streams(earshot, path):
    """Streams by key; those of several restarts are added up, as the truth does not part them."""
    run = subprocess.run([earshot, 'read', '--json', path], capture_output=True, text=True,
                         timeout=120, check=False)
    if run.returncode not in (0, 1):
        sys.exit('%s: earshot read ended with %d: %s' % (path, run.returncode, run.stderr))
    ours = {}
    for line in run.stdout.splitlines():
        record = json.loads(line)
        if record['record'] != 'stream':
            continue
        key = '%(src)s > %(dst)s %(ssrc)s' % record
        if key in ours:
            for field, _ in COUNTS:
                record[field] += ours[key][field]
        ours[key] = record
    return ours, run.stderr.strip()


def differences(ours, theirs):
    """(stream, field, ours, theirs) of each."""
    for key in sorted(set(ours) | set(theirs)):
        if key not in ours:
            yield key, 'missing', '-', '%d packets' % theirs[key]['packets']
            continue
        if key not in theirs:
            yield key, 'extra', '%d packets' % ours[key]['packets'], '-'
            continue
        mine, true = ours[key], theirs[key]
        for field, name in COUNTS:
            if mine[field] != true[name]:
                yield key, field, mine[field], true[name]
        jitter = mine.get('jitter_ms', {}).get('last')
        if true['dup'] > 0 or true.get('jitter_ms') is None:
            continue
        if jitter is None:
            yield key, 'jitter', '-', true['jitter_ms']
        elif abs(jitter - true['jitter_ms']) > max(JITTER_SHARE * true['jitter_ms'], JITTER_MS):
            yield key, 'jitter', jitter, true['jitter_ms']


def reasons():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'parity_reasons.tsv')
    with open(path, encoding='utf-8') as f:
        lines = [l.rstrip('\n').split('\t') for l in f if l.strip() and not l.startswith('#')]
    for line in lines:
        if len(line) != 4:
            sys.exit('%s: four columns expected: %r' % (path, line))
    return lines


def main(earshot, corpus):
    known = reasons()
    used = [False] * len(known)
    compared = equal = explained = unexplained = 0
    for name, path, truth in captures(corpus):
        theirs = true_streams(truth)
        ours, said = our_streams(earshot, path)
        wrong = {}
        if said:
            print('%s\n    said: %s' % (name, said))
        for key, field, mine, true in differences(ours, theirs):
            reason = None
            for i, (capture, stream, which, why) in enumerate(known):
                if capture == name and stream in ('*', key) and which in ('*', field):
                    reason, used[i] = why, True
                    break
            wrong[key] = wrong.get(key, True) and reason is not None
            print('%s\n    %s\n    %s: %s, truth %s: %s'
                  % (name, key, field, mine, true, reason or 'NO REASON'))
        compared += len(set(ours) | set(theirs))
        equal += len(set(ours) | set(theirs)) - len(wrong)
        explained += sum(wrong.values())
        unexplained += len(wrong) - sum(wrong.values())
    for i, line in enumerate(known):
        if not used[i]:
            print('reason without a difference: %s' % ' '.join(line))
    print('%d streams compared, %d equal, %d explained, %d unexplained'
          % (compared, equal, explained, unexplained))
    return 0 if unexplained == 0 and all(used) else 1


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    if not os.path.isdir(sys.argv[2]):
        print('skip parity: %s is not here' % sys.argv[2])
        sys.exit(0)
    sys.exit(main(sys.argv[1], sys.argv[2].rstrip('/')))
