#ifndef FORETWIN_CLMDB_SHIM_H
#define FORETWIN_CLMDB_SHIM_H

#include <lmdb.h>

#ifdef __linux__
// statfs, to recognise network file systems; Swift's Glibc module lacks it.
#include <sys/vfs.h>
#endif

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>
#else
#include <errno.h>
#endif

// Exchanges two files or folders atomically. Returns 0, or -1 and sets errno, also if the system
// has no such call.
static inline int exchange_files(const char *one, const char *other) {
#if defined(__linux__)
    // -100 is AT_FDCWD and 2 is RENAME_EXCHANGE. Their header, fcntl.h, would declare `stat` again,
    // as a type of this module.
    return (int)syscall(SYS_renameat2, -100, one, -100, other, 2);
#elif defined(__APPLE__)
    return renamex_np(one, other, RENAME_SWAP);
#else
    errno = ENOSYS;
    return -1;
#endif
}

// CRC-32C by the processor's instruction, which Swift has no name for. Call `crc32c_update` only if
// `crc32c_has_instruction` returns true.
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

// Two updates in one call.
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
