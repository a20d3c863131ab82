/* SPDX-License-Identifier: Apache-2.0 */
/* The chain as its parts see it. Private to probes/path/chain*.c. */
#ifndef EARSHOT_PATH_CHAIN_PRIVATE_H
#define EARSHOT_PATH_CHAIN_PRIVATE_H

#include "probes/path/binding.h"
#include "probes/path/chain.h"
#include "probes/path/question.h"
#include "probes/path/sip_options.h"

enum {
	HOPS_MAX = 12,
	STREAM_MAX_BYTES = 8192, /* of a response that are kept */
};

typedef void es_chain_handler(struct es_chain *c, const struct es_chain_event *e);
typedef void es_chain_stage(struct es_chain *c);

struct link {
	bool is_set;
	enum es_link_state state;
	bool has_rtt;
	bool has_loss;
	uint32_t rtt_us;
	uint32_t loss_ppm;
	char subject[ES_TARGET_HOST_MAX + 8];
	char text[ES_CHAIN_TEXT_MAX];
};

struct hop {
	struct es_addr from; /* family 0: silent */
	unsigned n_sent;
	unsigned n_answers;
	uint32_t rtt_us; /* the shortest */
	bool is_target;
};

/* Where the gateway stands: of the chain's present way out. */
struct gateway {
	struct es_addr address; /* family 0: none was asked so far */
	bool answers;
	unsigned n_sent;
};

/* The search for the target's address. */
struct resolving {
	enum es_record_type type;
	char name[ES_TARGET_HOST_MAX]; /* that is asked for now */
	unsigned service;              /* how many names of services were asked for */
	unsigned attempt;
	unsigned n_silent; /* of this question */
	bool is_quiet;     /* no server answered a question before */
	uint16_t id;
	bool has_fault; /* why the last question failed: */
	bool is_silence;
	unsigned fault_server;
	uint8_t rcode;
	int error;
	bool is_malformed;
	bool is_srv; /* the name came with a port of its own */
	bool was_retried;
};

struct es_chain {
	struct es_chain_config cfg;
	struct es_chain_io io;
	es_chain_handler *on; /* of the present step */
	int64_t now_us;
	int64_t started_us;
	int64_t step_us; /* the present step began */
	uint32_t n_packets;
	bool is_done;
	bool is_spent; /* something was not sent for want of packets or time */

	struct link links[ES_LINK_END];
	enum es_link_kind broken; /* 0: nothing is */

	struct es_chain_route route; /* the present way out */
	struct gateway gateway;
	struct es_addr way_to; /* where it leads */
	es_chain_stage *then;  /* behind the way out */
	bool
	    is_way_of_stub; /* the way out is looked at because a resolver on this machine failed */

	struct resolving dns;
	struct es_addr to; /* the target, with its port; family 0: not known */
	enum es_transport transport;

	char failure[ES_CHAIN_TEXT_MAX]; /* of the resolver */

	unsigned attempt; /* of the present request */
	uint32_t token;
	uint8_t binding_id[ES_BINDING_ID_BYTES];
	struct es_addr mapped;
	struct es_sip_options options;
	uint8_t stream[STREAM_MAX_BYTES];
	size_t n_stream;

	struct hop hops[HOPS_MAX];
	unsigned n_hops;
	uint8_t probe_ttl[ES_CHAIN_PACKETS_MAX];
	int64_t probe_us[ES_CHAIN_PACKETS_MAX];
	unsigned n_probes;
	unsigned n_awaited;  /* of the present round */
	unsigned round_from; /* its first probe */
	unsigned n_silent_rounds;
	bool is_second_round;
	bool is_full_size; /* a packet of the interface's size came through */

	struct es_path path;
	char hop_subjects[HOPS_MAX][ES_ADDR_TEXT_MAX];
	char hop_texts[HOPS_MAX][48];
};

/* chain.c */

/* Sends, or waits only where the budget of packets or of time is used up. */
void es_chain_do(struct es_chain *c, const struct es_chain_act *act, es_chain_handler *on);
void es_chain_set(struct es_chain *c, enum es_link_kind kind, enum es_link_state state,
    const char *subject, const char *format, ...) __attribute__((format(printf, 5, 6)));
/* A round trip; one that is longer than usual makes the link slow. */
void es_chain_took(struct es_chain *c, enum es_link_kind kind, int64_t us);
/* The link is broken. is_silence: nothing came back, which a gateway that does not forward would explain, too. */
void es_chain_fail(struct es_chain *c, enum es_link_kind kind, bool is_silence, const char *subject,
    const char *format, ...) __attribute__((format(printf, 5, 6)));
/* All is known that will be. */
void es_chain_finish(struct es_chain *c);
uint32_t es_chain_left(const struct es_chain *c); /* packets */
/* Errors that say no more than silence does: a gateway that is away makes this machine raise them itself. */
bool es_chain_is_silence(int error);
/* In words; what is not listed, as the system has it. */
const char *es_chain_errno(int error);

/* chain_way.c: interface, route and gateway towards an address, NULL: by the default route; then `then`, or the end. */
void es_chain_way(struct es_chain *c, const struct es_addr *to, es_chain_stage *then);
/* Shows interface and default route without asking anybody. False: there is no default route. */
bool es_chain_show_way(struct es_chain *c);
/* Whether anything passes a gateway that answers no ping; then the failure is judged. */
void es_chain_check_gateway(struct es_chain *c);

/* chain_dns.c */
void es_chain_resolve(struct es_chain *c);

/* chain_service.c, chain_stream.c */
void es_chain_service(struct es_chain *c);
void es_chain_stream(struct es_chain *c);
/* What a status of SIP means for the link. */
void es_chain_sip_status(struct es_chain *c, uint16_t status, int64_t us);

/* chain_trace.c: MTU and hops; then the end. */
void es_chain_trace(struct es_chain *c);

#endif
