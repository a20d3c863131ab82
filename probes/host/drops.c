/* SPDX-License-Identifier: Apache-2.0 */
/* Losses inside this machine from /proc/net/dev, softnet_stat, snmp and snmp6. */
#include "probes/host/drops.h"

#include <stdio.h>

/* Fields of /proc/net/dev behind the name. */
enum { RX_ERRORS = 2, RX_DROPS = 3, TX_ERRORS = 10, TX_DROPS = 11, N_FIELDS = 12 };

void
es_host_nic_forget(struct es_host_net *net)
{
	es_host_forget(&net->rx_errors);
	es_host_forget(&net->rx_drops);
	es_host_forget(&net->tx_errors);
	es_host_forget(&net->tx_drops);
}

/* The interface's line without its name. */
static bool
line_of(es_slice text, const char *interface, es_slice *line)
{
	while (es_text_line(&text, line)) {
		size_t colon =
		    es_text_find(*line, ':'); /* names may hold one, the kernel's do not */

		if (colon == line->n)
			continue;
		if (es_text_is(es_text_trim(es_text_first(*line, colon)), interface)) {
			*line = es_text_from(*line, colon + 1);
			return true;
		}
	}
	return false;
}

static void
step_to(struct es_host_counter *c, uint64_t now, enum es_signal signal, struct es_host_reading *r)
{
	uint64_t step;

	if (es_host_step(c, now, &step))
		es_host_set(r, signal, (int64_t)step);
}

void
es_host_nic_read(struct es_host_net *net, struct es_host_files *files, const char *interface,
    struct es_host_reading *r)
{
	es_slice line;
	uint64_t field[N_FIELDS];

	if (interface[0] == '\0' ||
	    !line_of(es_host_read(files, "proc/net/dev"), interface, &line)) {
		es_host_nic_forget(net);
		return;
	}
	for (unsigned i = 0; i < N_FIELDS; i++) {
		if (es_text_u64(es_text_word(&line), UINT64_MAX, &field[i]) != 0) {
			es_host_nic_forget(net);
			return;
		}
	}
	step_to(&net->rx_errors, field[RX_ERRORS], ES_SIG_NIC_RX_ERRORS, r);
	step_to(&net->rx_drops, field[RX_DROPS], ES_SIG_NIC_RX_DROPS, r);
	step_to(&net->tx_errors, field[TX_ERRORS], ES_SIG_NIC_TX_ERRORS, r);
	step_to(&net->tx_drops, field[TX_DROPS], ES_SIG_NIC_TX_DROPS, r);
}

void
es_host_softnet_read(
    struct es_host_net *net, struct es_host_files *files, struct es_host_reading *r)
{
	es_slice text = es_host_read(files, "proc/net/softnet_stat");
	es_slice line;
	uint64_t sum = 0;
	bool any = false;

	while (es_text_line(&text, &line)) { /* one line a processor, hexadecimal */
		uint64_t dropped;

		(void)es_text_word(&line); /* packets processed */
		if (es_text_hex(es_text_word(&line), &dropped) != 0 || dropped > UINT32_MAX)
			continue;
		sum += dropped;
		any = true;
	}
	if (any)
		step_to(&net->softnet, sum, ES_SIG_SOFTNET_DROPS, r);
	else
		es_host_forget(&net->softnet);
}

/* Of protocol "Udp:" a column "RcvbufErrors" of the two lines "Udp: Name ..." and "Udp: 1 ...". */
static bool
column_of(es_slice text, const char *protocol, const char *column, uint64_t *out)
{
	es_slice names, values, name, value;

	while (es_text_line(&text, &names)) {
		if (!es_text_is(es_text_word(&names), protocol))
			continue;
		if (!es_text_line(&text, &values) || !es_text_is(es_text_word(&values), protocol))
			return false;
		for (name = es_text_word(&names); name.n > 0; name = es_text_word(&names)) {
			value = es_text_word(&values);
			if (es_text_is(name, column))
				return es_text_u64(value, UINT64_MAX, out) == 0;
		}
	}
	return false;
}

/* Of /proc/net/snmp6, one name and its number a line. */
static bool
line_value_of(es_slice text, const char *name, uint64_t *out)
{
	es_slice line;

	while (es_text_line(&text, &line))
		if (es_text_is(es_text_word(&line), name))
			return es_text_u64(es_text_word(&line), UINT64_MAX, out) == 0;
	return false;
}

static bool
step_if(bool has, uint64_t now, struct es_host_counter *c, uint64_t *step)
{
	if (has)
		return es_host_step(c, now, step);
	es_host_forget(c);
	return false;
}

/* What the two families of one counter add up to. */
static void
set_sum(bool has4, uint64_t step4, bool has6, uint64_t step6, enum es_signal signal,
    struct es_host_reading *r)
{
	if (has4 || has6)
		es_host_set(r, signal, (int64_t)((has4 ? step4 : 0) + (has6 ? step6 : 0)));
}

void
es_host_sockets_read(
    struct es_host_net *net, struct es_host_files *files, struct es_host_reading *r)
{
	es_slice text = es_host_read(files, "proc/net/snmp");
	uint64_t now = 0, receive, receive6, send, send6, again;
	bool has_receive, has_send, has;

	has = column_of(text, "Udp:", "RcvbufErrors", &now);
	has_receive = step_if(has, now, &net->udp, &receive);
	has = column_of(text, "Udp:", "SndbufErrors", &now);
	has_send = step_if(has, now, &net->udp_send, &send);
	has = column_of(text, "Tcp:", "RetransSegs", &now);
	if (step_if(has, now, &net->tcp_again, &again))
		es_host_set(r, ES_SIG_TCP_RETRANSMITS, (int64_t)again);
	text = es_host_read(files, "proc/net/snmp6");
	has = line_value_of(text, "Udp6RcvbufErrors", &now);
	has = step_if(has, now, &net->udp6, &receive6);
	set_sum(has_receive, receive, has, receive6, ES_SIG_UDP_RCVBUF_ERRORS, r);
	has = line_value_of(text, "Udp6SndbufErrors", &now);
	has = step_if(has, now, &net->udp6_send, &send6);
	set_sum(has_send, send, has, send6, ES_SIG_UDP_SNDBUF_ERRORS, r);
}

/* The kernel refuses to read the speed of a link that is down, and gives -1 for one that has none. */
void
es_host_speed_read(struct es_host_files *files, const char *interface, struct es_host_reading *r)
{
	char path[ES_HOST_PATH_MAX];
	uint64_t mbit;

	if (interface[0] == '\0')
		return;
	(void)snprintf(path, sizeof(path), "sys/class/net/%s/speed", interface);
	if (es_text_u64(es_text_trim(es_host_read(files, path)), 10000000, &mbit) == 0 && mbit > 0)
		es_host_set(r, ES_SIG_NIC_SPEED, (int64_t)mbit * 1000000);
}
