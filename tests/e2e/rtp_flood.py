#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sends many RTP streams (PCMA, 20 ms) on an interface, in groups that begin one after the other and end together.

usage: rtp_flood.py INTERFACE SECONDS STREAMS@BEGIN...; stream i has port 20000 + 2 * i and SSRC i + 1.
Prints a line "SSRC PACKETS" for each.
"""
import socket
import struct
import sys
import time

seconds = float(sys.argv[2])
begins = []
for group in sys.argv[3:]:
    n, at = group.split("@")
    begins += [float(at)] * int(n)
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
out.bind((sys.argv[1], 0))
frames = []
for i in range(len(begins)):
    rtp = struct.pack(">BBHII", 0x80, 8, 0, 0, i + 1) + bytes([0xD5]) * 160
    udp = struct.pack(">HHHH", 20000 + 2 * i, 20000 + 2 * i, 8 + len(rtp), 0) + rtp
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                     socket.inet_aton("192.0.2.1"), socket.inet_aton("192.0.2.2"))
    frames.append(bytearray(bytes.fromhex("02000000000a02000000000b0800") + ip + udp))
sent = [0] * len(begins)
start = time.monotonic()
for tick in range(int(seconds * 50)):
    for i, frame in enumerate(frames):
        if begins[i] > tick / 50:
            break
        struct.pack_into(">H", frame, 18, sent[i] & 0xFFFF)
        struct.pack_into(">HI", frame, 44, sent[i] & 0xFFFF, sent[i] * 160)
        out.send(frame)
        sent[i] += 1
        if i % 32 == 31:
            time.sleep(0)  # the receiver's queue takes a thousand
    time.sleep(max(0, start + (tick + 1) / 50 - time.monotonic()))
for i, n in enumerate(sent):
    print(i + 1, n)
