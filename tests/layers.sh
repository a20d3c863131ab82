#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Proves the house rules a machine can prove: include arrows, symbols of the pure archives, banned
# functions, lengths of files and functions. usage: tests/layers.sh [BUILD_DIR]
cd "$(dirname "$0")/.." || exit 2
B=${1:-build/native-release}
tmp=$(mktemp) || exit 2
trap 'rm -f "$tmp"' EXIT
failed=0
for tool in nm objdump; do
	command -v "$tool" >/dev/null || { echo "FAIL layers: $tool is not installed, expected binutils"; exit 1; }
done

verdict() { # NAME: what was found stands in $tmp
	if [ -s "$tmp" ]; then
		sed "s/^/FAIL $1: /" "$tmp"
		failed=1
	else
		echo "ok $1"
	fi
}

# The arrows. FOLDER: the include paths it may use, as one extended regular expression.
# A folder's own headers are always its own business.
arrows='
include/earshot	earshot/
probes/base	earshot/|probes/base/
probes/wire/link	earshot/|probes/(base|wire/link)/
probes/wire/rtp	earshot/|probes/(base|wire/rtp)/
probes/wire/sip	earshot/|probes/(base|wire/sip)/
probes/wire/other	earshot/|probes/(base|wire/(link|sip|other))/
probes/quality/timing	earshot/|probes/(base|quality/timing)/
probes/quality	earshot/|probes/(base|quality)/
probes/reassembly	earshot/|probes/(base|wire|reassembly)/
probes/call	earshot/|probes/(base|wire|quality|call)/
probes/stream	earshot/|probes/(base|wire|quality|call|stream)/
probes/media	earshot/|probes/(base|wire|quality|call|stream|media)/
probes/signalling	earshot/|probes/(base|wire|quality|call|stream|media|signalling)/
probes/engine	earshot/|probes/(base|wire|quality|reassembly|call|stream|media|signalling|engine)/
probes/host	earshot/|probes/(base|host)/
probes/path	earshot/|probes/(base|wire|path)/
correlate/input	earshot/|probes/base/|correlate/input/
correlate/join	earshot/|probes/base/|correlate/(input|join)/
correlate/call	earshot/|probes/base/|correlate/(input|join|call)/
correlate/verdict	earshot/|probes/base/|correlate/(input|join|call|verdict)/
correlate	earshot/|probes/base/|correlate/
proto	earshot/|probes/base/|proto/|protobuf-c/|zlib\.h
runtime	earshot/|probes/base/|runtime/
agent/capture	earshot/|probes/base/|runtime/|agent/capture/|zlib\.h
agent/ipc	earshot/|probes/base/|proto/|runtime/|agent/ipc/
agent/spool	earshot/|probes/base/|proto/ipc\.h|proto/$|runtime/|agent/spool/|zlib\.h
agent/path	earshot/|probes/(base|path)/|runtime/|agent/(path/|command/agent_command\.h)
agent/report	earshot/|probes/base/|runtime/|agent/([a-z_]*\.h|$|report/)
agent/sensor	earshot/|probes/base/|proto/|runtime/|agent/([a-z_]*\.h|$|capture/|ipc/|sensor/)
agent/shipper	earshot/|probes/base/|proto/|runtime/|agent/([a-z_]*\.h|$|ipc/|spool/|shipper/)|zlib\.h
agent/top	earshot/|probes/base/|runtime/|agent/([a-z_]*\.h|$|output/|top/)
agent/output	earshot/|probes/base/|runtime/|agent/([a-z_]*\.h|$|output/)
agent/command	earshot/|probes/base/|proto/|runtime/|agent/([a-z_]*\.h|$|capture/|ipc/|output/|report/|shipper/|top/|command/)|jansson\.h
agent	earshot/|probes/(base|path)/|proto/|runtime/|agent/|zlib\.h|jansson\.h
collector/store	earshot/|probes/base/|proto/|runtime/|collector/(collector_config\.h|store/)|jansson\.h
collector/ingest	earshot/|probes/base/|proto/|runtime/|collector/([a-z_]*\.h|$|store/|ingest/)
collector/query	earshot/|probes/base/|proto/|runtime/|collector/(store|query)/
collector/portal	earshot/|probes/base/|proto/|runtime/|collector/([a-z_]*\.h|$|store/|query/|portal/)
collector	earshot/|probes/base/|proto/|runtime/|collector/|jansson\.h
'
includes() { # FOLDER: file:line:path of every include that is not a plain C or POSIX header
	grep -rnE '^[[:space:]]*#[[:space:]]*include' "$1" --include='*.[ch]' |
	    sed -E 's/^([^:]*:[0-9]+):[^<"]*[<"]([^>"]*)[>"].*/\1:\2/'
}
system='^(assert|ctype|errno|fcntl|float|getopt|glob|grp|inttypes|langinfo|limits|locale|math|poll|pwd|sched|signal|stdarg|stdbool|stddef|stdint|stdio|stdlib|string|strings|syslog|termios|time|unistd|wchar|stdalign|ifaddrs|netdb|dirent|fnmatch|dlfcn|pthread)\.h$|^(sys|net|netinet|arpa|linux)/'
echo "$arrows" | while IFS='	' read -r folder allowed; do
	[ -n "$folder" ] && [ -d "$folder" ] || continue
	includes "$folder" | while IFS=: read -r file line path; do
		echo "$path" | grep -qE "$system" && continue
		echo "$path" | grep -qE "^($allowed)" && continue
		case "$file:$path" in      # the libraries, each in its one place
		runtime/loop/*:event2/*) continue ;;
		runtime/crypto/*:mbedtls/* | runtime/crypto/*:psa/*) continue ;;
		runtime/rights.c:cap-ng.h | runtime/sandbox.c:seccomp.h | runtime/crypto/hmac.c:malloc.h) continue ;;
		probes/base/arena.c:sanitizer/asan_interface.h) continue ;; # only under it
		agent/capture/*:pcap/pcap.h | agent/capture/*:pcap.h) continue ;;
		agent/srtp.c:srtp2/srtp.h | collector/store/*:sqlite3.h) continue ;;
		esac
		echo "$file:$line includes $path"
	done
done >"$tmp"
verdict layers_includes_follow_the_arrows

# The same of calls and data, as the objects have them: a prototype in a lower folder would hide an arrow.
# What the public headers declare is open to all.
echo "$arrows" | while IFS='	' read -r folder allowed; do
	[ -n "$folder" ] && [ -d "$B/$folder" ] && echo "$folder	$allowed"
done >"$tmp.rows"
grep -ohE '\<es_[a-z0-9_]+' include/earshot/*.h | sort -u >>"$tmp.rows"
tests/sources.sh '*.c' in agent collector correlate probes proto runtime | sed "s|^|$B/|; s|c\$|o|" |
    xargs nm -A -P -g 2>/dev/null |
    awk -v build="$B/" -F'[ :]+' '
	FILENAME == ARGV[1] {
		if (split($0, cell, "\t") > 1) allowed[cell[1]] = cell[2]
		else is_public[$0] = 1
		next
	}
	{
		sub(build, "", $1)
		folder = $1
		sub(/\/[^\/]*$/, "", folder)
		if ($3 == "U") needs[folder, $2] = $1
		else if ($3 ~ /[TDBR]/) home[$2] = folder
	}
	END {
		for (key in needs) {
			split(key, part, SUBSEP)
			if (!(part[2] in home) || part[2] in is_public || home[part[2]] == part[1]) continue
			row = part[1]
			while (!(row in allowed) && sub(/\/[^\/]*$/, "", row)) ;
			if (row in allowed && index(home[part[2]], row) != 1 &&
			    (home[part[2]] "/") !~ ("^(" allowed[row] ")"))
				print needs[key] " uses " part[2] " of " home[part[2]]
		}
	}' "$tmp.rows" - >"$tmp"
rm -f "$tmp.rows"
verdict layers_calls_follow_the_arrows

# The pure archives: no I/O, no clock, no allocation outside _new, nothing locale-dependent.
pure='memcpy|memmove|memset|memcmp|memchr|strlen|strcmp|strncmp|strchr|bcmp|qsort|bsearch|abort|malloc|calloc|free'
pure="$pure|exp|exp2|expm1|log|log2|log10|log1p|pow|sqrt|fabs|floor|ceil|round|lround|llround|atan2|cos|sin|fmod|hypot|cbrt|isnan|nearbyint|rint|lrint|llrint|fmin|fmax|trunc"
pure="$pure|__assert_fail|__stack_chk_fail|__memcpy_chk|__memmove_chk|__memset_chk|_GLOBAL_OFFSET_TABLE_"
for lib in libearshot libearshot-correlate; do
	: >"$tmp"
	if [ ! -f "$B/$lib.a" ]; then
		echo "$B/$lib.a is missing: build first" >"$tmp"
	else
		defined=$(nm --defined-only "$B/libearshot.a" "$B/$lib.a" 2>/dev/null | awk 'NF == 3 {print $3}' | sort -u)
		nm -u "$B/$lib.a" 2>/dev/null | awk '/\.o:$/ {file = $1} $1 == "U" {print $2, file}' | sort -u |
		while read -r sym file; do
			echo "$sym" | grep -qxE "$pure" && continue
			echo "$defined" | grep -qxF "$sym" && continue
			echo "$file uses $sym"
		done >"$tmp"
	fi
	verdict "layers_${lib#lib}_is_pure"
done

# Writable data at file scope would be a global state. (Tables of pointers are .data.rel.ro: constant.)
for lib in libearshot libearshot-correlate; do
	objdump -t "$B/$lib.a" 2>/dev/null | awk -v l=$lib '
		/:.*file format/ {f = $1}
		/[[:space:]](\.data|\.bss|\.tdata|\.tbss|\*COM\*)[.a-zA-Z0-9_]*[[:space:]]/ && $0 !~ /\.data\.rel\.ro/ &&
		    $NF !~ /^\./ {print l, f, $NF}'
done >"$tmp"
verdict layers_pure_archives_hold_no_state

banned='strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|sscanf|alloca|system|popen|tmpnam|mktemp|strncpy'
tests/sources.sh '*.c' '*.h' |
    xargs awk -v banned="$banned" '
	FNR == 1 { comment = 0 }
	{
		line = $0
		gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
		if (comment) { if (sub(/.*\*\//, "", line)) comment = 0; else next }
		gsub(/\/\*([^*]|\*[^\/])*\*\//, "", line)
		if (sub(/\/\*.*/, "", line)) comment = 1
		sub(/\/\/.*/, "", line)
		if (match(line, "(^|[^A-Za-z0-9_])(" banned ")[[:space:]]*\\("))
			print FILENAME ":" FNR ": banned function: " substr(line, RSTART, RLENGTH)
	}' >"$tmp"
