#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds a page of `earshot explain --html` or `read --html` against what --json says of the same captures.

Checks its structure (headings in order, titles of pictures, nothing from elsewhere, size), then each number: of path
strips and verdict against `explain --json`, of streams and blocks against `read --json` of the capture of each vantage
point, for each leg of each call, of machines against their timelines, hashes against the files.

usage: page.py EARSHOT PAGE INPUT... as `earshot explain` takes them: ROLE:NAME=FILE, host:NAME=FILE;
       page.py EARSHOT PAGE FILE of `earshot read`
"""
import datetime
import decimal
import hashlib
import html.parser
import json
import os
import subprocess
import sys

VOID = {'meta', 'br', 'hr', 'img', 'input', 'link', 'path'}
CLOSED_BY = {'td': {'td', 'th', 'tr', 'tbody'}, 'th': {'td', 'th', 'tr', 'tbody'}, 'tr': {'tr', 'tbody'},
             'li': {'li'}, 'dt': {'dt', 'dd'}, 'dd': {'dt', 'dd'}, 'thead': {'tbody'}, 'tbody': set()}

UNSCORED = {'codec_unknown': 'codec not known', 'codec_unrated': 'no figures for codec', 'not_audio': 'not audio',
            'egress': 'seen where sent from', 'too_short': 'too short', 'clock_mismatch': "clock is not codec's"}


class Node:
    def __init__(self, tag, attributes):
        self.tag, self.at, self.inside = tag, dict(attributes), []

    def all(self, test):
        for child in self.inside:
            if isinstance(child, Node):
                if test(child):
                    yield child
                yield from child.all(test)

    def tags(self, *names):
        return list(self.all(lambda n: n.tag in names))

    def classed(self, name):
        return list(self.all(lambda n: name in (n.at.get('class') or '').split()))

    def text(self):
        return ''.join(c if isinstance(c, str) else c.text() for c in self.inside)


class Tree(html.parser.HTMLParser):
    """Elements whose end tag HTML lets one leave out end where they must; any other end tag has its start tag."""

    def __init__(self):
        super().__init__()
        self.open = [Node('', [])]

    def handle_starttag(self, tag, attrs):
        while tag in CLOSED_BY.get(self.open[-1].tag, ()):
            self.open.pop()
            if tag in ('tr', 'tbody') and self.open[-1].tag == 'tr':
                self.open.pop()
        node = Node(tag, attrs)
        self.open[-1].inside.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag, attrs):
        self.open[-1].inside.append(Node(tag, attrs))

    def handle_endtag(self, tag):
        while self.open[-1].tag in CLOSED_BY and self.open[-1].tag != tag:
            self.open.pop()
        assert self.open[-1].tag == tag, f'</{tag}> ends <{self.open[-1].tag}>'
        self.open.pop()

    def handle_data(self, data):
        self.open[-1].inside.append(data)


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode()


def loads(line):
    return json.loads(line, parse_float=str, parse_int=str)


def same(got, expected, what):
    assert got == expected, f'{what}: the page has {got}, the JSON {expected}'


def rows(table):
    return [[cell.text() for cell in row.inside if isinstance(cell, Node)] for row in table.tags('tr')
            if any(isinstance(c, Node) and c.tag == 'td' for c in row.inside)]


def check_structure(text, tree, n_calls):
    assert len(text.encode()) <= 150 * 1024 * max(n_calls, 1), f'{len(text)} bytes'
    assert text.startswith('<!doctype html>\n<html lang=en>')
    for banned in ('<script', '<link', '<iframe', '<img', 'http:', 'https:', 'url(', '@import', 'javascript:'):
        assert banned not in text, banned
    levels = [int(n.tag[1]) for n in tree.tags('h1', 'h2', 'h3', 'h4')]
    assert levels[0] == 1 and levels.count(1) == 1, levels
    assert all(b <= a + 1 for a, b in zip(levels, levels[1:])), levels
    ids = [n.at['id'] for n in tree.all(lambda n: 'id' in n.at)]
    assert len(ids) == len(set(ids)), 'ids are unique'
    for svg in tree.tags('svg'):
        title, desc = svg.tags('title')[0], svg.tags('desc')[0]
        assert title.text() and desc.text()
        same([svg.at['aria-labelledby'], svg.at['aria-describedby']], [title.at['id'], desc.at['id']], 'svg')
    assert any(n.at.get('name') == 'viewport' for n in tree.tags('meta'))


def numbers(node):
    return {n.at['data-n']: n.text() for n in node.all(lambda n: 'data-n' in n.at)}


def share(lost, expected):
    return str((decimal.Decimal(lost) * 100 / decimal.Decimal(expected)).quantize(
        decimal.Decimal('0.1'), decimal.ROUND_HALF_UP))


def check_facts(article, call):
    same(numbers(article.classed('facts')[0]),
         {k: call[k] for k in ('start', 'duration_s', 'final_status') if k in call}, 'facts')


def check_call(article, call):
    verdict = call['verdict']
    state = article.classed('verdict')[0]
    assert verdict['state'] in state.at['class'] or verdict['state'] == 'unknown'
    if 'causes' in verdict:
        same([n.text() for n in state.all(lambda n: n.at.get('data-n') == 'confidence')],
             [c['confidence'] for c in verdict['causes']], 'confidence')
    evidence = [n.text() for n in article.classed('evidence')[0].tags('li')] if verdict['evidence'] else []
    same(evidence, [e['text'] + (' synthetic' if e.get('synthetic') else '') for e in verdict['evidence']], 'evidence')
    strips = [n for n in article.all(lambda n: 'data-direction' in n.at)]
    same([n.at['data-direction'] for n in strips], [d['name'] for d in call['directions']], 'directions')
    for strip, direction in zip(strips, call['directions']):
        head = numbers(strip.tags('h4')[0])
        same(head, {k: direction[k] for k in ('mos_lq', 'mos_cq', 'mouth_to_ear_ms') if k in direction}, 'direction')
        segments = strip.classed('segment')
        same(len(segments), len(direction['segments']), 'segments')
        for node, segment in zip(segments, direction['segments']):
            expected = {k: v for k, v in segment.items()
                        if k not in ('from', 'to') and not (k in ('lost', 'late') and v == '0')}
            same(numbers(node), expected, 'segment')
            same([node.at['data-from'], node.at['data-to']], [segment['from'], segment['to']], 'segment')
            if ' %' in node.text():
                assert f"{share(segment['lost'], segment['expected'])} %" in node.text(), node.text()
            hit = 'hit' in node.at['class'].split()
            same(hit, is_hit(verdict, direction['name'], segment), 'the damaged segment')


def is_hit(verdict, name, segment):
    place = verdict.get('segment', {})
    ends = [place.get('from'), place.get('to')]
    if place.get('direction') == 'both' and name == 'reverse':
        ends.reverse()
    return place.get('direction') in (name, 'both') and ends == [segment['from'], segment['to']]


def seconds(text):
    whole, fraction = text[:-1].split('.')
    at = datetime.datetime.fromisoformat(whole + '+00:00')
    return decimal.Decimal(int(at.timestamp())) + decimal.Decimal('0.' + fraction)


def ends(record):
    return record['ssrc'], record['src'], record['dst']


def is_block_of(block, stream):
    """An SSRC that comes back on its ports after minutes has the restart number that it had."""
    start = seconds(stream['start'])
    return (ends(block), block['restart']) == (ends(stream), stream['restart']) and \
        start <= seconds(block['start']) <= start + decimal.Decimal(stream['duration_s']) + decimal.Decimal('0.001')


def seen_of(call, leg, records):
    """Records of the streams and blocks of a leg: streams that the leg names and no other call claims."""
    ids = {x.get('call_id') for x in call['legs']}
    named = {ends(s) for s in leg['streams']}
    those = records.get(leg['vantage']) or records[leg['vantage'].rsplit('/', 1)[0]]
    streams = [r for r in those if r['record'] == 'stream' and ends(r) in named
               and (not r.get('call_id') or r['call_id'] in ids)]
    return streams, [r for r in those if r['record'] == 'interval' and any(is_block_of(r, s) for s in streams)]


def in_ms(record, *path):
    for key in path:
        record = record.get(key, {})
    return record or '–'


def check_streams(article, seen):
    """Rows of the table of streams: of each vantage point all its streams, with the values of their records."""
    expected = [[vantage, r['codec'], r['ssrc'], f"{r['src']}\xa0→ {r['dst']}", r['packets'], r['expected'], r['lost'],
                 share(r['lost'], r['expected']), r.get('late', '–'), in_ms(r, 'jitter_ms', 'mean'),
                 in_ms(r, 'jitter_ms', 'max'), in_ms(r, 'delay_variation_ms', 'p95'),
                 r.get('mos_lq', UNSCORED.get(r.get('unscored')))] for vantage, (streams, _) in seen for r in streams]
    tables = article.classed('legs')
    assert tables or not expected, expected
    got = [[row[0], *row[2:]] for table in tables for row in rows(table)]
    same(sorted(got), sorted(expected), 'streams')


def check_blocks(article, seen, start):
    """Rows of the tables of blocks: of each vantage point all its blocks; times by the clock of the first one."""
    first = seen[0][0] if seen else None
    left = [(vantage, r) for vantage, (streams, blocks) in seen for r in blocks
            if any(ends(r) == ends(s) and s['kind'] in ('audio', 'unknown') for s in streams)]
    for table in article.classed('blocks'):
        for vantage, begin, end, *values in rows(table):
            found = [r for v, r in left if v == vantage and
                     values == [r['expected'], r['lost'], r['late'], r.get('jitter_ms', '–'),
                                in_ms(r, 'delay_variation_ms', 'p95'), r.get('mos_lq', '–')]]
            assert found, (vantage, values)
            record = found[0]
            if vantage == first:
                off = [abs(seconds(r['start']) - start - decimal.Decimal(begin)) for r in found]
                record = found[off.index(min(off))]
                assert min(off) <= decimal.Decimal('0.001'), (vantage, begin, off)
                assert abs(seconds(record['end']) - start - decimal.Decimal(end)) <= decimal.Decimal('0.001')
            left.remove((vantage, record))
    same([(v, ends(r), r['block']) for v, r in left], [], 'blocks that are not on the page')
    for panel in article.all(lambda n: n.at.get('data-metric') == 'loss'):
        names = [n.tags('b')[0].text() for n in panel.classed('names')[0].tags('div')]
        for name, cell in zip(names, panel.classed('worst')[0].tags('b')):
            lost = [int(s['lost']) for vantage, (streams, _) in seen if vantage == name for s in streams]
            assert int(cell.text()) in lost or int(cell.text()) == sum(lost), (name, cell.text(), lost)


def check_machines(article, samples, start):
    units = {'%': ('_ppm', 4, 1), 'Mbit/s': ('_bps', 6, 1)}
    for table in article.classed('samples'):
        for _, begin, end, value, unit in rows(table):
            suffix, scale, decimals = units.get(unit, ('', 0, 0))
            near = [s for s in samples if abs(seconds(s['start']) - start - decimal.Decimal(begin)) < decimal.Decimal('0.01')
                    and abs(seconds(s['end']) - start - decimal.Decimal(end)) < decimal.Decimal('0.01')]
            texts = {str((decimal.Decimal(v) / 10 ** scale).quantize(decimal.Decimal(1).scaleb(-decimals),
                                                                     decimal.ROUND_HALF_UP))
                     for s in near for k, v in s['signals'].items() if k.endswith(suffix)}
            assert value in texts, (begin, value, unit, texts)


def calls_of(records):
    """The calls of one capture as its page has them: each with the streams it names, and each stream that none names."""
    calls = [r for r in records if r['record'] == 'call']
    out = [{**c, 'call': c['call_id'], 'legs': [{**c, 'vantage': 'capture', 'streams': c.get('streams', [])}]} for c in calls]
    named = {ends(s) for c in out for s in c['legs'][0]['streams']}
    for s in (r for r in records if r['record'] == 'stream' and ends(r) not in named):
        leg = {'vantage': 'capture', 'streams': [s]}
        out.append({'call': 'rtp:' + s['ssrc'], 'start': s['start'], 'duration_s': s['duration_s'], 'legs': [leg]})
    return out


def records_of(earshot, file):
    return [loads(line) for line in
            run(earshot, 'read', '--json', '--records', 'stream,interval,call', file).splitlines()]


def main(earshot, path, inputs):
    with open(path, encoding='utf-8') as f:
        text = f.read()
    parser = Tree()
    parser.feed(text)
    tree = parser.open[0]
    articles = tree.tags('article')
    check_structure(text, tree, len(articles))
    records, samples, files = {}, [], []
    is_explained = ':' in inputs[0]
    for operand in inputs:
        role, name, file = operand.replace('=', ':', 1).split(':', 2) if is_explained else ('capture', '', operand)
        with open(file, 'rb') as f:
            content = f.read()
        files.append([role, name, os.path.basename(file), hashlib.sha256(content).hexdigest()])
        if role == 'host':
            samples += [s for s in map(loads, content.decode().splitlines()) if s['record'] == 'host']
        else:
            records[name or 'capture'] = records_of(earshot, file)
    same(rows(tree.classed('inputs')[0]), files, 'inputs')
    if is_explained:
        calls = [loads(line) for line in run(earshot, 'explain', '--json', *inputs).splitlines()]
    else:
        calls = calls_of(records['capture'])
    same(sorted(a.tags('h2')[0].text() for a in articles), sorted('Call ' + c['call'] for c in calls), 'calls')
    for call in calls:
        article = next(a for a in articles if a.tags('h2')[0].text() == 'Call ' + call['call']
                       and numbers(a.classed('facts')[0])['start'] == call['start'])
        check_facts(article, call)
        if is_explained:
            check_call(article, call)
        seen = [(leg['vantage'], seen_of(call, leg, records)) for leg in call['legs']]
        check_streams(article, seen)
        check_blocks(article, seen, seconds(call['start']))
        check_machines(article, samples, seconds(call['start']))
    assert run(earshot, '--version').strip() in text, 'the version'


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
