#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Blocks of RTCP extended reports with random contents, by the text of their RFCs, and what earshot
must report of each. Used by xr.py."""
import random

SEED, CLOCK_HZ = 3611, 8000
SUBJECT = 0x1111aaaa
rnd = random.Random(SEED)


# A block is (type, type-specific byte, body); a case is (name, blocks, expected records). An expected
# record is (kind, metrics): what the far end says in the units of earshot, unknowns left out.

def words(*fields):
    """Packs (bits, value) pairs, big-endian; the sum of bits is a multiple of 32."""
    bits = sum(n for n, _ in fields)
    assert bits % 32 == 0, bits
    number = 0
    for n, v in fields:
        assert -(1 << (n - 1)) <= v < 1 << n, (n, v)
        number = number << n | v & (1 << n) - 1
    return number.to_bytes(bits // 8, 'big')


def known(**metrics):
    return {k: v for k, v in metrics.items() if v is not None}


def some(bits, *marks):
    """A field of that width: a mark of "unknown" one time in four, else small, else anything."""
    if marks and rnd.random() < 0.25:
        return rnd.choice(marks)
    return rnd.randrange(1 << (bits if rnd.random() < 0.5 else max(1, bits // 2)))


def below(v, limit, factor=1.0):
    """The two highest values of a field mean over range and unavailable (RFC 6792 and the blocks)."""
    return v * factor if v < limit else None


def span():
    """The I flag: 10 interval, 11 cumulative, 01 sampled; 00 is reserved and says nothing."""
    i = rnd.choice((0, 1, 2, 2, 3, 3))
    return i, (None, 'sampled', 'interval', 'cumulative')[i]


SSRC = (32, SUBJECT)


def rle(kind):
    """RFC 3611 4.1, 4.2; RFC 5725; RFC 7097: chunks of runs and bit vectors, padded by a null chunk."""
    chunks = [rnd.randrange(1, 1 << 14) | rnd.choice((0, 1 << 14)) if rnd.random() < 0.5
              else 1 << 15 | rnd.randrange(1 << 15) for _ in range(rnd.randrange(1, 9))]
    chunks += [0] * (2 - len(chunks) % 2 if len(chunks) % 2 else 0)
    first = rnd.randrange(65536)
    body = words(SSRC, (16, first), (16, (first + rnd.randrange(1, 5000)) & 0xffff),
                 *[(16, c) for c in chunks])
    return [(kind, rnd.randrange(16), body)], []


def receipt_times():
    n, first = rnd.randrange(1, 6), rnd.randrange(65530)
    body = words(SSRC, (16, first), (16, first + n), *[(32, some(32)) for _ in range(n)])
    return [(3, rnd.randrange(16), body)], []


def statistics():
    loss, dup, jit, toh = (rnd.randrange(2), rnd.randrange(2), rnd.randrange(2), rnd.randrange(4))
    first, count = rnd.randrange(65536), rnd.randrange(1, 5000)
    lost, dups = some(32), some(32)
    ticks, hops = [some(24) for _ in range(4)], [some(8) for _ in range(4)]
    body = words(SSRC, (16, first), (16, (first + count) & 0xffff), (32, lost), (32, dups),
                 *[(32, v) for v in ticks], *[(8, v) for v in hops])
    want = {'first_seq': first, 'last_seq': (first + count - 1) & 0xffff}
    if loss:
        want['lost_packets'] = lost
    if dup:
        want['duplicates'] = dups
    for name, v in zip(('min', 'max', 'mean', 'deviation'), ticks):
        if jit:
            want['jitter_%s_ms' % name] = v * 1000 / CLOCK_HZ
    for name, v in zip(('min', 'max', 'mean', 'deviation'), hops):
        if toh in (1, 2):
            want['ttl_%s' % name] = v
    return [(6, loss << 7 | dup << 6 | jit << 5 | toh << 3, body)], [(None, want)]


def signed(v):
    return v - 256 if v > 127 else v


def voip_metrics():
    rates = [some(8) for _ in range(4)]
    burst, gap = some(16), some(16)
    trip, system = some(16, 0, 65535), some(16, 0, 65535)
    signal, noise = some(8, 127), some(8, 127)
    rerl, gmin = rnd.choice((127, rnd.randrange(127))), rnd.randrange(256)
    r, external = rnd.choice((127, rnd.randrange(101))), rnd.choice((127, rnd.randrange(101)))
    lq, cq = rnd.choice((127, rnd.randrange(10, 51))), rnd.choice((127, rnd.randrange(10, 51)))
    plc, jba, rate = rnd.randrange(4), rnd.randrange(4), rnd.randrange(16)
    buffers = [some(16, 65535) for _ in range(3)]
    body = words(SSRC, *[(8, v) for v in rates], (16, burst), (16, gap), (16, trip), (16, system),
                 (8, signal), (8, noise), (8, rerl), (8, gmin), (8, r), (8, external), (8, lq), (8, cq),
                 (2, plc), (2, jba), (4, rate), (8, 0), *[(16, v) for v in buffers])
    want = known(
        loss=rates[0] / 256, discard=rates[1] / 256, burst_density=rates[2] / 256,
        gap_density=rates[3] / 256, burst_length_ms=burst, gap_length_ms=gap,
        round_trip_ms=trip if 0 < trip < 65535 else None,
        end_system_delay_ms=system if 0 < system < 65535 else None,
        signal_dbm=signed(signal) if signal != 127 else None,
        noise_dbm=signed(noise) if noise != 127 else None, rerl_db=rerl if rerl != 127 else None,
        gmin=gmin or None, r_factor=r if r != 127 else None,
        external_r_factor=external if external != 127 else None,
        mos_lq=lq / 10 if lq != 127 else None, mos_cq=cq / 10 if cq != 127 else None,
        plc=plc or None, jitter_buffer_adaptive=jba if jba > 1 else None,
        jitter_buffer_rate=rate if jba == 3 else None,
        jitter_buffer_nominal_ms=below(buffers[0], 65535), jitter_buffer_max_ms=below(buffers[1], 65535),
        jitter_buffer_abs_max_ms=below(buffers[2], 65535))
    return [(7, 0, body)], [(None, want)]


def sixteenths(v):
    """RFC 6798: S11:4; 0x7fff unavailable, 0x7ffe and 0x8000 over range."""
    return None if v in (0x7ffe, 0x7fff, 0x8000) else (v - 65536 if v > 0x7fff else v) / 16


def delay_variation():
    i, kind = span()
    pdv = rnd.choice((0, 1, 1, 2))
    pos, neg, mean = (some(16, 0x7ffe, 0x7fff, 0x8000) for _ in range(3))
    body = words(SSRC, (16, pos), (16, some(16)), (16, neg), (16, some(16)), (16, mean), (16, 0))
    want = known(delay_variation_type=pdv, delay_variation_pos_ms=sixteenths(pos),
                 delay_variation_neg_ms=sixteenths(neg), delay_variation_mean_ms=sixteenths(mean))
    return [(15, i << 6 | pdv << 2, body)], [(kind, want)] if kind and pdv < 2 else []


def delay():
    """RFC 6843: round trips in 1/65536 s, the end system's delay as 64 bits of NTP time."""
    i, kind = span()
    trips = [some(32, 0xffffffff, 0xfffffffe) for _ in range(3)]
    seconds, fraction = rnd.choice(((0xffffffff, 0xffffffff), (rnd.randrange(3), some(32))))
    body = words(SSRC, *[(32, v) for v in trips], (32, seconds), (32, fraction))
    mean, least, most = (below(v, 0xfffffffe, 1000 / 65536) for v in trips)
    want = known(round_trip_ms=mean, round_trip_min_ms=least, round_trip_max_ms=most,
                 end_system_delay_ms=None if seconds == 0xffffffff
                 else (seconds + fraction / 2 ** 32) * 1000)
    return [(16, i << 6, body)], [(kind, want)] if kind and want else []


