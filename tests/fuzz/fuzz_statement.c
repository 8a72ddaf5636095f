/*
 * What a client writes: a field's value, a listing's body, a participant's attributes.
 *
 * The first byte chooses the field (or body or participant), the second the side and whether it is
 * whole; MessagePack follows. What is accepted has to be well-formed, and what is shown of it has
 * to read back as the same bytes.
 */

#include "fuzz.h"
#include "intake/intake.h"
#include "intake/statement.h"
#include "market.h"

enum { DEPTH = 8, TOKENS = 4096 };

static void
check_refusal(const struct refusal *r)
{
	struct buf b = BUF_EMPTY;
	mp_put_array(&b, 3);
	mp_put_text(&b, r->code);
	mp_put_text(&b, r->field);
	mp_put_text(&b, r->message);
	must(*r->code && *r->message && mp_check(buf_str(&b), 1, 4, NULL) == MP_OK);
	buf_free(&b);
}

static void
try_statement(const struct field *f, enum side side, struct mp in)
{
	struct refusal refusal;
	struct written w = {f, side, &refusal};
	struct where at = WHERE_KEY(NULL, f->name);
	struct buf first = BUF_EMPTY, shown = BUF_EMPTY, second = BUF_EMPTY;
	if (statement_read(&w, &in, &at, &first)) {
		must(first.len == 0);
		check_refusal(&refusal);
	} else {
		must(mp_check(buf_str(&first), 3, TOKENS, NULL) == MP_OK);
		intake_show_statement(f, buf_str(&first), &shown);
		must(mp_check(buf_str(&shown), 3, TOKENS, NULL) == MP_OK);
		in = mp_of(buf_str(&shown));
		must(statement_read(&w, &in, &at, &second) == 0);
		must(str_eq(buf_str(&first), buf_str(&second)));
	}
	buf_free(&first);
	buf_free(&shown);
	buf_free(&second);
}

static void
try_body(const struct exchange *e, enum side side, bool whole, struct mp in)
{
	struct refusal refusal;
	struct buf body = BUF_EMPTY, patched = BUF_EMPTY;
	if (intake_body(e, side, in, whole, &body, &refusal)) {
		must(body.len == 0);
		check_refusal(&refusal);
	} else {
		must(mp_check(buf_str(&body), DEPTH, 4 * TOKENS, NULL) == MP_OK);
	}
	if (whole && body.len > 0) {
		/* a body that is patched with itself stays */
		body_patch(buf_str(&body), buf_str(&body), &patched);
		must(str_eq(buf_str(&body), buf_str(&patched)));
	}
	buf_free(&body);
	buf_free(&patched);
}

static void
show_attributes(struct str content)
{
	struct buf shown = BUF_EMPTY;
	struct mp in = mp_of(content);
	for (uint32_t n = mp_get_map(&in); n > 0; n--) {
		struct str key = mp_get_str(&in);
		buf_clear(&shown);
		intake_show_attribute(key, in, &shown);
		must(mp_check(buf_str(&shown), 3, TOKENS, NULL) == MP_OK);
		mp_get_raw(&in);
	}
	buf_free(&shown);
}

static void
try_participant(bool whole, struct mp in)
{
	struct refusal refusal;
	struct buf content = BUF_EMPTY, patched = BUF_EMPTY;
	if (intake_participant(in, whole, "set", &content, &refusal)) {
		must(content.len == 0);
		check_refusal(&refusal);
	} else if (whole) {
		must(intake_participant_check(buf_str(&content), &refusal) == 0);
		show_attributes(buf_str(&content));
		participant_patch(buf_str(&content), buf_str(&content), &patched);
		must(str_eq(buf_str(&content), buf_str(&patched)));
	} else {
		must(mp_check(buf_str(&content), 3, TOKENS, NULL) == MP_OK);
	}
	buf_free(&content);
	buf_free(&patched);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct exchange *e;
	if (!e)
		e = market_open();
	if (size < 2)
		return 0;
	struct str bytes = {(const char *)data + 2, (uint32_t)(size - 2)};
	if (mp_check(bytes, DEPTH, TOKENS, NULL) != MP_OK)
		return 0;
	size_t choice = data[0] % (e->n_fields + 2);
	enum side side = (enum side)(data[1] & 1);
	bool whole = data[1] & 2;
	if (choice == e->n_fields)
		try_body(e, side, whole, mp_of(bytes));
	else if (choice == e->n_fields + 1)
		try_participant(whole, mp_of(bytes));
	else
		try_statement(&e->fields[choice], side, mp_of(bytes));
	return 0;
}
