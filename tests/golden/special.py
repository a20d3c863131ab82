#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""special.py EARSHOT CORPUS: what `earshot read` must say of each special case of the live calls: hold,
transfer, early media, one-way, NAT, DTMF, SRTP and so on, and for every segment the copies and the
reordering that the relay logged. Prints "ok NAME" or "FAIL NAME: why"; exit 1 on any FAIL."""
import glob
import json
import os
import subprocess
import sys

RECORDS = 'stream,call,registration,reported'
# After the relay, by segment and way: where the packets come out, and where they went in.
EXITS = {('seg1', 'a2g'): ('sbc_access', 'ep'), ('seg1', 'g2a'): ('ep', 'sbc_access'),
         ('seg2', 'a2g'): ('gw', 'sbc_core'), ('seg2', 'g2a'): ('sbc_core', 'gw')}


class Seen:
    """The records of one capture."""

    def __init__(self, earshot, path, *options):
        run = subprocess.run([earshot, 'read', '--json', '--records', RECORDS, *options, path],
                             capture_output=True, text=True, timeout=120, check=False)
        if run.returncode != 0:
            raise AssertionError('earshot read ended with %d: %s' % (run.returncode, run.stderr))
        self.all = [json.loads(line) for line in run.stdout.splitlines()]

    def of(self, record, **having):
        return [r for r in self.all if r['record'] == record
                and all(r.get(k) == v for k, v in having.items())]

    def audio(self):
        return self.of('stream', kind='audio')

    def the_call(self):
        calls = self.of('call')
        must(len(calls) == 1, '%d calls, not 1' % len(calls))
        return calls[0]


def must(condition, why):
    if not condition:
        raise AssertionError(why)


def same(record, **fields):
    for key, value in fields.items():
        must(record.get(key) == value, '%s is %r, not %r' % (key, record.get(key), value))


def found(record, finding):
    return finding in record.get('findings', [])


def plain(at):
    """A call that was made, answered and ended by the caller, heard both ways."""
    same(at.the_call(), state='completed', final_status=200, ended_by='caller', holds=0, transfers=0)
    must(len(at.audio()) == 2, '%d audio streams, not 2' % len(at.audio()))
    for s in at.audio():
        must(s.get('call_id') == at.the_call()['call_id'], 'a stream without its call')
        must(not found(s, 'one_way'), 'one-way: both directions are there')
        must(s['duration_s'] > 5, 'a stream of %s s' % s['duration_s'])


def holding(at):
    same(at.the_call(), state='completed', holds=1, transfers=0, ended_by='caller')
    for s in at.audio():
        must(not found(s, 'one_way'), 'a hold is not one-way')


def transferred(at):
    calls = at.of('call')
    must(len(calls) == 2, '%d calls, not 2' % len(calls))
    must(sorted(c['transfers'] for c in calls) == [0, 1], 'transfers of the two calls')
    for c in calls:
        same(c, state='completed', final_status=200)


def codec_changed(at):
    call = at.the_call()
    same(call, state='completed', codec_changes=1, codecs=['PCMA', 'PCMU'])
    must(any(found(s, 'codec_changed') for s in at.audio()), 'no stream changed its codec')
    must(all(s['restart'] == 0 for s in at.audio()), 'a codec change is no restart')


def early(at):
    call = at.the_call()
    same(call, state='completed', ended_by='caller')
    must(call.get('early_media_ms', 0) > 0, 'no early media')
    must(call['early_media_ms'] < call['setup_ms'], 'early media before the answer')
    must(call['setup_ms'] > 5000, 'setup of %s ms' % call['setup_ms'])
    must(call['post_dial_delay_ms'] < 1000, 'the 183 ends the post dial delay')
    must(183 in call['statuses'], 'statuses %s' % call['statuses'])


def digits(at):
    plain(at)
    pressed = [s for s in at.audio() if s.get('event_packets', 0) > 0]
    must(len(pressed) == 1, '%d streams with events, not 1' % len(pressed))
    must(pressed[0]['jitter_ms']['max'] < 10, 'events moved the jitter')
    must('digit' not in json.dumps(at.all), 'digits are never extracted')


def one_way(at):
    same(at.the_call(), state='completed')
    streams = at.audio()
    must(len(streams) == 1, '%d streams, not 1' % len(streams))
    must(found(streams[0], 'one_way'), 'not found to be one-way')


def over_tcp(at):
    plain(at)
    same(at.the_call(), transport='tcp')


def over_ipv6(at):
    plain(at)
    for s in at.audio():
        must(s['src'].startswith('[fd90:') and s['dst'].startswith('[fd90:'), 'addresses of IPv6')


def secure(at):
    plain(at)
    for s in at.audio():
        same(s, srtp=True)


def opaque(at):
    must(at.of('call') == [], 'SIP in TLS cannot be read')
    must(len(at.of('stream')) == 2, 'its media is measured all the same')


def browser(at):
    """The media may begin on one pair of candidates and go on on another."""
    same(at.the_call(), state='completed', final_status=200, ended_by='caller', transport='ws')
    must(len([s for s in at.audio() if s['duration_s'] > 5]) == 2, 'two long streams')
    for s in at.audio():
        same(s, srtp=True, call_id=at.the_call()['call_id'])


def with_video(at):
    same(at.the_call(), state='completed')
    videos = at.of('stream', kind='video')
    must(len(at.audio()) == 2 and len(videos) == 2, 'two streams of each kind')
    for s in videos:
        same(s, unscored='not_audio', codec='VP8', clock_rate_hz=90000)
        must('mos_lq' not in s and 'r_factor' not in s, 'video has no MOS')


def failed(at):
    statuses = sorted((c['state'], c.get('final_status')) for c in at.of('call'))
    must(statuses == [('cancelled', 487), ('failed', 404), ('failed', 480), ('failed', 486)],
         'states %s' % statuses)
    registrations = at.of('registration')
    must(1 <= len(registrations) <= 2, '%d changes of the registration' % len(registrations))
    same(registrations[0], state='active', status=200, attempts=1, challenges=1, expires_s=300)
    for r in registrations[1:]:     # it hung up before the capture ended
        same(r, state='removed', status=200, attempts=2, call_id=registrations[0]['call_id'])


def twenty(at):
    calls = at.of('call')
    must(len(calls) == 20, '%d calls, not 20' % len(calls))
    for c in calls:
        same(c, state='completed', final_status=200, ended_by='caller')
        must(len(c['streams']) == 2, '%s has %d streams' % (c['call_id'], len(c['streams'])))


def far_end_reports(at):
    plain(at)
    must(at.of('reported', source='rtcp'), 'no RTCP reports')


def codec(name, rate, ptime=20):
    def check(at):
        plain(at)
        for s in at.audio():
            same(s, codec=name, clock_rate_hz=rate, ptime_ms=ptime)
    return check


def unnamed_ends(at):
    """SDP names an address that no media uses: the streams are the call's all the same."""
    same(at.the_call(), state='completed')
    must(len(at.the_call()['streams']) == 2, 'streams of the call')


