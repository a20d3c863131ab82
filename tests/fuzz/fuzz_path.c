/* SPDX-License-Identifier: Apache-2.0 */
/* What peers of a path answer: DNS, STUN, SIP, HTTP. First byte: which of them, and what was asked. */
#include "fuzz.h"
#include "probes/path/binding.h"
#include "probes/path/http_get.h"
#include "probes/path/question.h"
#include "probes/path/sip_options.h"

static void
answer(es_slice bytes, enum es_record_type type)
{
	struct es_question q = { "pbx.test", type, 0x1234 };
	struct es_answer a;

	if (es_question_answer(&q, bytes, &a) != 0)
		return;
	MUST(a.n_addresses <= ES_ANSWER_ADDRESSES_MAX);
	MUST(!a.has_service || es_target_is_name(es_slice_str(a.name)));
}

static void
response(es_slice bytes, enum es_transport transport)
{
	struct es_target target = { .host = "pbx.test" };
	struct es_sip_options o = { &target, transport, { 4, 0, 0, { 10, 0, 0, 1 } }, 0xabcd };
	uint16_t status;

	if (es_sip_options_response(&o, bytes, &status) == 0)
		MUST(status >= 200 && status <= 699);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const uint8_t id[ES_BINDING_ID_BYTES] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
	es_slice rest = es_slice_of(bytes + (n > 0), n > 0 ? n - 1 : 0);
	struct es_binding b;
	uint16_t status;

	switch (n > 0 ? bytes[0] % 7 : 0) {
	case 0:
		answer(rest, ES_RECORD_A);
		break;
	case 1:
		answer(rest, ES_RECORD_SRV);
		break;
	case 2:
		answer(rest, ES_RECORD_NAPTR);
		break;
	case 3:
		if (es_binding_response(id, rest, &b) == 0)
			MUST(b.error != 0 || b.mapped.family != 0);
		break;
	case 4:
		response(rest, ES_TRANSPORT_UDP);
		break;
	case 5:
		response(rest, ES_TRANSPORT_TCP);
		break;
	default:
		if (es_http_get_status(rest, &status) == 0)
			MUST(status >= 100 && status <= 599);
		break;
	}
	return 0;
}
