/* SPDX-License-Identifier: Apache-2.0 */
/* The radio link, put together from nl80211 and /proc/net/wireless. */
#include "probes/host/wifi.h"

enum { LINK_BEST = 70 }; /* of cfg80211's link quality: -40 dBm and better */

void
es_host_wifi_init(struct es_host_wifi *w)
{
	*w = (struct es_host_wifi){ 0 };
	es_host_nl80211_init(&w->nl80211);
}

void
es_host_wifi_done(struct es_host_wifi *w)
{
	es_host_nl80211_done(&w->nl80211);
}

void
es_host_wifi_forget(struct es_host_wifi *w)
{
	es_host_forget(&w->tx_packets);
	es_host_forget(&w->tx_retries);
	es_host_forget(&w->tx_failed);
	es_host_forget(&w->beacon_loss);
	w->frequency_mhz = 0;
	w->nl80211.has_no_family = false; /* its driver may have been loaded since */
}

/* A number of /proc/net/wireless: may end in a dot and be negative. */
static bool
number_of(es_slice word, int64_t *out)
{
	bool negative = es_text_begins(word, "-");
	uint64_t v;

	if (negative)
		word = es_text_from(word, 1);
	if (word.n > 0 && word.p[word.n - 1] == '.')
		word.n--;
	if (es_text_u64(word, UINT32_MAX, &v) != 0)
		return false;
	*out = negative ? -(int64_t)v : (int64_t)v;
	return true;
}

/*
 * "wlan0: 0000   54.  -56.  -256        0      0      0      0      0        0": status, link, level,
 * noise, then discarded (nwid, crypt, frag, retry, misc) and missed beacons. cfg80211 counts under
 * retry the frames given up after all tries, so it is what nl80211 calls failed.
 */
static void
add_wireless(es_slice text, const char *interface, struct es_host_station *s, int64_t *link)
{
	enum { LINK = 1, LEVEL = 2, RETRY = 7, BEACON = 9, N_FIELDS = 10 };
	int64_t field[N_FIELDS];
	es_slice line;

	while (es_text_line(&text, &line)) {
		size_t colon = es_text_find(line, ':');

		if (colon == line.n ||
		    !es_text_is(es_text_trim(es_text_first(line, colon)), interface))
			continue;
		line = es_text_from(line, colon + 1);
		(void)es_text_word(&line); /* status, hexadecimal */
		for (unsigned i = LINK; i < N_FIELDS; i++) {
			if (!number_of(es_text_word(&line), &field[i]))
				return;
		}
		*link = field[LINK];
		/* 0 and -256 mean unknown. */
		if (!(s->has & ES_STATION_HAS_SIGNAL) && field[LEVEL] < 0 && field[LEVEL] > -256) {
			s->signal_dbm = (int32_t)field[LEVEL];
			s->has |= ES_STATION_HAS_SIGNAL;
		}
		if (!(s->has & ES_STATION_HAS_TX_FAILED) && field[RETRY] >= 0) {
			s->tx_failed = (uint32_t)field[RETRY];
			s->has |= ES_STATION_HAS_TX_FAILED;
		}
		if (!(s->has & ES_STATION_HAS_BEACON_LOSS) && field[BEACON] >= 0) {
			s->beacon_loss = (uint32_t)field[BEACON];
			s->has |= ES_STATION_HAS_BEACON_LOSS;
		}
		return;
	}
}

static void
step(struct es_host_counter *c, bool has, uint32_t now, enum es_signal signal,
    struct es_host_reading *r)
{
	uint64_t n;

	if (!has)
		es_host_forget(c);
	else if (es_host_step(c, now, &n))
		es_host_set(r, signal, (int64_t)n);
}

/* Counts of the driver, which begin again with the next channel. */
static void
read_channel(struct es_host_wifi *w, struct es_host_files *files, const char *interface,
    struct es_host_reading *r)
{
	struct es_host_survey s = { 0 };
	uint64_t active = 0, busy = 0;
	bool has_active, has_busy;
	int err;

	if (files->root[0] == '\0')
		err = es_host_nl80211_survey(&w->nl80211, files, interface, &s);
	else
		err = es_host_survey_parse(es_host_read(files, "netlink/survey"), &s);
	if (err != 0 || s.frequency_mhz != w->frequency_mhz || !(s.has & ES_SURVEY_HAS_TIME)) {
		es_host_forget(&w->active_ms);
		es_host_forget(&w->busy_ms);
	}
	w->frequency_mhz = s.frequency_mhz;
	if (err != 0)
		return;
	if (s.has & ES_SURVEY_HAS_NOISE)
		es_host_set(r, ES_SIG_WIFI_NOISE, s.noise_dbm);
	if (!(s.has & ES_SURVEY_HAS_TIME))
		return;
	has_active = es_host_step(&w->active_ms, s.active_ms, &active);
	has_busy = es_host_step(&w->busy_ms, s.busy_ms, &busy);
	if (has_active && has_busy && active > 0)
		es_host_set(r, ES_SIG_WIFI_CHANNEL_BUSY, es_host_ppm(busy, active));
}

void
es_host_wifi_read(struct es_host_wifi *w, struct es_host_files *files, const char *interface,
    struct es_host_reading *r, char bssid[ES_HOST_BSSID_MAX])
{
	struct es_host_station s = { 0 };
	int64_t link = -1;
	int err = ES_ENOTFOUND;

	bssid[0] = '\0';
	if (interface[0] == '\0') {
		es_host_wifi_forget(w);
		return;
	}
	if (files->root[0] == '\0')
		err = es_host_nl80211_station(&w->nl80211, files, interface, &s);
	else
		err = es_host_station_parse(es_host_read(files, "netlink/station"), &s);
	if (err != 0)
		s = (struct es_host_station){ 0 };
	add_wireless(es_host_read(files, "proc/net/wireless"), interface, &s, &link);
	if (s.has & ES_STATION_HAS_SIGNAL)
		es_host_set(r, ES_SIG_WIFI_SIGNAL, s.signal_dbm);
	if (s.has & ES_STATION_HAS_TX_BITRATE)
		es_host_set(r, ES_SIG_WIFI_TX_BITRATE, (int64_t)s.tx_bitrate_bps);
	if (s.has & ES_STATION_HAS_RX_BITRATE)
		es_host_set(r, ES_SIG_WIFI_RX_BITRATE, (int64_t)s.rx_bitrate_bps);
	if (link >= 0 && s.has != 0)
		es_host_set(r, ES_SIG_WIFI_LINK_QUALITY, es_host_ppm((uint64_t)link, LINK_BEST));
	step(&w->tx_packets, s.has & ES_STATION_HAS_TX_PACKETS, s.tx_packets,
	    ES_SIG_WIFI_TX_PACKETS, r);
	step(&w->tx_retries, s.has & ES_STATION_HAS_TX_RETRIES, s.tx_retries,
	    ES_SIG_WIFI_TX_RETRIES, r);
	step(
	    &w->tx_failed, s.has & ES_STATION_HAS_TX_FAILED, s.tx_failed, ES_SIG_WIFI_TX_FAILED, r);
	step(&w->beacon_loss, s.has & ES_STATION_HAS_BEACON_LOSS, s.beacon_loss,
	    ES_SIG_WIFI_BEACON_LOSS, r);
	memcpy(bssid, s.bssid, ES_HOST_BSSID_MAX);
	if (s.has != 0) /* a machine on cable is not asked for a channel */
		read_channel(w, files, interface, r);
}
