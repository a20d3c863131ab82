#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The Ansible role on three machines that systemd boots: install, configure, enrol, deliver; again, and nothing changes;
# a rollout in waves; one whose second machine is not well with the new package, which stops there and goes back.
# usage: tests/packaging/boot/ansible.sh [BUILD_DIR]
# shellcheck source=tests/packaging/boot/lib.sh
. "$(dirname "$0")/lib.sh"
command -v ansible-playbook >/dev/null || skip_all "ansible-playbook is not installed: packaging/deps.sh fleet"
build_packages || { bad ansible_packages "they cannot be built"; finish; }
arch=$(dpkg --print-architecture)
old=$tmp/now/earshot-agent_$(cat VERSION)_$arch.deb new=$tmp/next/earshot-agent_9.9.9_$arch.deb
libraries() { dpkg-deb -f "$1" Depends | sed -e 's/([^)]*)//g' -e 's/|[^,]*//g' -e 's/,/ /g'; }
# shellcheck disable=SC2046  # lists of words
prepare python3 python3-apt $(libraries "$old") $(libraries "$tmp"/now/earshot-collector_*.deb)

# Three machines of one tree, joined by a bridge in a namespace of its own; the first has the collector, too.
hosts='one two three'
ip netns add "es$$" && ip -n "es$$" link add hub type bridge && ip -n "es$$" link set hub up
undo() {
	for host in $hosts; do
		eval "pid=\${nspawn_$host:-}"
		[ -z "$pid" ] || { kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; }
		ip netns del "es$$$host" 2>/dev/null
	done
	ip netns del "es$$" 2>/dev/null
	rm -rf "$tmp"
}
trap undo EXIT
n=0
for host in $hosts; do
	n=$((n + 1))
	cp -a "$root" "$tmp/$host"
	echo $host >"$tmp/$host/etc/hostname"
	ip netns add "es$$$host"
	ip -n "es$$" link add "p$n" type veth peer name up0 netns "es$$$host"
	ip -n "es$$" link set "p$n" master hub up
	ip -n "es$$$host" addr add 198.51.100.$n/24 dev up0
	ip -n "es$$$host" link set up0 up
	systemd-nspawn -q -D "$tmp/$host" --boot --register=no --keep-unit --network-namespace-path="/run/netns/es$$$host" --console=pipe \
	    </dev/null >"$tmp/boot-$host.log" 2>&1 &
	eval "nspawn_$host=$!"
done
on() { # HOST COMMAND...
	eval "leader=\$leader_$1"
	shift
	inside "$@"
}
for host in $hosts; do
	eval "nspawn=\$nspawn_$host" && wait_for 60 find_leader && eval "leader_$host=$leader" && wait_for 90 has_booted ||
		skip_all "no machine can be booted here: $(tail -n 1 "$tmp/boot-$host.log")"
done
nspawn=''

# Ansible speaks to them as by ssh; what stands in for ssh enters the machine of that name.
cat >"$tmp/ssh" <<SSH
#!/bin/sh
while [ \$# -gt 2 ]; do shift; done
case \$1 in one) leader=$leader_one ;; two) leader=$leader_two ;; three) leader=$leader_three ;; *) exit 255 ;; esac
exec nsenter -t \$leader -a /bin/sh -c "\$2"
SSH
chmod 755 "$tmp/ssh"
export ANSIBLE_HOME="$tmp/ansible" ANSIBLE_SSH_EXECUTABLE="$tmp/ssh" ANSIBLE_SSH_TRANSFER_METHOD=piped ANSIBLE_PIPELINING=1 ANSIBLE_NOCOLOR=1 \
    ANSIBLE_ROLES_PATH=packaging/ansible/roles ANSIBLE_RETRY_FILES_ENABLED=0 ANSIBLE_SSH_ARGS=' ' ANSIBLE_LOCALHOST_WARNING=0
