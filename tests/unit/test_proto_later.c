/* SPDX-License-Identifier: Apache-2.0 */
/* Records of a later version: a member of an enumeration that is not known here costs no record. */
#include "proto/pack.h"
#include "proto_samples.h"

static const uint32_t beyond[] = { 1, 2, 100, 0xff, 0x100, 0x10000, 0x7fffff00 };

enum { N_BEYOND = sizeof(beyond) / sizeof(beyond[0]), N_BLOCKS = 5 };

struct got {
	const struct es_record *want[N_BLOCKS];
	int n;
	const char *differs;
};

static void
compare(void *ctx, const struct es_record *rec)
{
	struct got *g = ctx;

	if (g->n < N_BLOCKS && g->differs == NULL)
		g->differs = same_record(g->want[g->n], rec);
	g->n++;
}

/* NULL: what was sent reads as what is wanted. */
static const char *
reads_as(const struct es_record *sent, const struct es_record *want)
{
	static uint8_t out[ES_RECORD_MAX_BYTES], room[SAMPLE_ALLOC];
	struct got g = { { want }, 0, NULL };
	struct es_alloc alloc;
	int n = es_record_encode(sent, out, sizeof(out));

	if (n <= 0)
		return "not encoded";
	es_alloc_init(&alloc, room, sizeof(room));
	if (es_record_decode(test_guarded(out, (size_t)n), &alloc, compare, &g) != 1 || g.n != 1)
		return "refused";
	return g.differs;
}

static struct sample sent, want;

/* Each member that is known, and some that are not; kept: what is not known reads as it was sent. */
#define TRY(body, member, type, highest, other)                                             \
	for (uint32_t v = 0; v <= (uint32_t)(highest) + N_BEYOND; v++) {                    \
		bool is_known = v <= (uint32_t)(highest);                                   \
		const char *differs;                                                        \
                                                                                            \
		sent.rec.u.body.member =                                                    \
		    (type)(is_known ? v : (highest) + beyond[v - (highest)-1]);             \
		want.rec.u.body.member = is_known ? sent.rec.u.body.member : (type)(other); \
		differs = reads_as(&sent.rec, &want.rec);                                   \
		if (differs != NULL)                                                        \
			test_fail(__FILE__, __LINE__, "%s.%s %u: %s", #body, #member,       \
			    (unsigned)sent.rec.u.body.member, differs);                     \
		n_tried++;                                                                  \
	}                                                                                   \
	want.rec.u.body.member = sent.rec.u.body.member = (type)0;
#define TRY_ROW(kind, ...) ES_ROW_##kind(TRY_, __VA_ARGS__)
#define TRY_U(...)
#define TRY_S(...)
#define TRY_T(...)
#define TRY_TIME(...)
#define TRY_ADDR(...)
#define TRY_LAYOUT(...)

static void
make(enum es_record_type type)
{
	uint64_t rnd = 1;

	memset(&sent, 0, sizeof(sent));
	sample_make(&rnd, type, UINT32_MAX, &sent);
	want = sent;
}

TEST(proto_later_members_of_enumerations_cost_no_record)
{
	unsigned n_tried = 0;

	make(ES_REC_STREAM);
#define TRY_E(f, m, t, bit, max, other, key, form) TRY(stream, m, t, max, other)
	ES_STREAM_FIELDS(TRY_ROW)
#undef TRY_E
	make(ES_REC_CALL);
#define TRY_E(f, m, t, bit, max, other, key, form) TRY(call, m, t, max, other)
	ES_CALL_FIELDS(TRY_ROW)
#undef TRY_E
	make(ES_REC_REGISTRATION);
#define TRY_E(f, m, t, bit, max, other, key, form) TRY(registration, m, t, max, other)
	ES_REGISTRATION_FIELDS(TRY_ROW)
#undef TRY_E
	make(ES_REC_REPORTED);
#define TRY_E(f, m, t, bit, max, other, key, form) TRY(reported, m, t, max, other)
	ES_REPORTED_FIELDS(TRY_ROW)
#undef TRY_E
	make(ES_REC_INTERVAL);
#define TRY_E(f, m, t, bit, max, other, key, form) TRY(interval, m, t, max, other)
	ES_INTERVAL_FIELDS(TRY_ROW)
#undef TRY_E
	CHECK(n_tried > 17 * N_BEYOND); /* every enumeration of a record's own fields */
}

