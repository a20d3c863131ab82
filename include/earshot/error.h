/* SPDX-License-Identifier: Apache-2.0 */
/* Error codes: 0 is success, a negative code says whose fault it was. */
#ifndef EARSHOT_ERROR_H
#define EARSHOT_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

enum es_error {
	ES_EMALFORMED = -1,   /* bytes from outside break their format */
	ES_ESHORT = -2,       /* a valid beginning; more bytes are needed */
	ES_EAGAIN = -3,       /* nothing to do now, try later */
	ES_EFULL = -4,        /* a named limit is reached */
	ES_EINVALID = -5,     /* our caller broke the contract of the function */
	ES_ENOMEM = -6,       /* only _new functions allocate and return this */
	ES_EIO = -7,          /* the system refused; see errno */
	ES_ENOTFOUND = -8,    /* no such thing */
	ES_EUNSUPPORTED = -9, /* well formed, but not something we understand */
	ES_EDENIED = -10,     /* peer or user has no right to this */
	ES_EEOF = -11,        /* clean end of the input */
	ES_ECUT = -12,        /* the input ends inside a unit: cut short */
};

/* Returns a constant English phrase for a code; never NULL. */
const char *es_strerror(int err);

#ifdef __cplusplus
}
#endif

#endif
