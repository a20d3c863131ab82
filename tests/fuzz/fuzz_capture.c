/* SPDX-License-Identifier: Apache-2.0 */
/* Capture files: pcap, pcapng, gzip of both, and whatever begins like one. */
#include "fuzz.h"
#include "tests/unit/made_capture.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	char error[ES_CAPTURE_ERROR_MAX] = "";
	struct es_capture_drops drops;
	struct es_capture *c;
	struct es_packet p;
	es_time now = { 0 };
	int rc = open_made(bytes, n, &c, error);

	if (rc != 0) {
		MUST(rc == ES_EMALFORMED || rc == ES_ECUT || rc == ES_EUNSUPPORTED);
		MUST(error[0] != '\0' && strlen(error) < sizeof(error));
		return 0;
	}
	while ((rc = es_capture_next(c, &p)) == 0) {
		volatile uint8_t sum = 0;

		MUST(p.cap_bytes <= 128 * 1024 && p.cap_bytes <= p.wire_bytes);
		for (uint32_t i = 0; i < p.cap_bytes; i++) /* each byte lent out can be read */
			sum = (uint8_t)(sum + p.data[i]);
		if (es_capture_drops(c, now, &drops))
			MUST(drops.n > 0);
	}
	MUST(rc == ES_EEOF || rc == ES_EMALFORMED || rc == ES_ECUT || rc == ES_EUNSUPPORTED);
	MUST(rc == ES_EEOF || es_capture_error(c)[0] != '\0');
	MUST(es_capture_next(c, &p) == ES_EEOF);
	es_capture_free(c);
	return 0;
}
