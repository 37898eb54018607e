#ifndef FORETWIN_CDAMAGE_H
#define FORETWIN_CDAMAGE_H

#include <stdint.h>

// Ending a process in an orderly way when LMDB finds its file damaged in the midst of its work:
// by an assertion, by touching a page that the file lacks, or by following what is no pointer. A
// signal handler may only call what is safe at any time, so this is C: it writes a sentence that was
// laid ready, and exits.

// How many maps can be watched at once.
#define DAMAGE_MAPS_MAX 64

struct MDB_env;

// From now on faults inside the watched maps, or in LMDB's code, from `code_start` to before
// `code_end`, or in a function that it called and that calls no other, write `text` (at most 511
// bytes) to standard error and end the process with `code`.
void damage_install(int code, const char *text, uintptr_t code_start, uintptr_t code_end);

// The same for an assertion that failed; for `mdb_env_set_assert`.
void damage_assertion(struct MDB_env *environment, const char *text);

// Says that a copy of a file begins (1) or has ended (-1). LMDB's copying trusts the depth of the
// tree, and where that is damaged writes beyond an array of its own, which the compiler's guard
// turns into an abort: while a copy is under way, an abort ends the process as damage does.
void damage_copying(int change);

// Watches the map at a place, 0 to DAMAGE_MAPS_MAX - 1; nothing if `start` and `end` are 0.
void damage_watch(int place, uintptr_t start, uintptr_t end);

#endif
