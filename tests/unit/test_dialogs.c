/* SPDX-License-Identifier: Apache-2.0 */
/* Calls in their pool: uses of a Call-ID, deadlines, early media, streams, partners. */
#include "probes/call/partners.h"

#include "streams_rig.h"

enum { ALICE = 1, BOB = 2, CAROL = 3 };

static struct es_dialog *
call(const char *id)
{
	return rig_call(id, host(ALICE, 5060), host(BOB, 5060));
}

TEST(uses_of_a_call_id_stand_newest_first)
{
	uint32_t uses[ES_CALL_USES_MAX];
	struct es_dialog *d[4];

	rig_open();
	for (unsigned i = 0; i < 4; i++)
		d[i] = call(i == 2 ? "other" : "same");
	CHECK_EQ(es_dialogs_uses(&dialogs, es_slice_str("same"), uses), 3);
	CHECK_EQ(uses[0], d[3]->index);
	CHECK_EQ(uses[1], d[1]->index);
	CHECK_EQ(uses[2], d[0]->index);
	CHECK_EQ(es_dialogs_uses(&dialogs, es_slice_str("other"), uses), 1);
	CHECK_EQ(es_dialogs_uses(&dialogs, es_slice_str("none"), uses), 0);
	es_dialogs_drop(&dialogs, d[1]->index);
	CHECK_EQ(es_dialogs_uses(&dialogs, es_slice_str("same"), uses), 2);
	CHECK_EQ(uses[1], d[0]->index);
	rig_close();
}

TEST(uses_of_a_call_id_that_begin_at_one_instant_are_distinguished)
{
	const struct es_dialog *first, *second, *third, *other, *later;

	rig_open();
	first = call("same");
	second = call("same");
	third = call("same");
	other = call("other");
	c.clock = at_ms(1);
	later = call("same");
	CHECK_EQ(first->begun.ns, at_ms(0).ns);
	CHECK_EQ(second->begun.ns, at_ms(0).ns + 1);
	CHECK_EQ(third->begun.ns, at_ms(0).ns + 2);
	CHECK_EQ(other->begun.ns, at_ms(0).ns);
	CHECK_EQ(later->begun.ns, at_ms(1).ns);
	CHECK_EQ(third->start.ns, at_ms(0).ns);
	rig_close();
}

TEST(call_is_given_up_after_the_time_of_its_step)
{
	static const struct {
		enum es_dialog_step step;
		bool is_replaced;
		uint32_t expires_s;
		int64_t due_s;
	} rows[] = { { ES_DIALOG_CALLING, false, 0, 240 }, { ES_DIALOG_CALLING, true, 90, 240 },
		{ ES_DIALOG_CHALLENGED, false, 0, 32 }, { ES_DIALOG_CHALLENGED, false, 90, 32 },
		{ ES_DIALOG_UP, false, 0, 7200 }, { ES_DIALOG_UP, false, 1, 33 },
		{ ES_DIALOG_UP, false, 90, 122 }, { ES_DIALOG_UP, false, 7168, 7200 },
		{ ES_DIALOG_UP, false, 7167, 7199 }, { ES_DIALOG_UP, false, 7169, 7200 },
		{ ES_DIALOG_UP, false, UINT32_MAX, 7200 }, { ES_DIALOG_UP, true, 0, 32 },
		{ ES_DIALOG_UP, true, 90, 32 }, { ES_DIALOG_OVER, false, 0, 32 },
		{ ES_DIALOG_OVER, false, 90, 32 } };
	static struct es_dialog d;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&d, 0, sizeof(d));
		d.step = rows[i].step;
		d.is_replaced = rows[i].is_replaced;
		d.session_expires_s = rows[i].expires_s;
		d.seen_at = at_ms(500);
		CHECK_EQ(es_dialog_due(&d).ns, at_ms(500 + 1000 * rows[i].due_s).ns);
	}
}

