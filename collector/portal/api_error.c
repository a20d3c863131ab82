/* SPDX-License-Identifier: Apache-2.0 */
/* An answer that is an error. */
#include "collector/portal/api.h"

void
es_api_error(struct es_answer *out, int status, const char *error, const char *parameter,
    const char *expected)
{
	struct es_body_json j;

	out->status = status;
	out->type = "application/json";
	es_body_clear(&out->body);
	es_body_json(&j, &out->body);
	es_json_begin(&j.json);
	es_json_key(&j.json, "error");
	es_json_str(&j.json, error);
	if (parameter != NULL) {
		es_json_key(&j.json, "parameter");
		es_json_str(&j.json, parameter);
		es_json_key(&j.json, "expected");
		es_json_str(&j.json, expected);
	}
	es_json_end(&j.json);
	es_json_line(&j.json);
}
