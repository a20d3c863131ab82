#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes one capture in every form `earshot read` takes; the packets stay the same.

usage: variants.py CAPTURE FOLDER SEED

CAPTURE is a little-endian pcap with microseconds, plain or gzip. Into FOLDER: the same in both byte
orders and precisions, as pcapng, gzipped; and cut in two (split_1, split_2) at a packet that SEED
picks, at which no packet before is younger than one behind. drops.pcapng says that 5 packets were
lost before that packet and 2 more in all; strange.pcap has a link type nobody decodes. bursts.pcapng
has an interface for each direction, as dumpcap writes it: what both caught in BURST_MS stands together,
the newer interface first.
"""
import gzip
import os
import random
import struct
import sys

BURST_MS = 300

def packets(path):
    """The link type and [(seconds, microseconds, original length, bytes)]."""
    data = (gzip.open if path.endswith('.gz') else open)(path, 'rb').read()
    assert data[:4] == b'\xd4\xc3\xb2\xa1', path
    link = struct.unpack('<I', data[20:24])[0]
    out, at = [], 24
    while at < len(data):
        sec, usec, cap, orig = struct.unpack('<IIII', data[at:at + 16])
        out.append((sec, usec, orig, data[at + 16:at + 16 + cap]))
        at += 16 + cap
    return link, out


def pcap(link, pkts, order, nano):
    out = [struct.pack(order + 'IHHiIII', 0xa1b23c4d if nano else 0xa1b2c3d4, 2, 4, 0, 0, 262144, link)]
    for sec, usec, orig, data in pkts:
        out += [struct.pack(order + 'IIII', sec, usec * 1000 if nano else usec, len(data), orig), data]
    return b''.join(out)


def block(order, kind, body):
    body += b'\0' * (-len(body) % 4)
    total = struct.pack(order + 'I', len(body) + 12)
    return struct.pack(order + 'I', kind) + total + body + total


def section(order, link, tsresol, interfaces=1):
    """Section header, a name resolution block to pass over, interfaces."""
    options = b'' if tsresol == 6 else struct.pack(order + 'HHB3xI', 9, 1, tsresol, 0)
    return (block(order, 0x0a0d0d0a, struct.pack(order + 'IHHq', 0x1a2b3c4d, 1, 0, -1))
            + block(order, 4, b'\0' * 4)
            + block(order, 1, struct.pack(order + 'HHI', link, 0, 0) + options) * interfaces)


def packet(order, tsresol, interface, pkt, options=b''):
    sec, usec, orig, data = pkt
    ticks = (sec * 1000000 + usec) * 10 ** (tsresol - 6)
    return block(order, 6, struct.pack(order + 'IIIII', interface, ticks >> 32, ticks & 0xffffffff,
                                       len(data), orig) + data + b'\0' * (-len(data) % 4) + options)


def pcapng(link, pkts, order, tsresol, at_section=None, at_drops=None):
    """at_section: the packet before which a new section of the other byte order begins."""
    out = [section(order, link, tsresol)]
    for i, (sec, usec, orig, data) in enumerate(pkts):
        if i == at_section:
            order = '>' if order == '<' else '<'
            out.append(section(order, link, tsresol))
        out.append(packet(order, tsresol, 0, (sec, usec, orig, data),
                          struct.pack(order + 'HHQHH', 4, 8, 5, 0, 0) if i == at_drops else b''))
    if at_drops is not None:
        ticks = (sec * 1000000 + usec) * 10 ** (tsresol - 6)
        out.append(block(order, 5, struct.pack(order + 'IIIHHQHH', 0, ticks >> 32, ticks & 0xffffffff,
                                               5, 8, 7, 0, 0)))
    return b''.join(out)


def bursts(link, pkts):
    """Packets whose first address is the higher one come by the second interface."""
    def place(pkt):
        burst = (pkt[0] * 1000 + pkt[1] // 1000) // BURST_MS
        return burst, not pkt[3][26:30] > pkt[3][30:34]
    order = sorted(pkts, key=place)  # stable: an interface's own order stays
    return section('<', link, 6, 2) + b''.join(
        packet('<', 6, int(not place(p)[1]), p) for p in order)


def split_place(pkts, seed):
    """Where the packets can be cut so that merging by time gives the same order."""
    times = [p[:2] for p in pkts]
    youngest_before, places, top = [], [], times[0]
    for t in times:
        top = max(top, t)
        youngest_before.append(top)
    bottom = times[-1]
    for i in range(len(times) - 1, 0, -1):
        bottom = min(bottom, times[i])
        if youngest_before[i - 1] <= bottom:
            places.append(i)
    return random.Random(seed).choice(places)


def main(path, folder, seed):
    link, pkts = packets(path)
    place = split_place(pkts, seed)
    files = {
        'us_little.pcap': pcap(link, pkts, '<', False),
        'us_big.pcap': pcap(link, pkts, '>', False),
        'ns_little.pcap': pcap(link, pkts, '<', True),
        'ns_big.pcap': pcap(link, pkts, '>', True),
        'little.pcapng': pcapng(link, pkts, '<', 6),
        'big.pcapng': pcapng(link, pkts, '>', 6),
        'ns.pcapng': pcapng(link, pkts, '<', 9),
        'sections.pcapng': pcapng(link, pkts, '<', 9, place),
        'drops.pcapng': pcapng(link, pkts, '<', 6, at_drops=place),
        'bursts.pcapng': bursts(link, pkts),
        'strange.pcap': pcap(250, pkts, '<', False),
        'split_1.pcap': pcap(link, pkts[:place], '<', False),
        'split_2.pcap': pcap(link, pkts[place:], '<', False),
    }
    files['big.pcap.gz'] = gzip.compress(files['us_big.pcap'], 1)
    files['sections.pcapng.gz'] = gzip.compress(files['sections.pcapng'], 1)
    for name, data in files.items():
        with open(os.path.join(folder, name), 'wb') as f:
            f.write(data)


if __name__ == '__main__':
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