TEST(calls_in_progress_are_counted)
{
	struct es_dialog *one, *two;

	rig_open();
	one = call("one");
	two = call("two");
	CHECK_EQ(dialogs.n_up, 2);
	CHECK_EQ(c.count[ES_CNT_CALLS], 2);
	one->is_changed = false;
	es_dialog_state(&dialogs, one, ES_STATE_IN_PROGRESS);
	CHECK_EQ(dialogs.n_up, 2);
	CHECK(!one->is_changed);
	es_dialog_state(&dialogs, one, ES_STATE_FAILED);
	CHECK_EQ(dialogs.n_up, 1);
	CHECK(one->is_changed);
	one->is_changed = false;
	es_dialog_state(&dialogs, one, ES_STATE_CANCELLED);
	CHECK_EQ(dialogs.n_up, 1);
	CHECK(one->is_changed);
	es_dialog_state(&dialogs, one, ES_STATE_IN_PROGRESS);
	CHECK_EQ(dialogs.n_up, 2);
	es_dialog_state(&dialogs, one, ES_STATE_COMPLETED);
	es_dialogs_drop(&dialogs, one->index);
	CHECK_EQ(dialogs.n_up, 1);
	es_dialogs_drop(&dialogs, two->index);
	CHECK_EQ(dialogs.n_up, 0);
	CHECK_EQ(c.heap.n, 0);
	rig_close();
}

TEST(stream_of_a_call_is_listed_once_by_its_5_tuple_and_ssrc)
{
	struct es_stream_key key = { .src = host(ALICE, 4000), .dst = host(BOB, 5000), .ssrc = 1 };
	struct es_stream_key other;
	struct es_dialog *d;

	rig_open();
	d = call("c");
	CHECK(es_dialog_add_stream(d, &key));
	d->is_changed = false;
	CHECK(!es_dialog_add_stream(d, &key));
	CHECK(!d->is_changed);
	other = key;
	other.ssrc = 2;
	CHECK(es_dialog_add_stream(d, &other));
	CHECK(d->is_changed);
	other = key;
	other.src.port++;
	CHECK(es_dialog_add_stream(d, &other));
	other = key;
	other.dst.port++;
	CHECK(es_dialog_add_stream(d, &other));
	CHECK_EQ(d->n_streams, 4);
	CHECK_EQ(d->stream[3].dst.port, 5001);
	CHECK_EQ(d->stream[3].src.port, 4000);
	CHECK_EQ(d->stream[3].ssrc, 1);
	for (key.ssrc = 100; d->n_streams < ES_CALL_STREAMS_MAX; key.ssrc++)
		CHECK(es_dialog_add_stream(d, &key));
	CHECK(!es_dialog_add_stream(d, &key));
	CHECK_EQ(d->n_streams, ES_CALL_STREAMS_MAX);
	rig_close();
}

static struct es_dialog early;

static void
begin_early(void)
{
	memset(&early, 0, sizeof(early));
	early.start = at_ms(0);
}

TEST(early_media_is_what_the_callee_sends_before_the_answer)
{
	begin_early();
	es_dialog_media_began(&early, at_ms(500), false);
	CHECK_EQ(early.has, 0);
	es_dialog_media_began(&early, at_ms(-1), true);
	CHECK_EQ(early.has, 0);
	es_dialog_media_began(&early, at_ms(500), true);
	CHECK_EQ(early.has, ES_CALL_HAS_EARLY_MEDIA);
	CHECK_EQ(early.early_media_us, 500000);
	CHECK(early.is_changed);
	early.is_changed = false;
	es_dialog_media_began(&early, at_ms(500), true);
	es_dialog_media_began(&early, at_ms(900), true); /* the first counts */
	CHECK_EQ(early.early_media_us, 500000);
	CHECK(!early.is_changed);
	es_dialog_media_began(&early, at_ms(0), true);
	CHECK_EQ(early.early_media_us, 0);
	CHECK(early.is_changed);
}

TEST(early_media_needs_a_call_whose_answer_is_known)
{
	begin_early();
	early.began_unseen = true;
	es_dialog_media_began(&early, at_ms(500), true);
	CHECK_EQ(early.has, 0);
	begin_early();
	early.step = ES_DIALOG_OVER;
	es_dialog_media_began(&early, at_ms(500), true);
	CHECK_EQ(early.has, 0);
	begin_early();
	early.step = ES_DIALOG_UP; /* by its ACK */
	es_dialog_media_began(&early, at_ms(500), true);
	CHECK_EQ(early.has, 0);
	early.has_answer = true;
	early.has_early_sdp = true;
	early.answered_at = at_ms(500);
	es_dialog_media_began(&early, at_ms(500), true);
	CHECK_EQ(early.has, 0);
	es_dialog_media_began(&early, at_ms(499), true);
	CHECK_EQ(early.has, ES_CALL_HAS_EARLY_MEDIA);
}