def share(v):
    return v / 32768 if v <= 32768 else None


def burst_loss_summary():
    """RFC 7004: rates times 32768; mean and variance of burst durations."""
    i, kind = span()
    burst, gap = (rnd.choice((0xffff, 0xfffe, rnd.randrange(32769))) for _ in range(2))
    mean = some(16, 0xffff, 0xfffe)
    want = known(burst_density=share(burst), gap_density=share(gap), burst_length_ms=below(mean, 0xfffe))
    body = words(SSRC, (16, burst), (16, gap), (16, mean), (16, some(16)))
    return [(17, i << 6, body)], [(kind, want)] if kind and want else []


def burst_discard_summary():
    i, kind = span()
    burst, gap = (rnd.choice((0xffff, 0xfffe, rnd.randrange(32769))) for _ in range(2))
    body = words(SSRC, (16, burst), (16, gap))
    want = known(burst_discard=share(burst), gap_discard=share(gap))
    return [(18, i << 6, body)], [(kind, want)] if kind and want else []


def burst_loss():
    """RFC 6958: threshold, sum of durations, packets lost and expected in bursts, bursts, squares."""
    i, kind = span()
    threshold, duration, lost = rnd.randrange(256), some(24, 0xffffff, 0xfffffe), some(24, 0xffffff)
    expected, bursts = some(24, 0xffffff, 0xfffffe), some(12, 0xfff, 0xffe)
    body = words(SSRC, (8, threshold), (24, duration), (24, lost), (24, expected), (12, bursts),
                 (36, rnd.randrange(1 << 36)))
    has_length = duration < 0xfffffe and 0 < bursts < 0xffe
    has_density = lost < 0xfffffe and 0 < expected < 0xfffffe and lost <= expected
    want = known(gmin=threshold, burst_lost_packets=below(lost, 0xfffffe), bursts=below(bursts, 0xffe),
                 burst_length_ms=duration / bursts if has_length else None,
                 burst_density=lost / expected if has_density else None)
    return [(20, i << 6, body)], [(kind, want)] if kind else []


