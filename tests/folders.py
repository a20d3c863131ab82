#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The folders of production code, against their table in docs/ARCHITECTURE.md.

usage: tests/folders.py           complains where a folder has no row, a row no folder, a size is more than a
                                  tenth off, a folder holds more source files than a reader keeps in
                                  mind, or the top of the tree has more than it should
       tests/folders.py --write   puts the sizes into the table
"""
import os
import re
import subprocess
import sys

TOP = 'include probes correlate proto runtime agent collector'.split()
PAGE = 'docs/ARCHITECTURE.md'
# All that the top of the tree holds.
TREE = TOP + 'cross docs examples packaging tests CHANGELOG.md LICENSE Makefile README.md SECURITY.md VERSION'.split()
FILES_MAX = 40
ROW = re.compile(r'^\| `([a-z/]+)` \|(.*)\| (\d*) \| ([^|]*) \|$', re.M)


def folders():
    """Folder -> (number of source files, lines, 'largest file (its lines)')."""
    found = {}
    for top in TOP:
        for folder, _, names in os.walk(top):
            sizes = {}
            for name in names:
                if name.endswith(('.c', '.h')):
                    with open(os.path.join(folder, name), encoding='utf-8') as f:
                        sizes[name] = sum(1 for _ in f)
            if sizes:
                largest = max(sorted(sizes), key=sizes.get)
                found[folder] = len(sizes), sum(sizes.values()), '%s (%d)' % (largest, sizes[largest])
    return found


def complaints(found, page):
    rows = {m[1]: m for m in ROW.finditer(page)}
    for folder, (n, lines, _) in found.items():
        if n > FILES_MAX:
            yield '%s holds %d source files, %d is the cap' % (folder, n, FILES_MAX)
        if folder not in rows:
            yield '%s has no row in %s' % (folder, PAGE)
        elif not rows[folder][3] or abs(int(rows[folder][3]) - lines) > lines / 10:
            yield '%s has %d lines, %s says %s: make folders' % (folder, lines, PAGE, rows[folder][3] or 'nothing')
    for folder in rows:
        if folder not in found:
            yield '%s has a row in %s and no source' % (folder, PAGE)


def strangers():
    """What git has at the top and no reader expects there."""
    listed = subprocess.run(['git', 'ls-files', '-z'], capture_output=True, text=True, check=False).stdout
    top = {name.split('/')[0] for name in listed.split('\0') if name}
    return ['%s does not belong at the top of the tree' % name for name in sorted(top) if name[0] != '.' and name not in TREE]


def main():
    found = folders()
    with open(PAGE, encoding='utf-8') as f:
        page = f.read()
    if sys.argv[1:] == ['--write']:
        def sized(m):
            size = found.get(m[1], (0, m[3], m[4]))
            return '| `%s` |%s| %s | %s |' % (m[1], m[2], size[1], size[2])
        with open(PAGE, 'w', encoding='utf-8') as f:
            f.write(ROW.sub(sized, page))
        return
    for line in list(complaints(found, page)) + strangers():
        print(line)


main()
