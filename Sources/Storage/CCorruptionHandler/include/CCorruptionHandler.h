#ifndef FORETWIN_CCORRUPTION_HANDLER_H
#define FORETWIN_CCORRUPTION_HANDLER_H

#include <stdint.h>

// Ends the process with a message and an exit code when LMDB meets a damaged database file.
//
// LMDB maps its file into memory and trusts it. A damaged file therefore shows in one of four ways,
// each of which would end the process without a word:
//
//   what LMDB does                                what happens   what this handler does
//   --------------------------------------------  -------------  ------------------------------
//   checks a condition that does not hold         assertion      corruption_handler_assertion
//   reads a page beyond the end of the file       SIGBUS         message, if the fault is LMDB's
//   follows bytes that are no pointer or length   SIGSEGV        message, if the fault is LMDB's
//   overruns an array while copying the file      SIGABRT        message, if a copy is running
//
// "The fault is LMDB's" means one of three things:
//   1. the faulting address is inside a memory map that `corruption_handler_watch` announced;
//   2. the faulting instruction is in liblmdb;
//   3. the function with the faulting instruction was called from liblmdb (memmove, memcpy).
// All other signals go to the handler that was installed before, as if this one did not exist.
//
// This is C because a signal handler may only call async-signal-safe functions. The message is
// formatted when the handler is installed; in a signal it calls nothing but write and _exit, and,
// for a signal that is not LMDB's, sigaction and raise.

// The most memory maps that can be watched at the same time.
#define CORRUPTION_HANDLER_MAP_COUNT_MAX 64

struct MDB_env;

// Installs the handlers for SIGBUS, SIGSEGV and SIGABRT. Call it once.
//
// When LMDB meets damage, `text` (at most 511 bytes; more is cut off) goes to standard error and
// the process exits with `code`. LMDB's code is at addresses from `code_start` up to `code_end`,
// exclusive; both are 0 if that is unknown.
void corruption_handler_install(
    int code, const char *text, uintptr_t code_start, uintptr_t code_end);

// Ends the process in the same way, with the failed condition in brackets. This is a callback for
// `mdb_env_set_assert`.
void corruption_handler_assertion(struct MDB_env *environment, const char *text);

// Announces that a copy of a database file begins (1) or has ended (-1).
//
// mdb_env_copyfd2 trusts the depth of the tree. A damaged depth makes it write past the end of a
// local array; the compiler's stack protector finds that and calls abort.
void corruption_handler_copying(int change);

// Watches the memory map from `start` up to `end`, exclusive, in `slot`, from 0 up to
// CORRUPTION_HANDLER_MAP_COUNT_MAX, exclusive. Stops watching if both are 0.
void corruption_handler_watch(int slot, uintptr_t start, uintptr_t end);

#endif
