/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel, audio devices. */
#include "probes/host/system.h"

void
es_host_kernel_read(struct es_host_files *files, char out[ES_HOST_TEXT_MAX])
{
	es_slice text = es_host_read(files, "proc/sys/kernel/osrelease");

	es_host_copy(out, ES_HOST_TEXT_MAX, es_text_word(&text));
}

/* " 0 [PCH            ]: HDA-Intel - HDA Intel PCH"; the line behind it says more of the same card. */
void
es_host_audio_read(struct es_host_files *files, char out[ES_HOST_TEXT_MAX])
{
	es_slice text = es_host_read(files, "proc/asound/cards");
	es_slice line;
	uint64_t number;
	size_t n = 0;

	while (es_text_line(&text, &line)) {
		es_slice name;

		if (es_text_u64(es_text_word(&line), 255, &number) != 0)
			continue;
		(void)es_text_cut(&line, '[');
		name = es_text_trim(es_text_cut(&line, ']'));
		if (name.n == 0 || n + name.n + 3 > ES_HOST_TEXT_MAX)
			continue;
		if (n > 0) {
			out[n++] = ',';
			out[n++] = ' ';
		}
		memcpy(out + n, name.p, name.n);
		n += name.n;
	}
	out[n] = '\0';
}
