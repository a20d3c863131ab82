#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a capture of N TCP connections that each carry one SIP message and stay open.

usage: crowd.py FILE.pcap N
"""
import struct
import sys


def main(path, n):
    text = (b'OPTIONS sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.1\r\nCall-ID: x\r\n'
            b'From: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n')
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
        for i in range(n):
            tcp = struct.pack('>HHIIBBHHH', 1024 + i % 60000, 5060, 1, 1, 0x50, 0x18, 65535, 0, 0)
            ip = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 40 + len(text), i & 0xffff, 0, 64, 6, 0,
                             bytes((10, 1, i // 60000, 1)), bytes((10, 0, 0, 2)))
            pkt = ip + tcp + text
            f.write(struct.pack('<IIII', 1700000000, i, len(pkt), len(pkt)) + pkt)


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], int(sys.argv[2]))
