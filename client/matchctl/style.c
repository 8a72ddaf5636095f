#include "client/matchctl/style.h"

#include <stdlib.h>
#include <unistd.h>

/* Chosen once, before anything is said. */
static bool colours_out, colours_err;

static bool
wanted(int fd)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
	return isatty(fd) && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

bool
style_choose(const char *when)
{
	bool always = strcmp(when, "always") == 0, automatic = strcmp(when, "auto") == 0;
	if (!always && !automatic && strcmp(when, "never") != 0)
		return false;
	colours_out = always || (automatic && wanted(STDOUT_FILENO));
	colours_err = always || (automatic && wanted(STDERR_FILENO));
	return true;
}

static bool
has_colours(FILE *out)
{
	return out == stderr ? colours_err : colours_out;
}

const char *
style_begin(FILE *out, enum style style)
{
	static const char *const codes[] = {
	    [STYLE_PLAIN] = "",		[STYLE_HEADING] = "\x1b[1m", [STYLE_GOOD] = "\x1b[32m",
	    [STYLE_DOUBT] = "\x1b[33m", [STYLE_BAD] = "\x1b[31m",    [STYLE_FAINT] = "\x1b[2m",
	};
	return has_colours(out) ? codes[style] : "";
}

const char *
style_end(FILE *out, enum style style)
{
	return style != STYLE_PLAIN && has_colours(out) ? "\x1b[0m" : "";
}

enum style
style_of_word(struct str word)
{
	static const struct {
		const char *word;
		enum style style;
	} rows[] = {
	    {"open", STYLE_GOOD},	{"member", STYLE_GOOD},	 {"yes", STYLE_GOOD},
	    {"да", STYLE_GOOD},		{"ok", STYLE_GOOD},	 {"draft", STYLE_FAINT},
	    {"scheduled", STYLE_DOUBT}, {"paused", STYLE_DOUBT}, {"pending", STYLE_DOUBT},
	    {"applicant", STYLE_DOUBT}, {"warn", STYLE_DOUBT},	 {"suspended", STYLE_BAD},
	    {"excluded", STYLE_BAD},	{"no", STYLE_BAD},	 {"нет", STYLE_BAD},
	    {"fail", STYLE_BAD},	{"refused", STYLE_BAD},	 {"withdrawn", STYLE_FAINT},
	    {"expired", STYLE_FAINT},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (str_eq(word, str_of(rows[i].word)))
			return rows[i].style;
	return STYLE_PLAIN;
}
