#include "client/matchctl/import_state.h"

#include "client/matchctl/language.h"
#include "util/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { VERSION = 1, CHUNK = 1 << 18 };

int
import_file_look(const char *path, struct import_file *ret)
{
	int rc = 0, fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0)
		return errno;
	if (fstat(fd, &st) != 0)
		rc = errno;
	else if (!S_ISREG(st.st_mode))
		rc = EINVAL;
	XXH3_state_t *hash = XXH3_createState();
	char *chunk = mem_alloc(CHUNK);
	XXH3_64bits_reset(hash);
	ssize_t n = 0;
	uint64_t size = 0;
	while (rc == 0 && (n = read(fd, chunk, CHUNK)) > 0) {
		XXH3_64bits_update(hash, chunk, (size_t)n);
		size += (uint64_t)n;
	}
	if (rc == 0 && n < 0)
		rc = errno;
	if (rc == 0)
		*ret = (struct import_file){path, size, XXH3_64bits_digest(hash)};
	XXH3_freeState(hash);
	free(chunk);
	close(fd);
	return rc;
}

/* ---- as JSON ---- */

static json_t *
hash_json(uint64_t hash)
{
	char text[20];
	snprintf(text, sizeof text, "%016" PRIx64, hash);
	return json_string(text);
}

static json_t *
state_json(const struct import_state *s)
{
	json_t *files = json_array();
	for (size_t i = 0; i < s->n_files; i++)
		json_array_append_new(files, json_pack("{s:s, s:I, s:o}", "file", s->files[i].path,
						       "size", (json_int_t)s->files[i].size, "hash",
						       hash_json(s->files[i].hash)));
	return json_pack("{s:i, s:o, s:o, s:I, s:I, s:I, s:b, s:o}", "version", VERSION, "map",
			 hash_json(s->map_hash), "files", files, "file", (json_int_t)s->file, "row",
			 (json_int_t)s->row, "errors_bytes", (json_int_t)s->errors_len, "done",
			 s->done, "sums", ledger_json(&s->ledger));
}

static bool
same_hash(const json_t *json, uint64_t hash)
{
	json_t *own = hash_json(hash);
	bool same = json_equal((json_t *)json, own);
	json_decref(own);
	return same;
}

static bool
same_files(const json_t *json, const struct import_state *s)
{
	const json_t *files = json_object_get(json, "files");
	if (json_array_size(files) != s->n_files)
		return false;
	for (size_t i = 0; i < s->n_files; i++)
		if (!same_hash(json_object_get(json_array_get(files, i), "hash"), s->files[i].hash))
			return false;
	return true;
}

static int
take_json(const json_t *json, struct import_state *s, char why[IMPORT_WHY])
{
	json_int_t version, file, row, errors;
	int done;
	if (json_unpack((json_t *)json, "{s:I, s:I, s:I, s:I, s:b}", "version", &version, "file",
			&file, "row", &row, "errors_bytes", &errors, "done", &done) ||
	    version != VERSION || file < 0 || (size_t)file > s->n_files || row < 0 || errors < 0 ||
	    !ledger_from_json(&s->ledger, json_object_get(json, "sums")))
		snprintf(why, IMPORT_WHY, "%s",
			 TR("is not the state of an import", "— не состояние загрузки"));
	else if (!same_hash(json_object_get(json, "map"), s->map_hash))
		snprintf(why, IMPORT_WHY, "%s",
			 TR("is the state of an import with another map",
			    "— состояние загрузки по другой карте"));
	else if (!same_files(json, s))
		snprintf(why, IMPORT_WHY, "%s",
			 TR("is the state of an import of other files",
			    "— состояние загрузки других файлов"));
	else {
		s->file = (size_t)file;
		s->row = (uint64_t)row;
		s->errors_len = (uint64_t)errors;
		s->done = done;
		return 0;
	}
	return 1;
}

/* ---- the file ---- */

int
import_state_load(const char *path, struct import_state *state, char why[IMPORT_WHY])
{
	json_error_t error;
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return 0;
	json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!json) {
		snprintf(why, IMPORT_WHY, TR("cannot be read: %s", "не прочитать: %s"), error.text);
		return 1;
	}
	int rc = take_json(json, state, why);
	json_decref(json);
	return rc;
}

static int
write_all(const char *path, const char *text)
{
	int rc = 0, fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return errno;
	for (size_t len = strlen(text); len > 0 && rc == 0;) {
		ssize_t n = write(fd, text, len);
		if (n < 0 && errno != EINTR)
			rc = errno;
		text += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	if (rc == 0 && fsync(fd) != 0)
		rc = errno;
	close(fd);
	return rc;
}

int
import_state_save(const char *path, const struct import_state *state)
{
	char *beside, *text;
	json_t *json = state_json(state);
	text = json_dumps(json, JSON_INDENT(1));
	json_decref(json);
	if (!text || asprintf(&beside, "%s.new", path) < 0)
		mem_failed(0);
	int rc = write_all(beside, text);
	if (rc == 0 && rename(beside, path) != 0)
		rc = errno;
	free(beside);
	free(text);
	return rc;
}
