#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs earshot from this folder, or removes what it installed. Needs sh and what busybox has. A configuration that is
# there already stays. --uninstall leaves configuration, data and users; --purge leaves the users alone.
# usage: ./install.sh [--uninstall|--purge] [--root DIR] [--prefix DIR] [--service systemd|openrc|sysv|procd|none] [agent] [collector]
set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd)
usage() { sed -n 's/^# usage: /usage: /p' "$here/install.sh"; }
refuse() {
	echo "install.sh: $1" >&2
	usage >&2
	exit 2
}
root='' prefix=/usr/local service='' action=install parts=''
while [ $# -gt 0 ]; do
	case $1 in
	--root | --prefix | --service)
		[ $# -ge 2 ] || refuse "$1 needs a value"
		case $1 in --root) root=$2 ;; --prefix) prefix=${2%/} ;; --service) service=$2 ;; esac
		shift
		;;
	--uninstall) action=uninstall ;;
	--purge) action=purge ;;
	--help)
		usage
		exit 0
		;;
	agent | collector) parts="$parts $1" ;;
	*) refuse "what is \"$1\"?" ;;
	esac
	shift
done
[ -n "$parts" ] || parts=agent
# It goes into scripts and units: what a shell or sed reads otherwise has no place in it.
case $prefix in /*) ;; *) refuse "the prefix must begin with /" ;; esac
case $prefix in *[!A-Za-z0-9/._+-]*) refuse "the prefix may hold letters, digits and / . _ + - alone" ;; esac
here_now() { [ -z "$root" ]; } # not a root that another machine will boot
find_service() {
	if [ -d "$root/run/systemd/system" ] || ! here_now && [ -e "$root/usr/lib/systemd/systemd" ]; then
		echo systemd
	elif [ -e "$root/sbin/procd" ]; then
		echo procd
	elif [ -e "$root/sbin/openrc-run" ]; then
		echo openrc
	else
		echo sysv
	fi
}
[ -n "$service" ] || service=$(find_service)
case $service in systemd | openrc | sysv | procd | none) ;; *) refuse "there is no service manager \"$service\" here" ;; esac

# systemd looks for files of an administrator's programs in /usr/local/lib, wherever the programs are.
target_of() { # FILE in an archive's tree
	case $1 in
	/@prefix@/lib/systemd/* | /@prefix@/lib/sysusers.d/* | /@prefix@/lib/tmpfiles.d/*) echo "/usr/local${1#/@prefix@}" ;;
	/@prefix@/*) echo "$prefix${1#/@prefix@}" ;;
	*) echo "$1" ;;
	esac
}
make_directory() { # PATH: what it makes goes into the list
	[ ! -d "$root$1/" ] || return 0
	make_directory "${1%/*}"
	mkdir "$root$1"
	echo "directory $1"
}
install_tree() { # DIRECTORY below this folder; prints the list
	(cd "$here/$1" && find . -type f | sort) | while IFS= read -r file; do
		from=$1${file#.}
		target=$(target_of "${file#.}")
		make_directory "${target%/*}"
		case $target in
		/etc/earshot/*) [ ! -e "$root$target" ] || continue ;;
		*) echo "file $target" ;;
		esac
		# A program that runs keeps its file; the new one takes its name.
		if grep -qxF "$from" "$here/places"; then
			sed "s|/@prefix@|$prefix|g" "$here/$from" >"$root$target.new"
		else
			cp "$here/$from" "$root$target.new"
		fi
		if [ -x "$here/$from" ]; then chmod 755 "$root$target.new"; else chmod 644 "$root$target.new"; fi
		mv -f "$root$target.new" "$root$target"
	done
}
# An appliance may have neither of the usual tools: then a line of its own, with a number that nobody has.
free_number() {
	number=999
	while cut -d: -f3 /etc/passwd /etc/group | grep -qx $number; do number=$((number - 1)); done
	echo $number
}
add_group() { # NAME
	! grep -q "^$1:" /etc/group || return 0
	groupadd -r "$1" 2>/dev/null || addgroup -S "$1" 2>/dev/null || echo "$1:x:$(free_number):" >>/etc/group
}
add_user() { # NAME GROUP HOME
	add_group "$2"
	! grep -q "^$1:" /etc/passwd || return 0
	useradd -r -M -g "$2" -d "$3" -s /bin/false "$1" 2>/dev/null ||
		adduser -S -D -H -G "$2" -h "$3" -s /bin/false "$1" 2>/dev/null ||
		echo "$1:x:$(free_number):$(sed -n "s/^$2:[^:]*:\([0-9]*\):.*/\1/p" /etc/group):earshot:$3:/bin/false" >>/etc/passwd
}
state_directory() { # PATH MODE OWNER
	[ -d "$1" ] || { mkdir -p "$1" && chmod "$2" "$1" && chown "$3" "$1"; }
}
add_users() { # PART
	here_now && [ "$(id -u)" -eq 0 ] || return 0
	case $1 in
	agent)
		add_user earshot earshot /var/lib/earshot
		add_user earshot-sensor earshot-sensor /nonexistent
		state_directory /var/lib/earshot 700 earshot:earshot
		;;
	collector)
		add_user earshot-ingest earshot-collector /var/lib/earshot-collector
		add_user earshot-portal earshot-collector /nonexistent
		state_directory /var/lib/earshot-collector 750 earshot-ingest:earshot-collector
		;;
	esac
}
units_of() {
	case $1 in
	agent) echo earshot-enroll.service earshot.target earshot-sensor.service earshot-shipper.service earshot-hop.socket ;;
	collector) echo earshot-collector.target earshot-collector-ingest.service earshot-collector-portal.service ;;
	esac
}
stop_service() { # PART MANAGER
	here_now || return 0
	case $2 in
	systemd) [ ! -d /run/systemd/system ] || units_of "$1" | xargs systemctl disable --now ;;
	openrc)
		rc-service "earshot-$1" stop
		rc-update delete "earshot-$1"
		;;
	sysv)
		"/etc/init.d/earshot-$1" stop
		rm -f /etc/rc[0-6S].d/[SK][0-9][0-9]"earshot-$1"
		;;
	procd)
		"/etc/init.d/earshot-$1" stop
		"/etc/init.d/earshot-$1" disable
		;;
	esac || : # one that did not run, or never was enabled
}
say_next() { # PART
	case $service in
	systemd) echo "  to start it: systemctl daemon-reload && systemctl enable --now $(units_of "$1" | cut -d' ' -f1-2)" ;;
	openrc) echo "  to start it: rc-update add earshot-$1 && rc-service earshot-$1 start" ;;
	sysv) echo "  to start it: /etc/init.d/earshot-$1 start" ;;
	procd) echo "  to start it: /etc/init.d/earshot-$1 enable && /etc/init.d/earshot-$1 start" ;;
	esac
}
gone() { # LIST: the files in it, and directories that hold nothing any more
	sed -n 's/^file //p' "$1" | while IFS= read -r file; do rm -f "$root$file"; done
	sed -n 's/^directory //p' "$1" | sort -r | while IFS= read -r directory; do rmdir "$root$directory" 2>/dev/null || :; done
}
install_part() { # PART
	{
		# Those that the other part made, too: who is removed last removes them.
		cat "${list%/*}"/*.installed 2>/dev/null | grep '^directory ' || :
		make_directory "${list_path%/*}"
	} >"$work.made"
	{
		echo "service $service"
		cat "$work.made"
		install_tree "$1/files"
		[ "$service" = none ] || install_tree "$1/$service"
	} >"$work"
	# What the version before had and this one has not.
	if [ -e "$list" ]; then
		grep '^file ' "$list" | grep -vxF -f "$work" >"$work.made" || :
		gone "$work.made"
	fi
	cp "$work" "$list"
	add_users "$1"
	echo "earshot-$1 $(cat "$here/VERSION") is in $root$prefix, service files: $service"
	! here_now || say_next "$1"
}
remove_part() { # PART
	[ -e "$list" ] || { echo "install.sh: earshot-$1 is not in $root$prefix: there is no $list" >&2; exit 1; }
	cp "$list" "$work"
	stop_service "$1" "$(sed -n 's/^service //p' "$list")"
	rm -f "$list"
	gone "$work"
	if [ "$action" = uninstall ]; then
		echo "earshot-$1 is removed; configuration, data and users stay"
		return
	fi
	case $1 in
	agent)
		rm -rf "$root/var/lib/earshot" "$root/run/earshot" "$root/var/lib/misc/earshot-machine"
		for file in earshotd.conf conf.d/site.conf conf.d/collector.conf enroll.env token; do rm -f "$root/etc/earshot/$file"; done
		rmdir "$root/etc/earshot/conf.d" "$root/etc/earshot" 2>/dev/null || : # with what others put there
		;;
	collector) rm -rf "$root/var/lib/earshot-collector" ;;
	esac
	echo "earshot-$1 is removed, with its configuration and data; users stay"
}
# Its lists, in a directory of its own: next to a file in /tmp anybody may put a link.
lists=$(mktemp -d)
trap 'rm -rf "$lists"' EXIT
work=$lists/installed
here_now || [ -d "$root" ] || refuse "there is no directory $root"
for part in $parts; do
	list_path=$prefix/lib/earshot/$part.installed
	list=$root$list_path
	case $action in
	install) install_part "$part" ;;
	*) remove_part "$part" ;;
	esac
done
