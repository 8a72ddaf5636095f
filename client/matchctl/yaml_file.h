#pragma once

/*
 * YAML to MessagePack, by libyaml's events: no aliases, anchors or tags, bounded in depth, no key
 * twice.
 *
 * Plain scalars are typed narrowly: null (also ~ and nothing at all), true, false, whole numbers;
 * everything else is text, decimal numbers among it, which is how the protocol carries them. Quoted
 * scalars are text.
 */

#include "client/matchctl/documents.h"

/* Hands each document that is a map, and each map of a document that is a list, to the reader. As
 * documents_read; the first mistake in the YAML itself ends the text. */
int yaml_read(const char *file, struct str text, const struct document_reader *reader);

/* Appends a scalar as yaml_read types it: `plain` where it stood without quotes. */
void yaml_put_scalar(struct buf *out, struct str text, bool plain);
