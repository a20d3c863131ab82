/* SPDX-License-Identifier: Apache-2.0 */
/* The only place that reads a clock. */
#include "runtime/clock.h"

#include "earshot/error.h"

#include <fcntl.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static int64_t
read_clock_ns(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts) != 0)
		return 0; /* cannot happen for the ids below */
	return (int64_t)ts.tv_sec * ES_NS_PER_S + ts.tv_nsec;
}

es_time
es_clock_wall(void)
{
	return es_time_of_ns(read_clock_ns(CLOCK_REALTIME));
}

int64_t
es_clock_monotonic_ns(void)
{
	return read_clock_ns(CLOCK_MONOTONIC);
}

int64_t
es_clock_monotonic_ms(void)
{
	return es_clock_monotonic_ns() / ES_NS_PER_MS;
}

int64_t
es_clock_boot_ns(void)
{
	return read_clock_ns(CLOCK_BOOTTIME);
}

int64_t
es_clock_cpu_us(void)
{
	return read_clock_ns(CLOCK_PROCESS_CPUTIME_ID) / ES_NS_PER_US;
}

bool
es_clock_is_synchronised(void)
{
	struct timex tx;

	memset(&tx, 0, sizeof(tx)); /* modes 0: read only */
	return adjtimex(&tx) >= 0 && (tx.status & STA_UNSYNC) == 0;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int
es_clock_boot_id(uint8_t out[16])
{
	char text[64];
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n;
	unsigned digits = 0;

	memset(out, 0, 16);
	if (fd < 0)
		return ES_EIO;
	n = read(fd, text, sizeof(text));
	close(fd);
	for (ssize_t i = 0; i < n && digits < 32; i++) {
		int v = hex_value(text[i]);

		if (v < 0)
			continue; /* the dashes of a UUID */
		out[digits / 2] = (uint8_t)(out[digits / 2] << 4 | v);
		digits++;
	}
	if (digits == 32)
		return 0;
	memset(out, 0, 16);
	return ES_EIO;
}
