/* SPDX-License-Identifier: Apache-2.0 */
/* One run of the chain of links on the loop: its sockets, its timer, its TLS. */
#ifndef AGENT_PATH_PROBER_H
#define AGENT_PATH_PROBER_H

#include "probes/path/chain.h"
#include "runtime/crypto/tls_probe.h"
#include "runtime/loop/loop.h"

struct es_prober;

/* From the loop, once. path is borrowed for the call, which may free the prober. */
typedef void es_prober_done(void *ctx, const struct es_path *path, uint32_t n_packets);

/* roots: kept; NULL: the target needs no TLS. ES_ENOMEM, ES_EINVALID. */
int es_prober_start(struct es_loop *loop, const struct es_chain_config *cfg,
    const struct es_tls_roots *roots, es_prober_done *done, void *ctx, struct es_prober **out);
void es_prober_free(struct es_prober *p); /* NULL is fine */

#endif
