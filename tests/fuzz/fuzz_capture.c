/* SPDX-License-Identifier: Apache-2.0 */
/* Capture files: pcap, pcapng, gzip of both, and whatever begins like one. */
#include "fuzz.h"
#include "tests/unit/made_capture.h"

#include <string.h>

static void
take(void *ctx, const char *file, es_slice part, bool is_last)
{
	volatile uint8_t sum = 0;

	(void)ctx;
	(void)is_last;
	MUST(file[0] != '\0');
	for (size_t i = 0; i < part.n; i++) /* each byte lent out can be read */
		sum = (uint8_t)(sum + part.p[i]);
}

static void
refuse(void *ctx, const char *text)
{
	(void)ctx;
	MUST(text[0] != '\0' && strlen(text) < ES_CAPTURE_ERROR_MAX);
}

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
	(void)es_capture_give_secrets(c, &(struct es_capture_secrets){ NULL, take, refuse });
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
