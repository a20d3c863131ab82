/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 of a file that was read. */
#include "agent/report/input_digest.h"

#include "runtime/crypto/hmac.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
es_input_digest(const char *path, char out[ES_INPUT_DIGEST_TEXT])
{
	uint8_t digest[ES_SHA256_BYTES];
	struct stat is;
	int fd, rc;

	if (strcmp(path, "-") == 0 || stat(path, &is) != 0 || !S_ISREG(is.st_mode))
		return ES_EUNSUPPORTED;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return ES_EIO;
	rc = es_sha256_fd(fd, digest);
	(void)close(fd); /* read only */
	if (rc == 0)
		es_hex_text(digest, sizeof(digest), out);
	return rc;
}

const char *
es_input_digest_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (strcmp(path, "-") == 0)
		return "standard input";
	return slash == NULL ? path : slash + 1;
}
