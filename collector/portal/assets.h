/* SPDX-License-Identifier: Apache-2.0 */
/* The portal's files, built into the binary by packaging/embed.sh. */
#ifndef COLLECTOR_PORTAL_ASSETS_H
#define COLLECTOR_PORTAL_ASSETS_H

#include <stddef.h>

struct es_asset {
	const char *path; /* "/app.js" */
	const char *type; /* Content-Type */
	const unsigned char *bytes;
	size_t n;
};

extern const struct es_asset es_assets[];
extern const size_t es_n_assets;

#endif
