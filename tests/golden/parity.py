#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares `earshot read --json` with the truth of every shared capture: streams, calls, SIP counts, RTCP reports.

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
METHODS = 'INVITE ACK BYE CANCEL REGISTER OPTIONS PRACK UPDATE INFO REFER NOTIFY SUBSCRIBE MESSAGE PUBLISH'.split()
JITTER_SHARE, JITTER_MS = 0.01, 0.05
DERIVED_TRUTH = 'live/dtmf_rfc4733/truth/sbc_access.pcap'


def captures(corpus):
    """(name, path of the capture, its truth) for each capture that has one."""
    for path in sorted(glob.glob(corpus + '/real/*')):
        truth = '%s/truth/%s' % (corpus, os.path.basename(path))
        if os.path.exists(truth + '.json'):
            yield os.path.relpath(path, corpus), path, truth_of(truth)
    for path in sorted(glob.glob(corpus + '/live/*/*.pcap*')):
        case, name = os.path.split(path)
        truth = '%s/truth/%s' % (case, name)
        if os.path.exists(truth + '.json'):
            yield os.path.relpath(path, corpus), path, truth_of(truth)
        else:
            whole = load(case + '/truth.json')['vantages'][name.removesuffix('.gz')]
            yield os.path.relpath(path, corpus), path, dict(whole, reports=None)
    derived = truth_of(corpus + '/' + DERIVED_TRUTH)
    for path in sorted(glob.glob(corpus + '/derived/dtmf4733__*')):
        yield os.path.relpath(path, corpus), path, dict(derived, reports=None)


def truth_of(path):
    return dict(load(path + '.json'), reports=true_reports(path + '.rtcp.tsv'))


def true_reports(path):
    """RTCP report blocks as (sender, subject, fraction lost, cumulative lost, highest number)."""
    reports = []
    if not os.path.exists(path):
        return reports
    with open(path, encoding='utf-8') as f:
        names = f.readline().rstrip('\n').split('\t')
        for line in f:
            row = dict(zip(names, line.rstrip('\n').split('\t')))
            src = endpoint(row['ip.src'] or row['ipv6.src'], row['udp.srcport'])
            columns = [row['rtcp.ssrc.' + n].split('|') for n in ('identifier', 'fraction', 'cum_nr', 'ext_high')]
            for ssrc, fraction, lost, high in zip(*columns):  # SDES chunks follow the blocks
                if fraction:
                    reports.append((src, ssrc, int(fraction), int(lost), int(high)))
    return sorted(reports)


def load(path):
    with open(path, encoding='utf-8') as f:
        return json.load(f)


def endpoint(addr, port):
    return ('[%s]:%s' if ':' in addr else '%s:%s') % (addr, port)


def true_streams(streams):
    return {'%s > %s %s' % (endpoint(s['src'], s['sport']), endpoint(s['dst'], s['dport']), s['ssrc']): s
            for s in streams or []}


def read(earshot, path):
    """What earshot says: streams by key, Call-IDs, report blocks, SIP counts, and its words on stderr."""
    run = subprocess.run([earshot, 'read', '--json', '--records', 'stream,call,reported,health', path],
                         capture_output=True, text=True, timeout=120, check=False)
    if run.returncode not in (0, 1):
        sys.exit('%s: earshot read ended with %d: %s' % (path, run.returncode, run.stderr))
    streams, calls, reports, sip = {}, [], [], {}
    for record in map(json.loads, run.stdout.splitlines()):
        if record['record'] == 'call':
            calls.append(record['call_id'])
        elif record['record'] == 'health':
            sip = record.get('sip', {})
        elif record['record'] == 'reported':
            if record['source'] == 'rtcp':  # the truth holds no others
                reports.append((record['src'], record['subject_ssrc'], round(256 * record['fraction_lost']),
                                record['cumulative_lost'], record['highest_seq']))
        else:
            key = '%(src)s > %(dst)s %(ssrc)s' % record
            if key in streams:  # the truth does not part restarts: add them up
                for field, _ in COUNTS:
                    record[field] += streams[key][field]
            streams[key] = record
    return streams, calls, sorted(reports), sip, run.stderr.strip()


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


