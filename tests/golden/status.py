#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `earshot status` prints of an answer of the service: one of each kind, and several.

usage: status.py EARSHOT
"""
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading

ONE = '''\
earshotd    9, process 1, none
sensor      runs
calls       1 up, 1 call and 1 stream open
spool       1 record waits, 1 byte, acknowledged to 1 of 8
            the oldest has waited for 1 minute
            1 record lost, 1 disk error, 1 damaged byte
            1 file that is no segment was set aside at start
hop         1 message of the sensor could not be read
collector   c:1 connected
            last acknowledgement 0.0 s ago, 1 batch sent, 1 on the way
'''
TWO = '''\
earshotd    9, process 2, none
sensor      runs
calls       2 up, 2 calls and 2 streams open
spool       2 records wait, 2 bytes, acknowledged to 2 of 8
            the oldest has waited for 2 minutes
            2 records lost, 2 disk errors, 2 damaged bytes
            2 files that are no segments were set aside at start
hop         2 messages of the sensor could not be read
collector   c:1 connected
            last acknowledgement 0.0 s ago, 2 batches sent, 2 on the way
'''


def answer(n):
    """All counts are n."""
    spool = dict.fromkeys(('records', 'bytes', 'acked_seq', 'lost', 'disk_errors', 'skipped_bytes',
                           'quarantined_files'), n)
    spool.update(next_seq=9, waiting_s=60 * n)
    counts = dict.fromkeys(('pid', 'calls_up', 'open_calls', 'open_streams', 'hop_malformed'), n)
    collector = {'address': 'c:1', 'state': 'connected', 'last_ack_ago_ms': 0, 'batches': n, 'in_flight': n}
    return json.dumps(dict(counts, version='9', rights='none', sensor='runs', spool=spool, collector=collector))


def printed(earshot, text):
    """What status prints of this answer."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        config = os.path.join(folder, 'earshotd.conf')
        with open(config, 'w') as f:
            f.write('run-dir = %s\ncapture "c" { interface = lo  role = tap }\n' % folder)
        listener.bind(os.path.join(folder, 'control'))
        listener.listen()
        listener.settimeout(5)

        def serve():
            with listener.accept()[0] as peer:
                peer.sendall(text.encode())
        server = threading.Thread(target=serve)
        server.start()
        done = subprocess.run([earshot, 'status', '--config', config], capture_output=True, timeout=20)
        server.join()
    return done.stdout.decode() + done.stderr.decode()


def main():
    failed = False
    for n, name, expected in (1, 'one_of_each', ONE), (2, 'several', TWO):
        got = printed(sys.argv[1], answer(n))
        print('ok status_counts_' + name if got == expected else 'FAIL status_counts_%s: %s' % (name, got))
        failed |= got != expected
    sys.exit(failed)


main()
