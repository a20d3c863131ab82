/* SPDX-License-Identifier: Apache-2.0 */
/* Debian's package of a program, from /var/lib/dpkg: dpkg-query(1) without its process. */
#include "probes/host/package.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024, PACKAGES_MAX = 256 };

/* The next line of a file without its break; longer ones come in parts. */
static bool
next_line(FILE *f, char line[LINE_MAX_BYTES])
{
	if (fgets(line, LINE_MAX_BYTES, f) == NULL)
		return false;
	line[strcspn(line, "\n")] = '\0';
	return true;
}

static bool
lists(const char *path, const char *program)
{
	char line[LINE_MAX_BYTES];
	FILE *f = fopen(path, "re");
	bool found = false;

	if (f == NULL)
		return false;
	while (!found && next_line(f, line)) /* a merged /usr: the list may still say /bin */
		found = strcmp(line, program) == 0 ||
			(strncmp(program, "/usr", 4) == 0 && strcmp(line, program + 4) == 0);
	(void)fclose(f); /* read only */
	return found;
}

/* "baresip-core" of "baresip-core.list", "libc6" of "libc6:amd64.list". */
static bool
find_package(const struct es_host_files *files, const char *program, char out[ES_HOST_TEXT_MAX])
{
	const char *base = strrchr(program, '/') + 1;
	char folder[ES_HOST_PATH_MAX + 32], path[sizeof(folder) + 1 + NAME_MAX];
	const struct dirent *entry;
	unsigned left = PACKAGES_MAX;
	bool found = false;
	DIR *dir;

	(void)snprintf(folder, sizeof(folder), "%s/var/lib/dpkg/info", files->root);
	dir = opendir(folder);
	if (dir == NULL)
		return false;
	while (!found && left > 0 && (entry = readdir(dir)) != NULL) {
		es_slice name = es_slice_str(entry->d_name);

		if (!es_text_begins(name, base) || name.n < 6 ||
		    !es_text_is(es_text_from(name, name.n - 5), ".list"))
			continue;
		left--;
		(void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		found = lists(path, program);
		name = es_text_first(name, name.n - 5);
		es_host_copy(out, ES_HOST_TEXT_MAX, es_text_cut(&name, ':'));
	}
	(void)closedir(dir); /* nothing was written */
	return found;
}

/* Paragraphs of "Package: NAME", "Version: 1.2-3" and others in this order. */
static void
find_version(const struct es_host_files *files, const char *package, char out[ES_HOST_TEXT_MAX])
{
	char path[ES_HOST_PATH_MAX + 32], line[LINE_MAX_BYTES];
	bool is_it = false;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/var/lib/dpkg/status", files->root);
	f = fopen(path, "re");
	if (f == NULL)
		return;
	while (out[0] == '\0' && next_line(f, line)) {
		es_slice rest = es_slice_str(line);

		if (es_text_begins(rest, "Package: "))
			is_it = es_text_is(es_text_from(rest, 9), package);
		else if (is_it && es_text_begins(rest, "Version: "))
			es_host_copy(out, ES_HOST_TEXT_MAX, es_text_from(rest, 9));
	}
	(void)fclose(f); /* read only */
}

void
es_host_package_version(const struct es_host_files *files, uint32_t pid, char out[ES_HOST_TEXT_MAX])
{
	char path[ES_HOST_PATH_MAX + 32], program[PATH_MAX], package[ES_HOST_TEXT_MAX];
	ssize_t n;

	out[0] = '\0';
	(void)snprintf(path, sizeof(path), "%s/proc/%u/exe", files->root, pid);
	n = readlink(path, program, sizeof(program) - 1);
	if (n <= 0)
		return;
	program[n] = '\0';
	if (program[0] == '/' && find_package(files, program, package))
		find_version(files, package, out);
}