def other_differences(calls, reports, truth):
    """The same for what is not a stream; the key then is calls or reports."""
    expected = (truth.get('sip') or {}).get('invite_call_ids', 0)
    if len(calls) != expected or len(set(calls)) != len(calls):
        yield 'calls', 'count', len(calls), expected
    if truth['reports'] is not None and reports != truth['reports']:
        yield 'reports', 'blocks', [r for r in reports if r not in truth['reports']][:3] or len(reports), \
            [r for r in truth['reports'] if r not in reports][:3] or len(truth['reports'])


def sip_differences(sip, truth):
    """The same for messages per method and status. The truth counts frames and copies of the capture."""
    for what, kind in (('requests', 'OTHER'), ('responses', None)):
        mine = {name: n['messages'] for name, n in sip.get(what, {}).items()}
        true = dict((truth.get('sip') or {}).get(what, {}))
        if kind:
            true, other = {name: n for name, n in true.items() if name in METHODS}, \
                sum(n for name, n in true.items() if name not in METHODS)
            if other:
                true[kind] = other
        if mine != true:
            yield 'sip', what, mine, true


def reasons():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'parity_reasons.tsv')
    with open(path, encoding='utf-8') as f:
        lines = [l.rstrip('\n').split('\t') for l in f if l.strip() and not l.startswith('#')]
    for line in lines:
        if len(line) != 4:
            sys.exit('%s: four columns expected: %r' % (path, line))
    return lines


class Tally:
    """Counts what was compared, looks up reasons and prints differences."""

    def __init__(self):
        self.known = reasons()
        self.used = [False] * len(self.known)
        self.compared = self.explained = self.unexplained = 0

    def add(self, capture, keys, found):
        """keys: how many things were compared; found: their differences."""
        wrong = {}
        for key, field, mine, true in found:
            reason = None
            for i, (which, stream, name, why) in enumerate(self.known):
                if which == capture and stream in ('*', key) and name in ('*', field):
                    reason, self.used[i] = why, True
                    break
            wrong[key] = wrong.get(key, True) and reason is not None
            print('%s\n    %s\n    %s: %s, truth %s: %s'
                  % (capture, key, field, mine, true, reason or 'NO REASON'))
        self.compared += keys
        self.explained += sum(wrong.values())
        self.unexplained += len(wrong) - sum(wrong.values())

    def line(self, what):
        equal = self.compared - self.explained - self.unexplained
        print('%d %s compared, %d equal, %d explained, %d unexplained'
              % (self.compared, what, equal, self.explained, self.unexplained))


def main(earshot, corpus):
    streams, others = Tally(), Tally()
    for name, path, truth in captures(corpus):
        theirs = true_streams(truth.get('rfc3550'))
        ours, calls, reports, sip, said = read(earshot, path)
        if said:
            print('%s\n    said: %s' % (name, said))
        streams.add(name, len(set(ours) | set(theirs)), differences(ours, theirs))
        others.add(name, 1 + (truth['reports'] is not None), other_differences(calls, reports, truth))
        others.add(name, 1, sip_differences(sip, truth))
    unused = [line for line, a, b in zip(streams.known, streams.used, others.used) if not a and not b]
    for line in unused:
        print('reason without a difference: %s' % ' '.join(line))
    others.line('lists of calls, of RTCP reports and of SIP counts')
    streams.line('streams')
    return 1 if streams.unexplained or others.unexplained or unused else 0


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    if not os.path.isdir(sys.argv[2]):
        print('skip parity: %s is not here' % sys.argv[2])
        sys.exit(0)
    sys.exit(main(sys.argv[1], sys.argv[2].rstrip('/')))
