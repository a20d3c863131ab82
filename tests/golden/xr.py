#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""xr.py EARSHOT: RTCP extended reports against a referee.

Makes packets with every block of RFC 3611 and the extension blocks that earshot reads, with random
contents (fixed seed) and the marks of "unknown" among them, around a stream each way. What
`earshot read` reports of each packet must equal the values that went in, by the text of the RFC of
the block; for the blocks of RFC 3611 also what tshark decodes. Prints ok, FAIL and skip lines."""
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time

from xr_blocks import CLOCK_HZ, MAKERS, SSRC, SUBJECT, rnd, words

ROUNDS = 60
T0 = 1767225600
A, B = ('10.0.0.1', 4000, SUBJECT), ('10.0.0.2', 5000, 0x2222bbbb)


# Packets on the wire.

def checksum(data):
    total = sum(struct.unpack('>%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def datagram(src, dst, shift, payload):
    host = [bytes(int(x) for x in end[0].split('.')) for end in (src, dst)]
    head = struct.pack('>BBHHHBBH', 0x45, 0, 28 + len(payload), 1, 0, 64, 17, 0) + b''.join(host)
    head = head[:10] + struct.pack('>H', checksum(head)) + head[12:]
    udp = struct.pack('>HHHH', src[1] + shift, dst[1] + shift, 8 + len(payload), 0)
    return b'\2' * 6 + b'\4' * 6 + b'\x08\0' + head + udp + payload


def rtcp(sender, blocks):
    """An empty receiver report, then the extended report."""
    body = b''.join(struct.pack('>BBH', t, s, len(b) // 4) + b for t, s, b in blocks)
    return struct.pack('>BBHI', 0x80, 201, 1, sender) + \
        struct.pack('>BBHI', 0x80, 207, 1 + len(body) // 4, sender) + body


class Scene:
    """A stream each way at 20 ms, and between its packets one extended report per case."""

    def __init__(self):
        self.packets, self.cases, self.ms = [], [], 0

    def stream(self, packets):
        for n in range(packets):
            for src, dst in ((A, B), (B, A)):
                head = struct.pack('>BBHII', 0x80, 0, (self.ms // 20) & 0xffff,
                                   self.ms * 8 & 0xffffffff, src[2])
                self.packets.append((self.ms, datagram(src, dst, 0, head + b'\xd5' * 160)))
            self.ms += 20

    def report(self, name, src, dst, blocks, want):
        self.packets.append((self.ms - 7, datagram(src, dst, 1, rtcp(src[2], blocks))))
        self.cases.append((name, self.ms - 7, blocks, want))

    def write(self, path):
        with open(path, 'wb') as f:
            f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
            for ms, data in sorted(self.packets, key=lambda p: p[0]):
                f.write(struct.pack('<IIII', T0 + ms // 1000, ms % 1000 * 1000, len(data), len(data)))
                f.write(data)


def round_trip(scene):
    """A states its time (RFC 3611 4.4), B answers how long that lay with it (4.5), in 1/65536 s."""
    seconds, fraction = rnd.randrange(1 << 32), rnd.randrange(1 << 32)
    scene.report('reference_time', A, B, [(4, 0, words((32, seconds), (32, fraction)))], [])
    sent, held = scene.ms - 7, rnd.randrange(1, 20 * 65536 // 1000)
    scene.stream(2)
    middle = (seconds << 16 | fraction >> 16) & 0xffffffff
    rtt = scene.ms - 7 - sent - held * 1000 / 65536
    scene.report('dlrr', B, A, [(5, 0, words(SSRC, (32, middle), (32, held)))],
                 [(None, {'rtt_ms': rtt})])


def make():
    scene = Scene()
    scene.stream(10)
    for _ in range(ROUNDS):
        for name, maker in MAKERS.items():
            blocks, want = maker()
            scene.report(name, B, A, blocks, want)
            scene.stream(1)
        round_trip(scene)
        scene.stream(1)
    return scene


# What was heard of it.

def stamp(ms):
    return time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(T0 + ms // 1000)) + '.%03d000Z' % (ms % 1000)


def heard(earshot, path):
    """By time: [(kind, metrics)], a round trip of DLRR among the metrics."""
    run = subprocess.run([earshot, 'read', '--json', '--records', 'reported', path],
                         capture_output=True, text=True, timeout=120, check=True)
    out = {}
    for line in run.stdout.splitlines():
        r = json.loads(line)
        if r['source'] != 'rtcp_xr':
            continue
        assert r['subject_ssrc'] == '0x%08x' % A[2] and r['reporter_ssrc'] == '0x%08x' % B[2], line
        metrics = dict(r.get('metrics', {}))
        if 'rtt_ms' in r:
            metrics['rtt_ms'] = r['rtt_ms']
        out.setdefault(r['time'], []).append((r.get('kind'), metrics))
    return out


def differs(got, want):
    """None, or what is not as wanted; a number may be off by what its last decimal rounds away."""
    if got.keys() != want.keys():
        return 'has %s' % sorted(got.keys() ^ want.keys())
    for k, v in want.items():
        share_like = k in ('loss', 'discard') or k.endswith(('density', '_discard', 'gap_discard'))
        if abs(got[k] - v) > (2e-6 if share_like else 2e-3):
            return '%s is %s, not %s' % (k, got[k], v)
    return None


def verdict(name, faults, n):
    if faults:
        print('FAIL %s: %d of %d, first: %s' % (name, len(faults), n, faults[0]))
    elif not n:
        print('FAIL %s: nothing was compared' % name)
    else:
        print('ok %s' % name)
    return bool(faults) or not n


def against_generator(scene, seen):
    failed = False
    for name in sorted({c[0] for c in scene.cases}):
        faults, n = [], 0
        for case, ms, blocks, want in scene.cases:
            got = seen.get(stamp(ms), [])
            if case != name:
                continue
            n += 1
            why = '%d records, not %d' % (len(got), len(want)) if len(got) != len(want) else None
            for (kind, metrics), (k, w) in zip(got, want):
                why = why or differs(metrics, w) or (kind != k and 'kind %s, not %s' % (kind, k)) or None
            if why:
                faults.append('%s at %s: %s' % (blocks[0][2].hex(), stamp(ms), why))
        failed |= verdict('xr_%s_is_what_went_in' % name, faults, n)
    return failed


# The referee: fields of tshark by the names of earshot, with what turns one into the other. Where it
# is left out here: tshark knows no block of a type above 7 but 12, and prints those as bytes.

V, S = 'rtcp.xr.voipmetrics.', 'rtcp.xr.stats.'
REFEREE = {
    'voip_metrics': {
        V + 'burstdensity': ('burst_density', lambda v: v / 256),
        V + 'gapdensity': ('gap_density', lambda v: v / 256),
        V + 'burstduration': ('burst_length_ms', float), V + 'gapduration': ('gap_length_ms', float),
        V + 'rtdelay': ('round_trip_ms', lambda v: v if 0 < v < 65535 else None),
        V + 'esdelay': ('end_system_delay_ms', lambda v: v if 0 < v < 65535 else None),
        V + 'signallevel': ('signal_dbm', lambda v: v if v != 127 else None),
        V + 'noiselevel': ('noise_dbm', lambda v: v if v != 127 else None),
        V + 'rerl': ('rerl_db', lambda v: v if v != 127 else None),
        V + 'gmin': ('gmin', lambda v: v or None),
        V + 'rfactor': ('r_factor', lambda v: v if v != 127 else None),
        V + 'extrfactor': ('external_r_factor', lambda v: v if v != 127 else None),
        V + 'moslq': ('mos_lq', lambda v: v if v != 127 else None),
        V + 'moscq': ('mos_cq', lambda v: v if v != 127 else None),
        V + 'plc': ('plc', lambda v: v or None),
        V + 'jba': ('jitter_buffer_adaptive', lambda v: v if v > 1 else None),
        V + 'jbnominal': ('jitter_buffer_nominal_ms', lambda v: v if v < 65535 else None),
        V + 'jbmax': ('jitter_buffer_max_ms', lambda v: v if v < 65535 else None),
        V + 'jbabsmax': ('jitter_buffer_abs_max_ms', lambda v: v if v < 65535 else None),
    },
    'statistics': {
        'rtcp.xr.beginseq': ('first_seq', float),
        'rtcp.xr.endseq': ('last_seq', lambda v: (v - 1) % 65536),
        S + 'lost': ('lost_packets', float), S + 'dups': ('duplicates', float),
        **{S + f + 'jitter': ('jitter_%s_ms' % n, lambda v: v * 1000 / CLOCK_HZ) for f, n in
           (('min', 'min'), ('max', 'max'), ('mean', 'mean'), ('dev', 'deviation'))},
        **{S + f + 'ttl': ('ttl_%s' % n, float) for f, n in
           (('min', 'min'), ('max', 'max'), ('mean', 'mean'), ('dev', 'deviation'))},
    },
}


def decode(path, fields):
    """tshark's fields by time, as numbers; those of no value are left out."""
    run = subprocess.run(
        ['tshark', '-n', '-r', path, '-d', 'udp.port==4001,rtcp', '-Y', 'rtcp.xr.bt', '-T', 'fields',
         '-E', 'separator=/t', '-E', 'occurrence=a', '-e', 'frame.time_epoch']
        + [x for f in fields for x in ('-e', f)], capture_output=True, text=True, timeout=300, check=True)
    out = {}
    for line in run.stdout.splitlines():
        at, *cells = line.split('\t')
        ms = round((float(at) - T0) * 1000)
        out[stamp(ms)] = {f: c for f, c in zip(fields, cells) if c}
    return out


