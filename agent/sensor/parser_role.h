/* SPDX-License-Identifier: Apache-2.0 */
/* The parser as a program of its own, which only an opener starts (parser_process.h). */
#ifndef AGENT_SENSOR_PARSER_ROLE_H
#define AGENT_SENSOR_PARSER_ROLE_H

/* Waits for its configuration, then es_parser_run. opener: taken, our end of the pair. Returns an exit status. */
int es_parser_role_run(int opener);

#endif
