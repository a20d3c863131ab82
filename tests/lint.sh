#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a machine can say about the style: format, static analysis, words, layers. usage: tests/lint.sh
cd "$(dirname "$0")/.." || exit 2
failed=0
say() { # NAME, findings on stdin
	found=$(cat)
	if [ -n "$found" ]; then
		echo "$found" | head -20 | sed "s/^/FAIL $1: /"
		failed=1
	else
		echo "ok $1"
	fi
}

if command -v clang-format >/dev/null; then
	tests/sources.sh '*.[ch]' | xargs clang-format --dry-run 2>&1 |
	    sed -n 's/: warning: code should be clang-formatted.*/ is not formatted/p' | sort -u | say lint_format
else
	echo "skip lint_format: clang-format is not installed"
fi

if command -v cppcheck >/dev/null; then
	cppcheck --quiet --std=c11 --enable=warning,portability,performance --inline-suppr \
	    --suppress=normalCheckLevelMaxBranches --suppress=missingIncludeSystem \
	    --error-exitcode=0 -Iinclude -I. -j2 agent collector correlate probes proto runtime 2>&1 |
	    grep -E ': (error|warning|portability|performance):' | say lint_cppcheck
else
	echo "skip lint_cppcheck: cppcheck is not installed"
fi

# SC2034, SC2154: variables that come from or go to a sourced file.
if command -v shellcheck >/dev/null; then
	tests/sources.sh '*.sh' run | xargs shellcheck -S warning -e SC2034,SC2154 -f gcc 2>&1 | say lint_shell
else
	echo "skip lint_shell: shellcheck is not installed"
fi

# Whole pages, with the options that the programs print; of other people's pages only some are on each machine.
if command -v mandoc >/dev/null; then
	pages=$(mktemp -d) || exit 2
	for page in docs/*.[158]; do
		mkdir -p "$pages/man${page##*.}"
		packaging/manual.sh "${1:-build/native-release}" "$page" >"$pages/man${page##*.}/$(basename "$page")"
	done
	{
		for page in "$pages"/man*/*; do
			MANPATH=$pages mandoc -T lint -W style "$page" 2>&1
			for section in EXAMPLES FILES 'SEE ALSO'; do
				grep -q "^\.Sh $section\$" "$page" || echo "$page has no section $section"
			done
			case $page in *.5) continue ;; esac
			for section in ENVIRONMENT 'EXIT STATUS' OPTIONS; do
				grep -q "^\.Sh $section\$" "$page" || echo "$page has no section $section"
			done
		done | grep -vE 'outdated mandoc.db|referenced manual not found: Xr [^e]'
		grep -l '^\.\\" @' "$pages"/man*/* | sed 's/$/: its options are missing: build the programs first/'
	} | say lint_manual
	rm -rf "$pages"
else
	echo "skip lint_manual: mandoc is not installed"
fi

# Words that are not plain English, or that say nothing to a voice engineer: report, compute, again, continue.
# Text in `code` is left out of documents, and strings out of code, but for the help of options; of scripts, what
# Python and an attack of another's are called.
words='(un)?told|reckon(s|ed|ing)?|anew|goes on|is none|beside'
# shellcheck disable=SC2016  # awk's own
refused='
	FNR == 1 { code = 0; carry = "" }
	!source && /^```/ { code = !code; next }
	code || !source && /^\.\\"/ { next }
	{
		text = $0
		gsub(/ is None/, "", text)
		sub(/run loss_told /, "", text)
		text = tolower(text)
		if (source) {
			if (FILENAME !~ /_options[.]c$/)
				gsub(/"([^"\\]|\\.)*"/, "", text)
			sub(/^[ \t]*(\*|\/\/|#)/, "", text)
			gsub(/_/, " ", text)
		}
		gsub(/`[^`]*`/, "", text)
		gsub(/there is none/, "", text)
		text = " " carry " " text " "
		gsub(/[ \t]+/, " ", text)
		if (match(text, "[^a-z](" words ")[^a-z]"))
			print FILENAME ":" FNR ": \"" substr(text, RSTART + 1, RLENGTH - 2) "\""
		carry = match(text, /(goes|is) +$/) ? substr(text, RSTART, RLENGTH - 1) : ""
	}'
{
	tests/sources.sh '*.md' '*.[158]' in README.md CHANGELOG.md SECURITY.md docs | xargs awk -v words="$words" -v source=0 "$refused"
	tests/sources.sh '*.[ch]' '*.js' '*.proto' in agent collector correlate include probes proto runtime |
	    xargs awk -v words="$words" -v source=1 "$refused"
	tests/sources.sh '*.[ch]' '*.sh' '*.py' in tests | grep -v '^tests/lint.sh$' |
	    xargs awk -v words="$words" -v source=1 "$refused"
} | say lint_words

# chown by name follows a link that the owner of the directory put there after us: root would give away what it leads to.
tests/sources.sh '*.c' in agent collector runtime | xargs grep -nE '(^|[^a-z_])chown\(' | say lint_chown_follows_links

if command -v python3 >/dev/null; then
	tests/metrics.py 2>&1 | say lint_metrics
else
	echo "skip lint_metrics: python3 is not installed"
fi

if command -v python3 >/dev/null; then
	tests/folders.py 2>&1 | say lint_folders
	tests/where.py 2>&1 | say lint_where_to_look
	tests/headers.py 2>&1 | say lint_header_tests
else
	echo "skip lint_folders: python3 is not installed"
	echo "skip lint_where_to_look: python3 is not installed"
	echo "skip lint_header_tests: python3 is not installed"
fi

tests/layers.sh "$@" || failed=1
exit $failed
