#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A fleet of five fresh machines under Ansible, by SSH: installed, enrolled, configured; a roll-out in waves that a machine
# on which the new sensor does not start stops and turns back; the same roll-out once that is mended; a roll back by hand;
# a backup of the collector. Needs minutes. usage: tests/packaging/boot/ansible.sh [BUILD_DIR]; NEXT=BUILD_DIR of version 9.9.9; LOGS=FILE gets what Ansible says
# shellcheck source=tests/packaging/boot/lib.sh
. "$(dirname "$0")/lib.sh"
for tool in ansible-playbook ssh; do
	command -v $tool >/dev/null || skip_all "$tool is not installed"
done
next=${NEXT:-build/next}
"${MAKE:-make}" --no-print-directory "-j$(nproc)" B="$next" VERSION=9.9.9 all >"$tmp/make.log" 2>&1 &&
	packaging/deb/build.sh "$B" "$tmp/now" >/dev/null && VERSION=9.9.9 packaging/deb/build.sh "$next" "$tmp/next" >/dev/null ||
	{ bad fleet_packages "they cannot be built: $(tail -n 2 "$tmp/make.log")"; finish; }
libraries() { dpkg-deb -f "$1" Depends | sed -e 's/([^)]*)//g' -e 's/|[^,]*//g' -e 's/,/ /g'; }
# shellcheck disable=SC2046  # lists of words
prepare python3 python3-apt openssh-server $(libraries "$tmp"/now/earshot-agent_*.deb) $(libraries "$tmp"/now/earshot-collector_*.deb)
ssh-keygen -q -t ed25519 -N '' -f "$tmp/key"
install -D -m 600 "$tmp/key.pub" "$root/root/.ssh/authorized_keys"
fresh=$root
version=$(cat VERSION)
agents='pc1 pc2 pc3 pc4'
waves='{"earshot_waves": [1, 2, 1]}'

