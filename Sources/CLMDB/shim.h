#ifndef FORETWIN_CLMDB_SHIM_H
#define FORETWIN_CLMDB_SHIM_H

#include <lmdb.h>

#ifdef __linux__
// statfs, to recognise network file systems; Swift's Glibc module leaves it out.
#include <sys/vfs.h>
#endif

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>
#else
#include <errno.h>
#endif

// Exchanges two files or folders in one step; 0, or -1 with errno, where the system cannot.
static inline int exchange_files(const char *one, const char *other) {
#if defined(__linux__)
    // AT_FDCWD and RENAME_EXCHANGE: with fcntl.h, Swift would take `stat` for a type of this module.
    return (int)syscall(SYS_renameat2, -100, one, -100, other, 2);
#elif defined(__APPLE__)
    return renamex_np(one, other, RENAME_SWAP);
#else
    errno = ENOSYS;
    return -1;
#endif
}

// Ending a process in an orderly way when LMDB finds its file damaged in the midst of its work:
// by an assertion, by touching a page that the file lacks, or by following what is no pointer. A
// signal handler may only call what is safe at any time, so this is C: it writes a sentence that was
// laid ready, and exits.
//
// All this must be used from one Swift file only: each would get variables of its own.
#define DAMAGE_MAPS_MAX 64

struct damage {
    int code;
    size_t length;
    char text[512];
    volatile uintptr_t starts[DAMAGE_MAPS_MAX], ends[DAMAGE_MAPS_MAX];
    // Where LMDB's own code lies.
    uintptr_t code_start, code_end;
    struct sigaction before_bus, before_segv;
};

// Swift leaves out variables of a header, but not those of a function in it.
static inline struct damage *damage_state(void) {
    static struct damage state;
    return &state;
}

static inline void damage_end(const char *detail) {
    struct damage *damage = damage_state();
    ssize_t written = write(2, damage->text, damage->length);
    if (detail) {
        written += write(2, " (", 2);
        written += write(2, detail, strlen(detail));
        written += write(2, ")", 1);
    }
    written += write(2, "\n", 1);
    (void)written;
    _exit(damage->code);
}

// The address of the instruction that a signal interrupted; 0 where that is not known.
static inline uintptr_t damage_instruction(void *context) {
#if defined(__linux__) && defined(__x86_64__)
    return (uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[16 /* REG_RIP */];
#elif defined(__linux__) && defined(__aarch64__)
    return (uintptr_t)((ucontext_t *)context)->uc_mcontext.pc;
#else
    (void)context;
    return 0;
#endif
}

static inline void damage_signal(int number, siginfo_t *info, void *context) {
    struct damage *damage = damage_state();
    uintptr_t address = (uintptr_t)info->si_addr;
    uintptr_t instruction = damage_instruction(context);
    if (info->si_code > 0 && instruction >= damage->code_start && instruction < damage->code_end)
        damage_end(NULL);
    // Codes of 0 and below are signals that somebody sent, which have no address.
    for (int place = 0; place < DAMAGE_MAPS_MAX && info->si_code > 0; place++)
        if (address >= damage->starts[place] && address < damage->ends[place]) damage_end(NULL);
    // Not ours: the same happens again, and whoever was there before deals with it.
    sigaction(number, number == SIGBUS ? &damage->before_bus : &damage->before_segv, NULL);
    if (info->si_code <= 0) raise(number);
}

static inline void damage_assert(MDB_env *environment, const char *text) {
    (void)environment;
    damage_end(text);
}

static inline void damage_install(
    int code, const char *text, uintptr_t code_start, uintptr_t code_end
) {
    struct damage *damage = damage_state();
    damage->code = code;
    damage->code_start = code_start;
    damage->code_end = code_end;
    snprintf(damage->text, sizeof damage->text, "%s", text);
    damage->length = strlen(damage->text);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = damage_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &damage->before_bus);
    sigaction(SIGSEGV, &action, &damage->before_segv);
}

static inline int damage_set_assert(MDB_env *environment) {
    return mdb_env_set_assert(environment, damage_assert);
}

// Notes a map, or forgets it if `end` is 0.
static inline void damage_watch(int place, uintptr_t start, uintptr_t end) {
    struct damage *damage = damage_state();
    damage->ends[place] = 0;
    damage->starts[place] = start;
    damage->ends[place] = end;
}

// CRC-32C by the processor's own instruction, where it has one: Swift cannot name the instruction.
// `crc32c_update` may only be called when `crc32c_has_instruction` is true.
#if defined(__x86_64__)
static inline int crc32c_has_instruction(void) { return __builtin_cpu_supports("sse4.2"); }

__attribute__((target("sse4.2")))
static inline uint32_t crc32c_update(uint32_t remainder, const void *bytes, size_t count) {
    const unsigned char *next = (const unsigned char *)bytes;
    uint64_t wide = remainder;
    for (; count >= 8; count -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    uint32_t narrow = (uint32_t)wide;
    if (count & 4) {
        uint32_t word;
        memcpy(&word, next, 4);
        narrow = __builtin_ia32_crc32si(narrow, word);
        next += 4;
    }
    if (count & 2) {
        uint16_t word;
        memcpy(&word, next, 2);
        narrow = __builtin_ia32_crc32hi(narrow, word);
        next += 2;
    }
    return count & 1 ? __builtin_ia32_crc32qi(narrow, *next) : narrow;
}

// As two updates, in one call.
__attribute__((target("sse4.2")))
static inline uint32_t crc32c_update_twice(uint32_t remainder, const void *first,
                                           size_t first_count, const void *second,
                                           size_t second_count) {
    return crc32c_update(crc32c_update(remainder, first, first_count), second, second_count);
}
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
static inline int crc32c_has_instruction(void) { return 1; }

static inline uint32_t crc32c_update(uint32_t remainder, const void *bytes, size_t count) {
    const unsigned char *next = (const unsigned char *)bytes;
    for (; count >= 8; count -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        remainder = __builtin_arm_crc32cd(remainder, word);
    }
    for (; count > 0; count--, next++) remainder = __builtin_arm_crc32cb(remainder, *next);
    return remainder;
}

static inline uint32_t crc32c_update_twice(uint32_t remainder, const void *first,
                                           size_t first_count, const void *second,
                                           size_t second_count) {
    return crc32c_update(crc32c_update(remainder, first, first_count), second, second_count);
}
#else
static inline int crc32c_has_instruction(void) { return 0; }

static inline uint32_t crc32c_update(uint32_t remainder, const void *bytes, size_t count) {
    (void)bytes;
    (void)count;
    return remainder;
}

static inline uint32_t crc32c_update_twice(uint32_t remainder, const void *first,
                                           size_t first_count, const void *second,
                                           size_t second_count) {
    (void)first, (void)first_count, (void)second, (void)second_count;
    return remainder;
}
#endif

#endif
