/* SPDX-License-Identifier: Apache-2.0 */
/* Network interfaces from /proc/net/dev and /sys/class/net. */
#include "probes/host/interface.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const ignored[] = { "lo", "veth", "docker", "br-", "virbr", "vnet", "ifb",
	"dummy", "cni", "flannel", "cali", "lxc", "lxd" };

static const char *const vpns[] = { "tun", "tap", "wg", "ppp", "utun", "ipsec", "xfrm", "vti",
	"tailscale", "zt", "nordlynx", "proton", "cscotun", "gpd", "vpn", "CloudflareWARP" };

static bool
begins_with_one_of(es_slice name, const char *const prefix[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (es_text_begins(name, prefix[i]))
			return true;
	}
	return false;
}

/* Bytes that belong into a path below /sys/class/net: no slash, no dots alone, printable. */
static bool
is_name(es_slice name)
{
	if (name.n == 0 || name.n >= ES_HOST_NAME_MAX || name.p[0] == '.')
		return false;
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] <= ' ' || name.p[i] > '~' || name.p[i] == '/')
			return false;
	}
	return true;
}

static int
by_name(const void *a, const void *b)
{
	const struct es_host_interface *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/*
 * A tunnel of any name has no hardware address: ARPHRD_NONE (tun, WireGuard) or ARPHRD_PPP of
 * linux/if_arp.h. Mobile modems, ww..., have none either.
 */
static bool
is_vpn(struct es_host_files *files, const char *name)
{
	es_slice as_slice = es_slice_str(name);
	char path[ES_HOST_PATH_MAX];
	es_slice text;

	if (begins_with_one_of(as_slice, vpns, sizeof(vpns) / sizeof(vpns[0])))
		return true;
	(void)snprintf(path, sizeof(path), "sys/class/net/%s/type", name);
	text = es_host_read(files, path);
	text = es_text_word(&text);
	return (es_text_is(text, "65534") || es_text_is(text, "512")) &&
	       !es_text_begins(as_slice, "ww");
}

static void
read_kind(struct es_host_files *files, const struct es_host_interfaces *before,
    struct es_host_interface *i)
{
	for (unsigned k = 0; k < before->n; k++) {
		if (strcmp(before->at[k].name, i->name) == 0) {
			i->is_vpn = before->at[k].is_vpn;
			return;
		}
	}
	i->is_vpn = is_vpn(files, i->name);
}

static void
read_state(struct es_host_files *files, struct es_host_interface *i)
{
	char path[ES_HOST_PATH_MAX];
	es_slice text;

	(void)snprintf(path, sizeof(path), "sys/class/net/%s/operstate", i->name);
	text = es_host_read(files, path);
	text = es_text_word(&text);
	/* A tunnel has no carrier: its state is "unknown" when it is up. */
	if (es_text_is(text, "unknown"))
		text = es_slice_str("up");
	es_host_copy(i->state, sizeof(i->state), text.n > 0 ? text : es_slice_str("present"));
}

void
es_host_interfaces_read(struct es_host_files *files, const struct es_host_interfaces *before,
    struct es_host_interfaces *out)
{
	es_slice text = es_host_read(files, "proc/net/dev");
	es_slice line;

	out->n = 0;
	while (out->n < ES_HOST_INTERFACES_MAX && es_text_line(&text, &line)) {
		size_t colon = es_text_find(line, ':');
		es_slice name = es_text_trim(es_text_first(line, colon));

		if (colon == line.n || !is_name(name) ||
		    begins_with_one_of(name, ignored, sizeof(ignored) / sizeof(ignored[0])))
			continue;
		es_host_copy(out->at[out->n].name, sizeof(out->at[0].name), name);
		out->n++;
	}
	qsort(out->at, out->n, sizeof(out->at[0]), by_name);
	for (unsigned i = 0; i < out->n; i++) { /* only now: they use the same buffer */
		read_state(files, &out->at[i]);
		read_kind(files, before, &out->at[i]);
	}
}
