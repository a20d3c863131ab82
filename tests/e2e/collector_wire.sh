#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The collector against a scripted agent over real TLS: enrolment, exactly once, refusals.
# usage: tests/e2e/collector_wire.sh [BUILD_DIR]
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
E=00112233445566778899aabbccddeeff

init || { bad collector_init "$(cat "$tmp/init.out")"; finish; }
is collector_secrets_belong_to_their_owner \
    "$(cd "$D" && stat -c '%a %n' ca.key server.key tenant.key earshot.db collector.conf . | tr '\n' ' ')" \
    "600 ca.key 600 server.key 600 tenant.key 600 earshot.db 600 collector.conf 700 . "
says collector_init_refuses_what_is_there "$("$bin" init --dir "$D" --name x 2>&1; echo "status $?")" "is there already"
says collector_init_refuses_a_bad_address "$("$bin" init --dir "$tmp/x" --listen nowhere 2>&1; echo "status $?")" "status 2"
start || { bad collector_starts "$(tail -n 5 "$tmp/serve.log")"; finish; }

# --- enrolment
token=$("$bin" token --dir "$D" --agent ep)
secret=$(echo "$token" | cut -d. -f2)
if echo "$token" | grep -qE '^earshot1\.[0-9a-f]{64}\.[0-9a-f]{64}$'; then ok collector_token_text; else bad collector_token_text "$token"; fi
is collector_token_is_hashed_at_rest "$(strings -a "$D"/earshot.db* | grep -c "$secret")$(sql "select count(*) from token where hash = x'$secret'")" 00
mkdir -p "$tmp/ep" "$tmp/thief"
says collector_enrolls "$("$tools/talk" enroll "127.0.0.1:$enroll" "$token" "$tmp/ep")" "enrolled as ep, tenant key of 32 bytes"
says collector_token_works_once "$("$tools/talk" enroll "127.0.0.1:$enroll" "$token" "$tmp/thief")" "the token was used before"
says collector_token_that_was_never_given "$("$tools/talk" enroll "127.0.0.1:$enroll" \
    "earshot1.$(printf '%064d' 7).$(echo "$token" | cut -d. -f3)" "$tmp/thief")" "the token is not known here"
old=$("$bin" token --dir "$D" --agent late --ttl 1ms)
says collector_token_expires "$("$tools/talk" enroll "127.0.0.1:$enroll" "$old" "$tmp/thief")" "the token has expired"
says collector_wrong_pin_ends_enrolment "$("$tools/talk" enroll "127.0.0.1:$enroll" \
    "earshot1.$secret.$(printf '%064d' 7)" "$tmp/thief")" "closed"
says collector_certificate_says_nothing_about_the_agent \
    "$(openssl x509 -in "$tmp/ep/agent.pem" -noout -subject -ext extendedKeyUsage 2>&1 | tr '\n' ' ')" "Client Authentication"
if openssl x509 -in "$tmp/ep/agent.pem" -noout -subject | grep -qE 'CN = [0-9a-f]{32}$'; then
	ok collector_common_name_is_opaque
else
	bad collector_common_name_is_opaque "$(openssl x509 -in "$tmp/ep/agent.pem" -noout -subject)"
fi

# --- delivered at least once, stored exactly once
says collector_welcomes "$(talk ep hello $E 1)" "welcome acked=0"
says collector_acknowledges "$(talk ep hello $E 11 send 1 10 ack 10)" "acked 10 refused 0"
says collector_welcome_knows_what_is_stored "$(talk ep hello $E 11)" "welcome acked=10"
says collector_takes_again_what_it_has "$(talk ep hello $E 16 send 1 15 ack 15)" "acked 15"
is collector_stores_once "$(sql 'select count(*) from machine where type = 8')" 15
is collector_counts_duplicates "$(sql "select records, duplicates from agent where name = 'ep'")" "15|10"
says collector_poison_does_not_block "$(talk ep hello $E 41 poison 16 10 ack 25 send 26 5 ack 30)" "acked 25 refused 5"
says collector_after_poison_the_rest_is_taken "$(talk ep hello $E 41)" "welcome acked=30"
says collector_torn_batch_does_not_block "$(talk ep hello $E 41 torn 31 10 ack 40)" "acked 40 refused 10"
is collector_counts_refusals "$(sql "select refused from agent where name = 'ep'")" 15
says collector_old_spool_begins_a_new_epoch "$(talk ep hello $E 40)" "nack code=4"
says collector_new_epoch_begins_at_nothing "$(talk ep hello ffeeddccbbaa99887766554433221100 1)" "welcome acked=0"
says collector_gap_of_the_spool_is_accepted "$(talk ep hello $E 110 send 100 5 ack 104)" "acked 104"

