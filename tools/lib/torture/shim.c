// Records, in order, what a program does to the file data.mdb, what it waits for, and what it
// tells the outside. For LD_PRELOAD; 64-bit Linux. Compiled and used by recording.py.
//
// FORETWIN_TORTURE_LOG   the file the records go to
// FORETWIN_TORTURE_DROP  "" for an honest run; "all" makes fdatasync of the file, and the
//                        synchronous writes of its meta pages, promise nothing (as MDB_NOSYNC
//                        does); "meta" only the latter (as MDB_NOMETASYNC does)
//
// A write and an answer are recorded before they happen, a barrier after it: whatever comes
// before a barrier's beginning in the log was on the disk when the barrier was recorded.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

_Static_assert(sizeof(long) == 8, "the system calls below pass offsets in one register");

// The layout and the numbers are known to oplog.py too.
struct __attribute__((packed)) record {
    char magic[4];
    uint8_t kind;
    uint8_t is_synchronous;
    uint16_t reserved;
    uint64_t file;
    uint64_t first;
    uint64_t second;
    uint32_t length;
};

enum kind { WRITE = 1, BARRIER = 2, NAME = 3, FOLDER = 4, ANSWER = 5, OUTPUT = 6, UNEXPECTED = 7 };

enum { DESCRIPTORS = 4096 };

// The inode of the data file behind a descriptor, or 0.
static uint64_t inodes[DESCRIPTORS];
static uint8_t synchronous[DESCRIPTORS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t count;
static int sink = -1;
static int drops_all;
static int drops_meta;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("FORETWIN_TORTURE_LOG");
    const char *drop = getenv("FORETWIN_TORTURE_DROP");
    drops_all = drop && strcmp(drop, "all") == 0;
    drops_meta = drops_all || (drop && strcmp(drop, "meta") == 0);
    if (path) {
        int low = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                          0600);
        // High up, where it is in nobody's way.
        sink = syscall(SYS_fcntl, low, F_DUPFD_CLOEXEC, 900);
        syscall(SYS_close, low);
    }
    // Programs started by this one are not recorded.
    unsetenv("LD_PRELOAD");
}

// Appends a record and returns its place in the log.
static uint64_t append(enum kind kind, int is_synchronous, uint64_t file, uint64_t first,
                       uint64_t second, const struct iovec *parts, int part_count) {
    struct iovec all[1 + 64];
    struct record record = {{'F', 'T', 'W', 'L'}, kind, is_synchronous, 0, file, first, second, 0};
    int saved = errno;
    if (part_count > 64) abort();
    all[0] = (struct iovec){&record, sizeof record};
    for (int i = 0; i < part_count; i++) {
        all[1 + i] = parts[i];
        record.length += parts[i].iov_len;
    }
    pthread_mutex_lock(&lock);
    uint64_t place = count++;
    long wrote = syscall(SYS_writev, sink, all, 1 + part_count);
    pthread_mutex_unlock(&lock);
    // Half a log is worse than none.
    if (sink >= 0 && wrote != (long)(sizeof record + record.length)) abort();
    errno = saved;
    return place;
}

static void note(enum kind kind, uint64_t file, uint64_t first, uint64_t second) {
    append(kind, 0, file, first, second, NULL, 0);
}

static void unexpected(uint64_t file, const char *what) {
    struct iovec part = {(void *)what, strlen(what)};
    append(UNEXPECTED, 0, file, 0, 0, &part, 1);
}

static int is_data_path(const char *path) {
    size_t length = path ? strlen(path) : 0;
    return length >= 9 && strcmp(path + length - 9, "/data.mdb") == 0;
}

static uint64_t inode_of(int fd) { return fd >= 0 && fd < DESCRIPTORS ? inodes[fd] : 0; }

// Files

static int open_tracked(int folder, const char *path, int flags, mode_t mode) {
    int is_data = is_data_path(path);
    if (is_data && drops_meta) flags &= ~(O_DSYNC | O_SYNC);
    int fd = syscall(SYS_openat, folder, path, flags, mode);
    if (fd < 0 || fd >= DESCRIPTORS) return fd;
    struct stat status;
    inodes[fd] = is_data && fstat(fd, &status) == 0 ? status.st_ino : 0;
    synchronous[fd] = (flags & (O_DSYNC | O_SYNC)) != 0;
    return fd;
}

#define OPEN_MODE(flags, mode)                                                                 \
    mode_t mode = 0;                                                                           \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                     \
        va_list arguments;                                                                     \
        va_start(arguments, flags);                                                            \
        mode = va_arg(arguments, mode_t);                                                      \
        va_end(arguments);                                                                     \
    }

