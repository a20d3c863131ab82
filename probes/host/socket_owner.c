/* SPDX-License-Identifier: Apache-2.0 */
/* From a local UDP port to inodes of sockets, and from these to a process; proc(5). */
#include "probes/host/socket_owner.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

enum {
	INODES_MAX = 8,           /* sockets of one port: one for each address it is bound to */
	DESCRIPTORS_MAX = 262144, /* of all processes: what one search reads at most */
	LINK_MAX = 64,
};

struct inodes {
	unsigned n;
	uint64_t at[INODES_MAX];
};

/* "  12: 00000000:1F90 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000  0 34567 2 ..." */
static void
add_inodes(es_slice text, uint16_t port, struct inodes *out)
{
	enum { FROM_REMOTE_TO_TIMEOUT = 7 };
	es_slice line;

	while (out->n < INODES_MAX && es_text_line(&text, &line)) {
		es_slice local;
		uint64_t number, inode;

		(void)es_text_word(&line); /* its number in the kernel's table */
		local = es_text_word(&line);
		(void)es_text_cut(&local, ':');
		if (es_text_hex(local, &number) != 0 || number != port)
			continue; /* the heading too */
		for (unsigned i = 0; i < FROM_REMOTE_TO_TIMEOUT; i++)
			(void)es_text_word(&line);
		if (es_text_u64(es_text_word(&line), UINT64_MAX, &inode) == 0 && inode != 0)
			out->at[out->n++] = inode;
	}
}

/* Whether the descriptor is "socket:[34567]" with one of the inodes. */
static bool
is_one_of(const struct inodes *inodes, const char *link, size_t n)
{
	es_slice text = es_slice_of(link, n);
	uint64_t inode;

	if (!es_text_begins(text, "socket:[") || text.p[n - 1] != ']')
		return false;
	text = es_text_from(es_text_first(text, n - 1), sizeof("socket:[") - 1);
	if (es_text_u64(text, UINT64_MAX, &inode) != 0)
		return false;
	for (unsigned i = 0; i < inodes->n; i++) {
		if (inodes->at[i] == inode)
			return true;
	}
	return false;
}

static bool
has_socket(const char *proc, const char *pid, const struct inodes *inodes, unsigned *left)
{
	char path[2 * ES_HOST_PATH_MAX], link[LINK_MAX];
	const struct dirent *entry;
	bool found = false;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/%s/fd", proc, pid); /* cut: no such folder */
	dir = opendir(path);
	if (dir == NULL)
		return false;
	while (!found && *left > 0 && (entry = readdir(dir)) != NULL) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link));

		(*left)--;
		found = n > 0 && is_one_of(inodes, link, (size_t)n);
	}
	(void)closedir(dir); /* nothing was written */
	return found;
}

static uint32_t
find_process(const struct es_host_files *files, const struct inodes *inodes)
{
	char proc[ES_HOST_PATH_MAX + 8];
	unsigned left = DESCRIPTORS_MAX;
	const struct dirent *entry;
	uint32_t owner = 0, pid;
	DIR *dir;

	(void)snprintf(proc, sizeof(proc), "%s/proc", files->root); /* always fits */
	dir = opendir(proc);
	if (dir == NULL)
		return 0;
	while ((entry = readdir(dir)) != NULL) {
		if (es_text_u32(es_slice_str(entry->d_name), INT32_MAX, &pid) != 0 ||
		    !has_socket(proc, entry->d_name, inodes, &left))
			continue;
		if (owner != 0) { /* shared by two processes: no one is named */
			owner = 0;
			break;
		}
		owner = pid;
	}
	(void)closedir(dir); /* nothing was written */
	return owner;
}

uint32_t
es_host_socket_owner(struct es_host_files *files, uint16_t port)
{
	struct inodes inodes = { 0 };

	if (port == 0)
		return 0;
	add_inodes(es_host_read(files, "proc/net/udp"), port, &inodes);
	add_inodes(es_host_read(files, "proc/net/udp6"), port, &inodes);
	return inodes.n == 0 ? 0 : find_process(files, &inodes);
}
