/* SPDX-License-Identifier: Apache-2.0 */
/* The Decryption Secrets Block of pcapng (draft-ietf-opsawg-pcapng section 4.7): keys of TLS. */
#include "agent/capture/capture_format.h"

#include "runtime/crypto/hmac.h"

#include <inttypes.h>
#include <stdio.h>

enum {
	SECRETS_TLS = 0x544c534b, /* a key log of NSS */
	SECTION = 0x0a0d0d0a,     /* block types */
	PACKET = 6,
	PACKET_OBSOLETE = 2,
	PACKET_SIMPLE = 3,
	FRAME_BYTES = 12, /* type, length, and the length again */
	HEAD_BYTES = 16,  /* of the block: its frame's front, kind and length of the secrets */
	LEAST_BYTES = 20, /* with the length again */
	PART_BYTES = 64 * 1024,
	MAGIC_AT = 8, /* in a section */
};

static void
complain(struct es_capture_file *f, const char *what, uint32_t n, uint32_t total)
{
	char text[ES_CAPTURE_ERROR_MAX];

	if (f->secrets.bad == NULL)
		return;
	(void)snprintf(text, sizeof(text),
	    "%.200s: at byte %" PRIu64 ": a decryption secrets block of %" PRIu32 " bytes %s",
	    f->name, f->in.offset, total, what);
	if (n > 0) /* the number that was unexpected */
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), " %" PRIu32, n);
	f->secrets.bad(f->secrets.ctx, text);
}

/* Hands on n bytes of secrets, in parts; they are wiped from the window. */
static int
hand_on(struct es_capture_file *f, uint32_t n)
{
	uint32_t left = n;

	do {
		uint32_t part = left < PART_BYTES ? left : PART_BYTES;
		es_slice bytes;

		if (es_input_peek(&f->in, part, &bytes) != 0)
			return es_capture_file_short(f, "decryption secrets", part, bytes.n);
		left -= part;
		f->secrets.take(f->secrets.ctx, f->name, bytes, left == 0);
		es_input_wipe(&f->in, part);
		(void)es_input_skip(&f->in, part); /* it is there */
	} while (left > 0);
	return 0;
}

int
es_pcapng_secrets(struct es_capture_file *f, uint32_t total)
{
	uint32_t kind, n, rest = total;
	struct es_fields head;
	es_slice bytes;
	int rc = 0;

	if (es_input_peek(&f->in, total < HEAD_BYTES ? total : HEAD_BYTES, &bytes) != 0)
		return es_capture_file_short(f, "a block", total, bytes.n);
	head = es_fields_of(bytes, f->u.pcapng.big_endian);
	es_cur_skip(&head.cur, 8);
	kind = es_fields_u32(&head);
	n = es_fields_u32(&head);
	if (head.cur.bad || total < LEAST_BYTES) {
		complain(f, "lacks its 8 fixed bytes", 0, total);
	} else if (n > total - LEAST_BYTES) {
		complain(f, "is too short for the length of its secrets,", n, total);
	} else if (kind == SECRETS_TLS && f->secrets.take != NULL) {
		(void)es_input_skip(&f->in, HEAD_BYTES); /* it is there */
		rc = hand_on(f, n);
		rest = total - HEAD_BYTES - n;
	}
	if (rc == 0 && es_input_skip(&f->in, rest) != 0)
		rc = es_capture_file_short(f, "a block", total, 0);
	return rc;
}

/* The block at an offset from here: its type, and its length. False: not to be seen. */
static bool
look_at(struct es_input *in, size_t at, bool *big_endian, uint32_t *type, uint32_t *total)
{
	struct es_fields f;
	es_slice bytes;

	if (at + FRAME_BYTES > ES_INPUT_WINDOW_BYTES ||
	    es_input_peek(in, at + FRAME_BYTES, &bytes) != 0)
		return false;
	f = es_fields_of(bytes, *big_endian);
	es_cur_skip(&f.cur, at);
	*type = es_fields_u32(&f);
	if (*type == SECTION) {
		struct es_cur magic = f.cur;

		es_cur_skip(&magic, MAGIC_AT - 4);
		*big_endian = f.big_endian = es_cur_u8(&magic) == 0x1a;
	}
	*total = es_fields_u32(&f);
	return *total >= FRAME_BYTES && *total % 4 == 0 && *total <= ES_BLOCK_BYTES_MAX;
}

bool
es_pcapng_has_secrets(struct es_input *in)
{
	bool big_endian = false;
	uint32_t type, total;
	size_t at = 0;

	while (look_at(in, at, &big_endian, &type, &total)) {
		if (type == ES_PCAPNG_SECRETS)
			return true;
		if (type == PACKET || type == PACKET_OBSOLETE || type == PACKET_SIMPLE)
			return false;
		at += total;
	}
	return false;
}
