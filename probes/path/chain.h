/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chain of links from this machine to a target, one step after the other, until one is broken. It decides what
 * is sent when, and what the answers mean; whoever runs it does the I/O and says what time it is.
 *
 *     es_chain_new -> es_chain_start -> io.begin ... es_chain_event ... io.begin ... es_chain_is_done -> es_chain_path
 *
 * At most ES_CHAIN_PACKETS_MAX packets are sent, all retries and the segments of TCP among them, and none after
 * ES_CHAIN_TOTAL_MS.
 */
#ifndef EARSHOT_PATH_CHAIN_H
#define EARSHOT_PATH_CHAIN_H

#include "earshot/path.h"
#include "probes/path/target.h"

enum {
	ES_CHAIN_PACKETS_MAX = 20,
	ES_CHAIN_TOTAL_MS = 20000,
	ES_CHAIN_SERVERS_MAX = 3,    /* name servers, as in resolv.conf(5) */
	ES_CHAIN_INTERFACE_MAX = 16, /* of a name, with its NUL */
	ES_CHAIN_TEXT_MAX = 200,     /* of a line for people, with its NUL */
	ES_CHAIN_PORT = 33434,       /* the first port of probes, as traceroute has it */
};

/* How the kernel would send to an address. */
struct es_chain_route {
	char
	    interface[ES_CHAIN_INTERFACE_MAX]; /* "": none; without a route one that is up, else any */
	bool is_up;
	struct es_addr gateway; /* family 0: the address is on the link itself */
	struct es_addr source;  /* ours; family 0: not known */
	uint32_t mtu;           /* of the interface, bytes; 0: not known */
};

enum es_chain_verb {
	ES_CHAIN_WAIT,     /* nothing is sent */
	ES_CHAIN_PING,     /* an echo request to `to` */
	ES_CHAIN_DATAGRAM, /* bytes to `to`, by UDP */
	ES_CHAIN_CONNECT,  /* TCP to `to` */
	ES_CHAIN_SECURE,   /* TLS on the connection, for the name `name` */
	ES_CHAIN_STREAM,   /* bytes over the connection */
	ES_CHAIN_PROBE,    /* a datagram of n_bytes to `to`, whose ICMP errors are wanted */
};

/* What is to be done; all borrowed for the call. */
struct es_chain_act {
	enum es_chain_verb verb;
	struct es_addr to;
	es_slice bytes;
	const char *name;
	uint32_t wait_ms; /* from now on, in place of the wait before; then the event TIMEOUT */
	uint8_t ttl;      /* of a probe; 0: the usual one */
	uint16_t n_bytes; /* of a probe, without its UDP header */
	bool more;        /* on the socket of the act before, which stays open */
};

struct es_chain_io {
	/* 0; ES_ENOTFOUND: there is no route, *out is filled in all the same. Sends nothing. */
	int (*route)(void *ctx, const struct es_addr *to, struct es_chain_route *out);
	/* The neighbour does not answer ARP or neighbour discovery. */
	bool (*is_missing)(void *ctx, const struct es_addr *neighbour);
	uint32_t (*path_mtu)(void *ctx, const struct es_addr *to); /* bytes; 0: not known */
	/*
	 * Begins an act, and ends the one before unless `more` is set or a connection continues. Events come later, never
	 * from inside.
	 */
	void (*begin)(void *ctx, const struct es_chain_act *act);
	uint32_t (*segments)(void *ctx); /* sent over the connection so far, its end included */
	uint32_t (*random)(void *ctx);
	void *ctx;
};

enum es_chain_event_kind {
	ES_CHAIN_TIMEOUT,
	ES_CHAIN_ANSWER,    /* bytes of a datagram or of the stream; to a ping */
	ES_CHAIN_CONNECTED, /* TCP */
	ES_CHAIN_SECURED,   /* the handshake is done and the certificate is accepted: text */
	ES_CHAIN_REFUSED,   /* … is not, or the handshake failed: text */
	ES_CHAIN_UNABLE,    /* the server wants what we do not have: text */
	ES_CHAIN_CLOSED,    /* the peer ended the connection; error: 0, or errno */
	ES_CHAIN_ERROR,     /* errno: of connect or send, or an ICMP error of a datagram */
	ES_CHAIN_ICMP,      /* an ICMP error of a probe: error, from, port */
};

struct es_chain_event {
	enum es_chain_event_kind kind;
	es_slice bytes;
	const char *text;
	int error;
	struct es_addr from; /* who sent the ICMP error */
	uint16_t port;       /* that the probe went to */
};

struct es_chain_config {
	struct es_target target;
	struct es_addr servers[ES_CHAIN_SERVERS_MAX]; /* name servers, with their port */
	unsigned n_servers;
	struct es_addr listed; /* the host's address in /etc/hosts; family 0: none */
	es_time wall;          /* of the start */
};

struct es_chain;

/* io is copied. ES_ENOMEM, ES_EINVALID (a name, and no name server). */
int es_chain_new(
    const struct es_chain_config *cfg, const struct es_chain_io *io, struct es_chain **out);
void es_chain_free(struct es_chain *c); /* NULL is fine */

/* now_us: monotonic. */
void es_chain_start(struct es_chain *c, int64_t now_us);
void es_chain_event(struct es_chain *c, const struct es_chain_event *e, int64_t now_us);

bool es_chain_is_done(const struct es_chain *c);
/* Of a chain that is done; borrowed from it. */
const struct es_path *es_chain_path(const struct es_chain *c);
/* Packets sent so far. */
uint32_t es_chain_packets(const struct es_chain *c);

#endif
