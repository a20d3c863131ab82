/* SPDX-License-Identifier: Apache-2.0 */
/* Inside SIP: header fields one after the other, and parameters behind a value. */
#ifndef EARSHOT_WIRE_SIP_SIP_FIELD_H
#define EARSHOT_WIRE_SIP_SIP_FIELD_H

#include "earshot/error.h"
#include "earshot/slice.h"

struct es_sip_field {
	es_slice name;  /* as written, long or compact form */
	es_slice value; /* trimmed; folds inside */
};

/*
 * Cuts the next field off *rest, which begins behind the start line.
 * ES_EEOF: the blank line, which is passed over: *rest is the body.
 * ES_ESHORT: no end of the field in what is there, or nothing is there; rest is not moved.
 * ES_EMALFORMED: no colon or no name. ES_EFULL: longer than ES_SIP_LINE_MAX_BYTES.
 */
int es_sip_field_next(es_slice *rest, struct es_sip_field *out);

/* The name that a compact form abbreviates; any other name itself. */
es_slice es_sip_long_form(es_slice name);

/* Whether name is the long form, in any case, or its compact form. */
bool es_sip_field_is(es_slice name, const char *long_form);

/*
 * Position of the first c in text that is outside quoted strings and <>; text.n without one.
 */
size_t es_sip_find_outside(es_slice text, uint8_t c);

/* Cuts the next value off a comma-separated list, trimmed; empty ones are passed over. false: end. */
bool es_sip_cut_value(es_slice *rest, es_slice *value);

/*
 * Value of parameter `name` in ";a=b;c" or "a=b;c": unquoted, empty without one. The first
 * ES_SIP_PARAMS_MAX are looked at.
 */
es_slice es_sip_param(es_slice params, const char *name);

/* Characters of a method, a header name or a parameter name: token of RFC 3261 section 25.1. */
bool es_sip_is_token(es_slice text);

/* Behind any leading line breaks. */
es_slice es_sip_skip_breaks(es_slice bytes);

#endif
