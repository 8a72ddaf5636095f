#include "core/marks.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

void
marks_begin(struct marks *m, size_t bound)
{
	if (bound > m->cap) {
		size_t cap = bound + bound / 8 + 64;
		m->seen = mem_realloc(m->seen, cap * sizeof *m->seen);
		memset(m->seen + m->cap, 0, (cap - m->cap) * sizeof *m->seen);
		m->cap = cap;
	}
	if (++m->round == 0) {
		memset(m->seen, 0, m->cap * sizeof *m->seen);
		m->round = 1;
	}
}

bool
marks_add(struct marks *m, uint32_t number)
{
	if (m->seen[number] == m->round)
		return false;
	m->seen[number] = m->round;
	return true;
}

void
marks_free(struct marks *m)
{
	free(m->seen);
	*m = (struct marks){0};
}
