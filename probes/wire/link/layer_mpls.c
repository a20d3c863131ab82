/* SPDX-License-Identifier: Apache-2.0 */
/* Label stacks (RFC 3032), and what is under them: IP or a pseudo-wire (RFC 4385, RFC 4448). */
#include "probes/wire/link/layer_private.h"

enum {
	BOTTOM = 0x100,
	CONTROL_WORD_BYTES = 4,
	NIBBLE_CONTROL_WORD = 0,
	NIBBLE_ASSOCIATED_CHANNEL = 1, /* OAM: no media or signalling */
};

/*
 * The frame of a pseudo-wire, behind the control word if there is one. Only the first four bits show it, and
 * they are 0 in many MAC addresses too: the more plausible reading is taken.
 */
static int
pseudo_wire(es_slice bytes, bool may_have_word, struct es_layer *out)
{
	struct es_cur c = es_cur_of(bytes);
	es_slice behind;

	es_cur_skip(&c, CONTROL_WORD_BYTES);
	behind = es_cur_rest(&c);
	if (may_have_word && !c.bad &&
	    es_layer_ethernet_likeness(behind) >= es_layer_ethernet_likeness(bytes))
		bytes = behind;
	return es_layer_is(out, ES_UNKNOWN_LINK, ES_LINK_ETHERNET, bytes);
}

int
es_mpls_open(es_slice bytes, struct es_layer *out)
{
	struct es_cur c = es_cur_of(bytes);
	uint8_t nibble;
	uint32_t entry;
	int n = 0;

	do {
		entry = es_cur_be32(&c);
		if (c.bad || n++ == ES_MPLS_LABELS_MAX)
			return ES_EMALFORMED;
	} while ((entry & BOTTOM) == 0);
	out->tag = entry >> 12;
	nibble = es_cur_peek(&c, 0) >> 4;
	bytes = es_cur_rest(&c);
	if (nibble == NIBBLE_ASSOCIATED_CHANNEL)
		return ES_ENOTFOUND;
	/* A MAC address may begin with a 4 or a 6 as well. */
	if ((nibble == 4 || nibble == 6) &&
	    (es_layer_is_true_ipv4(bytes) || es_layer_ethernet_likeness(bytes) < 2))
		return es_layer_by_version(bytes, out);
	return pseudo_wire(bytes, nibble == NIBBLE_CONTROL_WORD, out);
}
