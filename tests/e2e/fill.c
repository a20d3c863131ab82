/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fills the store of a collector with made-up calls (scene.h), without agents: for the portal's tests
 * and for measuring lists. usage: fill DATABASE COUNT. Every fifth call is damaged, every seventh has
 * no SIP; the newest but one was refused; the newest has a Call-ID that would run as a script in a careless page. The
 * endpoint's Wi-Fi is weak around each damaged call, and it moves to another access point once.
 */
#include "proto/encode.h"
#include "tests/e2e/scene_store.h"

enum { FIRST_S = 1795000000, CALL_S = 97, SAMPLE_S = 5 };

static void
fail(const char *what)
{
	fprintf(stderr, "fill: %s\n", what);
	exit(1);
}

static void
put(struct scene_store *s, struct es_store *store, const struct es_record *rec)
{
	uint8_t bytes[512];
	int n = es_record_encode(rec, bytes, sizeof(bytes));

	if (n <= 0)
		fail("a record of the machine");
	s->store = store;
	s->agent = "ep";
	es_alloc_init(&s->alloc, s->arena, sizeof(s->arena));
	scene_put(s, es_slice_of(bytes, (size_t)n), false);
	if (s->err < 0)
		fail(es_store_error(store));
}

static void
put_change(struct scene_store *s, struct es_store *store, long at_s, enum es_change_kind kind,
    const char *subject, const char *after)
{
	struct es_record rec = { .type = ES_REC_CHANGE };

	rec.at = rec.u.change.time = es_time_of_ns((FIRST_S + (int64_t)at_s) * ES_NS_PER_S);
	rec.u.change.kind = (uint16_t)kind;
	rec.u.change.subject = es_slice_str(subject);
	rec.u.change.after = es_slice_str(after);
	put(s, store, &rec);
}

/* What the endpoint's machine went through over n_calls calls. */
static void
put_machine(struct scene_store *s, struct es_store *store, long n_calls)
{
	put_change(s, store, -60, ES_CHANGE_ROUTE, "default", "via 10.0.0.1 dev wlan0");
	put_change(s, store, -60, ES_CHANGE_WIFI_BSSID, "wlan0", "02:00:00:00:00:01");
	put_change(
	    s, store, n_calls * CALL_S / 2, ES_CHANGE_WIFI_BSSID, "wlan0", "02:00:00:00:00:02");
	put_change(s, store, n_calls * CALL_S / 2, ES_CHANGE_VPN, "<b>wg0</b>", "up");
	for (long at_s = -60; at_s < n_calls * CALL_S; at_s += SAMPLE_S) {
		bool is_weak = at_s >= 0 && at_s / CALL_S % 5 == 0;
		const struct es_signal_value values[] = {
			{ ES_SIG_CPU_BUSY, 150000 + at_s % 60 * 2000 },
			{ ES_SIG_WIFI_SIGNAL, is_weak ? -81 : -52 },
			{ ES_SIG_WIFI_TX_RETRIES, is_weak ? 420 : 8 }, { ES_SIG_NIC_RX_ERRORS, 0 }
		};
		struct es_record rec = { .type = ES_REC_HOST };

		rec.u.host.start = es_time_of_ns((FIRST_S + (int64_t)at_s) * ES_NS_PER_S);
		rec.at = rec.u.host.end = es_time_add(rec.u.host.start, SAMPLE_S * ES_NS_PER_S);
		rec.u.host.full = true;
		rec.u.host.interface = es_slice_str("wlan0");
		rec.u.host.values = values;
		rec.u.host.n_values = sizeof(values) / sizeof(values[0]);
		put(s, store, &rec);
	}
}

int
main(int argc, char **argv)
{
	static struct scene_store s;
	struct es_store *store;
	char error[512], call_id[64];
	long n = argc == 3 ? strtol(argv[2], NULL, 10) : 0;

	if (n <= 0 || n > 1000000)
		fail("usage: fill DATABASE COUNT");
	if (es_store_open(argv[1], ES_STORE_WRITE, &store, error) < 0)
		fail(error);
	if (es_store_begin(store) < 0)
		fail(es_store_error(store));
	for (long i = 0; i < n; i++) {
		struct scene scene = { .call_id = call_id,
			.ssrc = (uint32_t)(0x10000000 + 2 * i),
			.start = es_time_of_ns((FIRST_S + i * CALL_S) * ES_NS_PER_S),
			.is_damaged = i % 5 == 0,
			.refused = i == n - 2 ? 486 : 0 };

		(void)snprintf(call_id, sizeof(call_id),
		    i == n - 1 ? "<img src=x onerror=document.title=1>" : "call-%ld@example.org",
		    i);
		if (i % 7 == 6 && i < n - 2)
			scene.call_id = NULL;
		if (scene_fill(&s, store, &scene) < 0)
			fail(es_store_error(store));
	}
	put_machine(&s, store, n);
	if (es_store_commit(store) < 0)
		fail(es_store_error(store));
	es_store_close(store);
	return 0;
}
