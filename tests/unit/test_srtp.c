/* SPDX-License-Identifier: Apache-2.0 */
/* Whether SRTP packets fit a key: protected by libsrtp here, judged by what the agent hands to engines. */
#include "tests/unit/harness.h"
#include "tests/unit/secure.h"

#include "earshot/error.h"

#include <link.h>

static struct es_srtp *srtp;
static struct es_keys keys;

static void
start(void)
{
	if (es_srtp_new(&srtp) != 0)
		abort();
	keys = es_srtp_callbacks(srtp);
}

static uint32_t
open_as(const struct end *e, const struct suite *s, struct es_srtp_key more)
{
	uint32_t id;

	more.suite = s->suite;
	more.n_bytes = (uint8_t)s->n_bytes;
	memcpy(more.bytes, e->key, s->n_bytes);
	if (keys.open(keys.ctx, &more, &id) != 0)
		abort();
	return id;
}

static uint32_t
open_key(const struct end *e, const struct suite *s)
{
	return open_as(e, s, (struct es_srtp_key){ .mki_bytes = (uint8_t)e->mki_bytes, .mki = 5 });
}

static enum es_srtp_fit
fit(uint32_t id, const uint8_t *p, size_t n, uint32_t roc)
{
	return keys.srtp(keys.ctx, id, p, n, roc);
}

static void
done(struct end *e)
{
	srtp_dealloc(e->session);
	es_srtp_free(srtp);
}

TEST(srtp_of_each_suite_fits_its_key_and_counter_alone)
{
	for (unsigned i = 0; i < N_SUITES; i++) {
		const struct suite *s = &suites[i];
		uint8_t p[SECURE_MAX];
		struct end e, other;
		uint32_t id, id_other;
		size_t n;

		start();
		make_end(&e, s, 1, 0);
		make_end(&other, s, 2, 0);
		id = open_key(&e, s);
		id_other = open_key(&other, s);
		for (uint32_t roc = 0; roc < 5; roc++) {
			n = protect(&e, s, 0xa, (uint64_t)roc << 16 | 77, 1, p);
			CHECK_EQ(fit(id, p, n, roc), ES_SRTP_FITS);
			CHECK_EQ(fit(id_other, p, n, roc), ES_SRTP_FITS_NOT);
			CHECK_EQ(fit(id, p, n, roc + 1), ES_SRTP_FITS_NOT);
			if (roc > 0)
				CHECK_EQ(fit(id, p, n, roc - 1), ES_SRTP_FITS_NOT);
		}
		srtp_dealloc(other.session);
		done(&e);
	}
}

TEST(srtp_fits_again_and_in_whatever_order)
{
	static const uint64_t order[] = { 70000, 65535, 65536, 3, 3, 40000, 200000, 0, 32768,
		199999, 200000, 65536 + 3, 131071, 131072, 1, 0xffffffffffff };

	for (unsigned i = 0; i < N_SUITES; i++) {
		const struct suite *s = &suites[i];
		uint8_t p[SECURE_MAX];
		struct end e;
		uint32_t id;

		start();
		make_end(&e, s, 1, 0);
		id = open_key(&e, s);
		for (unsigned k = 0; k < sizeof(order) / sizeof(order[0]); k++)
			for (uint32_t ssrc = 1; ssrc < 3; ssrc++) {
				uint32_t roc = (uint32_t)(order[k] >> 16);
				size_t n = protect(&e, s, ssrc, order[k], 1, p);

				CHECK_EQ(fit(id, p, n, roc + 1), ES_SRTP_FITS_NOT);
				CHECK_EQ(fit(id, p, n, roc), ES_SRTP_FITS);
				CHECK_EQ(fit(id, p, n, roc), ES_SRTP_FITS);
			}
		done(&e);
	}
}

TEST(srtp_that_is_damaged_or_cut_does_not_fit)
{
	for (unsigned i = 0; i < N_SUITES; i++) {
		const struct suite *s = &suites[i];
		uint8_t p[SECURE_MAX];
		struct end e;
		uint32_t id;
		size_t n;

		start();
		make_end(&e, s, 1, 0);
		id = open_key(&e, s);
		n = protect(&e, s, 0xa, 99, 1, p);
		for (size_t k = 0; k < n; k++) {
			p[k] ^= 1;
			CHECK(fit(id, p, n, 0) != ES_SRTP_FITS);
			p[k] ^= 1;
			CHECK(fit(id, p, k, 0) != ES_SRTP_FITS);
		}
		CHECK_EQ(fit(id, p, n, 0), ES_SRTP_FITS);
		done(&e);
	}
}

