// Reads ranges of a table straight from LMDB and copies their bytes out: the least that reading a
// twin can cost.
//
//   cc -O2 -o loadtwin loadtwin.c -llmdb
//   loadtwin STORE TABLE ITERATIONS PREFIX...
//
// An iteration is a read transaction (renewed, as a program does that reads often), and for each
// prefix, given in hexadecimal, a cursor walk over all keys that begin with it; keys and values are
// copied one after the other into a buffer. A tenth of the iterations runs before timing begins.
// Prints one JSON object.
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char *buffer;
static size_t room = 1 << 16;

static void fail(const char *what, const char *why) {
    fprintf(stderr, "loadtwin: %s: %s\n", what, why);
    exit(1);
}

static void check(int code, const char *what) {
    if (code) fail(what, mdb_strerror(code));
}

static void copy(size_t at, const MDB_val *bytes) {
    if (at + bytes->mv_size > room) {
        while (at + bytes->mv_size > room) room *= 2;
        buffer = realloc(buffer, room);
        if (!buffer) fail("the buffer", "no memory");
    }
    memcpy(buffer + at, bytes->mv_data, bytes->mv_size);
}

static int compare(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static MDB_val parse(const char *hex) {
    size_t length = strlen(hex) / 2;
    unsigned char *bytes = malloc(length + 1);
    for (size_t i = 0; i < length; i++) {
        unsigned int byte;
        if (sscanf(hex + 2 * i, "%2x", &byte) != 1) fail("not hexadecimal", hex);
        bytes[i] = (unsigned char)byte;
    }
    return (MDB_val){length, bytes};
}

int main(int argc, char **argv) {
    if (argc < 5) fail("usage", "loadtwin STORE TABLE ITERATIONS PREFIX...");
    int prefixes = argc - 4;
    MDB_val *prefix = malloc((size_t)prefixes * sizeof *prefix);
    for (int i = 0; i < prefixes; i++) prefix[i] = parse(argv[4 + i]);
    long iterations = atol(argv[3]), warm = iterations / 10;
    if (iterations < 1) fail("iterations", argv[3]);
    double *times = malloc((size_t)iterations * sizeof *times);
    buffer = malloc(room);

    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi table;
    check(mdb_env_create(&env), "mdb_env_create");
    check(mdb_env_set_mapsize(env, (size_t)1 << 40), "mdb_env_set_mapsize");
    check(mdb_env_set_maxdbs(env, 128), "mdb_env_set_maxdbs");
    check(mdb_env_open(env, argv[1], MDB_RDONLY | MDB_NOTLS, 0600), argv[1]);
    check(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), "mdb_txn_begin");
    check(mdb_dbi_open(txn, argv[2], 0, &table), argv[2]);
    check(mdb_txn_commit(txn), "mdb_txn_commit");
    check(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), "mdb_txn_begin");
    mdb_txn_reset(txn);

    long entries = 0;
    size_t bytes = 0;
    for (long i = -warm; i < iterations; i++) {
        struct timespec before, after;
        clock_gettime(CLOCK_MONOTONIC, &before);
        entries = 0;
        bytes = 0;
        check(mdb_txn_renew(txn), "mdb_txn_renew");
        MDB_cursor *cursor;
        check(mdb_cursor_open(txn, table, &cursor), "mdb_cursor_open");
        for (int p = 0; p < prefixes; p++) {
            MDB_val key = prefix[p], value;
            int code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
            while (code == 0 && key.mv_size >= prefix[p].mv_size &&
                   !memcmp(key.mv_data, prefix[p].mv_data, prefix[p].mv_size)) {
                copy(bytes, &key);
                bytes += key.mv_size;
                copy(bytes, &value);
                bytes += value.mv_size;
                entries++;
                code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
            }
            if (code && code != MDB_NOTFOUND) check(code, "mdb_cursor_get");
        }
        mdb_cursor_close(cursor);
        mdb_txn_reset(txn);
        clock_gettime(CLOCK_MONOTONIC, &after);
        if (i >= 0)
            times[i] = (double)(after.tv_sec - before.tv_sec) * 1e6 +
                       (double)(after.tv_nsec - before.tv_nsec) / 1e3;
    }
    mdb_txn_abort(txn);
    mdb_env_close(env);
    qsort(times, (size_t)iterations, sizeof *times, compare);
    printf("{\"p50_us\":%.3f,\"p99_us\":%.3f,\"entries\":%ld,\"bytes\":%zu}\n",
           times[iterations / 2], times[iterations * 99 / 100], entries, bytes);
    return 0;
}
