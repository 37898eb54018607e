#ifndef FORETWIN_CLMDB_SHIM_H
#define FORETWIN_CLMDB_SHIM_H

#include <lmdb.h>

#ifdef __linux__
// statfs, to recognise network file systems; Swift's Glibc module leaves it out.
#include <sys/vfs.h>
#endif

// CRC-32C by the processor's own instruction, where it has one: Swift cannot name the instruction.
// `crc32c_update` may only be called when `crc32c_has_instruction` is true.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>

static inline int crc32c_has_instruction(void) {
    unsigned int a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_2);
}

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
    for (count &= 3; count > 0; count--, next++) narrow = __builtin_ia32_crc32qi(narrow, *next);
    return narrow;
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
#else
static inline int crc32c_has_instruction(void) { return 0; }

static inline uint32_t crc32c_update(uint32_t remainder, const void *bytes, size_t count) {
    (void)bytes;
    (void)count;
    return remainder;
}
#endif

#endif
