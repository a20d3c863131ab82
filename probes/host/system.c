/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel, audio devices, sleep. */
#include "probes/host/system.h"

#include <time.h>

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

int64_t
es_host_slept_ns(void)
{
	struct timespec boot, monotonic;

	if (clock_gettime(CLOCK_MONOTONIC, &monotonic) != 0 ||
	    clock_gettime(CLOCK_BOOTTIME, &boot) != 0)
		return 0;
	return ((int64_t)boot.tv_sec - (int64_t)monotonic.tv_sec) * ES_NS_PER_S + boot.tv_nsec -
	       monotonic.tv_nsec;
}
