#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sends one RTP stream (PCMA, 20 ms) on an interface, also after that went and came again.

usage: rtp.py INTERFACE SECONDS; prints how many packets left.
"""
import socket
import struct
import sys
import time

name, seconds = sys.argv[1], float(sys.argv[2])
out, sent, began = None, 0, time.monotonic()
for number in range(int(seconds * 50)):
    rtp = struct.pack(">BBHII", 0x80, 8, number & 0xFFFF, number * 160, 0xA1B2C3D4) + bytes([0xD5]) * 160
    udp = struct.pack(">HHHH", 30000, 30002, 8 + len(rtp), 0) + rtp
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number & 0xFFFF, 0, 64, 17, 0,
                     socket.inet_aton("192.0.2.1"), socket.inet_aton("192.0.2.2"))
    try:
        if out is None:
            out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            out.bind((name, 0))
        out.send(bytes.fromhex("02000000000a02000000000b0800") + ip + udp)
        sent += 1
    except OSError:  # away: the packet is lost, as it is for a phone
        if out is not None:
            out.close()
        out = None
    time.sleep(max(0, began + (number + 1) / 50 - time.monotonic()))
print(sent)
