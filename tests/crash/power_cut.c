/*
 * After a power cut every acknowledged turn is there, whole and right; one that was under way is
 * there whole or not at all; nothing wrong is served.
 *
 *   power_cut [--seed N] [--images N]    lives, and what power cuts leave of them
 *   power_cut --seed N --image N         one image again, with what became of each write
 *
 * A store leads a life under a recorder (life.h, record.h). From its log follow the images that a
 * disk may hold when the power goes (image.h), and each is opened and judged (verdict.h). No kill
 * can show this: what was written outlives the process in any case.
 *
 * Prints one line of JSON. Exit status: 0; 1 if a promise was broken; 2 if it could not be tried.
 */

#include "image.h"
#include "life.h"
#include "verdict.h"

#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IMAGES_OF_A_LIFE = 100, SHOWN = 10 };

enum chance_kind { CHANCE_LIFE = 1, CHANCE_IMAGE };

struct tally {
	uint64_t lives, images, checked, violations;
	uint64_t grown;		/* lives whose map has */
	uint64_t lossy;		/* images that lack something that was written */
	uint64_t ahead, behind; /* with, and without, the turn that was under way */
};

struct trial {
	uint64_t seed;
	char root[PATH_MAX], directory[PATH_MAX + 2];
	struct log log;
	uint64_t life; /* that the log is of */
	bool tell;
	struct tally tally;
};

static void
make_root(struct trial *t)
{
	char shm[] = "/dev/shm/power-cut.XXXXXX", tmp[] = "/tmp/power-cut.XXXXXX";
	const char *made = mkdtemp(shm);
	if (!made)
		made = mkdtemp(tmp);
	if (!made || !realpath(made, t->root)) {
		perror("no directory to work in");
		exit(2);
	}
	snprintf(t->directory, sizeof t->directory, "%s/s", t->root);
}

static void
live(struct trial *t, uint64_t life)
{
	if (t->tally.lives > 0 && t->life == life)
		return;
	log_free(&t->log);
	struct chance chance = chance_of(t->seed, CHANCE_LIFE, life);
	t->tally.grown += life_record(chance, life % 3 == 0, t->directory, &t->log);
	image_remove(t->directory);
	t->life = life;
	t->tally.lives++;
}

static void
report(const struct trial *t, uint64_t index, size_t cut, const struct promise *p,
       const struct finding *f)
{
	char text[96] = "the end";
	if (cut < t->log.n)
		log_describe(&t->log.ops[cut], text, sizeof text);
	fprintf(stderr,
		"%s%s%s: head %" PRIu64 ", acknowledged %" PRIu64 ", under way %" PRIu64
		"; cut at %zu of %zu: %s\n  again: power_cut --seed %" PRIu64 " --image %" PRIu64
		"\n",
		verdict_name(f->verdict), *f->message ? ": " : "", f->message, f->point.head,
		p->acked.head, p->next.head, cut, t->log.n, text, t->seed, index);
}

static void
cut_power(struct trial *t, uint64_t index)
{
	struct chance chance = chance_of(t->seed, CHANCE_IMAGE, index);
	live(t, index / IMAGES_OF_A_LIFE);
	size_t cut = image_cut(&t->log, &chance);
	struct promise promise = log_promise(&t->log, cut);
	struct fates fates =
	    image_make(&t->log, cut, &chance, t->directory, t->tell ? stderr : NULL);
	struct finding finding = verdict_on(t->directory, &promise);
	image_remove(t->directory);
	struct tally *tally = &t->tally;
	tally->images++;
	tally->checked += finding.checked;
	tally->lossy += fates.lost + fates.torn > 0;
	tally->ahead += finding.point.head > promise.acked.head;
	tally->behind += finding.point.head < promise.next.head;
	tally->violations += finding.verdict != VERDICT_FINE;
	if (t->tell || (finding.verdict != VERDICT_FINE && tally->violations <= SHOWN))
		report(t, index, cut, &promise, &finding);
}

/* Images that lose nothing, or that all end alike, would show nothing. */
static bool
has_sting(const struct tally *t)
{
	return t->images < IMAGES_OF_A_LIFE ||
	       (t->lossy > t->images / 4 && t->grown > 0 && t->ahead > 0 && t->behind > 0);
}

static int
finish(const struct trial *t)
{
	const struct tally *tally = &t->tally;
	printf("{\"kind\":\"power-cut\",\"runs\":%" PRIu64 ",\"faults\":%" PRIu64
	       ",\"checked\":%" PRIu64 ",\"violations\":%" PRIu64 ",\"seed\":%" PRIu64 "}\n",
	       tally->lives, tally->images, tally->checked, tally->violations, t->seed);
	if (tally->violations > 0)
		return 1;
	if (has_sting(tally))
		return 0;
	fprintf(stderr,
		"the images show nothing: %" PRIu64 " maps have grown; %" PRIu64
		" lack a write, %" PRIu64 " have and %" PRIu64 " lack a turn that was under way\n",
		tally->grown, tally->lossy, tally->ahead, tally->behind);
	return 2;
}

static uint64_t
number(const char *text)
{
	char *end;
	uint64_t n = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end) {
		fprintf(stderr, "no number: %s\n", text);
		exit(2);
	}
	return n;
}

int
main(int argc, char *argv[])
{
	static const struct option options[] = {{"seed", required_argument, NULL, 's'},
						{"images", required_argument, NULL, 'n'},
						{"image", required_argument, NULL, 'i'},
						{0}};
	static struct trial trial = {.seed = 1};
	uint64_t from = 0, images = 300;
	for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (o == 's') {
			trial.seed = number(optarg);
		} else if (o == 'n') {
			images = number(optarg);
		} else if (o == 'i') {
			from = number(optarg);
			images = 1;
			trial.tell = true;
		} else {
			return 2;
		}
	}
	make_root(&trial);
	for (uint64_t i = from; i < from + images; i++)
		cut_power(&trial, i);
	log_free(&trial.log);
	rmdir(trial.root);
	return finish(&trial);
}
