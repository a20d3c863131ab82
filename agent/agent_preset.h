/* SPDX-License-Identifier: Apache-2.0 */
/* Defaults for a kind of machine: what the option preset stands for. docs/earshotd.conf.5 has the same table. */
#ifndef AGENT_AGENT_PRESET_H
#define AGENT_AGENT_PRESET_H

#include "runtime/options.h"

enum { ES_PRESETS = 4 };

/* In the order of the words of preset: endpoint, sbc, gateway, tap. */
struct es_preset_row {
	const char *option;
	bool is_of_capture; /* of each section capture */
	const char *values[ES_PRESETS];
};

extern const struct es_preset_row es_preset_rows[]; /* ends with a row whose option is NULL */

/* Puts the preset that the file names in the places of what it does not give. */
void es_agent_preset_apply(struct es_options *options);

#endif