def burst_discard():
    i, kind = span()
    threshold, lost = rnd.randrange(256), some(24, 0xffffff, 0xfffffe)
    expected = some(24, 0xffffff, 0xfffffe)
    body = words(SSRC, (8, threshold), (24, lost), (24, expected), (8, 0))
    has_share = lost < 0xfffffe and 0 < expected < 0xfffffe and lost <= expected
    want = known(gmin=threshold, burst_discarded_packets=below(lost, 0xfffffe),
                 burst_discard=lost / expected if has_share else None)
    return [(21, i << 6, body)], [(kind, want)] if kind else []


def jitter_buffer():
    i, kind = span()
    adaptive = rnd.randrange(2)
    sizes = [some(16, 0xffff, 0xfffe) for _ in range(4)]
    names = ('nominal', 'max', 'high', 'low')
    want = known(jitter_buffer_adaptive=2 + adaptive,
                 **{'jitter_buffer_%s_ms' % n: below(v, 0xfffe) for n, v in zip(names, sizes)})
    body = words(SSRC, *[(16, v) for v in sizes])
    return [(23, i << 6 | adaptive << 5, body)], [(kind, want)] if kind else []


def discard_count():
    """RFC 7002: 0 copies, 1 too early, 2 too late, 3 early and late together."""
    i, kind = span()
    what, n = rnd.randrange(4), some(32, 0xffffffff, 0xfffffffe)
    name = ('duplicates', 'discarded_early', 'discarded_late', 'discarded_packets')[what]
    want = known(**{name: below(n, 0xfffffffe)})
    return [(24, i << 6 | what << 4, words(SSRC, (32, n)))], [(kind, want)] if kind and want else []


def discarded_bytes():
    i, kind = span()
    early, n = rnd.randrange(2), some(32, 0xffffffff, 0xfffffffe)
    want = known(**{'discarded_early_bytes' if early else 'discarded_bytes': below(n, 0xfffffffe)})
    return [(26, i << 6 | early << 5, words(SSRC, (32, n)))], [(kind, want)] if kind and want else []


def sync_delay():
    v = some(32, 0xffffffff, 0xfffffffe)
    want = known(sync_delay_ms=below(v, 0xfffffffe, 1000 / 65536))
    return [(27, 0, words(SSRC, (32, v)))], [(None, want)] if want else []


def sync_offset():
    i, kind = span()
    ns = rnd.randrange(-3599 << 32, 3600 << 32)
    v = rnd.choice(((1 << 64) - 1, ns & (1 << 64) - 1))
    want = known(sync_offset_ms=ns / 2 ** 32 * 1000 if v != (1 << 64) - 1 else None)
    return [(28, i << 6, words(SSRC, (64, v)))], [(kind, want)] if kind and want else []


