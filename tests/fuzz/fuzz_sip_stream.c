/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SIP in a byte stream that arrives in pieces. First byte: size of a piece. Two laws: obeying the
 * answers always leads on, and the messages found do not depend on how the stream was cut, as long
 * as nothing in it was malformed.
 */
#include "fuzz.h"
#include "probes/wire/sip/sip.h"

struct found {
	size_t n;
	uint64_t sum; /* of places and lengths */
	bool malformed;
};

/* Reads a stream of which `step` bytes more are there each time it is short. */
static struct found
read_stream(es_slice stream, size_t step)
{
	struct found found = { 0, 0, false };
	size_t at = 0, there = step < stream.n ? step : stream.n;
	struct es_sip_frame f = { 0 };

	while (at < stream.n) {
		es_slice left = es_slice_of(stream.p + at, at < there ? there - at : 0);
		int err = es_sip_frame(left, &f);

		if (err == ES_ESHORT) {
			MUST(f.skip_bytes <= left.n && f.need_bytes > left.n);
			at += f.skip_bytes;
			if (there == stream.n)
				break;
			there = stream.n - there > step ? there + step : stream.n;
			continue;
		}
		MUST(f.skip_bytes + f.n_bytes > 0);
		if (err == 0) {
			MUST(f.skip_bytes + f.n_bytes <= left.n);
			found.sum = found.sum * 31 + at + f.skip_bytes + f.n_bytes;
			found.n++;
		} else if (err == ES_EMALFORMED) {
			MUST(f.skip_bytes <= left.n && f.n_bytes == 0);
			found.malformed = true;
		} else {
			MUST(err == ES_EFULL && f.n_bytes == 0);
		}
		if (f.skip_bytes + f.n_bytes > stream.n - at)
			break;
		at += f.skip_bytes + f.n_bytes;
		if (there < at)
			there = at; /* passed over unseen */
	}
	return found;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct found whole, pieces;
	es_slice stream;

	if (n < 1 || n > 8192)
		return 0;
	stream = es_slice_of(bytes + 1, n - 1);
	whole = read_stream(stream, stream.n);
	pieces = read_stream(stream, (size_t)bytes[0] + 1);
	if (!whole.malformed && !pieces.malformed)
		MUST(whole.n == pieces.n && whole.sum == pieces.sum);
	return 0;
}
