#pragma once

/* For functions that loop over bits or lanes: compiled for wide vectors too, which are taken where
 * the machine has them. (The choice is made before a ThreadSanitizer is there that would watch it.)
 */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__)
#define WIDE __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define WIDE
#endif
