#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Finds files that need each other: circles of calls and data between the objects of the production code.

A circle is allowed where it is a base and its parts: one subject that is too long for one file. Such a circle is a
row of the table. What its files share is in one private header. No other file sees that header, neither directly
nor through others, and the row names exactly the files that do.

Prints a line for each circle that has no row, for each file against its row, and for each row without a circle.
usage, from the top of the tree: tests/circles.py [BUILD_DIR]
"""
import os
import re
import subprocess
import sys

FOLDERS = ["agent", "collector", "correlate", "probes", "proto", "runtime"]

# The base, the private header, the parts; all of them in the folder of the base.
BASES = [
    ("agent/capture/capture_file", "capture_format.h", "capture_pcap capture_pcapng capture_secrets"),
    ("agent/capture/kernel_filter", "kernel_filter_private.h",
     "kernel_filter_datagram kernel_filter_gre kernel_filter_hep kernel_filter_link kernel_filter_media kernel_filter_network"
     " kernel_filter_tcp kernel_filter_tunnels kernel_filter_udp"),
    ("agent/spool/spool", "spool_private.h",
     "spool_cursor spool_ledger spool_open spool_quota spool_read spool_spare"),
    ("collector/command/command", "command_private.h", "command_backup command_ca command_calls command_check command_disable command_explain command_init command_prune"
     " command_serve command_token"),
    ("correlate/join/match", "match_private.h", "match_candidates"),
    ("probes/engine/engine", "engine_private.h",
     "hep_input layers packet reported reported_sip reported_xr srtcp"),
    ("probes/path/chain", "chain_private.h", "chain_dns chain_service chain_stream chain_trace chain_way"),
    ("probes/reassembly/tcp", "tcp_private.h", "tcp_cut tcp_framed tcp_later tcp_order tcp_tls tcp_wait tcp_ws"),
    ("probes/wire/link/layer", "layer_private.h",
     "layer_gre layer_gtp layer_l2tp layer_mpls layer_ppp layer_tzsp layer_vxlan"),
    ("probes/wire/sip/sdp", "sdp_reader.h", "sdp_attribute sdp_crypto sdp_source"),
    ("probes/wire/sip/sip", "sip_reader.h", "sip_extension sip_header"),
    ("proto/decode", "decode_private.h", "decode_call decode_machine decode_stream"),
]


def calls(build, sources):
    """Which sources each source needs, by the symbols of their objects."""
    objects = {os.path.join(build, source[:-1] + "o"): source for source in sources}
    symbols = subprocess.run(["nm", "-A", "-P", "-g", *objects], check=True, capture_output=True, text=True).stdout
    home, needs = {}, {source: set() for source in sources}
    for path, name, kind in re.findall(r"^(\S+): (\S+) (\S)", symbols, re.M):
        if kind == "U":
            needs[objects[path]].add(name)
        else:
            home[name] = objects[path]
    return {source: {home[name] for name in names if name in home} - {source} for source, names in needs.items()}


def reach(start, arrows):
    """All that start leads to."""
    seen, open_ends = set(), [start]
    while open_ends:
        for end in arrows.get(open_ends.pop(), ()):
            if end not in seen:
                seen.add(end)
                open_ends.append(end)
    return seen


def circles(arrows):
    """The largest sets in which each member leads to each other one."""
    ends = {start: reach(start, arrows) for start in arrows}
    found = {frozenset(end for end in ends[start] if start in ends[end]) for start in arrows if start in ends[start]}
    return sorted(found, key=sorted)


def inclusions(files):
    """Which headers of ours each file includes."""
    arrows = {}
    for path in files:
        with open(path, encoding="utf-8") as f:
            arrows[path] = set(re.findall(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', f.read(), re.M))
    return arrows


def main(build):
    files = subprocess.run(["tests/sources.sh", "*.[ch]", "in"] + FOLDERS,
                           check=True, capture_output=True, text=True).stdout.removesuffix("\n").split("\n")
    sources = [path for path in files if path.endswith(".c")]
    missing = [path for path in sources if not os.path.exists(os.path.join(build, path[:-1] + "o"))]
    if missing:
        print(f"{build} has no object of {missing[0]}: build first")
        return
    includes = inclusions(files)
    headers_of = {source: reach(source, includes) for source in sources}
    left = circles(calls(build, sources))
    for base, header, parts in BASES:
        folder = os.path.dirname(base)
        header = f"{folder}/{header}"
        row = {base + ".c"} | {f"{folder}/{part}.c" for part in parts.split()}
        circle = next((c for c in left if base + ".c" in c), None)
        if circle is None:
            print(f"tests/circles.py: {base}.c is in no circle, or in that of another row")
            continue
        left.remove(circle)
        for path in sorted(circle - row):
            print(f"{path} is in the circle of {base}.c, and no part of it")
        for path in sorted(row):
            if path not in headers_of:
                print(f"tests/circles.py: there is no {path}")
            elif header not in headers_of[path]:
                print(f"{path} does not include {header}, although it is a part of {base}.c")
        for path in sources:
            if header in headers_of[path] and path not in row:
                print(f"{path} includes {header}, and is no part of {base}.c")
    for circle in left:
        print("need each other: " + " ".join(sorted(circle)))


main(sys.argv[1] if len(sys.argv) > 1 else "build/native-release")
