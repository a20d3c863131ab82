#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tls.py EARSHOT: calls whose SIP is in TLS, read with a key log.

OpenSSL makes the connections, in memory. What `earshot read --keylog` says of a call must equal what
it says of the same call over TCP, but for the transport; where it cannot read, it must say why.
Prints ok, FAIL and skip lines."""
import json
import os
import shutil
import ssl
import resource
import struct
import subprocess
import sys
import tempfile

from tls_scene import (MTE, Maker, make_certificate, secrets, segments, udp, write_pcap,
                       write_pcapng)

UA, SBC = ('10.0.0.1', 40123), ('10.0.0.2', 5061)
TLS_1_3_SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256',
                  'TLS_AES_128_CCM_SHA256', 'TLS_AES_128_CCM_8_SHA256']
TLS_1_2_SUITES = [('ECDHE-ECDSA-AES128-GCM-SHA256', 0), ('ECDHE-ECDSA-AES256-GCM-SHA384', 0),
                  ('ECDHE-ECDSA-CHACHA20-POLY1305', 0), ('ECDHE-ECDSA-AES128-CCM', 0),
                  ('ECDHE-ECDSA-AES256-CCM', 0), ('ECDHE-ECDSA-AES128-CCM8', 0),
                  ('ECDHE-ECDSA-AES256-CCM8', 0), ('ECDHE-ECDSA-AES128-SHA', 0),
                  ('ECDHE-ECDSA-AES256-SHA', MTE), ('ECDHE-ECDSA-AES128-SHA256', 0),
                  ('ECDHE-ECDSA-AES128-SHA256', MTE), ('ECDHE-ECDSA-AES256-SHA384', 0),
                  ('ECDHE-ECDSA-AES256-SHA384', MTE)]
failed = 0


def verdict(name, wrong):
    global failed
    print('FAIL %s: %s' % (name, wrong) if wrong else 'ok %s' % name)
    failed += bool(wrong)


def difference(got, want):
    """The first field that is not what it should be."""
    if len(got) != len(want):
        return '%d records, not %d' % (len(got), len(want))
    return ', '.join('%s is %s, not %s' % (key, g.get(key), w.get(key)) for g, w in zip(got, want)
                     for key in sorted(set(g) | set(w)) if g.get(key) != w.get(key))


# One call.

def message(start, cseq, method, sdp='', to_tag=';tag=b', pad=0):
    lines = [start, 'Via: SIP/2.0/TLS 10.0.0.1:40123;branch=z9hG4bK%d%s' % (cseq, method),
             'From: <sip:alice@example.test>;tag=a', 'To: <sip:bob@example.test>' + to_tag,
             'Call-ID: secret-call@example.test', 'CSeq: %d %s' % (cseq, method),
             'Contact: <sip:alice@10.0.0.1:40123;transport=tls>']
    lines += ['X-Padding: ' + 'p' * 900] * pad
    if sdp:
        lines.append('Content-Type: application/sdp')
    lines.append('Content-Length: %d' % len(sdp))
    return ('\r\n'.join(lines) + '\r\n\r\n' + sdp).encode()


def sdp(host, port):
    return ('v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP 8\r\n'
            'a=rtpmap:8 PCMA/8000\r\n' % (host, host, port))


def call(pad=0):
    """[(ms, by_server, bytes)]"""
    return [(1000, False, message('INVITE sip:bob@example.test SIP/2.0', 1, 'INVITE',
                                  sdp('10.0.0.1', 4000), '', pad)),
            (1100, True, message('SIP/2.0 180 Ringing', 1, 'INVITE')),
            (1900, True, message('SIP/2.0 200 OK', 1, 'INVITE', sdp('10.0.0.2', 5000))),
            (1950, False, message('ACK sip:bob@10.0.0.2 SIP/2.0', 1, 'ACK')),
            (5000, False, message('BYE sip:bob@10.0.0.2 SIP/2.0', 2, 'BYE')),
            (5050, True, message('SIP/2.0 200 OK', 2, 'BYE'))]


def media():
    out = []
    for n in range(150):
        for src, dst, ssrc in ((('10.0.0.1', 4000), ('10.0.0.2', 5000), 1),
                               (('10.0.0.2', 5000), ('10.0.0.1', 4000), 2)):
            head = struct.pack('>BBHII', 0x80, 8, n, n * 160, ssrc)
            out.append((1960 + 20 * n + ssrc, udp(src, dst, head + b'\xd5' * 160)))
    return out


def frame(by_server, data):
    """A WebSocket frame (RFC 6455); the client's is masked."""
    size = bytes([len(data)]) if len(data) < 126 else b'\x7e' + struct.pack('>H', len(data))
    if by_server:
        return b'\x81' + size + data
    mask = b'\x12\x34\x56\x78'
    return b'\x81' + bytes([size[0] | 0x80]) + size[1:] + mask + \
        bytes(b ^ mask[i % 4] for i, b in enumerate(data))


