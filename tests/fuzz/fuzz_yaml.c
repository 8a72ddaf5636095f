/* Files of listings in YAML: whatever is in them, the tool hands on well-formed maps or says where
 * the mistake is. */

#include "client/matchctl/yaml_file.h"
#include "fuzz.h"
#include "util/mp.h"

#include <string.h>

enum { DEPTH = 8, TOKENS = 1 << 20 };

static int
take_document(void *arg, const struct document *d)
{
	unsigned *last_line = arg;
	struct mp map = mp_of(d->map);
	must(mp_peek(&map) == MP_MAP);
	/* UTF-8 is libyaml's business, and it takes some that is none of ours: matchd refuses it.
	 */
	enum mp_problem problem = mp_check(d->map, DEPTH, TOKENS, NULL);
	must(problem == MP_OK || problem == MP_BAD_UTF8);
	must(d->line >= *last_line);
	*last_line = d->line;
	return 0;
}

static void
take_mistake(void *arg, const char *file, unsigned line, const char *message)
{
	must(file && message && *message && line > 0);
	(void)arg;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned last_line = 0;
	const struct document_reader reader = {take_document, take_mistake, &last_line};
	must(yaml_read("input", (struct str){(const char *)data, (uint32_t)size}, &reader) == 0);
	return 0;
}
