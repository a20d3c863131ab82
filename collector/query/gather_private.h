/* SPDX-License-Identifier: Apache-2.0 */
/* Private to gather: what was collected, between the search (gather.c) and the correlation (gather_solve.c). */
#ifndef COLLECTOR_QUERY_GATHER_PRIVATE_H
#define COLLECTOR_QUERY_GATHER_PRIVATE_H

#include "collector/query/gather.h"
#include "proto/alloc.h"

struct es_gather_vantage {
	es_slice name;
	enum es_role role;
};

struct es_gather_agent {
	int64_t id;
	es_slice name;
	es_time from; /* its rows, on its clock */
	es_time to;
};

/* A minute of blocks, a report, or a record of the machine. */
struct es_gather_blob {
	es_slice owner; /* name of the vantage, or of the agent */
	bool is_machine;
	es_slice bytes;
};

struct es_gather {
	struct es_store *store;
	struct es_arena copies; /* what is kept of the rows that were found */
	struct es_alloc alloc;
	struct es_gathered *rows;
	size_t n_rows;
	struct es_gather_blob *blobs;
	size_t n_blobs;
	struct es_gather_agent agents[ES_CORRELATE_VANTAGES_MAX];
	size_t n_agents;
	struct es_gather_vantage vantages[ES_CORRELATE_VANTAGES_MAX];
	size_t n_vantages;
	unsigned hops; /* of the rows that are being added */
	bool is_cut;
};

#endif
