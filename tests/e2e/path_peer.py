#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The peers of tests/e2e/path.sh: a resolver, and servers of SIP, HTTP and STUN, good ones and broken ones.

usage: tests/e2e/path_peer.py RESOLVER SERVER DIR      DIR holds good.pem, expired.pem, wrong.pem, foreign.pem with keys
"""
import os
import re
import socket
import ssl
import struct
import sys
import threading

RESOLVER, SERVER, DIR = sys.argv[1:]
A, SRV, NAPTR = 1, 33, 35


def label(name):
    return b''.join(bytes([len(part)]) + part.encode() for part in name.split('.')) + b'\0'


def text(word):
    return bytes([len(word)]) + word.encode()


ZONE = {
    ('pbx.test', NAPTR): struct.pack('!HH', 1, 1) + text('s') + text('SIP+D2U') + text('') + label('_sip._udp.pbx.test'),
    ('_sip._udp.pbx.test', SRV): struct.pack('!HHH', 1, 1, 5060) + label('pbx.test'),
    ('pbx.test', A): socket.inet_aton(SERVER),
    ('black.test', A): socket.inet_aton('10.9.2.9'),
}


def resolver():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((RESOLVER, 53))
    while True:
        asked, client = s.recvfrom(512)
        end, name = 12, []
        while asked[end]:
            name.append(asked[end + 1:end + 1 + asked[end]].decode())
            end += 1 + asked[end]
        name, kind = '.'.join(name), struct.unpack('!H', asked[end + 1:end + 3])[0]
        question = asked[12:end + 5]
        data = ZONE.get((name, kind))
        known = any(name == other for other, _ in ZONE)
        if 'silent' in name:
            continue
        rcode = 2 if 'servfail' in name else 0 if known else 3
        answer = b'' if data is None else b'\xc0\x0c' + struct.pack('!HHIH', kind, 1, 60, len(data)) + data
        if 'garbage' in name:
            s.sendto(asked[:2] + b'\x81\x80\0\1\0\1\0\0\0\0' + b'\xc0\x0c' * 40, client)
            continue
        s.sendto(asked[:2] + struct.pack('!HHHHH', 0x8180 | rcode, 1, data is not None, 0, 0) + question + answer, client)


def response(asked, status):
    def header(name):
        return re.search(r'(?im)^' + name + r': *(.*?)\r$', asked)[1]
    return ('SIP/2.0 %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=x\r\nCall-ID: %s\r\nCSeq: %s\r\nContent-Length: 0\r\n\r\n' % (
        status, header('Via'), header('From'), header('To'), header('Call-ID'), header('CSeq'))).encode()


def sip_udp(port, status):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((SERVER, port))
    while True:
        asked, client = s.recvfrom(4096)
        if status == 'garbage':
            s.sendto(os.urandom(900), client)
        elif status is not None:
            s.sendto(response(asked.decode(), '100 Trying'), client)
            s.sendto(response(asked.decode(), status), client)


def stun(port, answers):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((SERVER, port))
    while True:
        asked, (host, from_port) = s.recvfrom(4096)
        if answers and len(asked) >= 20:
            mapped = struct.pack('!BBH', 0, 1, from_port ^ 0x2112) + bytes(
                a ^ b for a, b in zip(socket.inet_aton(host), b'\x21\x12\xa4\x42'))
            s.sendto(struct.pack('!HH', 0x0101, 12) + asked[4:20] + struct.pack('!HH', 0x20, 8) + mapped, (host, from_port))


def talk(connection, kind):
    try:
        asked = connection.recv(4096).decode('latin-1')
        if kind == 'reset':
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            return
        elif kind == 'garbage':
            connection.sendall(os.urandom(20000))
        elif asked.startswith('GET'):
            status = '503 Service Unavailable' if '/503' in asked else '200 OK'
            connection.sendall(('HTTP/1.1 %s\r\nContent-Length: 3\r\nConnection: close\r\n\r\nhi\n' % status).encode())
        else:
            connection.sendall(response(asked, kind))
        connection.recv(1)
    except (OSError, TypeError):  # gone, or it asked for nothing of SIP
        pass
    finally:
        connection.close()


def shaken(connection, context, kind):
    try:
        talk(context.wrap_socket(connection, server_side=True), kind)
    except (OSError, ValueError):
        connection.close()


def stream(port, kind, certificate=None):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((SERVER, port))
    listener.listen(16)
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(DIR, certificate + '.pem'), os.path.join(DIR, certificate + '.key'))
    while True:
        connection, _ = listener.accept()
        if kind == 'hold':
            HELD.append(connection)
            continue
        todo = (shaken, (connection, context, kind)) if context else (talk, (connection, kind))
        threading.Thread(target=todo[0], args=todo[1], daemon=True).start()


HELD = []
SERVERS = [
    (resolver,),
    (sip_udp, 5060, '200 OK'), (sip_udp, 5070, '408 Request Timeout'), (sip_udp, 5071, '503 Service Unavailable'),
    (sip_udp, 5072, None), (sip_udp, 5073, 'garbage'), (sip_udp, 5074, '404 Not Found'),
    (stun, 3478, True), (stun, 3479, False),
    (stream, 5060, '200 OK'), (stream, 5080, 'reset'), (stream, 5081, 'garbage'), (stream, 5082, '408 Request Timeout'),
    (stream, 5061, '200 OK', 'good'), (stream, 5062, '200 OK', 'expired'), (stream, 5063, '200 OK', 'wrong'),
    (stream, 5064, '200 OK', 'foreign'), (stream, 5065, 'hold'), (stream, 5066, '503 Service Unavailable', 'good'),
    (stream, 443, 'web', 'good'), (stream, 8443, 'garbage', 'good'),
]
for server in SERVERS:
    threading.Thread(target=server[0], args=server[1:], daemon=True).start()
threading.Event().wait()
