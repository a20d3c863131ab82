# SPDX-License-Identifier: Apache-2.0
"""Real TLS connections without a network: OpenSSL's two ends in memory, their bytes and their key log.

Nothing is random to the eye but keys: which byte stands where in a capture is the caller's choice."""
import os
import ssl
import struct
import subprocess

MTE = 0x00080000  # SSL_OP_NO_ENCRYPT_THEN_MAC
T0 = 1767225600
SYN, ACK, PSH, FIN = 2, 16, 8, 1


def make_certificate(folder):
    """A key and a certificate for sip.example.test; two paths."""
    key, cert = (os.path.join(folder, name) for name in ('key.pem', 'cert.pem'))
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
                    '-nodes', '-keyout', key, '-out', cert, '-days', '30', '-subj',
                    '/CN=sip.example.test'], check=True, stderr=subprocess.DEVNULL)
    return cert, key


class Maker:
    """Both contexts of a kind of connection, which log their keys to one file."""

    def __init__(self, folder, log, ciphers=None, version=ssl.TLSVersion.TLSv1_3, options=0,
                 groups=None):
        cert, key = (os.path.join(folder, name) for name in ('cert.pem', 'key.pem'))
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(cert, key)
        self.client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.client.check_hostname = False
        self.client.verify_mode = ssl.CERT_NONE
        for c in (self.server, self.client):
            c.minimum_version = c.maximum_version = version
            if ciphers:
                c.set_ciphers(ciphers + ':@SECLEVEL=0')
            c.options |= options
        if groups:  # the client's first share is not of this group: the server asks again
            self.server.set_ecdh_curve(groups)
        if log:
            self.client.keylog_filename = log

    def connect(self, session=None):
        return Connection(self, session)


class Connection:
    """flights: [(by_server, bytes)] as the ends sent them."""

    def __init__(self, maker, session):
        self.bio = [ssl.MemoryBIO() for _ in range(4)]
        self.end = [maker.client.wrap_bio(self.bio[0], self.bio[1], session=session),
                    maker.server.wrap_bio(self.bio[2], self.bio[3], server_side=True)]
        self.flights = []
        done = [False, False]
        while not all(done):
            for side in (0, 1):
                try:
                    self.end[side].do_handshake()
                    done[side] = True
                except ssl.SSLWantReadError:
                    pass
                self.carry(side)

    def carry(self, side):
        sent = self.bio[2 * side + 1].read()
        if sent:
            self.flights.append((side == 1, sent))
            self.bio[2 if side == 0 else 0].write(sent)

    def say(self, by_server, data):
        """One write, and the other end reads it (and with it tickets and the like)."""
        self.end[by_server].write(data)
        self.carry(int(by_server))
        got = b''
        while len(got) < len(data):
            got += self.end[1 - by_server].read(1 << 16)
        assert got == data
        self.carry(1 - int(by_server))

    def close(self):
        for side in (0, 1):
            try:
                self.end[side].unwrap()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError:
                pass
            self.carry(side)


# Packets of the wire.

def checksum(data):
    total = sum(struct.unpack('>%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip(proto, src, dst, payload):
    host = [bytes(int(x) for x in end[0].split('.')) for end in (src, dst)]
    head = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(payload), 1, 0, 64, proto, 0) + b''.join(host)
    head = head[:10] + struct.pack('>H', checksum(head)) + head[12:]
    return b'\2' * 6 + b'\4' * 6 + b'\x08\0' + head + payload


def tcp(src, dst, seq, flags, data=b''):
    return ip(6, src, dst, struct.pack('>HHIIBBHHH', src[1], dst[1], seq & 0xffffffff, 0, 0x50,
                                       flags, 65535, 0, 0) + data)


def udp(src, dst, data):
    return ip(17, src, dst, struct.pack('>HHHH', src[1], dst[1], 8 + len(data), 0) + data)


def segments(flights, client, server, mss=1400, begin=True, first=0xfffffe00):
    """The packets of a connection; begin: its SYNs are among them; first: number the client begins with."""
    ends, seq, out = (client, server), [first, 7 * first], []
    if begin:
        out = [tcp(client, server, seq[0] - 1, SYN), tcp(server, client, seq[1] - 1, SYN | ACK)]
    for by_server, data in flights:
        src, dst = ends[by_server], ends[1 - by_server]
        for at in range(0, len(data), mss):
            part = data[at:at + mss]
            out.append(tcp(src, dst, seq[by_server], PSH | ACK, part))
            seq[by_server] += len(part)
    return out


def write_pcap(path, packets):
    """packets: [(ms, bytes)]"""
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for ms, data in sorted(packets, key=lambda p: p[0]):
            f.write(struct.pack('<IIII', T0 + int(ms) // 1000, int(ms * 1000) % 1000000, len(data),
                                len(data)) + data)


def block(kind, body):
    size = 12 + len(body)
    return struct.pack('<II', kind, size) + body + struct.pack('<I', size)


def secrets(keys, kind=b'KSLT'):
    """A Decryption Secrets Block; its kind as it stands in a file of this byte order."""
    return block(10, kind + struct.pack('<I', len(keys)) + keys + bytes(-len(keys) % 4))


def write_pcapng(path, packets, before, behind):
    """As write_pcap, with blocks before the first packet and behind it."""
    with open(path, 'wb') as f:
        f.write(block(0x0a0d0d0a, struct.pack('<IHHq', 0x1a2b3c4d, 1, 0, -1)))
        f.write(block(1, struct.pack('<HHI', 1, 0, 262144)) + before)
        for n, (ms, data) in enumerate(sorted(packets, key=lambda p: p[0])):
            us = T0 * 1000000 + int(ms * 1000)
            f.write(block(6, struct.pack('<IIIII', 0, us >> 32, us & 0xffffffff, len(data), len(data))
                          + data + bytes(-len(data) % 4)))
            if n == 0:
                f.write(behind)
