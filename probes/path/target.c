/* SPDX-License-Identifier: Apache-2.0 */
/* Targets of a path, from their text. */
#include "probes/path/target.h"

#include "probes/base/text.h"

static void
copy(char *to, es_slice from)
{
	memcpy(to, from.p, from.n);
	to[from.n] = '\0';
}

bool
es_target_is_name(es_slice name)
{
	es_slice rest = name;

	if (name.n == 0 || name.n >= ES_TARGET_HOST_MAX || name.p[name.n - 1] == '.')
		return false;
	while (rest.n > 0) {
		es_slice label = es_text_cut(&rest, '.');

		if (label.n == 0 || label.n > 63)
			return false;
		for (size_t i = 0; i < label.n; i++) {
			uint8_t b = label.p[i];

			if (!es_is_digit(b) && !es_is_alpha(b) && b != '-' && b != '_')
				return false;
		}
	}
	return true;
}

/* A name or a literal; brackets are off already. */
static bool
take_host(es_slice text, struct es_target *t)
{
	if (text.n > 1 && text.p[text.n - 1] == '.')
		text.n--;
	if (es_addr_parse_ip((const char *)text.p, text.n, &t->address) != 0) {
		memset(&t->address, 0, sizeof(t->address));
		if (!es_target_is_name(text))
			return false;
	}
	copy(t->host, text);
	return true;
}

/* HOST[:PORT] or [V6][:PORT]. */
static bool
take_host_port(es_slice text, struct es_target *t)
{
	es_slice host;
	uint32_t port;

	if (text.n > 0 && text.p[0] == '[') {
		text = es_text_from(text, 1);
		if (es_text_find(text, ']') == text.n)
			return false;
		host = es_text_cut(&text, ']');
		if (es_text_find(host, ':') == host.n || (text.n > 0 && text.p[0] != ':'))
			return false;
		if (text.n == 0)
			return take_host(host, t);
		text = es_text_from(text, 1);
	} else {
		bool has_port = es_text_find(text, ':') < text.n;

		host = es_text_cut(&text, ':');
		if (!has_port)
			return take_host(host, t);
	}
	if (es_text_u32(text, UINT16_MAX, &port) != 0 || port == 0)
		return false;
	t->port = (uint16_t)port;
	return take_host(host, t);
}

/* ;transport=udp|tcp|tls; another parameter says nothing about the path. */
static bool
take_parameters(es_slice text, struct es_target *t)
{
	while (text.n > 0) {
		es_slice value = es_text_cut(&text, ';');
		es_slice name = es_text_cut(&value, '=');

		if (!es_text_is(name, "transport"))
			continue;
		if (es_text_is(value, "udp"))
			t->transport = ES_TRANSPORT_UDP;
		else if (es_text_is(value, "tcp"))
			t->transport = ES_TRANSPORT_TCP;
		else if (es_text_is(value, "tls"))
			t->transport = ES_TRANSPORT_TLS;
		else
			return false;
	}
	return true;
}

static bool
take_query(es_slice text, struct es_target *t)
{
	text = es_text_first(text, es_text_find(text, '#'));
	if (text.n + 2 > sizeof(t->query))
		return false;
	copy(t->query, text);
	return true;
}

static bool
take(es_slice text, struct es_target *t)
{
	es_slice host;

	if (es_text_begins_same(text, "sip:")) {
		t->kind = ES_TARGET_SIP;
		text = es_text_from(text, 4);
		host = es_text_cut(&text, ';');
		return take_parameters(text, t) && take_host_port(host, t);
	}
	if (es_text_begins_same(text, "https://")) {
		size_t end;

		t->kind = ES_TARGET_HTTPS;
		text = es_text_from(text, 8);
		for (end = 0; end < text.n; end++)
			if (text.p[end] == '/' || text.p[end] == '?' || text.p[end] == '#')
				break;
		return take_query(es_text_from(text, end), t) &&
		       take_host_port(es_text_first(text, end), t);
	}
	if (es_text_begins_same(text, "stun:")) {
		t->kind = ES_TARGET_STUN;
		return take_host_port(es_text_from(text, 5), t);
	}
	t->kind = ES_TARGET_HOST;
	if (text.n > 2 && text.p[0] == '[' && text.p[text.n - 1] == ']')
		text = es_text_first(es_text_from(text, 1), text.n - 2);
	return take_host(text, t);
}

int
es_target_parse(const char *text, struct es_target *out)
{
	es_slice whole = es_slice_str(text);
	struct es_target t;

	memset(&t, 0, sizeof(t));
	for (size_t i = 0; i < whole.n; i++)
		if (whole.p[i] <= ' ' || whole.p[i] > '~')
			return ES_EMALFORMED;
	if (whole.n == 0 || whole.n >= sizeof(t.text) || !take(whole, &t))
		return ES_EMALFORMED;
	copy(t.text, whole);
	*out = t;
	return 0;
}

const char *
es_transport_name(enum es_transport transport)
{
	switch (transport) {
	case ES_TRANSPORT_TCP:
		return "tcp";
	case ES_TRANSPORT_TLS:
		return "tls";
	case ES_TRANSPORT_ANY:
	case ES_TRANSPORT_UDP:
		break;
	}
	return "udp";
}
