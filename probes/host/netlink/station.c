/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the answers of generic netlink: stations of nl80211 (linux/nl80211.h), numbers of families. */
#include "probes/host/netlink/station.h"

#include "probes/host/netlink/attribute.h"

#include <linux/genetlink.h>
#include <linux/nl80211.h>
#include <stdio.h>

enum { GENERIC_HEADER = 4 };

/* In units of 100 kbit/s; the 16-bit field is left out above 6.5 Gbit/s. */
static bool
parse_rate(es_slice nest, uint64_t *bps)
{
	struct es_cur c = es_cur_of(nest);
	struct es_host_attribute a;
	uint32_t wide = 0;
	uint16_t narrow = 0;

	while (es_host_attribute_next(&c, &a)) {
		struct es_cur value = es_cur_of(a.value);

		if (a.type == NL80211_RATE_INFO_BITRATE32)
			wide = es_host_u32(&value);
		else if (a.type == NL80211_RATE_INFO_BITRATE)
			narrow = es_host_u16(&value);
	}
	if (wide == 0)
		wide = narrow;
	if (wide == 0)
		return false;
	*bps = (uint64_t)wide * 100000;
	return true;
}

static void
take(struct es_host_station *s, es_slice value, uint32_t bit, uint32_t *to)
{
	struct es_cur c = es_cur_of(value);
	uint32_t v = es_host_u32(&c);

	if (c.bad)
		return;
	*to = v;
	s->has |= bit;
}

static void
parse_info(es_slice nest, struct es_host_station *s)
{
	struct es_cur c = es_cur_of(nest);
	struct es_host_attribute a;

	while (es_host_attribute_next(&c, &a)) {
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
			if (parse_rate(a.value, &s->tx_bitrate_bps))
				s->has |= ES_STATION_HAS_TX_BITRATE;
			break;
		case NL80211_STA_INFO_RX_BITRATE:
			if (parse_rate(a.value, &s->rx_bitrate_bps))
				s->has |= ES_STATION_HAS_RX_BITRATE;
			break;
		}
	}
}

int
es_host_station_parse(es_slice answers, struct es_host_station *out)
{
	struct es_cur c = es_cur_of(answers);
	struct es_host_message m;
	struct es_host_attribute a;

	while (es_host_message_next(&c, &m)) {
		es_cur_skip(&m.body, GENERIC_HEADER);
		struct es_host_station s = { 0 };

		while (es_host_attribute_next(&m.body, &a)) {
			const uint8_t *mac = a.value.p;

			if (a.type == NL80211_ATTR_MAC && a.value.n == 6)
				(void)snprintf(s.bssid, sizeof(s.bssid),
				    "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
				    mac[4], mac[5]); /* always fits */
			else if (a.type == NL80211_ATTR_STA_INFO)
				parse_info(a.value, &s);
		}
		if (m.body.bad || s.has == 0)
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
	struct es_host_message m;
	struct es_host_attribute a;

	while (es_host_message_next(&c, &m)) {
		es_cur_skip(&m.body, GENERIC_HEADER);
		while (es_host_attribute_next(&m.body, &a)) {
			struct es_cur value = es_cur_of(a.value);

			if (a.type == CTRL_ATTR_FAMILY_ID && a.value.n == sizeof(uint16_t))
				return es_host_u16(&value);
		}
	}
	return 0;
}
