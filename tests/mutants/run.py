#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plants small faults one at a time and says which of them the tests catch.

usage: run.py VARIANT DIR [N [SEED]]; DIR: a folder or a file of the sources. make mutants DIR=agent/spool N=40 SEED=7

All happens in a copy of the tree, build/mutants/VARIANT. Its archives are one shared object there, so a mutant costs
one compilation and one link and runs the very test programs of `make check`. Only programs that would link the
mutated file are run, the quick ones first; a failure counts when it shows twice. E2E=1: what unit and sim tests
let pass also meets the scripts of `make check` for its area. JOBS=1: not two at a time.
"""
import concurrent.futures
import fcntl
import glob
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import mutate

LIMIT_S = 60  # a test program that runs longer hangs
SCRIPT_LIMIT_S = 1200
SOURCES = [folder + '/**/*.c' for folder in 'probes correlate proto runtime agent collector'.split()]
TESTS = 'tests/unit/test_*.c tests/sim/test_*.c'.split()
SCRIPTS = {  # of an area, in the words of tests/check.sh
    'probes': 'tests/golden/*.sh', 'correlate': 'tests/golden/*.sh',
    'proto': 'tests/e2e/*.sh', 'runtime': 'tests/e2e/*.sh tests/portal/*.sh',
    'agent': 'tests/golden/*.sh tests/e2e/agent*.sh tests/e2e/live.sh tests/e2e/keylog.sh',
    'collector': 'tests/e2e/c*.sh tests/e2e/agent_calls.sh tests/portal/*.sh',
}
LINK = '$(Q)$(CC) $(LF) -o $@ $(filter %.o,$^) -L$(B) -Wl,-rpath,$(abspath $(B)) -learshot-all $(1) $(LIBS_ALL)'


def fail(text):
    print('mutants: ' + text, file=sys.stderr)
    sys.exit(2)


def output(*command, cwd='.'):
    return subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, text=True, check=True).stdout


def copy_tree(to):
    """Every file of the tree as it is now; what has not changed keeps its time, so make builds little."""
    files = [f for f in output('git', 'ls-files', '-co', '--exclude-standard').splitlines() if os.path.isfile(f)]
    for name in files:
        there = os.path.join(to, name)
        with open(name, 'rb') as f:
            new = f.read()
        if os.path.exists(there):
            with open(there, 'rb') as f:
                if f.read() == new:
                    continue
        os.makedirs(os.path.dirname(there), exist_ok=True)
        shutil.copy(name, there)
    wanted = {os.path.join(to, f) for f in files}
    for folder, folders, names in os.walk(to):
        if folder == to and 'build' in folders:
            folders.remove('build')
        for name in names:
            if os.path.join(folder, name) not in wanted:
                os.remove(os.path.join(folder, name))


class Program:
    """A test program or script of make check."""

    def __init__(self, tree, name, command, limit_s, objects):
        self.tree, self.name, self.command, self.limit_s, self.objects = tree, name, command, limit_s, objects
        self.cost = 0.0

    def run(self, library):
        """What failed first, or None."""
        began = time.monotonic()
        env = dict(os.environ, LD_LIBRARY_PATH=library, SHARED=self.tree.shared)
        env.setdefault('ASAN_OPTIONS', 'detect_stack_use_after_return=1')
        child = subprocess.Popen(self.command, cwd=self.tree.path, env=env, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            out = child.communicate(timeout=self.limit_s)[0].decode(errors='replace')
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
            return self.name + ' (hangs)'
        self.seconds = time.monotonic() - began
        failed = re.search(r'^FAIL (\S+)', out, re.M)
        if failed:
            return '%s: %s' % (self.name, failed[1].rstrip(':'))
        if child.returncode != 0:
            return '%s: exit status %d' % (self.name, child.returncode)
        return None if re.search(r'^(ok|skip) ', out, re.M) else self.name + ': said nothing'


class Tree:
    """The copy, built."""

    def __init__(self, variant, with_scripts):
        self.path = os.path.abspath('build/mutants/' + variant)
        self.shared = os.path.realpath(os.environ.get('SHARED', '../shared'))
        self.build = 'build/native-' + variant
        self.make = ['make', '--no-print-directory', '-j2', 'VARIANT=' + variant, 'CFLAGS=-fPIC -g0', 'link=' + LINK]
        self.make += ['F_release=-O1'] if variant == 'release' else []
        os.makedirs(self.path, exist_ok=True)
        self.lock = open('build/mutants/lock.' + variant, 'w')
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            fail('another run is under way in build/mutants/' + variant)
        copy_tree(self.path)
        self.tests = [t[:-2] for pattern in TESTS for t in sorted(self.glob(pattern))]
        mains = output('grep', '-lE', '^main\\(', *self.sources(), cwd=self.path).split()
        self.helpers = [self.object(h) for h in self.glob('tests/unit/*.c') if '/test_' not in h]
        self.helpers.append(self.object('tests/sim/world.c'))
        self.made = [self.object(m) for m in self.glob('tests/sim/made_*.c')]
        self.must_make('libs', *(self.object(t + '.c') for t in self.tests), *self.helpers, *self.made)
        generated = [self.build + '/proto/earshot.pb-c.o', self.build + '/collector/portal/page/assets.o']
        self.objects = [self.object(s) for s in self.sources() if s not in mains] + generated
        if self.link(self.build, self.objects) != 0:
            fail('the shared object does not link')
        if with_scripts:
            self.must_make('all', 'tests')
        self.flags = output(*self.make[:1], '-n', *self.make[1:], '-W', mains[0], self.object(mains[0]), cwd=self.path)
        self.flags = re.search(r'&& (.*) -MMD -MP -c ', self.flags)[1]

    def glob(self, pattern):
        return [os.path.relpath(f, self.path) for f in glob.glob(os.path.join(self.path, pattern), recursive=True)]

    def sources(self):
        return sorted(f for pattern in SOURCES for f in self.glob(pattern))

    def object(self, source):
        return '%s/%s.o' % (self.build, source[:-2])

    def must_make(self, *targets):
        if subprocess.run(self.make + list(targets), cwd=self.path, stdout=subprocess.DEVNULL).returncode != 0:
            fail('the tree does not build')

    def link(self, to, objects):
        return subprocess.run(['gcc', '-shared', '-o', to + '/libearshot-all.so', *objects], cwd=self.path,
                              stderr=subprocess.DEVNULL).returncode

    def compile(self, source, from_file, to):
        own = '-D_GNU_SOURCE ' if not re.match('probes/(?!host)', source) else ''
        flags = self.flags.replace('-D_GNU_SOURCE', '') + ' -w -iquote %s %s-c -o %s %s' % (
            os.path.dirname(source), own, to, from_file)
        return subprocess.run(flags, shell=True, cwd=self.path, stderr=subprocess.DEVNULL).returncode

    def programs(self):
        """Test programs, each with the objects that its own code reaches."""
        tests = [self.object(t + '.c') for t in self.tests]
        everything = self.objects + self.made + self.helpers + tests
        defined, needed = {}, {}
        for line in output('nm', '-A', '-P', '-g', *everything, cwd=self.path).splitlines():
            file, name, kind = line.split()[:3]
            (needed if kind in 'Uw' else defined).setdefault(file.rstrip(':'), set()).add(name)
        home = {name: o for o in self.objects + self.helpers for name in defined.get(o, ())}
        for test in self.tests:
            taken = [self.object(test + '.c')] + (self.made if '/test_loop_' in test else [])
            own = set().union(*(defined.get(o, set()) for o in taken))
            for o in taken:  # grows while it is read
                taken += {home[n] for n in needed.get(o, ()) if n in home and n not in own} - set(taken)
            program = self.build + ('/earshot-loop-tests' if '/test_loop_' in test else '/earshot-tests')
            yield Program(self, test[6:], [program, os.path.basename(test)], LIMIT_S, set(taken))

    def scripts(self, area):
        for script in sorted(s for pattern in SCRIPTS[area].split() for s in self.glob(pattern)):
            if os.path.basename(script) not in ('lib.sh', 'run.sh', 'lib_agents.sh'):
                yield Program(self, script[6:], [script, self.build], SCRIPT_LIMIT_S, set())


class Run:
    """One choice of mutants against the programs that concern them."""

    def __init__(self, tree, sources, scripts):
        self.tree, self.plain = tree, {}
        self.one_script, self.one_plain = threading.Lock(), threading.Lock()
        objects = {tree.object(s) for s in sources}
        self.programs = [p for p in tree.programs() if p.objects & objects]
        tree.must_make(*sorted({p.command[0] for p in self.programs}))
        self.scripts = list(scripts)
        self.programs, self.scripts = self.passing(self.programs), self.passing(self.scripts)

    def passing(self, programs):
        for p in programs:
            p.broken = p.run(self.tree.build)
            if p.broken:
                print('left out, fails without a mutant: ' + p.broken)
            else:
                p.cost = p.seconds + 0.002 * len(p.objects)
        return sorted((p for p in programs if not p.broken), key=lambda p: p.cost)

    def caught_by(self, source, library):
        for p in self.programs:
            why = self.tree.object(source) in p.objects and p.run(library) and p.run(library)
            if why:
                return why
        for p in self.scripts:
            with self.one_script:
                why = p.run(library) and p.run(library)
            if why:
                return why
        return None

    def compiled(self, folder, source, text):
        """The object of the source with this text, left in folder/mutant.o; None: it does not compile."""
        place = os.path.join(self.tree.path, folder)
        os.makedirs(place, exist_ok=True)
        with open(place + '/mutant.c', 'w') as f:
            f.write(text)
        if self.tree.compile(source, folder + '/mutant.c', folder + '/mutant.o') != 0:
            return None
        with open(place + '/mutant.o', 'rb') as f:
            return f.read()

    def code_of(self, source, text):
        with self.one_plain:
            if source not in self.plain:
                self.plain[source] = self.compiled(self.tree.build + '/plain', source, text)
            return self.plain[source]

    def judge(self, job, source, text, mutant):
        """('caught' | 'survived' | 'does not build' | 'same code', the line to print)."""
        folder = '%s/job%d' % (self.tree.build, job)
        where = '%s:%s' % (source, mutate.describe(text, mutant))
        code = self.compiled(folder, source, mutate.apply(text, mutant))
        if code is None:
            return 'does not build', 'does not build ' + where
        if code == self.code_of(source, text):
            return 'same code', 'same code ' + where
        rest = [o for o in self.tree.objects if o != self.tree.object(source)]
        if self.tree.link(folder, rest + [folder + '/mutant.o']) != 0:
            return 'does not build', 'does not link ' + where
        why = self.caught_by(source, os.path.join(self.tree.path, folder))
        return ('caught', 'caught by %s: %s' % (why, where)) if why else ('survived', 'survived ' + where)


def choose(tree, where, seed):
    """Every mutant of the place in the order of the seed; on one line at most one."""
    pool, seen = [], set()
    for source in tree.sources():
        if source != where and not source.startswith(where + '/') or tree.object(source) not in tree.objects:
            continue
        with open(os.path.join(tree.path, source)) as f:
            text = f.read()
        pool += [(source, text, m) for m in mutate.mutants(text)]
    random.Random(seed).shuffle(pool)
    for source, text, mutant in pool:
        line = (source, text.count('\n', 0, mutant.at))
        if line not in seen:
            seen.add(line)
            yield source, text, mutant


def main():
    if len(sys.argv) < 3 or not os.path.exists(sys.argv[2]):
        fail('which part? make mutants DIR=agent/spool N=40 SEED=7')
    where = sys.argv[2].rstrip('/')
    wanted, seed = (int(a) if a else b for a, b in zip((sys.argv[3:] + ['', ''])[:2], (40, 1)))
    sys.stdout.reconfigure(line_buffering=True)
    with_scripts = os.environ.get('E2E') == '1'
    tree = Tree(sys.argv[1], with_scripts)
    chosen = choose(tree, where, seed)
    sources = [s for s in tree.sources() if s == where or s.startswith(where + '/')]
    run = Run(tree, sources, tree.scripts(where.split('/')[0]) if with_scripts else [])
    os.nice(19)
    os.environ['CCACHE_DISABLE'] = '1'  # no mutant comes twice
    count = dict.fromkeys(('caught', 'survived', 'does not build', 'same code'), 0)
    lock = threading.Lock()

    def work(job):
        while True:
            with lock:
                if count['caught'] + count['survived'] + work.open >= wanted:
                    return
                case = next(chosen, None)
                work.open += 1
            if case is None:
                return
            verdict, line = run.judge(job, *case)
            with lock:
                work.open -= 1
                count[verdict] += 1
            print(line)

    work.open = 0
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for done in [pool.submit(work, job) for job in range(int(os.environ.get('JOBS', '2')))]:
            done.result()
    n = count['caught'] + count['survived']
    print('%d mutants: %d caught (%.0f %%), %d survived, %d did not build, %d were the same code' % (
        n, count['caught'], 100.0 * count['caught'] / max(n, 1), count['survived'], count['does not build'],
        count['same code']))


main()
