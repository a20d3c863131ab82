#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks bash, zsh and fish what they complete with the scripts that the programs print; a shell that is not there is
skipped. usage: completion.py BUILD_DIR
"""
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

BUILD = os.path.abspath(sys.argv[1])
# What is typed; what must be offered; what must not.
CASES = [
    ('earshot re', ['read'], ['live']),
    ('earshot read --so', ['--sort'], ['--json']),
    ('earshot read --sort l', ['loss'], ['mos']),
    ('earshot read big.p', ['big.pcap'], []),
    ('earshot read --keylog big.k', ['big.keys'], []),
    ('earshot live -i l', ['lo'], []),
    ('earshot explain big.p', ['big.pcap'], []),
    ('earshot explain --kee', ['--keep-going'], ['--keylog']),
    ('earshot explain --ht', ['--html'], ['--help']),
    ('earshot-collector res', ['restore'], ['backup']),
    ('earshot-collector token --tt', ['--ttl'], ['--dir']),
    ('earshot-collector calls --he', ['--help'], ['--number']),
    ('earshot-collector agents --he', ['--help'], ['--json']),
    ('earshot-collector backup --vers', ['--version'], ['--help']),
    ('earshot-collector serve --role p', ['portal'], ['ingest']),
    ('earshot-collector restore big.d', ['big.db'], []),
    ('earshotd --rol', ['--role'], ['--config']),
    ('earshotd --role se', ['sensor'], ['shipper']),
    ('earshotd --config big.c', ['big.conf'], []),
]
BASH = r'''
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; files=
compopt() { files=1; }
"_${1//-/_}"
printf '%s\n' "${COMPREPLY[@]}"
[ -z "$files" ] || compgen -f -- "${COMP_WORDS[COMP_CWORD]}"
'''


def ask_bash(script, line):
    return subprocess.run(['bash', '-c', BASH, 'bash', script, *line.split(' ')], check=True, stdout=subprocess.PIPE,
                          text=True).stdout.split()


def ask_fish(script, line):
    out = subprocess.run(['fish', '--no-config', '-c', 'source $argv[1]; complete -C "$argv[2]"', script, line], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return [row.split('\t')[0] for row in out.splitlines()]


def ask_zsh(script, line):
    """The line as it stands after a TAB, word by word."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp('zsh', ['zsh', '-f', '-i'])
    got = b''

    def read_until(mark):
        nonlocal got
        end = time.monotonic() + 20
        while mark not in got and time.monotonic() < end:
            if select.select([fd], [], [], 0.2)[0]:
                got += os.read(fd, 65536)

    folder = os.path.dirname(script)
    os.write(fd, b"PS1=; unsetopt zle_bracketed_paste prompt_cr prompt_sp 2>/dev/null; fpath=(%s $fpath)\n" % folder.encode())
    os.write(fd, b"autoload -Uz compinit; compinit -u -D; setopt no_auto_menu no_list_beep; "
                 b"show() { BUFFER=\"print -r -- now-$((1+1)) ${(qq)BUFFER} end-$((1+1))\"; zle accept-line }; zle -N show; "
                 b"bindkey '^I' complete-word; bindkey '^X^X' show; print rea''dy\n")
    read_until(b'ready\r\n')
    got = b''
    os.write(fd, line.encode() + b'\t')
    os.write(fd, b'\x18\x18')
    read_until(b' end-2\r\n')
    os.write(fd, b'exit\n')
    os.close(fd)
    os.waitpid(pid, 0)
    found = re.search(r'\nnow-2 (.*?) end-2\r\n', got.decode(errors='replace'))
    return found[1].replace('=', '').split() if found else [got.decode(errors='replace')]


def main():
    failed = False
    asked = {'bash': ask_bash, 'zsh': ask_zsh, 'fish': ask_fish}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name in 'big.pcap', 'big.keys', 'big.conf', 'big.db':
            open(name, 'w').close()
        for shell, ask in asked.items():
            if shutil.which(shell) is None:
                print('skip completion_of_%s: it is not installed' % shell)
                continue
            why = []
            for line, wanted, unwanted in CASES:
                program = line.split(' ')[0]
                script = os.path.join(folder, '_' + program)
                with open(script, 'w') as f:
                    subprocess.run([os.path.join(BUILD, program), '--print-completion', shell], check=True, stdout=f)
                got = ask(script, line)
                if not all(w in got for w in wanted) or any(u in got for u in unwanted):
                    why.append('%s: %s' % (line, got))
            print('FAIL completion_of_%s: %s' % (shell, '; '.join(why)) if why else 'ok completion_of_' + shell)
            failed |= bool(why)
        os.chdir('/')
    return failed


sys.exit(main())
