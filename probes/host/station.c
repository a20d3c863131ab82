/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the answers of generic netlink: stations of nl80211 (linux/nl80211.h), numbers of families. */
#include "probes/host/station.h"

#include "probes/base/cursor.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/nl80211.h>
#include <stdio.h>

enum { MESSAGE_HEADER = 16, ATTRIBUTE_HEADER = 4, GENERIC_HEADER = 4, ALIGNED = 4 };

/* Netlink speaks the byte order of its machine. */
static uint32_t
host32(struct es_cur *c)
{
	const uint8_t *b = es_cur_take(c, 4);
	uint32_t v = 0;

	if (b != NULL)
		memcpy(&v, b, sizeof(v));
	return v;
}

static uint16_t
host16(struct es_cur *c)
{
	const uint8_t *b = es_cur_take(c, 2);
	uint16_t v = 0;

	if (b != NULL)
		memcpy(&v, b, sizeof(v));
	return v;
}

/* What is padded at the end of a message or attribute may be left out after the last. */
static void
skip_padding(struct es_cur *c, size_t length)
{
	size_t pad = (ALIGNED - length % ALIGNED) % ALIGNED;

	es_cur_skip(c, pad < es_cur_left(c) ? pad : es_cur_left(c));
}

struct attribute {
	uint16_t type;
	es_slice value;
};

static bool
next_attribute(struct es_cur *c, struct attribute *out)
{
	uint16_t length;

	if (es_cur_left(c) == 0)
		return false;
	length = host16(c);
	out->type = (uint16_t)(host16(c) & (unsigned)NLA_TYPE_MASK);
	if (length < ATTRIBUTE_HEADER)
		es_cur_fail(c);
	out->value = es_cur_slice(c, (size_t)length - ATTRIBUTE_HEADER);
	skip_padding(c, length);
	return !c->bad;
}

/* The attributes of the next generic message that is no error, end or no-op. */
static bool
next_message(struct es_cur *c, struct es_cur *attributes)
{
	while (es_cur_left(c) > 0) {
		uint32_t length = host32(c);
		uint16_t type = host16(c);

		es_cur_skip(c, 10); /* flags, sequence, port */
		if (length < MESSAGE_HEADER)
			es_cur_fail(c);
		*attributes = es_cur_sub(c, (size_t)length - MESSAGE_HEADER);
		skip_padding(c, length);
		if (c->bad)
			return false;
		if (type < NLMSG_MIN_TYPE)
			continue;
		es_cur_skip(attributes, GENERIC_HEADER);
		return !attributes->bad;
	}
	return false;
}

static bool
u32_of(es_slice value, uint32_t *out)
{
	struct es_cur c = es_cur_of(value);
	uint32_t v = host32(&c);

	if (!c.bad)
		*out = v;
	return !c.bad;
}

/* In units of 100 kbit/s; the 16-bit field is left out above 6.5 Gbit/s. */
static void
parse_rate(es_slice nest, struct es_host_station *s)
{
	struct es_cur c = es_cur_of(nest);
	struct attribute a;
	uint32_t wide = 0;
	uint16_t narrow = 0;

	while (next_attribute(&c, &a)) {
		struct es_cur value = es_cur_of(a.value);

		if (a.type == NL80211_RATE_INFO_BITRATE32)
			wide = host32(&value);
		else if (a.type == NL80211_RATE_INFO_BITRATE)
			narrow = host16(&value);
	}
	if (wide == 0)
		wide = narrow;
	if (wide == 0)
		return;
	s->tx_bitrate_bps = (uint64_t)wide * 100000;
	s->has |= ES_STATION_HAS_TX_BITRATE;
}

static void
take(struct es_host_station *s, es_slice value, uint32_t bit, uint32_t *to)
{
	if (u32_of(value, to))
		s->has |= bit;
}

static void
parse_info(es_slice nest, struct es_host_station *s)
{
	struct es_cur c = es_cur_of(nest);
	struct attribute a;

	while (next_attribute(&c, &a)) {
		switch (a.type) {
		case NL80211_STA_INFO_SIGNAL:
			if (a.value.n == 1) {
				s->signal_dbm = (int8_t)a.value.p[0];
				s->has |= ES_STATION_HAS_SIGNAL;
			}
			break;
		case NL80211_STA_INFO_TX_PACKETS:
			take(s, a.value, ES_STATION_HAS_TX_PACKETS, &s->tx_packets);
			break;
		case NL80211_STA_INFO_TX_RETRIES:
			take(s, a.value, ES_STATION_HAS_TX_RETRIES, &s->tx_retries);
			break;
		case NL80211_STA_INFO_TX_FAILED:
			take(s, a.value, ES_STATION_HAS_TX_FAILED, &s->tx_failed);
			break;
		case NL80211_STA_INFO_BEACON_LOSS:
			take(s, a.value, ES_STATION_HAS_BEACON_LOSS, &s->beacon_loss);
			break;
		case NL80211_STA_INFO_TX_BITRATE:
			parse_rate(a.value, s);
			break;
		}
	}
}

int
es_host_station_parse(es_slice answers, struct es_host_station *out)
{
	struct es_cur c = es_cur_of(answers);
	struct es_cur attributes;
	struct attribute a;

	while (next_message(&c, &attributes)) {
		struct es_host_station s = { 0 };

		while (next_attribute(&attributes, &a)) {
			const uint8_t *mac = a.value.p;

			if (a.type == NL80211_ATTR_MAC && a.value.n == 6)
				(void)snprintf(s.bssid, sizeof(s.bssid),
				    "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
				    mac[4], mac[5]); /* always fits */
			else if (a.type == NL80211_ATTR_STA_INFO)
				parse_info(a.value, &s);
		}
		if (attributes.bad || s.has == 0)
			continue;
		*out = s;
		return 0;
	}
	return c.bad ? ES_EMALFORMED : ES_ENOTFOUND;
}

uint16_t
es_host_family_parse(es_slice answers)
{
	struct es_cur c = es_cur_of(answers);
	struct es_cur attributes;
	struct attribute a;

	while (next_message(&c, &attributes)) {
		while (next_attribute(&attributes, &a)) {
			struct es_cur value = es_cur_of(a.value);

			if (a.type == CTRL_ATTR_FAMILY_ID && a.value.n == sizeof(uint16_t))
				return host16(&value);
		}
	}
	return 0;
}