int open(const char *path, int flags, ...) {
    OPEN_MODE(flags, mode)
    return open_tracked(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    OPEN_MODE(flags, mode)
    return open_tracked(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...) {
    OPEN_MODE(flags, mode)
    return open_tracked(folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...) {
    OPEN_MODE(flags, mode)
    return open_tracked(folder, path, flags, mode);
}

int close(int fd) {
    if (fd >= 0 && fd < DESCRIPTORS) inodes[fd] = 0;
    return syscall(SYS_close, fd);
}

static void note_name(int folder, const char *path) {
    struct stat status;
    if (is_data_path(path) && fstatat(folder, path, &status, 0) == 0)
        note(NAME, status.st_ino, 0, 0);
}

int link(const char *from, const char *to) {
    int result = syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
    if (result == 0) note_name(AT_FDCWD, to);
    return result;
}

int rename(const char *from, const char *to) {
    int result = syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    if (result == 0) note_name(AT_FDCWD, to);
    return result;
}

// Barriers

static int barrier(int fd, long call, int is_dropped) {
    uint64_t inode = inode_of(fd);
    if (inode && is_dropped) return 0;
    pthread_mutex_lock(&lock);
    uint64_t began = count;
    pthread_mutex_unlock(&lock);
    int result = syscall(call, fd);
    struct stat status;
    if (result != 0) return result;
    if (inode)
        note(BARRIER, inode, began, 0);
    else if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
        note(FOLDER, status.st_ino, began, 0);
    return result;
}

int fdatasync(int fd) { return barrier(fd, SYS_fdatasync, drops_all); }

// Never dropped: LMDB commits with fdatasync; fsync is for new files and folders.
int fsync(int fd) { return barrier(fd, SYS_fsync, 0); }

static void *map(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
    if (inode_of(fd) && (flags & MAP_SHARED) && (protection & PROT_WRITE))
        unexpected(inode_of(fd), "a shared writable map of the data file");
    return (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset);
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
    return map(address, length, protection, flags, fd, offset);
}

void *mmap64(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
    return map(address, length, protection, flags, fd, offset);
}

static int truncate_to(int fd, off_t length) {
    if (inode_of(fd)) unexpected(inode_of(fd), "ftruncate of the data file");
    return syscall(SYS_ftruncate, fd, length);
}

int ftruncate(int fd, off_t length) { return truncate_to(fd, length); }
int ftruncate64(int fd, off_t length) { return truncate_to(fd, length); }

// Writes and answers

// Records what is about to be written; returns the record's place.
static uint64_t before_write(int fd, const struct iovec *parts, int part_count, off_t offset) {
    uint64_t inode = inode_of(fd);
    if (inode) {
        if (offset < 0) offset = syscall(SYS_lseek, fd, 0, SEEK_CUR);
        return append(WRITE, synchronous[fd], inode, offset, 0, parts, part_count);
    }
    if (fd == 1 || fd == 2) return append(OUTPUT, 0, 0, fd, 0, parts, part_count);
    if (part_count < 1 || parts[0].iov_len < 12) return 0;
    const char *text = parts[0].iov_base;
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    int saved = errno;
    if (memcmp(text, "HTTP/1.", 7) == 0 &&
        getpeername(fd, (struct sockaddr *)&peer, &size) == 0 && peer.ss_family == AF_INET) {
        uint64_t port = ntohs(((struct sockaddr_in *)&peer)->sin_port);
        note(ANSWER, 0, strtoul(text + 9, NULL, 10), port);
    }
    errno = saved;
    return 0;
}

static ssize_t after_write(int fd, uint64_t place, const struct iovec *parts, int part_count,
                           ssize_t wrote) {
    uint64_t inode = inode_of(fd);
    if (!inode) return wrote;
    ssize_t wanted = 0;
    for (int i = 0; i < part_count; i++) wanted += parts[i].iov_len;
    if (wrote != wanted) unexpected(inode, "a write of the data file that fell short");
    if (synchronous[fd]) append(BARRIER, 1, inode, place, 0, NULL, 0);
    return wrote;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    struct iovec part = {(void *)bytes, length};
    uint64_t place = before_write(fd, &part, 1, -1);
    return after_write(fd, place, &part, 1, syscall(SYS_write, fd, bytes, length));
}

ssize_t writev(int fd, const struct iovec *parts, int part_count) {
    uint64_t place = before_write(fd, parts, part_count, -1);
    return after_write(fd, place, parts, part_count, syscall(SYS_writev, fd, parts, part_count));
}

static ssize_t write_at(int fd, const struct iovec *parts, int part_count, off_t offset) {
    uint64_t place = before_write(fd, parts, part_count, offset);
    long wrote = syscall(SYS_pwritev, fd, parts, part_count, offset, 0);
    return after_write(fd, place, parts, part_count, wrote);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    struct iovec part = {(void *)bytes, length};
    return write_at(fd, &part, 1, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) {
    struct iovec part = {(void *)bytes, length};
    return write_at(fd, &part, 1, offset);
}

ssize_t pwritev(int fd, const struct iovec *parts, int part_count, off_t offset) {
    return write_at(fd, parts, part_count, offset);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int part_count, off_t offset) {
    return write_at(fd, parts, part_count, offset);
}

ssize_t send(int fd, const void *bytes, size_t length, int flags) {
    struct iovec part = {(void *)bytes, length};
    before_write(fd, &part, 1, -1);
    return syscall(SYS_sendto, fd, bytes, length, flags, NULL, 0);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    before_write(fd, message->msg_iov, (int)message->msg_iovlen, -1);
    return syscall(SYS_sendmsg, fd, message, flags);
}
