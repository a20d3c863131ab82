/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of both sides of a call, which number them independently. */
#include "probes/call/request.h"

#include "probes/call/dialogs.h"

#include "harness.h"

TEST(request_is_its_number_and_its_sender)
{
	static const struct {
		struct es_request a, b;
		bool is_same;
	} rows[] = {
		{ { 1, ES_CALLER }, { 1, ES_CALLER }, true },
		{ { 1, ES_CALLER }, { 1, ES_CALLEE }, false },
		{ { 1, ES_CALLEE }, { 2, ES_CALLEE }, false },
		{ { 1, ES_CALLER }, { 2, ES_CALLEE }, false },
		{ { UINT32_MAX, ES_CALLEE }, { UINT32_MAX, ES_CALLEE }, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_EQ(es_request_eq(&rows[i].a, &rows[i].b), rows[i].is_same);
		CHECK_EQ(es_request_eq(&rows[i].b, &rows[i].a), rows[i].is_same);
	}
}
