/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that answers what the store is asked. */
#include "collector/portal/answers.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct job {
	struct job *next;
	void *request;
	char who[ES_ADDR_TEXT_MAX];
	char *path;
	const char *const *names;
	char *values[ES_API_PARAMETERS_MAX]; /* of names; NULL: not given */
	es_time now;
	struct es_answer answer;
};

struct queue {
	struct job *first;
	struct job **end;
	unsigned n;
};

struct es_answers {
	struct es_api api; /* the thread's */
	struct es_pseudonym key;
	int64_t (*clock_ms)(void);
	es_answered_fn *done;
	void *ctx;
	struct es_watch *watch;
	int wake[2]; /* the thread writes, the loop reads */
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t asked;
	struct queue waiting;
	struct queue answered;
	bool stopping;
};

static void
free_job(struct job *j)
{
	for (int i = 0; j != NULL && i < ES_API_PARAMETERS_MAX; i++)
		free(j->values[i]);
	if (j != NULL) {
		free(j->path);
		es_body_done(&j->answer.body);
	}
	free(j);
}

static void
add(struct queue *q, struct job *j)
{
	j->next = NULL;
	*q->end = j;
	q->end = &j->next;
	q->n++;
}

static struct job *
take(struct queue *q)
{
	struct job *j = q->first;

	if (j == NULL)
		return NULL;
	q->first = j->next;
	if (q->first == NULL)
		q->end = &q->first;
	q->n--;
	return j;
}

static const char *
value_of(void *ctx, const char *name)
{
	const struct job *j = ctx;

	for (int i = 0; j->names[i] != NULL; i++)
		if (strcmp(j->names[i], name) == 0)
			return j->values[i];
	return NULL;
}

/* Until it is stopped: takes what waits, answers it, wakes the loop. */
static void *
run(void *ctx)
{
	struct es_answers *a = ctx;
	struct es_api api = a->api;
	struct job *j;

	for (;;) {
		(void)pthread_mutex_lock(&a->lock);
		while (a->waiting.first == NULL && !a->stopping)
			(void)pthread_cond_wait(&a->asked, &a->lock);
		j = a->stopping ? NULL : take(&a->waiting);
		(void)pthread_mutex_unlock(&a->lock);
		if (j == NULL)
			return NULL;
		api.who = j->who;
		if (!es_api_answer(&api, j->path, value_of, j, j->now, a->clock_ms() + ES_ANSWER_MS,
			&j->answer))
			es_api_error(&j->answer, 404, "there is no such page", NULL, NULL);
		(void)pthread_mutex_lock(&a->lock);
		add(&a->answered, j);
		(void)pthread_mutex_unlock(&a->lock);
		if (write(a->wake[1], "", 1) < 0)
			continue; /* the pipe is full: the loop is awake already */
	}
}

static void
on_wake(void *ctx, unsigned events)
{
	struct es_answers *a = ctx;
	char bytes[64];
	struct job *j;

	(void)events;
	while (read(a->wake[0], bytes, sizeof(bytes)) > 0)
		continue;
	for (;;) {
		(void)pthread_mutex_lock(&a->lock);
		j = take(&a->answered);
		(void)pthread_mutex_unlock(&a->lock);
		if (j == NULL)
			return;
		a->done(a->ctx, j->request, &j->answer);
		free_job(j);
	}
}

/* Signals are the loop's: the thread has them all blocked. */
static int
start(struct es_answers *a)
{
	sigset_t all, before;
	int err;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&a->thread, NULL, run, a);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	a->has_thread = err == 0;
	return err == 0 ? 0 : ES_EIO;
}

int
es_answers_new(struct es_loop *loop, struct es_store *store, const struct es_pseudonym *key,
    int64_t (*clock_ms)(void), es_answered_fn *done, void *ctx, struct es_answers **out)
{
	struct es_answers *a = calloc(1, sizeof(*a));
	int err = ES_EIO;

	if (a == NULL)
		return ES_ENOMEM;
	a->wake[0] = a->wake[1] = -1;
	a->clock_ms = clock_ms;
	a->done = done;
	a->ctx = ctx;
	a->waiting.end = &a->waiting.first;
	a->answered.end = &a->answered.first;
	(void)pthread_mutex_init(&a->lock, NULL); /* with no attributes they do not fail */
	(void)pthread_cond_init(&a->asked, NULL);
	a->api.store = store;
	if (key != NULL) {
		a->key = *key;
		a->api.key = &a->key;
	}
	if (pipe2(a->wake, O_CLOEXEC | O_NONBLOCK) == 0 &&
	    (err = es_watch_new(loop, a->wake[0], on_wake, a, &a->watch)) == 0 &&
	    (err = es_watch_want(a->watch, ES_WATCH_READ)) == 0)
		err = start(a);
	if (err < 0) {
		a->api.store = NULL; /* stays the caller's */
		es_answers_free(a);
		return err;
	}
	*out = a;
	return 0;
}

void
es_answers_free(struct es_answers *a)
{
	struct job *j;

	if (a == NULL)
		return;
	(void)pthread_mutex_lock(&a->lock);
	a->stopping = true;
	(void)pthread_cond_signal(&a->asked);
	(void)pthread_mutex_unlock(&a->lock);
	if (a->has_thread)
		(void)pthread_join(a->thread, NULL);
	while ((j = take(&a->waiting)) != NULL || (j = take(&a->answered)) != NULL)
		free_job(j);
	es_watch_free(a->watch);
	for (int i = 0; i < 2; i++)
		if (a->wake[i] >= 0)
			(void)close(a->wake[i]);
	es_store_close(a->api.store);
	es_secret_zero(&a->key, sizeof(a->key));
	(void)pthread_cond_destroy(&a->asked);
	(void)pthread_mutex_destroy(&a->lock);
	free(a);
}

int
es_answers_ask(struct es_answers *a, const char *who, const char *path, es_parameter_fn *parameter,
    void *ctx, es_time now, void *request)
{
	struct job *j = calloc(1, sizeof(*j));
	bool is_whole, is_full;

	if (j == NULL)
		return ES_ENOMEM;
	j->request = request;
	j->now = now;
	(void)snprintf(j->who, sizeof(j->who), "%s", who);
	j->path = strdup(path);
	is_whole = j->path != NULL;
	j->names = es_api_parameters(path);
	for (int i = 0; j->names[i] != NULL && is_whole; i++) {
		const char *value = parameter(ctx, j->names[i]);

		if (value != NULL)
			is_whole = (j->values[i] = strdup(value)) != NULL;
	}
	if (!is_whole) {
		free_job(j);
		return ES_ENOMEM;
	}
	(void)pthread_mutex_lock(&a->lock);
	is_full = a->waiting.n >= ES_ANSWERS_WAITING_MAX;
	if (!is_full) {
		add(&a->waiting, j);
		(void)pthread_cond_signal(&a->asked);
	}
	(void)pthread_mutex_unlock(&a->lock);
	if (is_full)
		free_job(j);
	return is_full ? ES_EFULL : 0;
}
