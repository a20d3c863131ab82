#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""keylog.py EARSHOT: `earshot live --keylog` while both ends talk and the key log grows.

Two openssl programs speak SIP over loopback (of a network namespace of our own); what each is made to do
next to it, new keys in TLS 1.3 and a second handshake in TLS 1.2, a capture made in memory cannot have.
Prints ok and FAIL lines."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

PATIENCE_S = 20
failed = 0


def verdict(name, wrong):
    global failed
    print('FAIL %s: %s' % (name, wrong) if wrong else 'ok %s' % name)
    failed += bool(wrong)


def message(start, cseq, method, to_tag=';tag=b'):
    return ('%s\r\nVia: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bK%d%s\r\nFrom: <sip:a@a>;tag=a\r\n'
            'To: <sip:b@b>%s\r\nCall-ID: live@a\r\nCSeq: %d %s\r\nContent-Length: 0\r\n\r\n'
            % (start, cseq, method, to_tag, cseq, method))


class Program:
    """One that is written to, and whose output is awaited."""

    def __init__(self, *args):
        self.p = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
        self.out = b''
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for part in iter(lambda: os.read(self.p.stdout.fileno(), 65536), b''):
            self.out += part

    def say(self, text):
        self.p.stdin.write(text.encode())
        self.p.stdin.flush()

    def wait(self, text, times=1):
        end = time.monotonic() + PATIENCE_S
        while self.out.count(text.encode()) < times:
            if time.monotonic() > end:
                raise TimeoutError('no "%s" in: %s' % (text, self.out[-500:]))
            time.sleep(0.02)

    def stop(self, how):
        self.p.send_signal(how)
        self.p.wait(PATIENCE_S)
        self.reader.join(PATIENCE_S)


def listening():
    with open('/proc/net/packet') as f:
        return len(f.readlines()) > 1


def talk(earshot, folder, version, between, is_late=False):
    """The records of a call, with something done between its messages; late: its keys come last."""
    keys = os.path.join(folder, 'keys')
    os.close(os.open(keys, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    live = subprocess.Popen([earshot, 'live', '-i', 'lo', '--json', '--records', 'call,health',
                             '--keylog', keys], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    end = time.monotonic() + PATIENCE_S
    while not listening() and time.monotonic() < end:
        time.sleep(0.02)
    # Whoever logs before the first encrypted packet goes: in TLS 1.3 the server, in 1.2 the client.
    own = keys + '.own' if is_late else keys
    os.close(os.open(own, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    logs = ['-keylogfile', own]
    server = Program('openssl', 's_server', '-accept', '5061', '-cert', folder + '/cert.pem',
                     '-key', folder + '/key.pem', version,
                     *(logs if version == '-tls1_3' else []))
    server.wait('ACCEPT')
    client = Program('openssl', 's_client', '-connect', '127.0.0.1:5061', '-msg', version,
                     *(logs if version == '-tls1_2' else []))
    client.wait('Verify return code')
    client.say(message('INVITE sip:b@b SIP/2.0', 1, 'INVITE', ''))
    server.wait('CSeq: 1 INVITE')
    between(client, server)
    server.say(message('SIP/2.0 200 OK', 1, 'INVITE'))
    client.wait('200 OK')
    client.say(message('ACK sip:b@b SIP/2.0', 1, 'ACK'))
    server.wait('CSeq: 1 ACK')
    if is_late:
        time.sleep(0.5)  # the packets so far are long captured
        with open(own) as f, open(keys, 'a') as out:
            out.write(f.read())
    client.say(message('BYE sip:b@b SIP/2.0', 2, 'BYE'))
    server.wait('CSeq: 2 BYE')
    client.stop(signal.SIGTERM)
    server.stop(signal.SIGTERM)
    time.sleep(1)  # the kernel hands packets over in blocks
    live.send_signal(signal.SIGINT)
    out, err = live.communicate(timeout=PATIENCE_S)
    return [json.loads(line) for line in out.decode().splitlines()], err.decode(), live.returncode


def last_call(records):
    calls = [r for r in records if r['record'] == 'call']
    return calls[-1] if calls else {}


def counters(records):
    return [r for r in records if r['record'] == 'health'][-1]['counters']


def new_keys(client, server):
    client.say('K\n')  # both ends take new keys
    client.wait(', KeyUpdate')
    server.say('k\n')  # the server alone
    client.wait(', KeyUpdate', 2)


def second_handshake(client, server):
    server.say('r\n')
    client.wait(', ClientHello', 2)
    client.wait(', Finished', 4)


def main():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                        'ec_paramgen_curve:P-256', '-nodes', '-keyout', folder + '/key.pem', '-out',
                        folder + '/cert.pem', '-days', '30', '-subj', '/CN=sip.example.test'],
                       check=True, stderr=subprocess.DEVNULL)
        for name, version, between, is_late in (
                ('1_2', '-tls1_2', lambda c, s: None, False),
                ('1_3', '-tls1_3', lambda c, s: None, False),
                ('1_3_key_update', '-tls1_3', new_keys, False),
                ('1_2_late_keys', '-tls1_2', lambda c, s: None, True),
                ('1_3_late_keys', '-tls1_3', lambda c, s: None, True)):
            records, err, status = talk(sys.argv[1], folder, version, between, is_late)
            call = last_call(records)
            verdict('live_keylog_tls_' + name, '' if call.get('transport') == 'tls' and
                    call.get('final_status') == 200 and call.get('ended_by') == 'caller' and
                    counters(records)['tls_failed'] == 0 and status == 0 and
                    (not is_late or counters(records)['tls_waited'] == 1) else
                    'call %s, status %d, %s' % (call, status, err))
        records, err, status = talk(sys.argv[1], folder, '-tls1_2', second_handshake)
        verdict('live_keylog_tls_1_2_second_handshake',
                '' if counters(records)['tls_unsupported'] == 1 and
                'of a kind that is not read' in err else '%d, %s' % (status, err))
    sys.exit(failed > 0)


main()
