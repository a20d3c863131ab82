/* SPDX-License-Identifier: Apache-2.0 */
/* Inside SIP: a message while it is read, and who reads which header field. */
#ifndef EARSHOT_WIRE_SIP_SIP_READER_H
#define EARSHOT_WIRE_SIP_SIP_READER_H

#include "probes/wire/sip/sip.h"
#include "probes/wire/sip/sip_field.h"

struct es_sip_reader {
	struct es_sip *m;
	es_slice content_type; /* with its parameters */
	es_slice x_cid;
	es_slice server;
	enum es_sip_method cseq_method;
	es_slice cseq_text;
};

/* One header field; fields that are not needed are passed over. ES_EMALFORMED as in es_sip_parse. */
int es_sip_read_header(struct es_sip_reader *r, const struct es_sip_field *f);

/*
 * sip_extension.c: fields beyond RFC 3261. They only ever add to what is known: one that cannot be
 * read is left out, of several the first one counts unless said otherwise. Cannot fail.
 */
void es_sip_on_session_id(struct es_sip *m, es_slice value);
void es_sip_on_reason(struct es_sip *m, es_slice value);
void es_sip_on_replaces(struct es_sip *m, es_slice value);
void es_sip_on_referred_by(struct es_sip *m, es_slice value);
void es_sip_on_diversion(struct es_sip *m, es_slice value);
void es_sip_on_history_info(struct es_sip *m, es_slice value);
void es_sip_on_asserted(struct es_sip *m, es_slice value);
void es_sip_on_charging(struct es_sip *m, es_slice value);
void es_sip_on_user_to_user(struct es_sip *m, es_slice value);
void es_sip_on_session_expires(struct es_sip *m, es_slice value);
void es_sip_on_rseq(struct es_sip *m, es_slice value);
void es_sip_on_x_rtp_stat(struct es_sip *m, es_slice value);
void es_sip_on_p_rtp_stat(struct es_sip *m, es_slice value);

#endif
