/*
 * The same bytes as an exchange file, a tree file, and the canonical bytes of both.
 *
 * Whatever is accepted has to decode, and to encode to what it was decoded from.
 */

#include "core/exchange.h"
#include "fuzz.h"
#include "intake/files.h"

static struct mistakes mistakes;

static void
check_exchange(struct str canonical, bool has_to_decode)
{
	struct exchange *e = exchange_decode(canonical);
	struct buf again = BUF_EMPTY;
	must(e || !has_to_decode);
	if (e) {
		exchange_encode(e, &again);
		must(str_eq(buf_str(&again), canonical));
	}
	exchange_free(e);
	buf_free(&again);
}

static void
check_tree(struct str canonical, bool has_to_decode)
{
	struct tree *t = tree_decode(canonical);
	struct buf again = BUF_EMPTY;
	must(t || !has_to_decode);
	if (t) {
		tree_encode(t, &again);
		must(str_eq(buf_str(&again), canonical));
	}
	tree_free(t);
	buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = {(const char *)data, (uint32_t)size};
	struct buf canonical = BUF_EMPTY;

	check_exchange(input, false);
	check_tree(input, false);

	if (exchange_read(input, &canonical, &mistakes) == 0)
		check_exchange(buf_str(&canonical), true);
	else
		must(mistakes.count > 0 && canonical.len == 0);
	buf_clear(&canonical);
	if (tree_read(input, &canonical, &mistakes) == 0)
		check_tree(buf_str(&canonical), true);
	else
		must(mistakes.count > 0 && canonical.len == 0);
	buf_free(&canonical);
	return 0;
}
