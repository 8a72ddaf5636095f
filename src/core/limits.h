#pragma once

#include <stdint.h>

/*
 * Every bound on what input can grow, in one place. docs/protocol.md lists those a client meets.
 */

enum {
	MAX_ID = 64,	      /* bytes of a participant id, and of a listing's key */
	MAX_LISTING_ID = 129, /* participant/key */
	MAX_NAME = 64,	      /* bytes of an exchange, tree, field or label name */
	MAX_TITLE = 500,      /* bytes of a listing's or participant's title */
	MAX_TEXT = 16000,     /* bytes of a listing's text */
	MAX_KEYWORD = 128,    /* bytes of a keyword or code after normalisation */
	MAX_VALUES = 512,     /* entries of each list of a set statement */
	MAX_VARIANTS = 16,
	MAX_FIELDS = 64, /* of an exchange */
	MAX_LABELS = 64, /* of an ordinal field */
	MAX_LABEL = 32,	 /* bytes of a label */
	MAX_UNITS = 32,	 /* other units of a field */
	MAX_HELP = 2000, /* bytes of a help text in an exchange file */
	MAX_MATCHES = 10000,
	MAX_DAYS = 3650,   /* of an exchange's lifetimes */
	MAX_WEIGHT = 1000, /* of a side's field */
	MAX_DECIMALS = 6,
	MAX_DIMENSIONS = 3,
	MAX_BODY = 60000, /* bytes of a listing's canonical body */
	/* Bytes of an exchange's canonical form; shown with its keys it takes less than twice that.
	 */
	MAX_DEFINITION = 400000,
	MAX_EXCHANGES = 64,
	MAX_TREES = 64,
	MAX_TREE_CODES = 20000,
	MAX_BLOCKS = 1000, /* participants that one participant blocks */
	MAX_CONTACTS = 16,
	MAX_CONTACT = 200,	   /* bytes of a contact's name or value */
	MAX_OKVED = 100,	   /* codes of a participant */
	MAX_REGIONS = 128,	   /* admitted by the settings */
	MAX_LISTINGS_EACH = 10000, /* of one participant, standing needs beside */
	SUBSCRIPTIONS_MAX = 20000,
	SUBSCRIPTIONS_CLIENT_MAX = 1000,
};

/* Scaled magnitudes stay within what sums of a hundred weighted terms keep in 128 bits. */
#define MAX_MAGNITUDE INT64_C(1000000000000000)
/* Another unit is num / den of the field's unit: at most twelve digits before and nine behind the
 * point, so that a conversion stays within 128 bits. */
#define MAX_UNIT_NUM INT64_C(1000000000000)
#define MAX_UNIT_DEN INT64_C(1000000000)
/* Times are milliseconds of Unix time; the year 9999 is far enough. */
#define MAX_TIME_MS INT64_C(253402300799999)
#define DAY_MS	    INT64_C(86400000)
