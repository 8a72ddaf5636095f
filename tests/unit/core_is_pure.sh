#!/bin/sh
# core_is_pure CORE UTIL NM: the core must reach for nothing outside: what it leaves undefined is either in util, or a
# function of the C library that depends on its arguments alone (snprintf formats text; malloc is what util stands on; __divti3 divides 128 bits;
# __cpu_features2 chooses among copies of a loop that do the same with wider or narrower vectors).
set -eu
core=$1 util=$2 nm=${3:-nm}

allowed=' malloc calloc realloc free abort memcpy memmove memset memcmp bcmp memchr strlen strcmp strncmp strchr qsort bsearch
 snprintf vsnprintf __snprintf_chk __vsnprintf_chk __memcpy_chk __memmove_chk __memset_chk __stack_chk_fail __assert_fail
 sqrt _GLOBAL_OFFSET_TABLE_ __divti3 __udivti3 __modti3 __popcountdi2 __cpu_indicator_init __cpu_features2 '
allowed=$(echo $allowed)

defined=$("$nm" --defined-only "$core" "$util" | awk 'NF == 3 { print $3 }')
foreign=$("$nm" -u "$core" | awk 'NF == 2 { print $2 }' | sort -u | grep -vE '^__(asan|ubsan|sanitizer|sancov)' || true)
bad=
for symbol in $foreign; do
	printf '%s\n' "$defined" | grep -qxF "$symbol" && continue
	case " $allowed " in *" $symbol "*) continue ;; esac
	bad="$bad $symbol"
done
if [ -n "$bad" ]; then
	echo "the core uses what it must not:$bad" >&2
	exit 1
fi
