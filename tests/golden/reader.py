#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `earshot read` and `top` do with whoever looks: a reader that leaves, a terminal during a long reading.

usage: reader.py EARSHOT CAPTURE
"""
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time

EARSHOT, CAPTURE = sys.argv[1:]


def check(name, ok, why):
    print('ok ' + name if ok else 'FAIL %s: %s' % (name, why))
    return ok


def to_nobody(command, options, is_ignored):
    """Output into a pipe whose reader is gone: the status, and what standard error has."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([EARSHOT, command, *options, CAPTURE], stdout=writer, stderr=subprocess.PIPE,
                          restore_signals=False, timeout=60,
                          preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN if is_ignored else signal.SIG_DFL))
    os.close(writer)
    return done.returncode, done.stderr


def big(path):
    """70 MB of a small UDP packet again and again, a microsecond apart."""
    ip = bytes([0x45, 0]) + struct.pack('>HHHBBH', 1400, 1, 0, 64, 17, 0) + bytes([10, 0, 0, 1, 10, 0, 0, 2])
    data = bytes(12) + b'\x08\0' + ip + struct.pack('>HHHH', 9, 9, 1380, 0) + bytes(1372)
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for i in range(50000):
            f.write(struct.pack('<IIII', 1000, i, len(data), len(data)) + data)


def on_terminal(command, **more):
    """What a terminal gets on standard error."""
    master, slave = pty.openpty()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=slave, **more)
    os.close(slave)
    got = b''
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:
            part = b''
        if not part:
            break
        got += part
    os.close(master)
    return child.wait(60), got.decode()


def main():
    ok = True
    for options in [], ['--json'], ['--csv'], ['--json', '--records', 'interval', '--worst', '9']:
        got = [to_nobody('read', options, is_ignored) for is_ignored in (False, True)]
        ok &= check('read_ends_quietly_when_its_reader_leaves' + ''.join(options).replace('--', '_'),
                    got == [(-signal.SIGPIPE, b'')] * 2, (options, got))
    # The first line of top would come behind the call, which lasts as long as it was captured.
    for speed in '1', '1000':
        began = time.monotonic()
        got = [to_nobody('top', ['--speed', speed], is_ignored) for is_ignored in (False, True)]
        took_s = time.monotonic() - began
        ok &= check('top_ends_quietly_when_its_reader_leaves_speed' + speed,
                    got == [(-signal.SIGPIPE, b'')] * 2 and took_s < 20, (got, took_s))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'big.pcap')
        big(path)
        status, text = on_terminal([EARSHOT, 'read', path])
        shown = re.match(r'earshot read: \d+ of 68 MiB, \d+ %, 0 calls', text)
        line = text[:text.index('\r')] if '\r' in text else text
        ok &= check('read_shows_progress_of_a_big_capture',
                    status == 0 and shown is not None and '\r' + ' ' * len(line) + '\r' in text, (status, text[:300]))
        with open(path, 'rb') as f:
            status, text = on_terminal([EARSHOT, 'read', '-'], stdin=f)
        ok &= check('read_shows_progress_of_standard_input', status == 0 and ' of 68 MiB' in text, (status, text[:300]))
        done = subprocess.run([EARSHOT, 'read', path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        ok &= check('read_shows_no_progress_without_a_terminal', b'MiB' not in done.stderr, done.stderr[:300])
    status, text = on_terminal([EARSHOT, 'read', CAPTURE])
    ok &= check('read_shows_no_progress_of_a_small_capture', (status, text) == (0, ''), (status, text[:300]))
    sys.exit(not ok)


main()
