/* SPDX-License-Identifier: Apache-2.0 */
/* Gives up what a process no longer needs. */
#include "runtime/rights.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMES_MAX = 128 };

struct plan {
	bool change_ids;
	bool can_bound; /* holds CAP_SETPCAP now: may empty the bounding set */
	uint64_t held;  /* now, one bit per capability */
	uid_t uid;
	gid_t gid;
	uint64_t keep; /* one bit per capability */
};

static int
fail(int err, char *error, size_t error_cap, const char *what, const char *name)
{
	if (errno != 0)
		(void)snprintf(error, error_cap, "%s %s: %s", what, name, strerror(errno));
	else
		(void)snprintf(error, error_cap, "%s %s", what, name);
	return err;
}

static int
find_ids(const struct es_rights *want, struct plan *out, char *error, size_t error_cap)
{
	const struct passwd *pw;
	const struct group *gr;

	memset(out, 0, sizeof(*out));
	if (want->user == NULL || geteuid() != 0)
		return 0;
	errno = 0;
	pw = getpwnam(want->user);
	if (pw == NULL)
		return fail(ES_ENOTFOUND, error, error_cap, "no such user:", want->user);
	out->change_ids = true;
	out->uid = pw->pw_uid;
	out->gid = pw->pw_gid;
	if (want->group == NULL)
		return 0;
	errno = 0;
	gr = getgrnam(want->group);
	if (gr == NULL)
		return fail(ES_ENOTFOUND, error, error_cap, "no such group:", want->group);
	out->gid = gr->gr_gid;
	return 0;
}

/* What capng_get_caps_process has read. */
static uint64_t
held_now(void)
{
	uint64_t all = 0;

	for (unsigned cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (capng_have_capability(CAPNG_PERMITTED, cap) != 0 ||
		    capng_have_capability(CAPNG_EFFECTIVE, cap) != 0)
			all |= UINT64_C(1) << cap;
	return all;
}

/* Enters the named capabilities into libcap-ng's picture of what shall be. */
static int
choose_capabilities(const char *names, struct plan *plan, char *error, size_t error_cap)
{
	char copy[NAMES_MAX];
	char *rest = copy;
	char *name;

	errno = 0;
	if (capng_get_caps_process() != 0)
		return fail(ES_EDENIED, error, error_cap, "cannot read", "capabilities");
	plan->can_bound = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) != 0;
	plan->held = held_now();
	capng_clear(CAPNG_SELECT_ALL);
	if (names == NULL || names[0] == '\0')
		return 0;
	if (strlen(names) >= sizeof(copy))
		return fail(ES_EINVALID, error, error_cap, "too many capabilities:", names);
	memcpy(copy, names, strlen(names) + 1);
	while ((name = strsep(&rest, ", ")) != NULL) {
		int cap;

		if (name[0] == '\0')
			continue;
		cap = capng_name_to_capability(name);
		errno = 0;
		if (cap < 0)
			return fail(ES_ENOTFOUND, error, error_cap, "no such capability:", name);
		if (capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, (unsigned)cap) != 0)
			return fail(ES_EDENIED, error, error_cap, "cannot keep", name);
		plan->keep |= UINT64_C(1) << cap;
	}
	return 0;
}

static int
apply_ids(const struct plan *plan, char *error, size_t error_cap)
{
	int flags = CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT;
	int err;

	errno = 0;
	if (plan->change_ids) {
		err = capng_change_id((int)plan->uid, (int)plan->gid, (capng_flags_t)flags);
		if (err != 0)
			return fail(ES_EDENIED, error, error_cap, "cannot change", "user or group");
		return 0;
	}
	/* Without CAP_SETPCAP the bounding set stays; no_new_privs makes it harmless. */
	err = capng_apply(plan->can_bound ? CAPNG_SELECT_ALL : CAPNG_SELECT_CAPS);
	if (err == 0)
		return 0;
	/*
	 * A manager that gave no more than these may refuse capset(2): then the inheritable set stays, which gives nothing to
	 * a program without capabilities of its file, once the ambient one (Linux 4.3) is empty.
	 */
	errno = 0;
	if (plan->held == plan->keep &&
	    (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 || errno == EINVAL))
		return 0;
	return fail(ES_EDENIED, error, error_cap, "cannot give up", "capabilities");
}

static int
verify(const struct plan *plan, char *error, size_t error_cap)
{
	errno = 0;
	if (plan->change_ids && (setuid(0) == 0 || geteuid() == 0))
		return fail(ES_EDENIED, error, error_cap, "still able to become", "root");
	errno = 0;
	if (capng_get_caps_process() != 0)
		return fail(ES_EDENIED, error, error_cap, "cannot read", "capabilities");
	for (unsigned cap = 0; cap <= CAP_LAST_CAP; cap++) {
		bool want = (plan->keep >> cap & 1) != 0;
		bool has = capng_have_capability(CAPNG_PERMITTED, cap) != 0;

		if (has != want)
			return fail(ES_EDENIED, error, error_cap,
			    want ? "not allowed to keep" : "still holding",
			    capng_capability_to_name(cap));
	}
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return fail(ES_EDENIED, error, error_cap, "not set:", "no_new_privs");
	return 0;
}

