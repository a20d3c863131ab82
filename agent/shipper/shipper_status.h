/* SPDX-License-Identifier: Apache-2.0 */
/* What `earshot status` shows of the shipper: one object of JSON. */
#ifndef AGENT_SHIPPER_SHIPPER_STATUS_H
#define AGENT_SHIPPER_SHIPPER_STATUS_H

#include "agent/agent_config.h"
#include "agent/ipc/ipc_server.h"
#include "agent/shipper/backlog.h"
#include "agent/shipper/collector_link.h"
#include "agent/shipper/spooler.h"
#include "probes/base/json.h"

/* The parts of a shipper that its status speaks of; all are borrowed. */
struct es_shipper_parts {
	const struct es_agent_config *cfg;
	struct es_spooler *spooler;
	const struct es_ipc_server *ipc;
	const struct es_collector_link *link;
	bool is_silent; /* the sensor: nothing was heard of it for too long */
	uint32_t calls_up;
	const struct es_backlog *backlog;
};

/*
 * Writes the object. Its "problems" are the reasons why someone should look: the sensor does not run or leaves something out, the
 * collector cannot be reached, records have waited for five minutes, the certificate has ended or is long overdue for
 * renewal. Absent: none.
 */
void es_shipper_status(const struct es_shipper_parts *s, struct es_json *j);

#endif