/* Why a call has no score in a version to come: the record that taught us. */
TEST(proto_later_reason_for_no_score_reads_as_none)
{
	make(ES_REC_STREAM);
	sent.rec.u.stream.unscored = (enum es_unscored)(ES_UNSCORED_CLOCK_MISMATCH + 1);
	want.rec.u.stream.unscored = ES_UNSCORED_NOT;
	CHECK(reads_as(&sent.rec, &want.rec) == NULL);
}

/* What names itself by a number keeps it: whoever prints it says that it does not know the name. */
TEST(proto_later_signals_counters_reasons_keep_their_numbers)
{
	struct es_signal_value signal = { UINT16_MAX, 7 };
	struct es_counter_value counter = { UINT16_MAX, 7 };
	struct es_sip_count sip = { UINT16_MAX, 1, 0 };
	struct es_unknown unknown;

	memset(&unknown, 0, sizeof(unknown));
	unknown.layer = (enum es_unknown_layer)(ES_UNKNOWN_DEPTH + 1);
	unknown.count = 1;
	make(ES_REC_HOST);
	sent.rec.u.host.values = &signal;
	sent.rec.u.host.n_values = 1;
	CHECK(reads_as(&sent.rec, &sent.rec) == NULL);
	make(ES_REC_HEALTH);
	sent.rec.u.health.values = &counter;
	sent.rec.u.health.n_values = 1;
	sent.rec.u.health.sip = &sip;
	sent.rec.u.health.n_sip = 1;
	sent.rec.u.health.unknowns = &unknown;
	sent.rec.u.health.n_unknowns = 1;
	CHECK(reads_as(&sent.rec, &sent.rec) == NULL);
	make(ES_REC_CHANGE);
	sent.rec.u.change.kind = UINT16_MAX;
	CHECK(reads_as(&sent.rec, &sent.rec) == NULL);
	make(ES_REC_LOSS);
	sent.rec.u.loss.reason = (enum es_loss_reason)(ES_LOSS_REFUSED + 1);
	CHECK(reads_as(&sent.rec, &sent.rec) == NULL);
	make(ES_REC_REPORTED);
	sent.rec.vantage = &sent.vantage;
	sent.vantage.role = (enum es_role)(ES_ROLE_TAP + 1);
	want = sent;
	want.rec.vantage = &want.vantage;
	want.vantage.role = ES_ROLE_UNKNOWN;
	CHECK(reads_as(&sent.rec, &want.rec) == NULL);
}

/* Blocks are predicted from those before them: one that is not known here must not shift the next. */
TEST(proto_later_band_of_a_packed_block_leaves_the_others_exact)
{
	static struct sample blocks[N_BLOCKS], known[N_BLOCKS];
	static uint8_t out[ES_RECORD_MAX_BYTES], room[SAMPLE_ALLOC];
	const struct es_record *list[N_BLOCKS];
	struct es_alloc alloc;
	uint64_t rnd = 3;
	int n;

	for (uint32_t at = 0; at < N_BLOCKS; at++)
		for (uint32_t b = 0; b < N_BEYOND; b++) {
			struct got g = { { NULL }, 0, NULL };

			for (uint32_t i = 0; i < N_BLOCKS; i++) {
				struct es_interval *r = &blocks[i].rec.u.interval;

				memset(&blocks[i], 0, sizeof(blocks[i]));
				sample_make(&rnd, ES_REC_INTERVAL, UINT32_MAX, &blocks[i]);
				memset(&blocks[i].rec.u, 0, sizeof(blocks[i].rec.u));
				sample_interval(
				    &rnd, UINT32_MAX, &blocks[i], 65536 + UINT64_C(256) * i);
				r->stream = blocks[0].rec.u.interval.stream;
				blocks[i].rec.vantage = blocks[0].rec.vantage;
				if (i == at || i == at + 2) {
					r->band = (enum es_band)(ES_BAND_FB + beyond[b]);
					r->basis =
					    (enum es_mos_basis)(ES_BASIS_PLACEHOLDER + beyond[b]);
				}
				known[i] = blocks[i];
				if (i == at || i == at + 2) {
					known[i].rec.u.interval.band = (enum es_band)0;
					known[i].rec.u.interval.basis = (enum es_mos_basis)0;
				}
				list[i] = &blocks[i].rec;
				g.want[i] = &known[i].rec;
			}
			n = es_pack_encode(list, N_BLOCKS, out, sizeof(out));
			CHECK(n > 0);
			es_alloc_init(&alloc, room, sizeof(room));
			CHECK_EQ(
			    es_record_decode(test_guarded(out, (size_t)n), &alloc, compare, &g),
			    N_BLOCKS);
			CHECK_EQ(g.n, N_BLOCKS);
			CHECK_STR(g.differs == NULL ? "" : g.differs, "");
		}
}
