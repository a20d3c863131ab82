#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""explain.py EARSHOT CORPUS: `earshot explain` on the four captures of every live case, against the log
of the relay that dropped and delayed the packets. Prints a table of truth and measurement and one line
"ok NAME", "FAIL NAME: why" or "skip NAME: why" per check; exit 1 on any FAIL."""
import glob
import gzip
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

POINTS = [('endpoint', 'ep', 'ep'), ('sbc', 'access', 'sbc_access'), ('sbc', 'core', 'sbc_core'),
          ('gateway', 'gw', 'gw')]
NAMES = [p[1] for p in POINTS]
SHIFTS = 3                      # rounds in which every capture is moved by a random -2..+2 s
BAD_BLOCK = 13                  # of 256 packets: 5 % lost, a bad block whatever the codec


def find(case, stem):
    for name in (stem + '.pcap', stem + '.pcap.gz'):
        path = os.path.join(case, name)
        if os.path.exists(path):
            return path
    return None


def shifted(path, shift_us, out):
    """The capture with every timestamp moved; classic pcap of either byte order and resolution."""
    data = (gzip.open if path.endswith('.gz') else open)(path, 'rb').read()
    order, unit = {b'\xd4\xc3\xb2\xa1': ('<', 10**6), b'\xa1\xb2\xc3\xd4': ('>', 10**6),
                   b'\x4d\x3c\xb2\xa1': ('<', 10**9), b'\xa1\xb2\x3c\x4d': ('>', 10**9)}[data[:4]]
    buf, at = bytearray(data), 24
    while at + 16 <= len(buf):
        sec, sub, size = struct.unpack_from(order + 'III', buf, at)
        t = sec * unit + sub + shift_us * (unit // 10**6)
        struct.pack_into(order + 'II', buf, at, t // unit, t % unit)
        at += 16 + size
    with open(out, 'wb') as f:
        f.write(buf)


def explain(binary, captures):
    args = [binary, 'explain', '--json']
    args += ['%s:%s=%s' % (role, name, path) for (role, name, _), path in zip(POINTS, captures)]
    r = subprocess.run(args, capture_output=True, text=True)
    calls = [json.loads(line) for line in r.stdout.splitlines()]
    return r.returncode, calls, r.stderr.strip()


def ssrcs(call):
    return {s['ssrc'] for leg in call['legs'] for s in leg['streams']}


def copies(truth, capture, stream):
    """Copies among the packets of a stream at the capture before the relay, as tshark decoded it."""
    for name, v in truth['vantages'].items():
        if name.split('.')[0] != capture:
            continue
        for r in v.get('rfc3550', []):
            ends = [(r[a], int(r[b])) == (stream[a], stream[b])     # a NAT changes one of them
                    for a, b in (('src', 'sport'), ('dst', 'dport'))]
            if r['ssrc'] == stream['ssrc'] and any(ends):
                return r['dup']
    raise SystemExit('%s: no stream %s at %s' % (truth['case'], stream['ssrc'], capture))


def relay(truth, call, seg, way):
    """(in_packets less copies, dropped, out less copies) of the call's streams on one segment."""
    entry = {('seg1', 'a2g'): 'ep', ('seg1', 'g2a'): 'sbc_access',
             ('seg2', 'a2g'): 'sbc_core', ('seg2', 'g2a'): 'gw'}[seg, way]
    entered = dropped = 0
    for s in truth['segments'][seg]:
        if s['kind'] != 'rtp' or s['dir'] != way or s['ssrc'] not in ssrcs(call):
            continue
        entered += s['in_packets'] - copies(truth, entry, s)
        dropped += s['dropped']
    return entered, dropped, entered - dropped


def expectation(truth, call, way):
    """Per pair of neighbours of a direction: (from, to, expected, lost)."""
    one, two = relay(truth, call, 'seg1', way), relay(truth, call, 'seg2', way)
    if way == 'a2g':
        return [('ep', 'access', one[0], one[1]), ('access', 'core', one[2], one[2] - two[0]),
                ('core', 'gw', two[0], two[1])]
    return [('gw', 'core', two[0], two[1]), ('core', 'access', two[2], two[2] - one[0]),
            ('access', 'ep', one[0], one[1])]


