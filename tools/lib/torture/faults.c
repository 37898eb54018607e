// Makes one call of a program to the system fail, or all from one on, or ends the program there.
// For LD_PRELOAD; 64-bit Linux. Compiled and used by faults.py.
//
// FORETWIN_FAULT_COUNTS  a file of counters, one for each kind of call and one for faults; all
//                        processes of a run share it
// FORETWIN_FAULT_UNDER   only calls about files under this folder count
// FORETWIN_FAULT_KIND    the kind of call that fails: its number below
// FORETWIN_FAULT_AT      which one of this kind, from 1; none if 0
// FORETWIN_FAULT_STICKY  1 if all later ones of the kind fail too
// FORETWIN_FAULT_ERRNO   how it fails; 0 if the process ends instead, with code 199

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// The numbers are known to faults.py too.
enum kind { WRITE, SYNC, TRUNCATE, MAP, NAME, OPEN, KINDS };

static _Atomic uint64_t unused[KINDS + 1];
static _Atomic uint64_t *counts = unused;
static const char *under;
static size_t under_length;
static uint64_t at;
static int kind_that_fails = -1;
static int is_sticky;
static int error_number;

static uint64_t number(const char *name) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("FORETWIN_FAULT_COUNTS");
    int file = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *map = (void *)syscall(
        SYS_mmap, NULL, sizeof unused, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    syscall(SYS_close, file);
    if (map == MAP_FAILED) return;
    counts = map;
    under = getenv("FORETWIN_FAULT_UNDER");
    under_length = under ? strlen(under) : 0;
    at = number("FORETWIN_FAULT_AT");
    kind_that_fails = (int)number("FORETWIN_FAULT_KIND");
    is_sticky = (int)number("FORETWIN_FAULT_STICKY");
    error_number = (int)number("FORETWIN_FAULT_ERRNO");
}

static int is_path_under(const char *path) {
    return under_length > 0 && path && (path[0] != '/' || strncmp(path, under, under_length) == 0);
}

static int is_file_under(int fd) {
    char link[32], path[4096];
    if (under_length == 0 || fd < 3) return 0;
    int saved = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    errno = saved;
    if (length <= 0) return 0;
    path[length] = 0;
    return path[0] == '/' && is_path_under(path);
}

// Counts a call; true if it is to fail, with errno set.
static int fails(enum kind kind) {
    uint64_t place = atomic_fetch_add(&counts[kind], 1) + 1;
    if ((int)kind != kind_that_fails || at == 0) return 0;
    if (place < at || (place > at && !is_sticky)) return 0;
    atomic_fetch_add(&counts[KINDS], 1);
    if (error_number == 0) syscall(SYS_exit_group, 199);
    errno = error_number;
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define ON_FILE(kind, type, name, parameters, arguments)                                       \
    type name parameters {                                                                     \
        static __typeof__(&name) real;                                                         \
        if (!real) real = REAL(name);                                                          \
        if (is_file_under(fd) && fails(kind)) return -1;                                       \
        return real arguments;                                                                 \
    }

ON_FILE(WRITE, ssize_t, write, (int fd, const void *bytes, size_t size), (fd, bytes, size))
ON_FILE(WRITE, ssize_t, writev, (int fd, const struct iovec *parts, int count), (fd, parts, count))
ON_FILE(WRITE, ssize_t, pwrite, (int fd, const void *bytes, size_t size, off_t start),
        (fd, bytes, size, start))
ON_FILE(WRITE, ssize_t, pwrite64, (int fd, const void *bytes, size_t size, off64_t start),
        (fd, bytes, size, start))
ON_FILE(WRITE, ssize_t, pwritev, (int fd, const struct iovec *parts, int count, off_t start),
        (fd, parts, count, start))
ON_FILE(WRITE, ssize_t, pwritev64, (int fd, const struct iovec *parts, int count, off64_t start),
        (fd, parts, count, start))
ON_FILE(SYNC, int, fsync, (int fd), (fd))
ON_FILE(SYNC, int, fdatasync, (int fd), (fd))
ON_FILE(TRUNCATE, int, ftruncate, (int fd, off_t length), (fd, length))
ON_FILE(TRUNCATE, int, ftruncate64, (int fd, off64_t length), (fd, length))

#define ON_MAP(name, offset_type)                                                              \
    void *name(void *address, size_t length, int protection, int flags, int fd,                \
               offset_type start) {                                                            \
        static __typeof__(&name) real;                                                         \
        if (!real) real = REAL(name);                                                          \
        if (is_file_under(fd) && fails(MAP)) return MAP_FAILED;                                \
        return real(address, length, protection, flags, fd, start);                            \
    }

ON_MAP(mmap, off_t)
ON_MAP(mmap64, off64_t)

#define ON_NAME(name)                                                                          \
    int name(const char *from, const char *to) {                                               \
        static __typeof__(&name) real;                                                         \
        if (!real) real = REAL(name);                                                          \
        if (is_path_under(to) && fails(NAME)) return -1;                                       \
        return real(from, to);                                                                 \
    }

ON_NAME(rename)
ON_NAME(link)
ON_NAME(symlink)

// Exchanging two names has no function of its own everywhere.
long syscall(long call, ...) {
    static long (*real)(long, ...);
    if (!real) real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    long words[6];
    va_list arguments;
    va_start(arguments, call);
    for (int i = 0; i < 6; i++) words[i] = va_arg(arguments, long);
    va_end(arguments);
    if (call == SYS_renameat2 && is_path_under((const char *)words[3]) && fails(NAME)) return -1;
    return real(call, words[0], words[1], words[2], words[3], words[4], words[5]);
}

#define ON_OPEN(name, first_declared, first_passed)                                            \
    int name(first_declared const char *path, int flags, ...) {                                \
        static int (*real)(first_declared const char *, int, ...);                             \
        if (!real) real = (__typeof__(real))dlsym(RTLD_NEXT, #name);                           \
        va_list arguments;                                                                     \
        va_start(arguments, flags);                                                            \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;           \
        va_end(arguments);                                                                     \
        int writes = (flags & (O_CREAT | O_ACCMODE)) != 0;                                     \
        if (writes && is_path_under(path) && fails(OPEN)) return -1;                           \
        return real(first_passed path, flags, mode);                                           \
    }

#define NOTHING
#define FOLDER_DECLARED int folder,
#define FOLDER_PASSED folder,
ON_OPEN(open, NOTHING, NOTHING)
ON_OPEN(open64, NOTHING, NOTHING)
ON_OPEN(openat, FOLDER_DECLARED, FOLDER_PASSED)
ON_OPEN(openat64, FOLDER_DECLARED, FOLDER_PASSED)