/*
 * One byte, not none: a program that takes core dumps through a pipe gets them whatever the limit, but of
 * a process whose limit is 1 Linux makes none at all.
 */
int
es_rights_forbid_core(void)
{
	const struct rlimit no_core = { 1, 1 };
	struct rlimit now;

	if (setrlimit(RLIMIT_CORE, &no_core) == 0)
		return 0;
	return getrlimit(RLIMIT_CORE, &now) == 0 && now.rlim_max == 0 ? 0 : ES_EDENIED;
}

/* Linux forgets with the user what a process asked for about the death of its parent, who may be dead since. */
static int
follow_parent(int signo, pid_t parent, char *error, size_t error_cap)
{
	if (signo == 0)
		return 0;
	errno = 0;
	if (prctl(PR_SET_PDEATHSIG, signo, 0, 0, 0) != 0)
		return fail(
		    ES_EDENIED, error, error_cap, "cannot ask again for", "the end of its parent");
	return getppid() == parent ? 0
				   : fail(ES_EDENIED, error, error_cap, "it ended:", "its parent");
}

int
es_rights_drop(const struct es_rights *want, char *error, size_t error_cap)
{
	const struct rlimit no_core = { 0, 0 };
	pid_t parent = getppid();
	struct plan plan;
	int signo = 0, err;

	(void)prctl(PR_GET_PDEATHSIG, &signo, 0, 0, 0);
	err = find_ids(want, &plan, error, error_cap);

	if (err == 0)
		err = choose_capabilities(want->capabilities, &plan, error, error_cap);
	if (err == 0)
		err = apply_ids(&plan, error, error_cap);
	if (err == 0)
		err = follow_parent(signo, parent, error, error_cap);
	if (err != 0)
		return err;
	errno = 0;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return fail(ES_EDENIED, error, error_cap, "cannot set", "no_new_privs");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &no_core) != 0)
		return fail(ES_EDENIED, error, error_cap, "cannot forbid", "core dumps");
	return verify(&plan, error, error_cap);
}

bool
es_rights_is_of_another(const char *dir)
{
	struct stat st;

	return geteuid() == 0 && stat(dir, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid != 0;
}

int
es_rights_drop_to_owner(const char *dir, char *error, size_t error_cap)
{
	char name
	    [NAMES_MAX]; /* a copy: the next look-up may use the place where getpwuid(3) keeps it */
	struct es_rights owner = { name, NULL, NULL };
	const struct passwd *pw;
	struct stat st;

	if (!es_rights_is_of_another(dir) || stat(dir, &st) != 0)
		return 0;
	errno = 0;
	pw = getpwuid(st.st_uid);
	if (pw == NULL || strlen(pw->pw_name) >= sizeof(name))
		return fail(ES_ENOTFOUND, error, error_cap, "no name of the user who owns", dir);
	memcpy(name, pw->pw_name, strlen(pw->pw_name) + 1);
	return es_rights_drop(&owner, error, error_cap);
}

bool
es_rights_has(const char *capability)
{
	int cap = capng_name_to_capability(capability);

	return cap >= 0 && capng_get_caps_process() == 0 &&
	       capng_have_capability(CAPNG_EFFECTIVE, (unsigned)cap) != 0;
}

int
es_rights_confine(unsigned n_files)
{
	const struct rlimit none = { 0, 0 };
	struct rlimit files = { n_files, n_files };
	struct rlimit now;

	if (getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_max < n_files)
		files.rlim_cur = files.rlim_max = now.rlim_max;
	return setrlimit(RLIMIT_FSIZE, &none) == 0 && setrlimit(RLIMIT_NPROC, &none) == 0 &&
		       setrlimit(RLIMIT_NOFILE, &files) == 0
		   ? 0
		   : ES_EDENIED;
}

void
es_rights_text(char out[ES_RIGHTS_TEXT_MAX])
{
	char *caps = NULL;
	const char *shown = "?";

	if (capng_get_caps_process() == 0) {
		caps = capng_print_caps_text(CAPNG_PRINT_BUFFER, CAPNG_EFFECTIVE);
		shown = capng_have_capabilities(CAPNG_SELECT_CAPS) == CAPNG_FULL ? "all"
			: caps == NULL                                           ? "?"
										 : caps;
	}
	(void)snprintf(out, ES_RIGHTS_TEXT_MAX, "uid=%u gid=%u no_new_privs=%d seccomp=%d caps=%s",
	    (unsigned)geteuid(), (unsigned)getegid(), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
	    prctl(PR_GET_SECCOMP, 0, 0, 0, 0), shown);
	free(caps);
}
