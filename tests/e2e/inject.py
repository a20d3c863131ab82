#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sends the frames of a capture on an interface, padded to the length they had.

usage: inject.py CAPTURE.pcap.gz INTERFACE FRAMES_PER_SECOND

For Ethernet captures; needs CAP_NET_RAW. The capture is a little-endian pcap.
"""
import gzip
import socket
import struct
import sys
import time


def main(path, interface, per_second):
    data = gzip.open(path, 'rb').read()
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind((interface, 0))
    at, sent, began = 24, 0, time.monotonic()
    while at < len(data):
        cap, orig = struct.unpack('<II', data[at + 8:at + 16])
        out.send(data[at + 16:at + 16 + cap].ljust(orig, b'\0'))
        at += 16 + cap
        sent += 1
        ahead = began + sent / per_second - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
    print('%d frames sent' % sent)


if __name__ == '__main__':
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