def mos():
    """RFC 7266: the first segment with a score; one channel 8:8, several 6:7."""
    i, kind = span()
    fields, want = [], {}
    for _ in range(rnd.randrange(1, 4)):
        channels, pt = rnd.randrange(2), rnd.randrange(128)
        unit = 128 if channels else 256
        top = 0x1fff if channels else 0xffff
        score = rnd.choice((top, top - 1, rnd.randrange(10 * unit, 50 * unit + 1)))
        fields += [(1, channels), (8, rnd.randrange(256)), (7, pt)]
        fields += [(3, rnd.randrange(8)), (13, score)] if channels else [(16, score)]
        if not want and score < top - 1:
            want = {'mos': score / unit / 10, 'payload_type': pt}
    return [(29, i << 6, words(SSRC, *fields))], [(kind, want)] if kind and want else []


def concealment():
    i, kind = span()
    concealed = some(32, 0xffffffff, 0xfffffffe)
    body = words(SSRC, (32, some(32)), (32, concealed), (32, some(32)), (16, some(16)), (16, 0),
                 (32, some(32)))
    want = known(concealed_ms=below(concealed, 0xfffffffe))
    return [(30, i << 6 | rnd.randrange(4) << 4, body)], [(kind, want)] if kind and want else []


def concealed_seconds():
    i, kind = span()
    fine, bad = some(32, 0xffffffff, 0xfffffffe), some(32, 0xffffffff, 0xfffffffe)
    severe = some(16, 0xffff, 0xfffe)
    body = words(SSRC, (32, fine), (32, bad), (16, severe), (8, 0), (8, rnd.randrange(256)))
    want = known(unimpaired_seconds=below(fine, 0xfffffffe), concealed_seconds=below(bad, 0xfffffffe),
                 severely_concealed_seconds=below(severe, 0xfffe))
    return [(31, i << 6 | rnd.randrange(4) << 4, body)], [(kind, want)] if kind and want else []


def post_repair():
    first, count = rnd.randrange(65536), rnd.randrange(1, 5000)
    lost, repaired = some(16, 0xffff, 0xfffe), some(16, 0xffff, 0xfffe)
    want = known(first_seq=first, last_seq=(first + count - 1) & 0xffff,
                 post_repair_lost_packets=below(lost, 0xfffe), repaired_packets=below(repaired, 0xfffe))
    body = words(SSRC, (16, first), (16, (first + count) & 0xffff), (16, lost), (16, repaired))
    return [(33, 0, body)], [(None, want)]


def measurement():
    """RFC 6776 says what the block behind it covers; here a discard count of each span."""
    first, low, count = rnd.randrange(65536), some(32), rnd.randrange(1, 5000)
    short, seconds, fraction = some(32), rnd.randrange(90000), some(32)
    low = min(low, 0xffffffff - count)
    blocks = [(14, 0, words(SSRC, (16, 0), (16, first), (32, low), (32, low + count), (32, short),
                            (32, seconds), (32, fraction)))]
    want = []
    for i, kind in ((1, 'sampled'), (2, 'interval'), (3, 'cumulative')):
        blocks.append((24, i << 6 | 3 << 4, words(SSRC, (32, 9))))
        of = {'discarded_packets': 9}
        if i > 1:
            of['first_seq'] = low if i == 2 else first
            of['last_seq'] = low + count
            of['duration_ms'] = short * 1000 / 65536 if i == 2 else \
                (seconds + fraction / 2 ** 32) * 1000
        want.append((kind, of))
    return blocks, want


def unknown_type():
    return [(rnd.choice((0, 8, 13, 32, 254, 255)), rnd.randrange(256), some_words(rnd.randrange(4)))], []


def some_words(n):
    return words(*[(32, rnd.randrange(1 << 32)) for _ in range(n)]) if n else b''


MAKERS = {
    'loss_rle': lambda: rle(1), 'duplicate_rle': lambda: rle(2), 'receipt_times': receipt_times,
    'statistics': statistics, 'voip_metrics': voip_metrics, 'post_repair_rle': lambda: rle(10),
    'measurement_information': measurement, 'delay_variation': delay_variation, 'delay': delay,
    'burst_loss_summary': burst_loss_summary, 'burst_discard_summary': burst_discard_summary,
    'burst_loss': burst_loss, 'burst_discard': burst_discard, 'jitter_buffer': jitter_buffer,
    'discard_count': discard_count, 'discard_rle': lambda: rle(25), 'discarded_bytes': discarded_bytes,
    'sync_delay': sync_delay, 'sync_offset': sync_offset, 'mos': mos, 'concealment': concealment,
    'concealed_seconds': concealed_seconds, 'post_repair': post_repair, 'unknown_type': unknown_type,
}
