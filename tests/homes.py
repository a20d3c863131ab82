#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Finds files and functions that are elsewhere than where one looks for them.

NAME.c declares what it defines in NAME.h of its folder, or, what the library offers, in include/earshot.
A part BASE_PART.c may use BASE.h, or a private header of the base: BASE_WORD.h that has no .c of its own.

A name stands for one file: none is in two folders, but for a header of include/earshot and what makes it.

A function's name does not lead to another file: es_WORDS.. begins with the name of a file only if it is
its own file, a base or a part of it, the folder, or a public header, whose types many files work on. Names of
correlate begin with es_cor_ and are apart from the others.

Prints a line for each that breaks a rule. usage, from the top of the tree: tests/homes.py
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
    text = re.sub(r"^#ifdef __cplusplus\n.*?^#endif\n", "", text, flags=re.S | re.M)
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


def prefixes(name):
    """a_b_c: the name and what it begins with in whole words, the longest first."""
    words = name.split("_")
    return ["_".join(words[:n]) for n in range(len(words), 0, -1)]


def other_file(name, source, folders_of):
    """The file that a function's name leads to although another one defines it, or None."""
    folder, stem = os.path.split(source[:-2])
    is_correlate = source.startswith("correlate/")
    name = name[3:]
    if is_correlate and name.startswith("cor_"):
        name = name[4:]
    own = set(prefixes(stem)) | set(folder.split("/"))
    for prefix in prefixes(name):
        if prefix in own or (folder in folders_of[prefix] and own & set(prefixes(prefix))):
            return None
        for other in folders_of[prefix]:
            if is_correlate == other.startswith("correlate") and other != "include/earshot":
                return other + "/" + prefix
    return None


files = subprocess.run(["tests/sources.sh", "*.[ch]", "in"] + FOLDERS,
                       check=True, capture_output=True, text=True).stdout.split()
declared = collections.defaultdict(list)
folders_of = collections.defaultdict(set)
for path in files:
    folder, stem = os.path.split(path[:-2])
    folders_of[stem].add(folder)
    if path.endswith(".h"):
        for name in functions(path):
            declared[name].append(path)
for stem, folders in folders_of.items():
    if len(folders - {"include/earshot"}) > 1:
        print(f"{stem} is a file of {' and of '.join(sorted(folders))}")
for path in files:
    if path.endswith(".c"):
        for name in functions(path):
            for header in declared[name]:
                if not is_home(header, path, files):
                    print(f"{path} defines {name}, which {header} declares")
            other = other_file(name, path, folders_of)
            if other and not any(h.startswith("include/") for h in declared[name]):
                print(f"{path} defines {name}, whose name leads to {other}")
