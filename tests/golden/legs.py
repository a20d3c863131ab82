#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""legs.py EARSHOT: two legs of a busy call, one on each side of an SBC that hides its topology, are
one call of `earshot explain` by what their headers share. Prints ok and FAIL lines."""
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


def main():
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for name, (header, options) in KEYS.items():
            for test, values, want in (('join_by', ('3132', '3132'), [2]), ('stay_apart_by_another', ('3132', '33'), [1, 1])):
                got = calls(sys.argv[1], folder, [header % v for v in values], options)
                print('ok' if got == want else 'FAIL', 'legs_%s_%s' % (test, name) +
                      ('' if got == want else ': legs per call %s, not %s' % (got, want)))
                failed |= got != want
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
