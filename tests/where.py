#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Complains where "Where to look" of docs/ARCHITECTURE.md names a file that is not there, or a function that is
not defined in it, and where docs/HACKING.md names a file that is not there. usage: tests/where.py"""
import os
import re

PAGE = 'docs/ARCHITECTURE.md'
RECIPES = 'docs/HACKING.md'
TOP = 'include|probes|correlate|proto|runtime|agent|collector|packaging|tests|docs|cross'


def text_of(path):
    if not os.path.isfile(path):
        return None
    with open(path, encoding='utf-8') as f:
        return f.read()


def rows():
    """Each row that says where to look: question, functions, files."""
    table = re.search(r'^## Where to look$(.*?)^## ', text_of(PAGE), re.M | re.S)
    return re.findall(r'^\| ([^|]*) \| ([^|]*) \| ([^|]*) \|$', table[1] if table else '', re.M)[1:]


def main():
    if not rows():
        print(PAGE + ' has no table of where to look')
    for question, functions, files in rows():
        names = re.findall(r'`([^`]+)`', files)
        texts = {name: text_of(name) for name in names}
        for name in names:
            if texts[name] is None:
                print('%s: there is no %s' % (question, name))
        for function in re.findall(r'`([a-z_0-9]+)`', functions):
            if not re.search(r'^%s\(' % function, ''.join(t or '' for t in texts.values()), re.M):
                print('%s: %s is not defined in %s' % (question, function, ', '.join(names)))
    for name in re.findall(r'`((?:%s)/[a-z_0-9/.-]+)`' % TOP, text_of(RECIPES)):
        if not os.path.exists(name):
            print('%s: there is no %s' % (RECIPES, name))


main()
