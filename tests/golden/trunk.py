#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""trunk.py SECONDS EP GW: captures of both ends of a trunk with calls that begin so far apart.

They follow each other on the same ports with the same SSRC, as gateways make them that do not choose an SSRC for each
call. Each call loses another number of packets on the way to GW."""
import struct
import sys

from xr import Scene, datagram

CALLS, PACKETS = 3, 600
CALLER, CALLEE = ('10.0.0.1', 5060), ('10.0.0.2', 5060)
MEDIA = {CALLER: ('10.0.0.1', 4000, 0x1111aaaa), CALLEE: ('10.0.0.2', 5000, 0x2222bbbb)}


def message(start, call, cseq, of=None):
    body = '' if of is None else '\r\n'.join([
        'v=0', 'o=- 1 1 IN IP4 ' + of[0], 's=-', 'c=IN IP4 ' + of[0], 't=0 0', 'm=audio %d RTP/AVP 0' % of[1], ''])
    lines = [start, 'Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK%d%s' % (call, cseq[:3]), 'From: <sip:1%d@h>;tag=a' % call,
             'To: <sip:2%d@h>' % call + ('' if start.startswith('INVITE') else ';tag=b'), 'Call-ID: trunk-%d' % call,
             'CSeq: ' + cseq, 'Content-Type: application/sdp', 'Content-Length: %d' % len(body), '', body]
    return '\r\n'.join(lines).encode()


def scene(is_behind, apart_ms):
    out = Scene()

    def say(ms, src, dst, *what):
        out.packets.append((ms, datagram(src, dst, 0, message(*what))))

    for call in range(CALLS):
        t0 = call * apart_ms
        say(t0, CALLER, CALLEE, 'INVITE sip:2@h SIP/2.0', call, '1 INVITE', MEDIA[CALLER])
        say(t0 + 50, CALLEE, CALLER, 'SIP/2.0 200 OK', call, '1 INVITE', MEDIA[CALLEE])
        say(t0 + 60, CALLER, CALLEE, 'ACK sip:2@h SIP/2.0', call, '1 ACK')
        for n in range(PACKETS):
            for src, dst in ((CALLER, CALLEE), (CALLEE, CALLER)):
                # the further the call, the more often it loses a packet
                if is_behind and src is CALLER and n % 40 < call + 1 and n > 40:
                    continue
                head = struct.pack('>BBHII', 0x80, 0, 5000 + 9000 * call + n, 77777 * call + n * 160, MEDIA[src][2])
                out.packets.append((t0 + 100 + 20 * n, datagram(MEDIA[src], MEDIA[dst], 0, head + b'\xd5' * 160)))
        end = t0 + 120 + 20 * PACKETS
        say(end, CALLER, CALLEE, 'BYE sip:2@h SIP/2.0', call, '2 BYE')
        say(end + 5, CALLEE, CALLER, 'SIP/2.0 200 OK', call, '2 BYE')
    return out


if __name__ == '__main__':
    for path, behind in zip(sys.argv[2:], (False, True)):
        scene(behind, int(sys.argv[1]) * 1000).write(path)
