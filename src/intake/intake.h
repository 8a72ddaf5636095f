#pragma once

/*
 * Intake: from what people write to what the core holds, and back.
 *
 * Everything that could differ between machines happens here, once, before a command is journalled:
 * decimal strings become scaled integers, dates days, degrees metres (the only floating point),
 * keywords are folded (utf8proc). The core sees canonical bytes (core/body.h) only. Input is
 * hostile: each function checks everything, names the field, and on refusal leaves `out` as it was.
 *
 * Written values are MessagePack as in the protocol; numbers are integers or decimal strings, never
 * floats. All return 0, or 1 with *ret filled in.
 */

#include "core/body.h"
#include "core/exchange.h"
#include "core/refusal.h"
#include "util/mp.h"

/*
 * A listing's written content {"title", "text", "language", "fields", "variants"} as a canonical
 * body (`whole`), or as a patch. Other keys of the map are not looked at: the protocol has checked
 * them. Error fields are "title", "fields.price.from", "variants[2].price" …
 */
int intake_body(const struct exchange *e, enum side side, struct mp written, bool whole,
		struct buf *out, struct refusal *ret);

/* A participant's written attributes as canonical content, or as a patch (null removes). `prefix`
 * begins error fields: "participant", "set". */
int intake_participant(struct mp written, bool whole, const char *prefix, struct buf *out,
		       struct refusal *ret);

/* Checks what only the whole content shows: name and kind are there, INN and OGRN fit the kind. For
 * what a patch results in; intake_participant does it itself when `whole`. Error fields are "inn",
 * "ogrn", "kind", "name". */
int intake_participant_check(struct str content, struct refusal *ret);

/*
 * Back: writes the canonical statement as a client would write it (numbers as integers or decimal
 * strings, dates as YYYY-MM-DD, codes in their usual form, degrees as decimal strings), so that
 * publishing the result gives the same canonical bytes. One MessagePack token.
 */
void intake_show_statement(const struct field *f, struct str canonical, struct buf *out);
/* One scaled interval end, as it is written: an integer or a decimal string, YYYY-MM-DD, or a
 * label. */
void intake_show_value(const struct field *f, int64_t scaled, struct buf *out);
/* A participant's attribute as it is written. */
void intake_show_attribute(struct str key, struct mp value, struct buf *out);
