#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Complains where "Where to look" of docs/ARCHITECTURE.md names a file that is not there, or a function that is
not in it. usage: tests/where.py"""
import os
import re

PAGE = 'docs/ARCHITECTURE.md'
TOP = 'include probes correlate proto runtime agent collector'.split()


def sources():
    """Base name -> the text of all files of that name."""
    found = {}
    for top in TOP:
        for folder, _, names in os.walk(top):
            for name in names:
                if name.endswith(('.c', '.h', '.js', '.proto')):
                    with open(os.path.join(folder, name), encoding='utf-8') as f:
                        found[name] = found.get(name, '') + f.read()
    return found


def main():
    with open(PAGE, encoding='utf-8') as f:
        table = re.search(r'^## Where to look$(.*?)^## ', f.read(), re.M | re.S)
    rows = re.findall(r'^\| ([^|]*) \| ([^|]*) \| ([^|]*) \|$', table[1] if table else '', re.M)[1:]
    if not rows:
        print(PAGE + ' has no table of where to look')
    texts = sources()
    for question, functions, files in rows:
        names = [os.path.basename(n) for n in re.findall(r'`([^`]+\.[a-z]+)`', files)]
        text = ''.join(texts.get(n, '') for n in names)
        for name in names:
            if name not in texts:
                print('%s there is no %s' % (question, name))
        for function in re.findall(r'`([a-z_0-9]+)`', functions):
            if not re.search(r'\b%s\b' % function, text):
                print('%s %s is not in %s' % (question, function, ', '.join(names)))


main()