def handed_on(at):
    """The call of this leg, seen itself, and the other leg's, seen in HEP only."""
    own = [c for c in at.of('call') if c.get('transport') != 'hep']
    other = [c for c in at.of('call') if c.get('transport') == 'hep']
    must(len(own) == 1 and len(other) == 1, '%d calls and %d in HEP' % (len(own), len(other)))
    for c in own + other:
        same(c, state='completed', final_status=200, ended_by='caller')
    must(len(own[0]['streams']) == 2 and not other[0]['streams'], 'streams of the two')


# case: [(vantage, check)]
CASES = {
    'clean_pcmu': [(v, plain) for v in ('ep', 'sbc_access', 'sbc_core', 'gw')],
    'clean_plainproxy': [(v, plain) for v in ('ep', 'sbc_access', 'sbc_core', 'gw')],
    'big_invite': [('ep', plain), ('gw', plain)],
    'hold_resume': [('ep', holding), ('gw', holding)],
    'transfer': [('ep', transferred)],
    'codec_reinvite': [('ep', codec_changed), ('sbc_access', codec_changed)],
    'early_media': [('ep', early), ('sbc_access', early), ('sbc_core', early), ('gw', early)],
    'dtmf_rfc4733': [('ep', digits), ('sbc_access', digits), ('gw', digits)],
    'oneway_from_start': [('ep', one_way)],
    'badaddr_uas_oneway': [('ep', plain)],     # what goes astray does so behind the last vantage
    'nat': [('ep', plain), ('sbc_access', plain), ('gw', plain)],
    'nat_badaddr_uac': [('ep', unnamed_ends), ('sbc_access', unnamed_ends)],
    'sip_tcp': [('ep', over_tcp), ('gw', over_tcp)],
    'sip_tls': [('ep', opaque), ('sbc_access', opaque), ('gw', plain)],
    'ipv6': [('ep', over_ipv6), ('gw', over_ipv6)],
    'rtcp_mux': [('ep', far_end_reports), ('gw', far_end_reports)],
    'rtcp_xr': [('ep', far_end_reports), ('gw', far_end_reports)],
    'rtcp_xr_routed': [('ep', far_end_reports), ('sbc_core', far_end_reports)],
    'srtp_sdes_e2e': [('ep', secure), ('gw', secure)],
    'srtp_sdes_bridge': [('ep', secure), ('gw', plain)],
    'dtls_srtp_ice': [('ep', secure), ('gw', plain)],
    'webrtc_pcmu': [('ep', browser), ('sbc_access', browser), ('gw', plain)],
    'webrtc_opus': [('ep', browser), ('gw', codec('opus', 48000))],
    'video_vp8': [('ep', with_video), ('gw', with_video)],
    'failures': [('ep', failed)],
    'load20': [('ep', twenty), ('gw', twenty)],
    'hep': [('ep', plain), ('sbc_core', handed_on), ('gw', handed_on)],
    'g722': [('ep', codec('G722', 8000)), ('gw', codec('G722', 8000))],
    'g726': [('gw', codec('G726-40', 8000))],
    'amr_wb': [('gw', codec('AMR-WB', 16000))],
    'opus_dtx': [('gw', codec('opus', 48000))],
    'opus_pcmu_transcode': [('gw', codec('PCMU', 8000))],
    'ptime40': [('gw', codec('PCMA', 8000, 40))],
}