TEST(early_media_that_no_sdp_announced_is_a_second_before_the_answer)
{
	begin_early();
	early.has = ES_CALL_HAS_EARLY_MEDIA | ES_CALL_HAS_RING;
	early.early_media_us = 500000;
	es_dialog_judge_early_media(&early, at_ms(1500));
	CHECK_EQ(early.has, ES_CALL_HAS_EARLY_MEDIA | ES_CALL_HAS_RING);
	early.has_early_sdp = true;
	es_dialog_judge_early_media(&early, at_ms(1499));
	CHECK_EQ(early.has, ES_CALL_HAS_EARLY_MEDIA | ES_CALL_HAS_RING);
	early.has_early_sdp = false;
	es_dialog_judge_early_media(&early, at_ms(1499));
	CHECK_EQ(early.has, ES_CALL_HAS_RING);
	begin_early(); /* and of media that comes to light behind the answer */
	early.step = ES_DIALOG_UP;
	early.has_answer = true;
	early.answered_at = at_ms(1500);
	es_dialog_media_began(&early, at_ms(501), true);
	CHECK_EQ(early.has, 0);
	es_dialog_media_began(&early, at_ms(500), true);
	CHECK_EQ(early.has, ES_CALL_HAS_EARLY_MEDIA);
}

static void
talks(struct es_dialog *d, uint8_t from, uint8_t to)
{
	struct es_addr src = host(from, 4000), dst = host(to, 5000);

	es_partners_update(&dialogs, d, &src, &dst);
}

/* Which of some calls are partners of d, as bits. */
static unsigned
partners(const struct es_dialog *d)
{
	uint32_t out[ES_PARTNERS_MAX];
	unsigned n = es_partners_find(&dialogs, d, out), bits = 0;

	while (n-- > 0)
		bits |= 1u << out[n];
	return bits;
}

TEST(partners_are_calls_of_the_same_two_hosts_whichever_way_media_flow)
{
	struct es_dialog *d[4];

	rig_open();
	for (unsigned i = 0; i < 4; i++) {
		d[i] = rig_call("c", host((uint8_t)(ALICE + i), 5060), host(BOB, 5060));
		d[i]->began_unseen = true;
	}
	CHECK_EQ(partners(d[0]), 0);
	talks(d[0], ALICE, BOB);
	talks(d[1], BOB, ALICE);
	talks(d[2], ALICE, CAROL);
	talks(d[3], ALICE, ALICE); /* a host by itself is no pair */
	CHECK_EQ(partners(d[0]), 2);
	CHECK_EQ(partners(d[1]), 1);
	CHECK_EQ(partners(d[2]), 0);
	CHECK_EQ(partners(d[3]), 0);
	talks(d[2], ALICE, BOB); /* it moved */
	CHECK_EQ(partners(d[0]), 6);
	CHECK_EQ(partners(d[1]), 5);
	CHECK_EQ(partners(d[2]), 3);
	es_partners_drop(&dialogs, d[1]); /* in the middle */
	CHECK_EQ(partners(d[0]), 4);
	CHECK_EQ(partners(d[2]), 1);
	CHECK_EQ(partners(d[1]), 0);
	es_partners_drop(&dialogs, d[2]); /* the newest */
	CHECK_EQ(partners(d[0]), 0);
	talks(d[3], ALICE, BOB);
	CHECK_EQ(partners(d[0]), 8);
	es_partners_drop(&dialogs, d[0]); /* the oldest */
	CHECK_EQ(partners(d[3]), 0);
	es_partners_drop(&dialogs, d[3]);
	CHECK_EQ(dialogs.pairs.n, 0);
	rig_close();
}

TEST(partners_are_at_most_eight)
{
	struct es_dialog *d[12];

	rig_open();
	for (unsigned i = 0; i < 12; i++) {
		d[i] = rig_call("c", host((uint8_t)(ALICE + i), 5060), host(BOB, 5060));
		d[i]->began_unseen = true;
		talks(d[i], ALICE, BOB);
	}
	CHECK_EQ(partners(d[11]), 0x7f8); /* 3 to 10 */
	CHECK_EQ(partners(d[0]), 0x1fe);
	CHECK_EQ(partners(d[9]), 0xdf8); /* newer ones first: 10, 11, then 8 to 3 */
	rig_close();
}
