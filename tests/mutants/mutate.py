# SPDX-License-Identifier: Apache-2.0
"""Small faults for C functions: what a hasty programmer would write, one fault a mutant.

Comments, strings, log lines, assertions and freeing are left alone. The text is taken as clang-format lays it out:
bodies between braces in the first column, one statement a line, continued lines indented by blanks.
"""
import re
from collections import namedtuple

Mutant = namedtuple('Mutant', 'kind at end new')  # text[at:end] becomes new

SWAPS = {'<': '<=', '<=': '<', '>': '>=', '>=': '>', '==': '!=', '!=': '==', '&&': '||', '||': '&&',
         '+': '-', '-': '+', '+=': '-=', '-=': '+='}
SILENT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^#(?:\\\n|[^\n])*', re.S | re.M)
QUIET_CALLS = re.compile(r'\b(?:log_\w+|assert|_Static_assert|perror)\s*(?=\()')
BODY = re.compile(r'^\{\n.*?^\}', re.S | re.M)
STATEMENT = re.compile(r'^(\t+)([a-z_(*+-][^;{}]*;)', re.M)
KEYWORD = re.compile(r'(?:return|if|else|while|for|switch|case|default|goto|do|break|continue)\b')
DECLARATION = re.compile(r'(?:(?:const|static|struct|enum|union|unsigned) )*[a-z_]\w* \**[a-z_]\w*(?:\[| = |;|,)')
CALL = re.compile(r'(?:\(void\)\s*)?([a-z_]\w*(?:(?:->|\.)\w+)*)\(')
ASSIGNMENT = re.compile(r'\*?([a-z_][\w.>\[\]-]*(?:\[[^=]*\])?[\w.>-]*) [-+|&^*/%]?=(?:<<|>>)? ?(?!=)')
FREEING = re.compile(r'(?:^|_|>|\.)(?:free|done|wipe|unref)$')
NUMBER = re.compile(r'(?<![\w.])(0x[0-9a-f]+|\d+)(u?l{0,2})(?![\w.])', re.I)


def closing(text, at):
    """Where the parenthesis that opens at `at` is closed."""
    depth = 0
    for i in range(at, len(text)):
        depth += {'(': 1, ')': -1}.get(text[i], 0)
        if depth == 0:
            return i
    return at


def blank(text, at, end):
    return text[:at] + re.sub(r'[^\n]', ' ', text[at:end]) + text[end:]


def visible(text):
    """The text with everything blank that no mutant touches; positions stay."""
    for m in SILENT.finditer(text):
        text = blank(text, m.start(), m.end())
    for m in QUIET_CALLS.finditer(text):
        text = blank(text, m.start(), closing(text, m.end()) + 1)
    return text


def statements(code, at, end):
    for m in STATEMENT.finditer(code, at, end):
        if not KEYWORD.match(m[2]) and not DECLARATION.match(m[2]):
            yield m


def order_matters(one, two):
    """Two calls, or one statement names what the other assigns."""
    written = [ASSIGNMENT.match(s) for s in (one, two)]
    if not any(written):
        return bool(CALL.match(one) and CALL.match(two))
    return any(w and re.search(r'\b' + re.escape(re.split(r'\W', w[1].rstrip(']'))[-1] or w[1]) + r'\b', other)
               for w, other in zip(written, (two, one)))


def of_statements(text, code, at, end):
    last = None
    for m in statements(code, at, end):
        call, assignment = CALL.match(m[2]), ASSIGNMENT.match(m[2])
        if call and closing(m[2], call.end() - 1) == len(m[2]) - 2:
            if FREEING.search(call[1]):
                last = None
                continue
            yield Mutant('call dropped', m.start(2), m.end(2), ';')
        elif assignment:
            yield Mutant('assignment dropped', m.start(2), m.end(2), ';')
        if last and last[1] == m[1] and not code[last.end():m.start()].strip() and order_matters(last[2], m[2]):
            yield Mutant('statements swapped', last.start(2), m.end(2),
                         text[m.start(2):m.end(2)] + text[last.end(2):m.start(2)] + text[last.start(2):last.end(2)])
        last = m


def of_body(text, code, at, end):
    yield from of_statements(text, code, at, end)
    for m in re.compile(r'(?<= )(?:[<>]=?|[=!]=|&&|\|\||[-+]=?)(?= |\n)').finditer(code, at, end):
        yield Mutant('operator', m.start(), m.end(), SWAPS[m[0]])
    for m in re.compile(r'\+\+|--').finditer(code, at, end):
        yield Mutant('operator', m.start(), m.end(), '--' if m[0] == '++' else '++')
    for m in re.compile(r'\bif (?=\()').finditer(code, at, end):
        close = closing(code, m.end())
        yield Mutant('condition negated', m.end() + 1, close, '!(' + text[m.end() + 1:close] + ')')
    for m in re.compile(r'\b(?:true|false)\b').finditer(code, at, end):
        yield Mutant('truth', m.start(), m.end(), 'false' if m[0] == 'true' else 'true')
    for m in re.compile(r'\b(?:break|continue);').finditer(code, at, end):
        yield Mutant(m[0][:-1] + ' dropped', m.start(), m.end(), ';')
    for m in NUMBER.finditer(code, at, end):
        line = code[code.rfind('\n', 0, m.start()) + 1:m.start() + 1].strip()
        if code[m.start() - 1] == '[' and DECLARATION.match(line):
            continue  # the size of a buffer
        value = int(m[1], 0) if m[1][:2] in ('0x', '0X') else int(m[1])
        for other in {value + 1, abs(value - 1)}:
            yield Mutant('constant', m.start(), m.end(), ('%#x' if m[1][:2].lower() == '0x' else '%d') % other + m[2])


def mutants(text):
    """Every mutant of one C file."""
    code = visible(text)
    return [m for body in BODY.finditer(code) for m in of_body(text, code, body.start(), body.end())]


def apply(text, mutant):
    return text[:mutant.at] + mutant.new + text[mutant.end:]


def describe(text, mutant):
    """'LINE: before → after', the lines that differ only."""
    was, now = text.split('\n'), apply(text, mutant).split('\n')
    same = next(i for i in range(len(was)) if was[i] != now[i])
    ends = next(i for i in range(1, len(was)) if was[-i] != now[-i])
    lines = [' '.join(' '.join(x[same:len(x) - ends + 1]).split()) for x in (was, now)]
    return '%d: %s → %s' % (same + 1, lines[0], lines[1])