verdict layers_no_banned_function

tests/sources.sh '*.c' '*.h' '*.sh' '*.py' '*.js' '*.mjs' |
    xargs wc -l | awk '$2 != "total" && $1 > 600 {print $2 " has " $1 " lines, 600 is the cap"}' >"$tmp"
verdict layers_files_are_short

# A function: from a brace in the first column to its closing one. Tables are not functions.
tests/sources.sh '*.c' in agent collector correlate probes proto runtime |
    xargs awk '
	/^\{/ { start = FNR }
	/^\}/ { if (start && FNR - start - 1 > 70) print FILENAME ":" start ": function of " FNR - start - 1 " lines, 70 is the cap"; start = 0 }
	FNR == 1 { start = 0 }' >"$tmp"
verdict layers_functions_fit_a_screen

tests/sources.sh '*.c' '*.h' '*.sh' '*.py' '*.js' '*.mjs' '*.css' '*.proto' Makefile |
    xargs grep -L 'SPDX-License-Identifier: Apache-2.0' | sed 's/$/ has no SPDX line/' >"$tmp"
verdict layers_every_source_names_its_license

{ grep -rlE 'clock_gettime|gettimeofday' agent collector correlate probes proto runtime --include='*.c' | grep -vxE 'runtime/(clock|sandbox).c' # the second names calls and makes none
  grep -rlE '[^_a-z](time|clock)\((NULL|&|0)' agent collector correlate probes proto runtime --include='*.c'
} | sed 's/$/ reads a clock/' >"$tmp"
verdict layers_clock_is_read_in_one_file

if command -v python3 >/dev/null; then
	tests/homes.py >"$tmp" 2>&1
	verdict layers_names_lead_to_their_files
	tests/circles.py "$B" >"$tmp" 2>&1
	verdict layers_only_a_base_and_its_parts_need_each_other
else
	echo "skip layers_names_lead_to_their_files: python3 is not installed"
	echo "skip layers_only_a_base_and_its_parts_need_each_other: python3 is not installed"
fi
exit $failed
