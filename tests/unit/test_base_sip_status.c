/* SPDX-License-Identifier: Apache-2.0 */
/* Reason phrases of SIP responses. */
#include "probes/base/sip_status.h"
#include "tests/unit/harness.h"

TEST(sip_status_has_the_phrase_of_its_rfc)
{
	CHECK_STR(es_sip_status_phrase(486), "Busy Here");
	CHECK_STR(es_sip_status_phrase(608), "Rejected");
	CHECK_STR(es_sip_status_phrase(200), "OK");
}

TEST(sip_status_that_no_rfc_defines_has_none)
{
	CHECK(es_sip_status_phrase(0) == NULL);
	CHECK(es_sip_status_phrase(499) == NULL);
	CHECK(es_sip_status_phrase(UINT32_MAX) == NULL);
}