play() { # BOOK WORD...: its output is in $tmp/play
	book=packaging/ansible/$1
	shift
	LC_ALL=C.UTF-8 timeout 600 ansible-playbook -i "$tmp/inventory.yml" "$book" "$@" >"$tmp/play" 2>&1
}
recap() { sed -n "s/^$1 .*ok=[0-9]* *changed=\([0-9]*\) .*failed=\([0-9]*\).*/\1 \2/p" "$tmp/play"; }
version_on() { on "$1" dpkg-query -W -f '${Version}' earshot-agent; }

mkdir -p "$tmp/one/packages" && cp "$tmp"/now/earshot-collector_*.deb "$tmp/one/packages/"
on one sh -c 'DEBIAN_FRONTEND=noninteractive dpkg -i /packages/*.deb && earshot-collector init --name collector.test --listen 198.51.100.1:6100 \
    --enroll 198.51.100.1:6101 && systemctl start earshot-collector.target' >"$tmp/why" 2>&1 || { bad ansible_collector "$(tail -n 3 "$tmp/why")"; finish; }
{
	printf 'earshot_agents:\n  vars:\n    ansible_python_interpreter: /usr/bin/python3\n    earshot_agent_health_seconds: 60\n'
	printf '    earshot_agent_enrol_at: 198.51.100.1\n    earshot_agent_collector: 198.51.100.1:6100\n    earshot_agent_package: %s\n  hosts:\n' "$old"
	for host in $hosts; do
		printf '    %s:\n      earshot_agent_token: %s\n' $host "$(on one earshot-collector token --agent $host 2>/dev/null)"
	done
	printf '      earshot_agent_preset: sbc\n'
} >"$tmp/inventory.yml"

play install.yml && ok ansible_installs || { bad ansible_installs "$(grep -A4 fatal "$tmp/play" | head -n 12)"; finish; }
connected() { [ "$(on one earshot-collector agents --json 2>/dev/null | grep -o '"name": *"[a-z]*"' | wc -l)" = 3 ] && on two earshot status >/dev/null 2>&1; }
wait_for 60 connected && ok ansible_agents_deliver || bad ansible_agents_deliver "$(on one earshot-collector agents; on two earshot status 2>&1)"
is ansible_configures "$(on three grep -c '^preset = sbc' /etc/earshot/conf.d/ansible.conf)" 1
is ansible_token_is_not_shown "$(grep -c "$(sed -n 's/.*earshot_agent_token: //p' "$tmp/inventory.yml" | head -n 1)" "$tmp/play")" 0
play install.yml
is ansible_second_run_changes_nothing "$(for host in $hosts; do recap $host; done | sort -u)" '0 0'
play install.yml -e '{"earshot_agent_options": ["no-such-option = 1"]}'
[ $? != 0 ] && ok ansible_mistake_is_refused || bad ansible_mistake_is_refused "it was taken"
is ansible_mistake_changes_nothing "$(on two grep -c no-such-option /etc/earshot/conf.d/ansible.conf)" 0

play rollout.yml -e "earshot_agent_package=$new" -e "earshot_agent_package_before=$old" && ok ansible_rollout || bad ansible_rollout "$(tail -n 12 "$tmp/play")"
is ansible_rollout_reaches_all "$(for host in $hosts; do version_on $host; echo; done | sort -u)" 9.9.9
is ansible_rollout_keeps_the_agents "$(on one earshot-collector agents --json 2>/dev/null | grep -o '"name": *"[a-z]*"' | wc -l)" 3

# Back to the old one, and forward again while the second machine does not reach the collector.
play rollout.yml -e "earshot_agent_package=$old" -e "earshot_agent_package_before=$new" && ok ansible_roll_back || bad ansible_roll_back "$(tail -n 12 "$tmp/play")"
on two ip link set up0 down
play rollout.yml -e "earshot_agent_package=$new" -e "earshot_agent_package_before=$old" -e earshot_agent_health_seconds=10 -e '{"earshot_agent_waves": [1]}'
[ $? != 0 ] && ok ansible_gate_stops_the_rollout || bad ansible_gate_stops_the_rollout "it went through"
is ansible_gate_lets_one_through_and_takes_one_back "$(version_on one) $(version_on two) $(version_on three)" "9.9.9 $(cat VERSION) $(cat VERSION)"
on two ip link set up0 up
finish