TEST(srtp_is_not_changed_by_a_check)
{
	const struct suite *s = &suites[4];
	uint8_t p[SECURE_MAX], before[SECURE_MAX];
	struct end e;
	uint32_t id;
	size_t n;

	start();
	make_end(&e, s, 1, 0);
	id = open_key(&e, s);
	n = protect(&e, s, 0xa, 99, 1, p);
	memcpy(before, p, sizeof(p));
	CHECK_EQ(fit(id, p, n, 0), ES_SRTP_FITS);
	CHECK_EQ(memcmp(before, p, sizeof(p)), 0);
	done(&e);
}

TEST(srtp_with_a_master_key_identifier)
{
	for (unsigned i = 0; i < N_SUITES; i++) {
		const struct suite *s = &suites[i];
		struct es_srtp_key key = { .mki_bytes = 4, .mki = 5 };
		uint8_t p[SECURE_MAX];
		struct end e, bare;
		uint32_t id, id_other;
		size_t n;

		start();
		make_end(&e, s, 1, 4);
		make_end(&bare, s, 1, 0);
		id = open_as(&e, s, key);
		key.mki = 6;
		id_other = open_as(&e, s, key);
		n = protect(&e, s, 0xa, 99, 1, p);
		CHECK_EQ(fit(id, p, n, 0), ES_SRTP_FITS);
		CHECK_EQ(fit(id, p, n, 1), ES_SRTP_FITS_NOT);
		CHECK_EQ(fit(id_other, p, n, 0), ES_SRTP_OTHER_MKI);
		n = protect(&bare, s, 0xa, 99, 1, p);
		CHECK_EQ(fit(id, p, n, 0), ES_SRTP_OTHER_MKI);
		CHECK_EQ(fit(id, p, n, 1), ES_SRTP_FITS_NOT);
		srtp_dealloc(bare.session);
		done(&e);
	}
}

TEST(srtp_of_which_nothing_can_be_said)
{
	const struct suite *s = &suites[0];
	uint8_t p[SECURE_MAX];
	struct end e;
	uint32_t id;
	size_t n;

	start();
	make_end(&e, s, 1, 0);
	n = protect(&e, s, 0xa, 99, 1, p);
	id = open_as(&e, s, (struct es_srtp_key){ .is_srtp_unsigned = true });
	CHECK_EQ(fit(id, p, n, 0), ES_SRTP_UNKNOWN);
	keys.close(keys.ctx, id);
	CHECK_EQ(fit(id, p, n, 0), ES_SRTP_UNKNOWN);
	CHECK_EQ(fit(id + 1, p, n, 0), ES_SRTP_UNKNOWN);
	id = open_as(&e, &suites[4], (struct es_srtp_key){ .is_srtp_clear = true });
	CHECK_EQ(fit(id, p, n, 0), ES_SRTP_UNKNOWN);
	CHECK_EQ(fit(id, p, 11, 0), ES_SRTP_UNKNOWN);
	done(&e);
}

TEST(srtp_that_is_signed_only_fits)
{
	const struct suite *s = &suites[0];
	uint8_t p[SECURE_MAX];
	struct end e;
	uint32_t id;
	size_t n;

	start();
	make_end(&e, s, 1, 0);
	e.is_clear = true;
	n = protect(&e, s, 0xa, 99, 1, p);
	CHECK_EQ(p[12], 0xd5);
	id = open_as(&e, s, (struct es_srtp_key){ .is_srtp_clear = true });
	CHECK_EQ(fit(id, p, n, 0), ES_SRTP_FITS);
	done(&e);
}

static int
count_object(struct dl_phdr_info *info, size_t size, void *n)
{
	(void)info; /* only how many */
	(void)size;
	(*(int *)n)++;
	return 0;
}

static int
n_objects(void)
{
	int n = 0;

	(void)dl_iterate_phdr(count_object, &n);
	return n;
}

/* Once: 1.5 ms on the first packet of a call, and files to open after the rights were dropped. */
TEST(srtp_loads_no_library_for_a_packet)
{
	static const uint8_t p[200] = { 0x80, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1 };

	for (unsigned i = 0; i < N_SUITES; i++) {
		struct end e = { .key = { 1 } };
		uint32_t id;
		int before;

		start();
		before = n_objects();
		id = open_key(&e, &suites[i]);
		CHECK_EQ(fit(id, p, sizeof(p), 0), ES_SRTP_FITS_NOT);
		CHECK_EQ(n_objects(), before);
		keys.close(keys.ctx, id);
		CHECK_EQ(n_objects(), before);
		es_srtp_free(srtp);
	}
}
