/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration as a file in memory. */
#include "agent/sensor/handed_config.h"

#include "runtime/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int
es_handed_config_new(const struct es_agent_config *cfg, int *fd)
{
	int copy;
	FILE *out;
	bool is_whole;

	*fd = memfd_create("earshotd.conf", MFD_CLOEXEC);
	copy = *fd < 0 ? -1 : dup(*fd);
	out = copy < 0 ? NULL : fdopen(copy, "w");
	if (out == NULL) {
		if (copy >= 0)
			close(copy);
		if (*fd >= 0)
			close(*fd);
		return ES_EIO;
	}
	es_options_write(cfg->options, out);
	is_whole = fflush(out) == 0 && !ferror(out) && lseek(*fd, 0, SEEK_SET) == 0;
	is_whole = fclose(out) == 0 && is_whole;
	if (is_whole)
		return 0;
	close(*fd);
	return ES_EIO;
}

int
es_handed_config_read(int fd, char error[ES_OPTIONS_ERROR_MAX], struct es_agent_config **out)
{
	char *text;
	size_t n;
	int err = es_file_read_fd(fd, ES_OPTIONS_FILE_MAX * 2, &text, &n);

	close(fd);
	if (err != 0) {
		(void)snprintf(error, ES_OPTIONS_ERROR_MAX, "configuration: %s", es_file_why(err));
		return err;
	}
	err = es_agent_config_parse(text, "configuration", error, out);
	free(text);
	if (err == 0)
		es_agent_config_for_sensor(*out);
	return err;
}