UPGRADE = [(900, False, b'GET / HTTP/1.1\r\nHost: sip.example.test\r\nUpgrade: websocket\r\n'
            b'Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
            b'Sec-WebSocket-Protocol: sip\r\nSec-WebSocket-Version: 13\r\n\r\n'),
           (920, True, b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n'
            b'Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n'
            b'Sec-WebSocket-Protocol: sip\r\n\r\n')]


# Captures of it.

def sealed(connection, script, first=0, writes=1):
    """[(ms, by_server, bytes)] of a connection that says what the script says, in so many writes each."""
    out = [(first + 10 * n, by_server, data)
           for n, (by_server, data) in enumerate(connection.flights)]
    for ms, by_server, data in script:
        del connection.flights[:]
        size = -(-len(data) // writes)
        for at in range(0, len(data), size):
            connection.say(by_server, data[at:at + size])
        out += [(ms, side, part) for side, part in connection.flights]
    del connection.flights[:]
    connection.close()
    return out + [(6000, side, part) for side, part in connection.flights]


def packets(flights, mss=1400, first=0xfffffe00):
    """[(ms, packet)], all those of a flight at one time."""
    cut = segments([(side, data) for _, side, data in flights], UA, SBC, mss, first=first)
    times = [-20, -19] + [ms for ms, _, data in flights for i in range(-(-len(data) // mss))]
    return list(zip([100 + t for t in times], cut))


class Bench:
    def __init__(self, earshot, folder):
        self.earshot, self.folder = earshot, folder
        make_certificate(folder)
        self.plain = self.records(self.write('plain', packets(call()) + media()))

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, pkts):
        write_pcap(self.path(name + '.pcap'), pkts)
        return self.path(name + '.pcap')

    def run(self, *args):
        return subprocess.run([self.earshot] + list(args), capture_output=True, text=True)

    def records(self, capture, *args):
        r = self.run('read', '--json', '--records', 'stream,call', capture, *args)
        return [json.loads(line) for line in r.stdout.splitlines()]

    def maker(self, log, **how):
        return Maker(self.folder, self.path(log), **how)

    def compare(self, name, capture, log, transport='tls'):
        """The call as over TCP; and without keys its media only."""
        got = self.records(capture, '--keylog', self.path(log))
        want = [dict(r, transport=transport) if r['record'] == 'call' else r for r in self.plain]
        blind = [r for r in self.records(capture) if r['record'] == 'call']
        wrong = ''
        if [r for r in want if r['record'] == 'call'] == []:
            wrong = 'the plain capture shows no call'
        elif got != want:
            wrong = difference(got, want)
        elif [r for r in blind if 'call_id' in r]:
            wrong = 'the call is there without keys too'
        verdict(name, wrong)

    def refuse(self, name, wanted, status, capture, log):
        """wanted: parts of what it must say."""
        r = self.run('read', '--json', capture, '--keylog', self.path(log))
        missing = [w for w in wanted if w not in r.stderr]
        verdict(name, 'says %r, exit %d' % (r.stderr, r.returncode)
                if missing or r.returncode != status else '')


def suites(b):
    for i, (cipher, options) in enumerate(TLS_1_2_SUITES):
        m = b.maker('s%d.keys' % i, ciphers=cipher, version=ssl.TLSVersion.TLSv1_2, options=options)
        capture = b.write('s%d' % i, packets(sealed(m.connect(), call())) + media())
        b.compare('tls_1_2_%s%s' % (cipher, '_mac_inside' if options else ''), capture,
                  's%d.keys' % i)
    for suite in TLS_1_3_SUITES:  # OpenSSL takes those from its configuration alone
        conf, name = b.path('openssl.cnf'), suite.lower()
        with open(conf, 'w') as f:
            f.write('openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\n'
                    'Ciphersuites = %s\n' % suite)
        subprocess.run([sys.executable, __file__, '--one', b.folder, name], check=True,
                       env=dict(os.environ, OPENSSL_CONF=conf))
        b.compare(name, b.path(name + '.pcap'), name + '.keys')


def one(folder, name):
    """A capture with what this process's OpenSSL is configured for."""
    m = Maker(folder, os.path.join(folder, name + '.keys'))
    write_pcap(os.path.join(folder, name + '.pcap'), packets(sealed(m.connect(), call())) + media())


def shapes(b):
    m = b.maker('shape.keys')
    for mss in (1, 5, 100, 60000):
        if mss == 1:  # each byte a segment
            pkts = packets(sealed(m.connect(), call()[:1]), mss)
            got = b.records(b.write('mss', pkts), '--keylog', b.path('shape.keys'))
            verdict('tls_byte_by_byte', '' if [r.get('call_id') for r in got] ==
                    ['secret-call@example.test'] else got)
            continue
        capture = b.write('mss', packets(sealed(m.connect(), call()), mss) + media())
        b.compare('tls_in_segments_of_%d' % mss, capture, 'shape.keys')
    capture = b.write('writes', packets(sealed(m.connect(), call(), writes=7)) + media())
    b.compare('tls_message_in_seven_records', capture, 'shape.keys')
    flights = sealed(m.connect(), call())
    pkts = packets(flights)
    small = packets(flights, 100)
    for i in range(2, len(small) - 1, 2):
        if small[i][0] == small[i + 1][0]:  # of one flight
            small[i], small[i + 1] = small[i + 1], small[i]
    b.compare('tls_segments_in_the_wrong_order', b.write('swapped', small + media()), 'shape.keys')
    b.compare('tls_segments_twice', b.write('twice', pkts + [(ms + 0.5, data) for ms, data in pkts]
                                            + media()), 'shape.keys')
    for name, order in (('server_hello_late', (0, 2, 1)), ('client_hello_late', (1, 0, 2)),
                        ('client_hello_last', (1, 2, 0))):
        parts = [[data for ms, data in pkts[2:] if ms == 100 + flights[n][0]] for n in range(3)]
        mixed = pkts[:2] + [(120, data) for n in order for data in parts[n]]
        b.compare('tls_' + name, b.write('mixed', mixed + [p for p in pkts if p[0] > 120] + media()),
                  'shape.keys')
    long = b.write('long', packets(sealed(m.connect(), call(pad=40))) + media())
    b.compare('tls_message_of_36_kilobytes', long, 'shape.keys')
    wss = UPGRADE + [(ms, side, frame(side, data)) for ms, side, data in call()]
    b.compare('tls_websocket', b.write('wss', packets(sealed(m.connect(), wss)) + media()),
              'shape.keys', 'wss')
    halves = [pkts[:7] + media()[:20], pkts[7:] + media()[20:]]
    files = [b.write('half%d' % i, half) for i, half in enumerate(halves)]
    got = b.records(*files, '--keylog', b.path('shape.keys'))
    verdict('tls_in_two_files', '' if got == b.records(b.write('whole', halves[0] + halves[1]),
            '--keylog', b.path('shape.keys')) and len(got) == 3 else got)


def handshakes(b):
    m = b.maker('again.keys', groups='secp384r1')
    b.compare('tls_1_3_hello_retry', b.write('again', packets(sealed(m.connect(), call()))
                                             + media()), 'again.keys')
    for version, name in ((ssl.TLSVersion.TLSv1_2, '1_2'), (ssl.TLSVersion.TLSv1_3, '1_3')):
        m = b.maker('resume.keys', version=version)
        first = m.connect()
        first.say(True, b'hello')
        second = m.connect(first.end[0].session)
        assert second.end[0].session_reused
        b.compare('tls_%s_session_resumed' % name,
                  b.write('resume', packets(sealed(second, call())) + media()), 'resume.keys')
    m = b.maker('ports.keys')
    old = packets(sealed(m.connect(), [(100, False, b'nothing of interest')])[:-2])
    new = [(ms + 500, data) for ms, data in packets(sealed(m.connect(), call()), first=4711)]
    late = [(ms + 500, data) for ms, data in packets(call()) + media()]
    got = [dict(r, transport='') for r in b.records(
        b.write('ports', old + new + [(ms + 500, d) for ms, d in media()]), '--keylog',
        b.path('ports.keys'))]
    want = [dict(r, transport='') for r in b.records(b.write('late', late))]
    verdict('tls_same_ports_again', difference(got, want))


def spread(log, target, keep):
    with open(log) as f, open(target, 'w') as out:
        out.writelines(line for line in f if keep(line))
    os.chmod(target, 0o600)


def refusals(b):
    m = b.maker('good.keys')
    flights = sealed(m.connect(), call())
    pkts = packets(flights)
    capture = b.write('refusal', pkts + media())
    os.chmod(b.path('good.keys'), 0o644)
    b.refuse('keylog_open_to_others', ['open to other users', 'chmod 600'], 0, capture, 'good.keys')
    b.refuse('keylog_missing', ['cannot read key log', 'No such file'], 1, capture, 'none.keys')
    b.refuse('keylog_is_a_folder', ['cannot read key log'], 1, capture, '.')
    with open(b.path('bad.keys'), 'w') as f:
        f.write('# a comment\n\nCLIENT_RANDOM 00 11\n' + open(b.path('good.keys')).read()
                + 'SOMETHING\nEXPORTER_SECRET aa bb\nclient_random a b\n')
    os.chmod(b.path('bad.keys'), 0o600)
    n = 3 + len(open(b.path('good.keys')).readlines())
    b.refuse('keylog_bad_lines', ['bad.keys:3: expected CLIENT_RANDOM, then 64 and 96',
                                  'bad.keys:%d: expected a label' % (n + 1),
                                  'bad.keys:%d: expected a label' % (n + 3)], 1, capture, 'bad.keys')
    got = b.records(capture, '--keylog', b.path('bad.keys'))
    verdict('keylog_good_lines_count', '' if any('call_id' in r for r in got) else got)
    shutil.copy(capture, b.path('binary.keys'))
    b.refuse('keylog_binary', ['more lines were not understood', 'holds no key'], 1, capture,
             'binary.keys')
    other = b.maker('other.keys')
    other.connect()
    b.refuse('tls_no_key', ['1 TLS connections have no key'], 1, capture, 'other.keys')
    spread(b.path('good.keys'), b.path('half.keys'), lambda line: 'HANDSHAKE' in line)
    b.refuse('tls_half_a_key', ['1 TLS connections have no key'], 1, capture, 'half.keys')
    spread(b.path('good.keys'), b.path('wrong.keys'), lambda line: True)
    text = open(b.path('wrong.keys')).read().splitlines()
    with open(b.path('wrong.keys'), 'w') as f:
        f.write('\n'.join(line[:-8] + '00000000' for line in text))
    b.refuse('tls_wrong_key', ['1 TLS connections were given up', 'does not fit the key'], 1,
             capture, 'wrong.keys')
    b.refuse('tls_from_the_middle', ['1 TLS connections began before the capture'], 1,
             b.write('middle', pkts[8:] + media()), 'good.keys')
    b.refuse('tls_with_a_hole', ['1 TLS connections were read only in part'], 1,
             b.write('hole', pkts[:-6] + pkts[-5:] + media()), 'good.keys')
    b.refuse('tls_none_there', ['no TLS connection was found'], 0, b.write('none', media()),
             'good.keys')
    for name, how in (('tls_1_1', {'version': ssl.TLSVersion.TLSv1_1, 'ciphers': 'ALL'}),
                      ('tls_suite_camellia', {'version': ssl.TLSVersion.TLSv1_2,
                                              'ciphers': 'ECDHE-ECDSA-CAMELLIA128-SHA256'})):
        old = b.maker('old.keys', **how)
        b.refuse(name, ['1 TLS connections are of a kind that is not read'], 1,
                 b.write('old', packets(sealed(old.connect(), call())) + media()), 'old.keys')


def rights(b):
    """Whoever is not root opens its own /dev/stdin through /proc, which a process may close to itself."""
    if os.geteuid() != 0:
        print('skip keylog_and_dev_stdin: needs root to be somebody else')
        return
    m = b.maker('stdin.keys')
    capture = b.write('stdin', packets(sealed(m.connect(), call())) + media())
    os.chmod(capture, 0o644)
    os.chown(b.path('stdin.keys'), 65534, -1)
    os.chmod(b.folder, 0o755)
    with open(capture, 'rb') as f:
        r = subprocess.run([b.earshot, 'read', '--json', '--keylog', b.path('stdin.keys'),
                            '/dev/stdin'], stdin=f, user=65534, capture_output=True, text=True)
    verdict('keylog_and_dev_stdin', '' if 'secret-call' in r.stdout and r.returncode == 0 else r)


def explain(b):
    m = b.maker('explain.keys')
    pkts = packets(sealed(m.connect(), call())) + media()
    r = b.run('explain', 'endpoint:a=' + b.write('explain', pkts),
              'sbc:b=' + b.write('explain_copy', pkts), '--json', '--keylog', b.path('explain.keys'))
    verdict('explain_with_a_key_log', '' if 'secret-call@example.test' in r.stdout else r)


def inside(b):
    """Keys in the capture itself (Decryption Secrets Block)."""
    m = b.maker('inside.keys')
    pkts = packets(sealed(m.connect(), call())) + media()
    with open(b.path('inside.keys'), 'rb') as f:
        keys = f.read()
    with open(b.path('empty.keys'), 'w') as f:
        f.write('# none\n')
    whole = secrets(keys)
    for name, before, behind in (('keys_inside', whole, b''),
                                 ('keys_inside_in_two_blocks', secrets(keys[:len(keys) // 2 + 7]) +
                                  secrets(keys[:0]) + whole, b''),
                                 ('keys_inside_and_of_another_kind_outside', secrets(b'x', b'LKGW') + whole,
                                  b'')):
        write_pcapng(b.path(name + '.pcapng'), pkts, before, behind)
        got = b.records(b.path(name + '.pcapng'))
        verdict('tls_' + name, difference(got, [dict(r, transport='tls') if r['record'] == 'call'
                                                else r for r in b.plain]))
    capture = b.path('keys_inside.pcapng')
    r = b.run('read', '--json', capture)
    verdict('tls_keys_inside_says_nothing', '' if r.stderr == '' and r.returncode == 0 else r)
    r = b.run('explain', 'endpoint:a=' + capture, '--json')
    verdict('explain_with_keys_inside', '' if 'secret-call@example.test' in r.stdout else r)
    r = b.run('read', '--json', '--keylog', b.path('inside.keys'), capture)
    verdict('tls_keys_inside_and_outside', '' if 'secret-call@example.test' in r.stdout and
            r.returncode == 0 else r)
    write_pcapng(b.path('behind.pcapng'), pkts, b'', whole)
    r = b.run('read', '--json', b.path('behind.pcapng'))
    verdict('tls_keys_behind_are_said', '' if 'behind its first packets' in r.stderr and
            r.returncode == 0 else r)
    bad = bytearray(whole)
    bad[12:16] = struct.pack('<I', len(whole))
    write_pcapng(b.path('bad.pcapng'), pkts, bytes(bad), b'')
    r = b.run('read', '--json', b.path('bad.pcapng'))
    verdict('tls_keys_inside_damaged_are_said', '' if 'decryption secrets block' in r.stderr and
            r.returncode == 1 and r.stdout.count('"record":"stream"') == 2 else r)


def main():
    if sys.argv[1] == '--one':
        one(sys.argv[2], sys.argv[3])
        return
    with tempfile.TemporaryDirectory() as folder:
        os.umask(0o077)
        b = Bench(sys.argv[1], folder)
        for part in (suites, shapes, handshakes, refusals, rights, explain, inside):
            part(b)
        # pools of which little is used are virtual memory only, also where secrets are wiped
        most_kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        verdict('tls_keys_do_not_fill_the_pools',
                '' if most_kib < 1 << 20 else '%d KiB resident' % most_kib)
    sys.exit(failed > 0)


main()