def against_tshark(scene, seen, path):
    types = 'rtcp.xr.bt'
    fields = [types, 'rtcp.xr.lrr', 'rtcp.xr.dlrr'] + [f for m in REFEREE.values() for f in m]
    decoded = decode(path, fields)
    failed = False
    for name, table in REFEREE.items():
        faults, n = [], 0
        for case, ms, blocks, _ in scene.cases:
            if case != name:
                continue
            row, (_, metrics) = decoded[stamp(ms)], seen[stamp(ms)][0]
            values = {f: int(row[f], 0) if '.' not in row[f] else float(row[f]) for f in table if f in row}
            n += len(values)
            for f, v in values.items():
                ours, turn = table[f]
                want = turn(v)
                if not flagged(ours, blocks[0][1]) and name == 'statistics':
                    want = None # tshark prints what the flags call undefined
                got = metrics.get(ours)
                if (want is None) != (got is None) or want is not None and abs(got - want) > 2e-3:
                    faults.append('%s at %s: %s is %s, tshark says %s' %
                                  (blocks[0][2].hex(), stamp(ms), ours, got, want))
        failed |= verdict('xr_%s_equal_tshark' % name, faults, n)
    return failed | blocks_against_tshark(scene, decoded) | dlrr_against_tshark(scene, decoded)