def worst_blocks(truth, call):
    """{(segment, way): packets the relay dropped in the worst block}, from the numbers it logged."""
    worst = {}
    for seg in ('seg1', 'seg2'):
        for s in truth['segments'][seg]:
            if s['kind'] != 'rtp' or s['ssrc'] not in ssrcs(call):
                continue
            blocks = {}
            for seq in s['dropped_seq']:
                blocks[seq // 256] = blocks.get(seq // 256, 0) + 1
            worst[seg, s['dir']] = max([worst.get((seg, s['dir']), 0)] + list(blocks.values()))
    return worst


def accused(call):
    """The segments and ways the verdict names, in the relay's words."""
    where = {('ep', 'access'): ('seg1', 'a2g'), ('access', 'ep'): ('seg1', 'g2a'),
             ('core', 'gw'): ('seg2', 'a2g'), ('gw', 'core'): ('seg2', 'g2a')}
    seg = call['verdict'].get('segment')
    if seg is None or 'one_of' in seg:
        return set()
    ends = (seg['from'], seg['to'])
    found = {where.get(ends)}
    if seg['direction'] == 'both':
        found.add(where.get(ends[::-1]))
    return found


def harmed(truth):
    """Segments and ways the case's rules touch, with what they do there."""
    found = {}
    for seg, rules in truth['rules'].items():
        for rule in rules:
            options = dict(o.split('=', 1) for o in rule.split(','))
            for way in {'ab': ['a2g'], 'ba': ['g2a'], 'both': ['a2g', 'g2a']}[options['dir']]:
                found.setdefault((seg, way), []).append(rule)
    return found


class Checks:
    def __init__(self):
        self.failed = 0

    def say(self, name, problems):
        if problems:
            self.failed += 1
            print('FAIL %s: %s' % (name, '; '.join(problems)))
        else:
            print('ok ' + name)


def check_segments(case, truth, calls, table):
    problems = []
    for call in calls:
        for d in call['directions']:
            way = {'forward': 'a2g', 'reverse': 'g2a'}[d['name']]
            want = expectation(truth, call, way)
            if len(d['segments']) != len(want):
                problems.append('%s has %d segments, not %d' %
                                (d['name'], len(d['segments']), len(want)))
                continue
            for got, (a, b, expected, lost) in zip(d['segments'], want):
                same = (got['from'], got['to'], got.get('expected'), got.get('lost')) == \
                    (a, b, expected, lost)
                table.append('%-18s %-7s %-6s > %-6s %6d %5d  %6s %5s  %s' % (
                    case, d['name'], a, b, expected, lost, got.get('expected', '-'),
                    got.get('lost', '-'), '' if same else 'DIFFERS'))
                if not same:
                    problems.append('%s %s>%s: %s/%s, the relay says %d/%d' % (
                        d['name'], a, b, got.get('expected'), got.get('lost'), expected, lost))
    return problems


def check_verdicts(truth, calls):
    problems = []
    touched = harmed(truth)
    for call in calls:
        state = call['verdict']['state']
        worst = {k for k, n in worst_blocks(truth, call).items() if n >= BAD_BLOCK}
        if not call['directions']:
            if state != 'unknown':
                problems.append('%s: no media, yet %s' % (call['call'], state))
        elif worst and (state != 'degraded' or not accused(call) & worst):
            problems.append('%s: %s, accused %s; the relay lost a bad block on %s' %
                            (call['call'], state, sorted(map(str, accused(call))), sorted(worst)))
        elif not touched and state != 'clean':
            problems.append('%s: nothing was done to it, yet %s' % (call['call'], state))
        elif state == 'degraded' and not accused(call) <= set(touched):
            problems.append('%s: accuses %s; only %s were touched' %
                            (call['call'], sorted(map(str, accused(call))), sorted(touched)))
    return problems


def check_path(calls, truth):
    problems = []
    for call in calls:
        names = [leg['vantage'] for leg in call['legs']]
        if names != [n for n in NAMES if n in names]:
            problems.append('%s: path is %s' % (call['call'], names))
        if call['directions'] and names != NAMES:
            problems.append('%s: media passed all four points, path is %s' % (call['call'], names))
    want = len({s['ssrc'] for s in truth['segments']['seg1'] if s['kind'] == 'rtp'
                and s['dir'] == 'a2g'})
    got = sum(1 for c in calls if c['directions'])
    if got != want:
        problems.append('%d calls with media, not %d' % (got, want))
    return problems


def without_start(calls):
    calls = [dict(c, start=None) for c in calls]
    return sorted(json.dumps(c) for c in calls)


def check_shifts(binary, captures, calls, seed):
    problems = []
    for r in range(SHIFTS):
        rnd = random.Random('%s %d' % (seed, r))
        with tempfile.TemporaryDirectory() as tmp:
            moved = []
            for i, path in enumerate(captures):
                moved.append(os.path.join(tmp, '%d.pcap' % i))
                shifted(path, rnd.randint(-2000000, 2000000), moved[-1])
            code, again, err = explain(binary, moved)
        if code != 0:
            problems.append('round %d: exit %d %s' % (r, code, err))
        elif without_start(again) != without_start(calls):
            problems.append('round %d: another answer' % r)
    return problems


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    binary, corpus = sys.argv[1:]
    checks, table, verdicts = Checks(), [], []
    cases = sorted(glob.glob(os.path.join(corpus, 'live', '*', 'truth.json')))
    if not cases:
        print('skip explain: %s has no live cases' % corpus)
        return 0
    for path in cases:
        folder = os.path.dirname(path)
        case = os.path.basename(folder)
        truth = json.load(open(path))
        captures = [find(folder, stem) for _, _, stem in POINTS]
        if None in captures:
            print('skip explain_%s: a capture is missing' % case)
            continue
        code, calls, err = explain(binary, captures)
        if code != 0:
            checks.say('explain_%s_runs' % case, ['exit %d: %s' % (code, err)])
            continue
        checks.say('explain_%s_path' % case, check_path(calls, truth))
        checks.say('explain_%s_segments_equal_the_relay' % case,
                   check_segments(case, truth, calls, table))
        checks.say('explain_%s_verdict' % case, check_verdicts(truth, calls))
        checks.say('explain_%s_shifted_clocks_change_only_start' % case,
                   check_shifts(binary, captures, calls, case))
        for c in calls:
            v = c['verdict']
            verdicts.append('%-18s %-8s %-14s %-5s %s' % (
                case, v['state'], v.get('cause', ''), v.get('confidence', ''),
                json.dumps(v.get('segment', ''))))
    print('\ncase               way     segment           relay: in drop  ours: exp  lost')
    print('\n'.join(table))
    print('\n' + '\n'.join(verdicts))
    return 1 if checks.failed else 0


if __name__ == '__main__':
    sys.exit(main())
