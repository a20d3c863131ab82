#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs each command of docs/TOUR.md and compares what it prints with what the page shows.

A command begins with "$ " in a block of ```console; lines that begin with "> ", and lines behind a backslash, continue it. What
stands below it, up to the next command, is its output, standard error included. What differs from run to run has a name
in <>, see VARYING. UPDATE=1 writes the page again. usage: tour.py BUILD_DIR
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, sys.argv[1])
PAGE = os.path.join(ROOT, 'docs/TOUR.md')
COLUMNS = 80
COMMANDS_LEAST = 6
VARYING = [
    (re.compile(r'^\d{4}-\d\d-\d\dT[\d:.]+Z (?=info:)', re.M), '<now> '),
    (re.compile(r'\bu1-[0-9a-f]{24}\b'), '<pseudonym>'),
]


def verdict(name, why):
    print('FAIL %s: %s' % (name, why) if why else 'ok ' + name)
    return not why


class Demo:
    """The collector of make demo, while it runs."""

    def __init__(self):
        self.log = tempfile.TemporaryFile('w+')
        self.process = subprocess.Popen([os.path.join(ROOT, 'packaging/demo.sh'), sys.argv[1]], stdout=self.log,
                                        stderr=subprocess.STDOUT, start_new_session=True)
        end = time.monotonic() + 120
        while 'Ctrl-C' not in self.text() and self.process.poll() is None and time.monotonic() < end:
            time.sleep(0.1)
        found = re.search(r'--dir (\S+)', self.text())
        self.folder = found[1] if found else None

    def text(self):
        self.log.seek(0)
        return self.log.read()

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def blocks(text):
    """Pieces of the page, and for each whether it is a block of commands."""
    for i, part in enumerate(re.split(r'^```console\n(.*?)^```\n', text, flags=re.M | re.S)):
        yield i % 2 == 1, part


def commands(block):
    """(lines as they stand, command, output) of each command."""
    lines = block.splitlines(keepends=True)
    while lines:
        shown = [lines.pop(0)]
        while lines and (shown[-1].endswith('\\\n') or lines[0].startswith('> ')):
            shown.append(lines.pop(0))
        output = []
        while lines and not lines[0].startswith('$ '):
            output.append(lines.pop(0))
        yield ''.join(shown), ''.join(line[2:] if line[:2] in ('$ ', '> ') else line for line in shown), ''.join(output)


def run(command, folder):
    env = {'PATH': BUILD + ':' + os.environ['PATH'], 'COLUMNS': str(COLUMNS), 'LC_ALL': 'C.UTF-8', 'HOME': folder}
    done = subprocess.run(['sh', '-c', command], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, timeout=120)
    text = done.stdout.decode()
    for pattern, name in VARYING:
        text = pattern.sub(name, text)
    return re.sub(r' +$', '', text, flags=re.M)


def main():
    page = open(PAGE).read()
    ok, n, new = True, 0, ''
    # Under an emulator no program of ours begins itself again, as the parts of a service do.
    demo = None if os.environ.get('EMULATED') else Demo()
    with tempfile.TemporaryDirectory() as folder:
        for name in os.listdir(os.path.join(ROOT, 'tests/golden/loss_seg1')):
            shutil.copy(os.path.join(ROOT, 'tests/golden/loss_seg1', name), folder)
        if demo:
            ok &= verdict('tour_demo_says_where_its_collector_is', demo.folder is None and demo.text()[-300:])
        for is_block, part in blocks(page):
            if not is_block:
                new += part
                continue
            new += '```console\n'
            for shown, command, expected in commands(part):
                n += 1
                if '<dir>' in command and not demo:
                    print('skip tour_command_%d: the emulator cannot run the collector as a service' % n)
                    new += shown + expected
                    continue
                got = run(command.replace('<dir>', demo and demo.folder or '/nowhere'), folder)
                new += shown + got
                why = got != expected and 'prints %r, the page has %r' % (got[:400], expected[:400])
                why = why or any(len(line) > COLUMNS for line in (shown + got).splitlines()) and 'is wider than the page'
                ok &= os.environ.get('UPDATE') is not None or verdict('tour_command_%d' % n, why)
            new += '```\n'
    if demo:
        demo.end()
    ok &= verdict('tour_has_its_commands', n < COMMANDS_LEAST and '%d commands' % n)
    if os.environ.get('UPDATE') is not None:
        with open(PAGE, 'w') as f:
            f.write(new)
    return not ok


sys.exit(main())