def flagged(metric, flags):
    """Whether the flags of a statistics block say that a metric is there, RFC 3611 4.6."""
    if metric == 'lost_packets':
        return flags & 0x80
    if metric == 'duplicates':
        return flags & 0x40
    if metric.startswith('jitter'):
        return flags & 0x20
    return flags >> 3 & 3 in (1, 2) if metric.startswith('ttl') else True


def blocks_against_tshark(scene, decoded):
    """Every block of every packet is found, in order: the generator and the referee agree on framing."""
    faults = []
    for case, ms, blocks, _ in scene.cases:
        got = [int(x) for x in decoded.get(stamp(ms), {}).get('rtcp.xr.bt', '').split(',') if x]
        if got != [b[0] for b in blocks]:
            faults.append('%s at %s: types %s' % (case, stamp(ms), got))
    return verdict('xr_blocks_are_framed_as_tshark_finds_them', faults, len(scene.cases))


def dlrr_against_tshark(scene, decoded):
    faults, n = [], 0
    for case, ms, blocks, _ in scene.cases:
        if case != 'dlrr':
            continue
        n += 1
        row, (_, lrr, held) = decoded[stamp(ms)], struct.unpack('>III', blocks[0][2])
        if int(row['rtcp.xr.lrr'], 0) != lrr or int(row['rtcp.xr.dlrr'], 0) != held:
            faults.append('%s: %s' % (blocks[0][2].hex(), row))
    return verdict('xr_dlrr_equal_tshark', faults, n)


def main():
    scene = make()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'xr.pcap')
        scene.write(path)
        seen = heard(sys.argv[1], path)
        failed = against_generator(scene, seen)
        if len(sys.argv) > 2:
            shutil.copy(path, sys.argv[2])
        if shutil.which('tshark') is None:
            print('skip xr_equal_tshark: tshark is not installed')
        else:
            failed |= against_tshark(scene, seen, path)
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
