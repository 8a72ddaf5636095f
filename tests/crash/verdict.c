#include "verdict.h"

#include "store_help.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MORE = 5, SECONDS = 10 };

const char *
verdict_name(enum verdict verdict)
{
	static const char *const names[] = {[VERDICT_FINE] = "fine",
					    [VERDICT_REFUSED] = "refused",
					    [VERDICT_EPOCH] = "another store",
					    [VERDICT_LOST] = "an acknowledged turn is lost",
					    [VERDICT_PARTLY] = "a turn is there in part",
					    [VERDICT_WRONG] = "something wrong is served",
					    [VERDICT_STUCK] = "stuck",
					    [VERDICT_DIED] = "died"};
	return names[verdict];
}

static enum verdict
say(struct finding *f, enum verdict verdict, const char *message)
{
	snprintf(f->message, sizeof f->message, "%s", message);
	return verdict;
}

static bool
heads_are_right(const struct store *s, uint64_t head)
{
	for (uint64_t n = head > 50 ? head - 49 : 1; n <= head; n++)
		if (store_stream_head(s, 100 + n % 50) != n)
			return false;
	return true;
}

static bool
same_point(struct point a, struct point b)
{
	return a.first == b.first && a.head == b.head && a.digest == b.digest;
}

static uint64_t
at_most(uint64_t n, uint64_t limit)
{
	return n < limit ? n : limit;
}

/* All of the known market as of the head that was not trimmed, nothing else. */
static enum verdict
read_all(struct finding *f, struct store *s)
{
	uint64_t head = store_head(s), first = store_first(s);
	struct seen facts = {.next = first}, rows = {0}, asides = {0};
	int rc = store_facts(s, first, UINT64_MAX, read_fact, &facts);
	if (rc == 0)
		rc = store_load(s, read_row, &rows);
	if (rc == 0)
		rc = known_asides(s, &asides);
	f->checked += facts.count + rows.count + asides.count;
	if (rc)
		return say(f, VERDICT_WRONG, store_message(s));
	if (facts.wrong || facts.count != head + 1 - first)
		return say(f, VERDICT_WRONG, "a fact");
	if (rows.wrong || rows.count != at_most(head, KNOWN_ROWS))
		return say(f, VERDICT_WRONG, "a row");
	if (asides.wrong || asides.count != at_most(head, KNOWN_ASIDES))
		return say(f, VERDICT_WRONG, "an aside");
	return heads_are_right(s, head) ? VERDICT_FINE : say(f, VERDICT_WRONG, "a stream's head");
}

static enum verdict
judge(struct finding *f, struct store *s, const struct promise *p)
{
	f->point = (struct point){store_first(s), store_head(s), store_digest(s)};
	if (p->opened && memcmp(store_epoch(s), p->epoch, STORE_EPOCH) != 0)
		return say(f, VERDICT_EPOCH, "the epoch is a new one");
	if (f->point.head < p->acked.head)
		return say(f, VERDICT_LOST, "");
	if (!same_point(f->point, p->acked) && !same_point(f->point, p->next))
		return say(f, VERDICT_PARTLY, "");
	return read_all(f, s);
}

static enum verdict
go_on(struct finding *f, const struct store_options *options, struct store *s)
{
	struct place p = {.digest = store_digest(s)};
	uint8_t epoch[STORE_EPOCH];
	memcpy(epoch, store_epoch(s), STORE_EPOCH);
	if (known_turn(&p, s, MORE) != 0) {
		say(f, VERDICT_STUCK, store_message(s));
		store_close(s);
		return VERDICT_STUCK;
	}
	store_close(s);
	if (store_open(options, &s, f->message) != 0)
		return VERDICT_STUCK;
	enum verdict verdict = read_all(f, s);
	if (store_head(s) != f->point.head + MORE || store_digest(s) != p.digest ||
	    memcmp(epoch, store_epoch(s), STORE_EPOCH) != 0)
		verdict = say(f, VERDICT_STUCK, "a further turn is not kept");
	store_close(s);
	return verdict;
}

static enum verdict
examine(struct finding *f, const char *directory, const struct promise *promise)
{
	struct store_options options = {.directory = directory, .initial_map = 1 << 20};
	struct store *s;
	if (store_open(&options, &s, f->message) != 0)
		return VERDICT_REFUSED;
	enum verdict verdict = judge(f, s, promise);
	if (verdict == VERDICT_FINE)
		return go_on(f, &options, s);
	store_close(s);
	return verdict;
}

struct finding
verdict_on(const char *directory, const struct promise *promise)
{
	static struct finding *shared;
	int status;
	if (!shared)
		shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	*shared = (struct finding){.verdict = VERDICT_DIED};
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
		alarm(SECONDS);
		shared->verdict = examine(shared, directory, promise);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	struct finding finding = *shared;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		finding.verdict = VERDICT_DIED;
		snprintf(finding.message, sizeof finding.message, "by signal %d",
			 WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	}
	return finding;
}
