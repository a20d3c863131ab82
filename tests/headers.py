#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Finds the tests of a header by its name. usage: tests/headers.py [HEADER]...

The tests of a/b/NAME.h are, in tests/unit and tests/sim:
  1. by name: test_NAME.c, test_b_NAME.c or test_a_NAME.c, and such files with more words behind. test_loop_ is
     for tests of code on the event loop. NAME_private.h is a part of NAME.h.
  2. by inclusion: the test files that include it.
  3. by the table below: what is tested through something else only, with the reason.
With a header, prints its tests. Without, complains of each header that declares functions and has no tests, and of
each row of the table that names no tests or no header.
"""
import fnmatch
import glob
import os
import re
import subprocess
import sys

FOLDERS = ['agent', 'collector', 'correlate', 'include', 'probes', 'proto', 'runtime']

# Headers, their tests, through what.
THROUGH = [
    ('agent/agent_rights.h', 'tests/sim/test_loop_sh*.c', 'the shipper drops them'),
    ('agent/agent_reload.h', 'tests/sim/test_loop_reload.c', 'SIGHUP to the roles'),
    ('agent/capture/capture_*.h', 'tests/unit/test_capture_*.c', 'es_capture_open and es_capture_next'),
    ('agent/capture/packet_store.h', 'tests/unit/test_capture_order.c', 'packets that wait for their order'),
    ('agent/command/explain_options.h', 'tests/golden/explain.sh', 'the command'),
    ('agent/command/feed.h', 'tests/golden/read.sh', 'the command'),
    ('agent/command/live_*.h', 'tests/e2e/top.sh', 'the commands live and top'),
    ('agent/command/keys.h', 'tests/golden/tls.sh', 'the command'),
    ('agent/output/stream_key.h', 'tests/unit/test_sparkline.c', 'lines of bars by stream'),
    ('agent/command/read_*.h', 'tests/golden/read.sh', 'the command'),
    ('agent/command/listening.h', 'tests/e2e/[lt]*.sh', 'the commands live and top'),
    ('agent/output/sigpipe.h', 'tests/golden/reader.py', 'the commands read and top'),
    ('agent/top/terminal.h', 'tests/e2e/top.sh', 'the command in a terminal'),
    ('agent/top/top_*.h', 'tests/unit/test_top_*.c', 'screens and lists of rows'),
    ('agent/output/ended_calls.h', 'tests/unit/test_read_output.c', 'calls that are printed live'),
    ('agent/output/read_*.h', 'tests/golden/read.sh', 'the command'),
    ('runtime/completion.h', 'tests/golden/read.sh', 'asks three shells by completion.py'),
    ('agent/command/html_output.h', 'tests/golden/html.sh', 'the commands'),
    ('agent/report/*.h', 'tests/unit/test_call_page.c', 'parts of a page'),
    ('agent/path/*.h', 'tests/e2e/path.sh', 'earshot path, in network namespaces'),
    ('agent/record_rows.h', 'tests/unit/test_record_json.c', 'the fields of each record'),
    ('agent/sensor/capture_engine.h', 'tests/sim/test_loop_sensor.c', 'the sensor'),
    ('agent/sensor/crashes.h', 'tests/unit/test_crashes.c', 'when a parser is started again'),
    ('agent/capture/ring.h', 'tests/e2e/ring.sh', 'by the tool ring, next to libpcap'),
    ('agent/shipper/control.h', 'tests/e2e/agent_live.sh', 'the command status'),
    ('collector/store/age.h', 'tests/unit/test_pruner.c', 'up to which instant time is known to have passed'),
    ('collector/collector_config.h', 'tests/unit/test_collector_*.c', 'the commands'),
    ('correlate/*/*.h', 'tests/unit/test_correlate_*.c', 'es_correlate: its steps have one entry'),
    ('include/earshot/*.h', 'tests/unit/test_base_text.c', 'inline, or text: used in each test'),
    ('probes/base/bitfield.h', 'tests/unit/test_amr.c', 'fields of a frame'),
    ('probes/base/context.h', 'tests/sim/test_limits.c', 'the engine at its limits'),
    ('probes/call/pa*.h', 'tests/sim/test_calls.c', 'calls'),
    ('probes/call/terms.h', 'tests/unit/test_media_table.c', 'announced media'),
    ('probes/engine/hep_input.h', 'tests/sim/test_hep*.c', 'packets in HEP'),
    ('probes/engine/layers.h', 'tests/sim/test_tunnels.c', 'packets in envelopes'),
    ('probes/engine/unknowns.h', 'tests/sim/test_tunnels.c', 'packets in envelopes'),
    ('probes/host/*.h', 'tests/unit/test_host.c', 'es_host over the fixtures of machines'),
    ('probes/host/netlink/*.h', 'tests/unit/test_host*.c', 'messages as a kernel sends them'),
    ('probes/host/requests/*.h', 'tests/unit/test_host_*.c', 'the parts that do no I/O'),
    ('probes/media/report.h', 'tests/sim/test_course.c', 'records of streams'),
    ('probes/media/streams.h', 'tests/unit/test_media_*.c', 'the rig of these'),
    ('probes/quality/codec.h', 'tests/unit/test_score.c', 'scores'),
    ('probes/quality/e*.h', 'tests/unit/test_impairment.c', 'impairments'),
    ('probes/quality/recent.h', 'tests/unit/test_dejitter.c', 'the de-jitter buffer'),
    ('probes/quality/timing/sender.h', 'tests/sim/test_findings.c', 'findings of the sender'),
    ('probes/quality/timing/*.h', 'tests/unit/test_timing.c', 'jitter and delay variation'),
    ('probes/reassembly/tcp_tls.h', 'tests/sim/test_tls_*.c', 'connections of TLS'),
    ('probes/signalling/*.h', 'tests/sim/test_*.c', 'SIP messages through an engine'),
    ('probes/stream/*.h', 'tests/sim/test_*.c', 'RTP packets through an engine'),
    ('probes/wire/link/*.h', 'tests/unit/test_wire_link.c', 'es_link_parse'),
    ('probes/wire/other/cipher.h', 'tests/sim/test_lookalikes.c', 'UDP through an engine'),
    ('probes/wire/other/tls_record.h', 'tests/unit/test_wire_tls.c', 'handshakes'),
    ('probes/wire/rtp/silk.h', 'tests/unit/test_wire_silence.c', 'es_silence_is'),
    ('probes/wire/sip/reported_list.h', 'tests/unit/test_wire_vq_report.c', 'es_vq_report_parse'),
    ('probes/wire/sip/sdp_*.h', 'tests/unit/test_wire_sdp*.c', 'es_sdp_parse'),
    ('probes/wire/sip/sip_*.h', 'tests/unit/test_wire_sip*.c', 'es_sip_parse'),
    ('proto/alloc.h', 'tests/unit/test_proto_*.c', 'the arena of each decoder'),
    ('proto/envelope.h', 'tests/unit/test_proto_batch.c', 'envelopes of batches and sessions'),
    ('proto/pack_*.h', 'tests/unit/test_proto_pack.c', 'es_pack_encode and es_record_decode'),
    ('proto/shape.h', 'tests/unit/test_proto_record.c', 'es_record_encode and es_record_decode'),
    ('proto/*code_private.h', 'tests/unit/test_proto_record.c', 'es_record_encode and es_record_decode'),
    ('runtime/completion.h', 'tests/golden/read.sh', 'the scripts of three shells, tried in them'),
    ('runtime/crypto/port.h', 'tests/unit/test_runtime_tls*.c', 'the library behind it'),
    ('runtime/crypto/pki_private.h', 'tests/unit/test_runtime_crypto.c', 'es_pki_'),
    ('runtime/crypto/tls_suite.h', 'tests/unit/test_runtime_tls_*.c', 'records and key schedules'),
    ('runtime/crypto/tls_probe.h', 'tests/e2e/path.sh', 'certificates of servers'),
    ('runtime/loop/http_check.h', 'tests/unit/test_http.c', 'requests'),
    ('runtime/loop/sockaddr.h', 'tests/unit/test_runtime_loop.c', 'listening and dialling'),
    ('runtime/loop/waiting.h', 'tests/unit/test_runtime_loop.c', 'connections that wait'),
]


def text_of(path):
    with open(path, encoding='utf-8') as f:
        return f.read()


def functions(header):
    text = re.sub(r'^#ifdef __cplusplus\n.*?^#endif\n', '', text_of(header), flags=re.S | re.M)
    text = re.sub(r'/\*.*?\*/', '', text, flags=re.S)
    text = re.sub(r'^[ \t]*#(\\\n|.)*', '', text, flags=re.M)
    return re.findall(r'\b(es_\w+)\s*\([^;{}]*\)[^;{}]*[;{]', text)


TESTS = sorted(glob.glob('tests/unit/test_*.c') + glob.glob('tests/sim/test_*.c'))
INCLUDES = {test: set(re.findall(r'^#include "([^"]+)"', text_of(test), re.M)) for test in TESTS}


def direct(header):
    """Test files by name, else those that include it."""
    folder, base = os.path.split(header[:-2])
    base = re.sub('_private$', '', base)
    names = [base] + [part + '_' + base for part in folder.split('/')]
    by_name = [test for test in TESTS for name in names
               if re.match(r'test_(loop_)?%s(_|\.)' % name, os.path.basename(test))]
    return by_name or [test for test in TESTS if header in INCLUDES[test]]


def main(wanted):
    headers = subprocess.run(['tests/sources.sh', '*.h', 'in'] + FOLDERS, check=True, capture_output=True,
                             text=True).stdout.split()
    for header in headers:
        tests = direct(header)
        row = next((r for r in THROUGH if not tests and fnmatch.fnmatch(header, r[0])), None)
        if wanted and header in wanted:
            where = sorted(set(tests)) if tests else glob.glob(row[1]) if row else ['none']
            print('%s: %s%s' % (header, ' '.join(where), ' (%s)' % row[2] if row else ''))
        if not tests and row is None and functions(header) and not wanted:
            print('%s has no tests: none of its name, none that includes it' % header)
    for row in THROUGH if not wanted else []:
        if not fnmatch.filter(headers, row[0]):
            print('tests/headers.py: there is no %s' % row[0])
        if not glob.glob(row[1]):
            print('tests/headers.py: there are no %s' % row[1])


main(sys.argv[1:])
