#!/bin/sh
# What matchd finds in the generated exchanges is what a loop over all listings finds, in both directions: the number of
# matches, and the best 20 with their scores.
#
#   agree.sh BENCH DIRECTORY-OF-EXCHANGE-FILES
set -eu
bench=$1 files=$2
found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT

for exchange in workload intervals sets alike places; do
	for direction in '' --reverse; do
		# shellcheck disable=SC2086
		"$bench" match "$files/$exchange.yaml" 3000 200 $direction --write "$found/matchd" >/dev/null
		# shellcheck disable=SC2086
		"$bench" scan "$exchange" 3000 200 $direction --write "$found/scan" >/dev/null
		if ! grep -q : "$found/scan" || ! cmp "$found/matchd" "$found/scan"; then
			echo "$exchange $direction: they do not agree" >&2
			diff "$found/matchd" "$found/scan" | head -n 20 >&2
			exit 1
		fi
	done
done
