#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""legs.py EARSHOT: two legs of a busy call, one on each side of an SBC that hides its topology, are
one call of `earshot explain` by what their headers share; and a machine that passes a call on is no endpoint. Prints ok
and FAIL lines."""
import json
import os
import subprocess
import sys
import tempfile

from xr import Scene, datagram

SIDES = (('10.0.0.1', 5060, 0), ('10.0.0.2', 5060, 0))
KEYS = {
    'icid': ('P-Charging-Vector: icid-value=%s;orig-ioi=h', []),
    'user_to_user': ('User-to-User: %s;encoding=hex', []),
    'configured_header': ('X-Trunk-Call: %s', ['--leg-header', 'X-Trunk-Call']),
}


def message(start, side, header):
    lines = [start, 'Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK' + side, 'From: <sip:a@h>;tag=a' + side,
             'To: <sip:b@h>' + (';tag=b' + side if start.startswith('SIP') else ''), 'Call-ID: leg-' + side,
             'CSeq: 1 INVITE', header, 'Content-Length: 0', '', '']
    return '\r\n'.join(lines).encode()


def capture(path, side, header):
    scene = Scene()
    scene.packets = [
        (0, datagram(SIDES[0], SIDES[1], 0, message('INVITE sip:b@h SIP/2.0', side, header))),
        (90, datagram(SIDES[1], SIDES[0], 0, message('SIP/2.0 486 Busy Here', side, header)))]
    scene.write(path)
    return path


def calls(earshot, folder, headers, options):
    paths = [capture(os.path.join(folder, n + '.pcap'), n, h) for n, h in zip(('ep', 'gw'), headers)]
    run = subprocess.run([earshot, 'explain', '--json', *options, 'endpoint:ep=' + paths[0],
                          'gateway:gw=' + paths[1]], capture_output=True, text=True, timeout=60, check=True)
    return [len(json.loads(line)['legs']) for line in run.stdout.splitlines()]


def passed_on(path):
    """A call that 10.0.0.2 receives and sends on to 10.0.0.3, seen there."""
    scene, header = Scene(), KEYS['icid'][0] % '3132'
    there, behind = SIDES[1], ('10.0.0.3', 5060, 0)
    for ms, src, dst, side in ((0, SIDES[0], there, 'ep'), (5, there, behind, 'gw')):
        scene.packets += [(ms, datagram(src, dst, 0, message('INVITE sip:b@h SIP/2.0', side, header))),
                          (95 - ms, datagram(dst, src, 0, message('SIP/2.0 486 Busy Here', side, header)))]
    scene.packets.sort(key=lambda packet: packet[0])
    scene.write(path)
    return path


def says_that_no_endpoint_passes_on(earshot, folder):
    path = passed_on(os.path.join(folder, 'proxy.pcap'))
    answers = [subprocess.run([earshot, 'explain', role + ':x=' + path], capture_output=True, text=True, timeout=60,
                              check=True).stdout for role in ('endpoint', 'sbc')]
    said = ['x/1 is declared an endpoint, but 10.0.0.2 passes the call on there' in ' '.join(a.split()) for a in answers]
    print('ok' if said == [True, False] else 'FAIL', 'explain_says_that_no_endpoint_passes_a_call_on' +
          ('' if said == [True, False] else ': %s %s' % (said, answers[0])))
    return said == [True, False]


def main():
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for name, (header, options) in KEYS.items():
            for test, values, want in (('join_by', ('3132', '3132'), [2]), ('stay_apart_by_another', ('3132', '33'), [1, 1])):
                got = calls(sys.argv[1], folder, [header % v for v in values], options)
                print('ok' if got == want else 'FAIL', 'legs_%s_%s' % (test, name) +
                      ('' if got == want else ': legs per call %s, not %s' % (got, want)))
                failed |= got != want
        failed |= not says_that_no_endpoint_passes_on(sys.argv[1], folder)
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
