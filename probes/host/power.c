/* SPDX-License-Identifier: Apache-2.0 */
/* Power from /sys; Documentation/ABI/testing/sysfs-class-power. */
#include "probes/host/power.h"

#include <dirent.h>
#include <stdio.h>

enum { SUPPLIES_MAX = 8, PERCENT = 10000 };

#define SUPPLIES "sys/class/power_supply"

static es_slice
read_word(struct es_host_files *files, const char *name, const char *attribute)
{
	char path[ES_HOST_PATH_MAX];
	es_slice text;

	(void)snprintf(path, sizeof(path), SUPPLIES "/%s/%s", name, attribute);
	text = es_host_read(files, path);
	return es_text_word(&text);
}

struct supplies {
	bool has_mains, is_on_mains, has_battery, has_charge;
	uint64_t percent; /* of the fullest battery */
};

/* Batteries of mice and headsets have the scope "Device". */
static void
look_at(struct es_host_files *files, const char *name, struct supplies *s)
{
	es_slice type = read_word(files, name, "type");
	uint64_t percent;

	if (es_text_is(type, "Mains") || es_text_begins(type, "USB")) {
		s->has_mains = true;
		s->is_on_mains |= es_text_is(read_word(files, name, "online"), "1");
	} else if (es_text_is(type, "Battery") &&
		   !es_text_is(read_word(files, name, "scope"), "Device")) {
		s->has_battery = true;
		if (es_text_u64(read_word(files, name, "capacity"), 100, &percent) == 0) {
			s->percent = s->has_charge && s->percent > percent ? s->percent : percent;
			s->has_charge = true;
		}
	}
}

static void
read_supplies(struct es_host_files *files, struct supplies *s)
{
	char path[2 * ES_HOST_PATH_MAX];
	const struct dirent *e;
	unsigned n = 0;
	DIR *d;

	(void)snprintf(path, sizeof(path), "%s/" SUPPLIES, files->root);
	d = opendir(path);
	while (d != NULL && n < SUPPLIES_MAX && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && strlen(e->d_name) < ES_HOST_NAME_MAX) {
			look_at(files, e->d_name, s);
			n++;
		}
	if (d != NULL)
		closedir(d);
}

static void
read_throttling(struct es_host_power *p, struct es_host_files *files, struct es_host_reading *r)
{
	es_slice text = es_host_read(
	    files, "sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_total_time_ms");
	uint64_t ms, step;

	if (es_text_u64(es_text_trim(text), UINT64_MAX, &ms) != 0)
		es_host_forget(&p->throttled_ms);
	else if (es_host_step(&p->throttled_ms, ms, &step) && r->elapsed_us > 0)
		es_host_set(
		    r, ES_SIG_CPU_THROTTLED, es_host_ppm(step * 1000, (uint64_t)r->elapsed_us));
}

void
es_host_power_read(struct es_host_power *p, struct es_host_files *files, struct es_host_reading *r,
    struct es_host_power_state *out)
{
	struct supplies s = { .has_mains = false };
	es_slice text;

	read_throttling(p, files, r);
	read_supplies(files, &s);
	if (s.has_battery && s.has_charge)
		es_host_set(r, ES_SIG_BATTERY, (int64_t)s.percent * PERCENT);
	out->supply = !s.has_battery || !s.has_mains ? "" : s.is_on_mains ? "mains" : "battery";
	text = es_host_read(files, "sys/firmware/acpi/platform_profile");
	es_host_copy(out->profile, sizeof(out->profile), es_text_word(&text));
}