def capture(folder, vantage):
    for name in (vantage + '.pcap', vantage + '.pcap.gz'):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            return path
    return None


def totals(seen, ssrc):
    streams = seen.of('stream', ssrc=ssrc)
    return tuple(sum(s[k] for s in streams) for k in ('duplicates', 'reordered', 'capture_duplicates'))


def relayed(earshot, folder, truth):
    """Copies and reordering behind the relay: what it was given, and what it added."""
    seen = {}
    for segment, streams in truth['segments'].items():
        for s in streams:
            if s['kind'] != 'rtp' or s['in_packets'] < 3 or (segment, s['dir']) not in EXITS:
                continue
            same_key = [o for o in streams if o['kind'] == 'rtp'
                        and (o['ssrc'], o['dir']) == (s['ssrc'], s['dir'])]
            places = [capture(folder, v) for v in EXITS[segment, s['dir']]]
            if len(same_key) > 1 or None in places:
                continue
            for p in places:
                seen.setdefault(p, Seen(earshot, p))
            after, before = (totals(ours(seen[p], s), s['ssrc']) for p in places)
            want = before[0] + s['duplicated']
            must(after[0] == want, '%s %s %s: %d duplicates, the relay says %d'
                 % (segment, s['dir'], s['ssrc'], after[0], want))
            if before[0] == 0:      # its log counts late copies as reordered, too
                must(after[1] == s['reordered_out'], '%s %s %s: %d reordered, the relay says %d'
                     % (segment, s['dir'], s['ssrc'], after[1], s['reordered_out']))
            must(after[2] == before[2] == 0, 'no capture made copies here')


def ours(seen, s):
    """The records of one way only: some programs use one SSRC for both."""
    one = Seen.__new__(Seen)
    one.all = [r for r in seen.all if r['record'] != 'stream' or ends(r, s)]
    return one


def ends(record, s):
    sides = ((record['src'], s['src'], s['sport']), (record['dst'], s['dst'], s['dport']))
    return any(ours_ == ('[%s]:%s' if ':' in host else '%s:%s') % (host, port)
               for ours_, host, port in sides)


def say(name, check, *args):
    try:
        check(*args)
    except AssertionError as why:
        print('FAIL %s: %s' % (name, why))
        return 1
    print('ok ' + name)
    return 0


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    earshot, corpus = sys.argv[1:]
    failures = n = 0
    for path in sorted(glob.glob(os.path.join(corpus, 'live', '*', 'truth.json'))):
        folder = os.path.dirname(path)
        case = os.path.basename(folder)
        with open(path, encoding='utf-8') as f:
            truth = json.load(f)
        n += 1
        failures += say('special_%s_relayed' % case, relayed, earshot, folder, truth)
        for vantage, check in CASES.get(case, []):
            name = 'special_%s_%s' % (case, vantage)
            failures += say(name, lambda at: check(Seen(earshot, at)), capture(folder, vantage))
    if n == 0:
        print('skip special: %s has no live cases' % corpus)
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
