/* SPDX-License-Identifier: Apache-2.0 */
/* Well-formed sequences of UTF-8. */
#include "probes/base/utf8.h"

size_t
es_utf8_bytes(es_slice s)
{
	static const struct {
		uint8_t lead_lo, lead_hi, n, second_lo, second_hi;
	} forms[] = {
		{ 0xc2, 0xdf, 2, 0x80, 0xbf },
		{ 0xe0, 0xe0, 3, 0xa0, 0xbf },
		{ 0xe1, 0xec, 3, 0x80, 0xbf },
		{ 0xed, 0xed, 3, 0x80, 0x9f },
		{ 0xee, 0xef, 3, 0x80, 0xbf },
		{ 0xf0, 0xf0, 4, 0x90, 0xbf },
		{ 0xf1, 0xf3, 4, 0x80, 0xbf },
		{ 0xf4, 0xf4, 4, 0x80, 0x8f },
	};

	for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
		if (s.p[0] < forms[f].lead_lo || s.p[0] > forms[f].lead_hi)
			continue;
		if (s.n < forms[f].n || s.p[1] < forms[f].second_lo || s.p[1] > forms[f].second_hi)
			return 0;
		for (size_t i = 2; i < forms[f].n; i++)
			if (s.p[i] >> 6 != 2)
				return 0;
		return forms[f].n;
	}
	return 0;
}