# --- five machines in one network of their own
net=earshot-fleet-$$
all_off() {
	# A shut-down stops every process, and nsenter with its own: it would then never reap it, and the machine never end.
	for connection in "$tmp"/control/*; do
		[ ! -S "$connection" ] || ssh -o ControlPath="$connection" -O exit machine 2>/dev/null
	done
	for running in "$tmp"/*.running; do
		[ -e "$running" ] || continue
		read -r leader nspawn <"$running"
		rm "$running"
		power_off
	done
	leader='' nspawn=''
	ip netns del "$net" 2>/dev/null
}
trap 'all_off; rm -rf "$tmp"' EXIT
ip netns add "$net" && ip -n "$net" link set lo up || skip_all "no network namespace can be made"
inventory() { # NAME
	echo "        $1:"
	echo "          ansible_ssh_common_args: -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR" \
	    "-o ProxyCommand='nsenter -t $leader -a /usr/sbin/sshd -i'"
}
for name in collector $agents; do
	root=$tmp/$name
	cp -a "$fresh" "$root"
	boot "--network-namespace-path=/run/netns/$net"
	echo "$leader $nspawn" >"$tmp/$name.running"
	inside mkdir -p /run/sshd
	inventory "$name" >>"$tmp/inventory.$([ "$name" = collector ] && echo collectors || echo agents)"
done
cat >"$tmp/inventory.yml" <<YML
all:
  vars:
    ansible_user: root
    ansible_ssh_private_key_file: $tmp/key
    ansible_python_interpreter: /usr/bin/python3
    earshot_agent_collector: 127.0.0.1
    earshot_agent_patience: 40
    earshot_agent_watch: 5
  children:
    earshot_collectors:
      hosts:
$(cat "$tmp/inventory.collectors")
    earshot_agents:
      hosts:
$(cat "$tmp/inventory.agents")
YML
on() { # NAME COMMAND...
	read -r leader nspawn <"$tmp/$1.running"
	shift
	inside "$@"
}
export ANSIBLE_NOCOLOR=1 ANSIBLE_SSH_CONTROL_PATH_DIR="$tmp/control" ANSIBLE_LOCAL_TEMP="$tmp/local" ANSIBLE_RETRY_FILES_ENABLED=0
export ANSIBLE_SSH_ARGS='-o ControlMaster=auto -o ControlPersist=20s'
play() { # PLAYBOOK DIRECTORY [OPTION...]: leaves its output in $tmp/play.log
	book=$1 dir=$2
	shift 2
	LC_ALL=C.UTF-8 ansible-playbook -v -i "$tmp/inventory.yml" -e "earshot_packages=$dir" "$@" "packaging/ansible/$book.yml" >"$tmp/play.log" 2>&1
	played=$?
	[ -z "${LOGS:-}" ] || cat "$tmp/play.log" >>"$LOGS"
	return $played
}
why() { grep -E '^(fatal|failed|ERROR|.*"msg")' "$tmp/play.log" | tail -n 4; }
# What the collector is connected with, "pc1=0.1.0 pc2=..."; what each machine has to say of itself.
seen() {
	on collector earshot-collector agents --json | python3 -c '
import json, sys
print(*sorted("%s=%s" % (a["name"], a.get("version")) for a in json.load(sys.stdin)["agents"] if a["state"] == "connected"))'
}
healthy() { for name in $agents; do on "$name" earshot status >/dev/null 2>&1 && echo "$name" || echo "not-$name"; done | tr '\n' ' '; }
all_of() { for name in $agents; do echo "$name=$1"; done | paste -s -d ' '; }

# --- install, enrol, configure
play site "$tmp/now" && ok fleet_is_installed_and_enrolled ||
	{ bad fleet_is_installed_and_enrolled "$(why)"; all_off; finish; }
is fleet_is_connected "$(seen)" "$(all_of "$version")"
is fleet_is_healthy "$(healthy)" "$agents "
is fleet_tokens_are_in_no_output "$(grep -c 'earshot1\.' "$tmp/play.log")" 0
is fleet_tokens_are_used_up "$(for name in $agents; do on "$name" ls /etc/earshot/token 2>/dev/null; done)" ''
play site "$tmp/now" || bad fleet_again "$(why)"
is fleet_again_changes_nothing "$(grep -cE ' changed=[1-9]' "$tmp/play.log")" 0
play site "$tmp/now" --limit pc2 -e '{"earshot_agent_settings": {"preset": "sbc"}}' || bad fleet_configure "$(why)"
is fleet_is_configured "$(on pc2 grep preset /etc/earshot/conf.d/site.conf)" 'preset = "sbc"'
play site "$tmp/now" --limit pc2 -e '{"earshot_agent_settings": {"preset": "no such"}}' && bad fleet_refuses_a_mistake "it took it" ||
	ok fleet_refuses_a_mistake
is fleet_mistake_is_not_written "$(on pc2 grep preset /etc/earshot/conf.d/site.conf)" 'preset = "sbc"'

# --- waves of 1, 2 and 1; the second has a machine on which the new sensor does not start
on pc3 mkdir -p /etc/systemd/system/earshot-sensor.service.d
on pc3 tee /etc/systemd/system/earshot-sensor.service.d/broken.conf >/dev/null <<'UNIT'
[Service]
ExecStartPre=/bin/sh -c '! earshot --version | grep -q 9.9.9'
UNIT
on pc3 systemctl daemon-reload
keys() { for name in $agents; do on "$name" sha256sum /var/lib/earshot/agent.key; done; }
keys >"$tmp/keys"
began=$(date +%s)
play upgrade "$tmp/next" -e "$waves" && bad fleet_gate_stops "it went through" || ok fleet_gate_stops
echo "# the roll-out was stopped and turned back after $(($(date +%s) - began)) s"
says fleet_gate_says_who "$(cat "$tmp/play.log")" 'not healthy on the new version: pc3; this machine is back on'
is fleet_wave_goes_back_as_a_whole "$(seen)" "pc1=9.9.9 pc2=$version pc3=$version pc4=$version"
is fleet_later_wave_is_not_touched "$(on pc4 grep -c '9\.9\.9' /var/log/dpkg.log)" 0
is fleet_is_healthy_after_roll_back "$(healthy)" "$agents "
on pc3 rm -r /etc/systemd/system/earshot-sensor.service.d
on pc3 systemctl daemon-reload
play upgrade "$tmp/next" -e "$waves" && ok fleet_upgrades || bad fleet_upgrades "$(why)"
is fleet_is_upgraded "$(seen)" "$(all_of 9.9.9)"
is fleet_is_healthy_after_upgrade "$(healthy)" "$agents "
is fleet_keeps_its_keys "$(keys)" "$(cat "$tmp/keys")"
is fleet_keeps_its_configuration "$(on pc2 grep preset /etc/earshot/conf.d/site.conf)" 'preset = "sbc"'

# --- by hand, after all
play rollback '' --limit pc4 && ok fleet_rolls_back_by_hand || bad fleet_rolls_back_by_hand "$(why)"
is fleet_is_rolled_back "$(seen)" "pc1=9.9.9 pc2=9.9.9 pc3=9.9.9 pc4=$version"

# --- back up and restore, by the lines of docs/OPERATIONS.md
page() { # SECTION: its commands
	sed -n "/^## $1/,/^## /s/^    \([^#]*\).*/\1/p" docs/OPERATIONS.md
}
on collector mkdir /backup
page 'Back up and restore' >"$tmp/collector/backup/lines"
is backup_has_commands "$(wc -l <"$tmp/collector/backup/lines")" 5
on collector sh -e /backup/lines >"$tmp/backup.log" 2>&1 && ok backup_and_restore_as_documented ||
	bad backup_and_restore_as_documented "$(tail -n 3 "$tmp/backup.log")"
is backup_of_keys_is_of_its_owner "$(stat -c %a "$tmp/collector/backup/keys.tar")" 600
is_back() { [ "$(seen)" = "pc1=9.9.9 pc2=9.9.9 pc3=9.9.9 pc4=$version" ]; }
wait_for 60 is_back && ok backup_has_the_agents || bad backup_has_the_agents "$(seen)"
all_off
finish