# --- who may speak, and how
says collector_id_must_be_the_certificates "$(talk ep id somebody hello $E 200)" "nack code=5"
says collector_batch_needs_a_hello "$(talk ep send 1 1 hold)" "nack code=7"
says collector_refuses_an_endless_frame "$(talk ep hello $E 200 raw 7fffffff00 hold)" "a frame of a length that is not allowed"
says collector_refuses_garbage "$(talk ep hello $E 200 raw 00000004ffffffff hold)" "a frame that cannot be read"
talk ep hello $E 200 hold >"$tmp/held" 2>&1 &
held=$!
wait_for 10 grep -q welcome "$tmp/held"
talk ep hello $E 200 >/dev/null
wait $held
says collector_newer_connection_replaces "$(cat "$tmp/held")" "bye code=3"
talk ep hello $E 200 hold >"$tmp/held" 2>&1 &
held=$!
wait_for 10 grep -q welcome "$tmp/held"
sql "update agent set disabled = 1 where name = 'ep'"
began=$(date +%s)
wait $held
says collector_disabling_ends_the_session "$(cat "$tmp/held")" "this agent is disabled"
if [ $(($(date +%s) - began)) -le 5 ]; then ok collector_disabling_takes_at_most_5_s; else bad collector_disabling_takes_at_most_5_s late; fi
says collector_disabled_agent_stays_out "$(talk ep hello $E 200 hold)" "this agent is disabled"
sql "update agent set disabled = 0 where name = 'ep'"
says collector_enabled_again "$(talk ep hello $E 200)" "welcome"

# --- certificates of agents
forge() { # DIR CA-KEY CA-PEM USAGE FROM TO: an agent's directory with a certificate made so
	mkdir -p "$tmp/$1" && cp "$tmp/ep/ca.pem" "$tmp/ep/name" "$tmp/$1/" &&
	    "$tools/mkcert" issue "$2" "$3" "$4" 0123456789abcdef - "$5" "$6" "$tmp/$1/agent.key" "$tmp/$1/agent.pem"
}
"$tools/mkcert" ca "$tmp/other.key" "$tmp/other.pem"
forge stranger "$D/ca.key" "$D/ca.pem" client -1 5
says collector_unknown_certificate_of_our_ca "$(talk stranger hello $E 1 hold)" "this certificate is not known here"
refusal() { # NAME LOG-PATTERN: what the collector says of it stands in its log
	n=$(wc -l <"$tmp/serve.log")
	out=$(talk "$1" hello $E 1 hold)
	wait_for 5 sh -c "tail -n +$((n + 1)) '$tmp/serve.log' | grep -q 'ingest: 127'"
	said=$(tail -n +$((n + 1)) "$tmp/serve.log" | grep 'ingest: 127' | sed 's/.*127[^ ]* //' | head -n 1)
	case $out in *welcome*) bad "collector_refuses_agent_$1" "$out" ;; *) says "collector_refuses_agent_$1" "$said" "$2" ;; esac
	echo "$said" >>"$tmp/reasons"
}
forge wrong_ca "$tmp/other.key" "$tmp/other.pem" client -1 5
forge expired "$D/ca.key" "$D/ca.pem" client -9 -2
forge server_usage "$D/ca.key" "$D/ca.pem" server -1 5
: >"$tmp/reasons"
refusal wrong_ca ""
refusal expired "expired"
refusal server_usage ""
is collector_each_refusal_of_an_agent_is_distinct "$(sort -u "$tmp/reasons" | grep -c .)" 3

# --- certificates of collectors: the agent refuses
stop
: >"$tmp/reasons"
pose() { # NAME CA-KEY CA-PEM USAGE DNS FROM TO: a collector that shows such a certificate
	"$tools/mkcert" issue "$2" "$3" "$4" "$5" "$5" "$6" "$7" "$D/server.key" "$D/server.pem"
	start || bad "agent_refuses_$1" "collector did not start: $(tail -n 3 "$tmp/serve.log")"
	out=$(talk ep hello $E 300 hold)
	case $out in *welcome*) bad "agent_refuses_$1" "$out" ;; *) says "agent_refuses_$1" "$out" "closed 2" ;; esac
	echo "$out" | grep '^closed' >>"$tmp/reasons"
	stop
}
pose wrong_ca "$tmp/other.key" "$tmp/other.pem" server collector.test -1 5
pose wrong_name "$D/ca.key" "$D/ca.pem" server collector.other -1 5
pose expired "$D/ca.key" "$D/ca.pem" server collector.test -9 -2
# our own server refuses to start with an agent's certificate; a thief's would not be so kind
"$tools/mkcert" issue "$D/ca.key" "$D/ca.pem" client collector.test collector.test -1 5 "$D/server.key" "$D/server.pem"
says collector_does_not_serve_with_a_client_certificate "$(timeout 10 "$bin" serve --dir "$D" --role ingest 2>&1; echo "status $?")" "serverAuth"
openssl s_server -accept "127.0.0.1:$data" -cert "$tmp/ep/agent.pem" -key "$tmp/ep/agent.key" -quiet >/dev/null 2>&1 &
thief=$!
wait_for 10 listening "$data"
out=$(talk ep hello $E 300 hold)
case $out in *welcome*) bad agent_refuses_agent_as_server "$out" ;; *) says agent_refuses_agent_as_server "$out" "closed 2" ;; esac
echo "$out" | grep '^closed' >>"$tmp/reasons"
kill $thief
wait $thief 2>/dev/null
is agent_says_each_refusal_distinctly "$(sort -u "$tmp/reasons" | grep -c .)" 4
"$tools/mkcert" issue "$D/ca.key" "$D/ca.pem" server collector.test collector.test -1 5 "$D/server.key" "$D/server.pem"
start
says agent_accepts_the_right_one "$(talk ep hello $E 300)" "welcome"
finish
