/* SPDX-License-Identifier: Apache-2.0 */
/* `prune`: removes what is too old or too much, a step at a time, also while a collector serves. */
#include "collector/command/command_private.h"
#include "collector/store/pruner.h"

#include <poll.h>
#include <stdio.h>

enum { PAUSE_MS = 20, TRIES_MAX = 500 };

/* Whether the store took the operator's word for the clock; another writer is waited for. */
static int
trust(struct es_store *store)
{
	struct es_age_clock now = es_age_clock_now();
	int err = es_age_trust(store, &now);

	for (unsigned n = 0; err == ES_EAGAIN && n < TRIES_MAX; n++) {
		(void)poll(NULL, 0, PAUSE_MS);
		err = es_age_trust(store, &now);
	}
	return err;
}

/* Between two steps, and while ingest holds the database, it is ingest's turn. */
static int
run(struct es_pruner *p, const struct es_age_clock *now)
{
	unsigned n_tries = 0;
	bool is_due = true;
	int err = 0;

	while (is_due && (err == 0 || (err == ES_EAGAIN && n_tries < TRIES_MAX))) {
		n_tries = err == ES_EAGAIN ? n_tries + 1 : 0;
		err = es_pruner_is_due(p, now, &is_due);
		if (err == 0 && is_due) {
			err = es_pruner_step(p);
			(void)poll(NULL, 0, PAUSE_MS);
		}
	}
	return err;
}

int
es_command_prune(int argc, char **argv)
{
	struct es_age_clock now = es_age_clock_now();
	char text[ES_PRUNER_TEXT_MAX], held[ES_AGE_TEXT_MAX] = "";
	struct es_command_store s;
	struct es_pruner p;
	struct es_command_wish wish;
	bool has_removed;
	int err = es_command_parse(argc, argv, "prune", &wish, NULL, 0);

	if (err != 0)
		return err;
	if (!es_command_open(&s, "prune", wish.dir, ES_STORE_WRITE))
		return 1;
	es_pruner_init(&p, s.store, &s.cfg);
	err = wish.trusts_clock ? trust(s.store) : 0;
	if (err == 0)
		err = run(&p, &now);
	has_removed = es_pruner_text(&p, text);
	if (has_removed || err == 0)
		printf("removed %s\n", has_removed ? text : "nothing: all is younger");
	if (err < 0)
		(void)es_command_store_error(&s, "prune");
	else if (es_age_text(&p.age, &now, held))
		fprintf(stderr, "earshot-collector: prune: %s\n", held);
	es_command_close(&s);
	return err < 0 || held[0] != '\0' ? 1 : 0;
}
