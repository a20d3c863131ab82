#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Finds functions that are declared elsewhere than where one looks for them.

NAME.c declares what it defines in NAME.h of its folder, or, what the library offers, in include/earshot.
A part BASE_PART.c may use BASE.h, or a private header of the base: BASE_WORD.h that has no .c of its own.
Prints a line for each function that is declared elsewhere. usage, from the top of the tree: tests/homes.py
"""
import collections
import os
import re
import subprocess

FOLDERS = ["agent", "collector", "correlate", "include", "probes", "proto", "runtime"]


def pieces(path):
    """The file's declarations at top level, each with its last character: ; or } of a body."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    text = re.sub(r'/\*.*?\*/|//[^\n]*|"(\\.|[^"\\])*"|\'(\\.|[^\'\\])+\'', "", text, flags=re.S)
    text = re.sub(r"^[ \t]*#(\\\n|.)*", "", text, flags=re.M)
    n = 1
    while n:
        text, n = re.subn(r"\{[^{}]*\}", "\0", text)
    return re.findall(r"[^;\0]+[;\0]", text)


def functions(path):
    """Names of the functions that a header declares, or that a source defines."""
    end = ";" if path.endswith(".h") else "\0"
    for piece in pieces(path):
        name = re.search(r"\b(es_\w+)\s*\(", piece)
        if name and piece[-1] == end and "=" not in piece and not piece.lstrip().startswith("typedef"):
            yield name[1]


def is_home(header, source, files):
    """Whether one looks into this header for what that source defines."""
    if header.startswith("include/earshot/"):
        return True
    folder, head = os.path.split(header[:-2])
    if folder != os.path.dirname(source):
        return False
    stem = os.path.basename(source)[:-2]
    if (stem + "_").startswith(head + "_"):
        return True
    if header[:-2] + ".c" in files or "_" not in head:
        return False
    base = head.rsplit("_", 1)[0]
    return (stem + "_").startswith(base + "_")


files = subprocess.run(["tests/sources.sh", "*.[ch]", "in"] + FOLDERS,
                       check=True, capture_output=True, text=True).stdout.split()
declared = collections.defaultdict(list)
for path in files:
    if path.endswith(".h"):
        for name in functions(path):
            declared[name].append(path)
for path in files:
    if path.endswith(".c"):
        for name in functions(path):
            for header in declared[name]:
                if not is_home(header, path, files):
                    print(f"{path} defines {name}, which {header} declares")
