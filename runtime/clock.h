/* SPDX-License-Identifier: Apache-2.0 */
/* The only place that reads a clock. All other code takes the time as a parameter. */
#ifndef EARSHOT_RUNTIME_CLOCK_H
#define EARSHOT_RUNTIME_CLOCK_H

#include "earshot/time.h"

/* Wall clock: may step. For records and for people, never for deadlines. */
es_time es_clock_wall(void);

/* Since an arbitrary point of this boot; does not advance in suspend. For deadlines and timers. */
int64_t es_clock_monotonic_ns(void);
int64_t es_clock_monotonic_ms(void);

/* Since boot, suspend included. Orders records of one boot whatever the wall clock did. */
int64_t es_clock_boot_ns(void);

/* CPU time this process used so far, for the health record. */
int64_t es_clock_cpu_us(void);

/* The kernel says that something (NTP, PTP) disciplines the wall clock. */
bool es_clock_is_synchronised(void);

/* Random id of this boot, as 16 bytes. Returns 0, or ES_EIO where the system has none (out zeroed). */
int es_clock_boot_id(uint8_t out[16]);

#endif
