/* SPDX-License-Identifier: Apache-2.0 */
/* Filters of packets in the language of pcap-filter(7), compiled by libpcap. */
#ifndef AGENT_CAPTURE_CAPTURE_FILTER_H
#define AGENT_CAPTURE_CAPTURE_FILTER_H

#include "agent/capture/capture.h"

/*
 * Whether libpcap takes the expression for some type of link. ES_EINVALID, and error says which word of it is wrong and
 * what was expected there. Names of hosts are looked up.
 */
int es_capture_filter_check(const char *expression, char error[ES_CAPTURE_ERROR_MAX]);

/*
 * The packets of source that the filter lets pass, each by the type of its link; drops, keys and errors of source are
 * passed on. A type of link for which the expression has no meaning is an error once, ES_EMALFORMED, and its packets do
 * not pass. expression is borrowed until the end; source is taken on success. ES_ENOMEM.
 *
 * look, which may be NULL, is called now and then while no packet passes; false: that was the end, ES_EEOF.
 */
int es_capture_filter_new(struct es_capture *source, const char *expression,
    bool (*look)(void *ctx), void *ctx, struct es_capture **out);

#endif
