// Does again, straight in C, what a recorded program wrote to LMDB.
//
//   cc -O2 -o replay replay.c -llmdb
//   replay TRACE FOLDER [--timed TABLE] [--reads]
//
// The whole trace is read into memory first. Then its committed write transactions are repeated in
// FOLDER, which must be empty: the same keys, values, flags, order, commits and sync. With --timed,
// time is taken from the first transaction that writes to TABLE to the last one; what lies before
// (the opening of the store) and after is repeated untimed. With --reads the gets and seeks of the
// transactions are repeated too; without, only what is written. Prints one JSON object: the time of
// the write phase, and what was written by table. Every transaction ends with mdb_txn_commit, which
// returns when its pages are on disk.
#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "trace.h"

enum { TABLES = 128 };

struct operation {
    struct trace_record header;
    char *key, *value;
    int replayed;  // whether it belongs to a transaction that was committed
    int timed;
};

struct table {
    char name[64];
    int is_open;
    MDB_dbi handle;
    MDB_cursor *cursor;
    long puts, existing, deletes, gets, seeks, steps;
    long long bytes;
};

static struct operation *operations;
static size_t count;
static struct table tables[TABLES];
static long commits, commits_timed;
static double seconds_committing;

static void fail(const char *what, const char *why) {
    fprintf(stderr, "replay: %s: %s\n", what, why);
    exit(1);
}

static void check(int code, const char *what) {
    if (code) fail(what, mdb_strerror(code));
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static char *read_whole(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    struct stat status;
    if (!file || fstat(fileno(file), &status)) fail(path, strerror(errno));
    *length = (size_t)status.st_size;
    char *bytes = malloc(*length + 1);
    if (!bytes) fail(path, "no memory for it");
    if (fread(bytes, 1, *length, file) != *length) fail(path, "cannot be read");
    fclose(file);
    return bytes;
}

// Finds the operations in the trace.
static void parse(const char *path) {
    size_t length, at = strlen(TRACE_MAGIC), room = 1 << 20;
    char *bytes = read_whole(path, &length);
    if (length < at || memcmp(bytes, TRACE_MAGIC, at)) fail(path, "is not a trace");
    operations = malloc(room * sizeof *operations);
    while (operations && at < length) {
        if (count == room) operations = realloc(operations, (room *= 2) * sizeof *operations);
        if (!operations) break;
        struct operation *operation = &operations[count++];
        memset(operation, 0, sizeof *operation);
        if (length - at < sizeof operation->header) fail(path, "is cut short");
        memcpy(&operation->header, bytes + at, sizeof operation->header);
        at += sizeof operation->header;
        size_t rest = (size_t)operation->header.key_length + operation->header.value_length;
        if (length - at < rest) fail(path, "is cut short");
        operation->key = bytes + at;
        operation->value = operation->key + operation->header.key_length;
        at += rest;
        if (operation->header.table >= TABLES) fail(path, "has a table of too high a number");
        if (operation->header.op == TRACE_UNSUPPORTED) {
            operation->value[0] = 0;
            fail("the trace cannot be replayed; the program used", operation->key);
        }
    }
    if (!operations) fail(path, "no memory for its operations");
}

static int writes_to(const struct operation *operation, long table) {
    int op = operation->header.op;
    return (op == TRACE_PUT || op == TRACE_CURSOR_PUT) && operation->header.table == table;
}

static long table_named(const char *name) {
    for (size_t i = 0; i < count; i++) {
        const struct trace_record *header = &operations[i].header;
        if (header->op == TRACE_TABLE && header->key_length == strlen(name) &&
            !memcmp(operations[i].key, name, header->key_length))
            return header->table;
    }
    fail("the trace has no table", name);
    return -1;
}

// Marks what belongs to committed transactions, and what of them is timed.
static void mark(const char *timed) {
    long table = timed ? table_named(timed) : -1;
    size_t begin = 0, first = SIZE_MAX, end = 0;
    int found = 0;
    for (size_t i = 0; i < count; i++) {
        int op = operations[i].header.op;
        if (op == TRACE_BEGIN) {
            begin = i;
            found = timed == NULL;
        }
        if (table >= 0 && writes_to(&operations[i], table)) found = 1;
        if (op != TRACE_COMMIT) continue;
        for (size_t j = begin; j <= i; j++) operations[j].replayed = 1;
        commits++;
        if (!found) continue;
        if (first == SIZE_MAX) first = begin;
        end = i;
    }
    for (size_t i = 0; i < count; i++) {
        operations[i].timed = operations[i].replayed && i >= first && i <= end;
        if (operations[i].timed && operations[i].header.op == TRACE_COMMIT) commits_timed++;
    }
}

static MDB_env *open_environment(const char *folder) {
    MDB_env *env;
    check(mdb_env_create(&env), "mdb_env_create");
    if (!count || operations[0].header.op != TRACE_ENVIRONMENT) fail("the trace", "has no opening");
    uint64_t size;
    memcpy(&size, operations[0].value, sizeof size);
    if (size) check(mdb_env_set_mapsize(env, size), "mdb_env_set_mapsize");
    check(mdb_env_set_maxdbs(env, TABLES), "mdb_env_set_maxdbs");
    check(mdb_env_open(env, folder, operations[0].header.flags, 0600), folder);
    return env;
}

static MDB_cursor *cursor_of(struct table *table, MDB_txn *txn) {
    if (!table->cursor) check(mdb_cursor_open(txn, table->handle, &table->cursor), table->name);
    return table->cursor;
}

// A program that replaces the value its cursor stands on need not look for it; nor does the replay,
// if its cursor stands there too.
static unsigned int cursor_flags(MDB_cursor *cursor, const MDB_val *key, uint32_t flags) {
    MDB_val here, value;
    if (!(flags & MDB_CURRENT)) return flags;
    if (!mdb_cursor_get(cursor, &here, &value, MDB_GET_CURRENT) && here.mv_size == key->mv_size &&
        !memcmp(here.mv_data, key->mv_data, key->mv_size))
        return flags;
    return flags & ~(uint32_t)MDB_CURRENT;
}

static void close_cursors(void) {
    for (int i = 0; i < TABLES; i++) {
        if (tables[i].cursor) mdb_cursor_close(tables[i].cursor);
        tables[i].cursor = NULL;
    }
}

static void open_table(MDB_txn *txn, const struct operation *operation) {
    struct table *table = &tables[operation->header.table];
    size_t length = operation->header.key_length;
    if (length >= sizeof table->name) fail("a table's name", "is too long");
    memcpy(table->name, operation->key, length);
    table->name[length] = 0;
    check(mdb_dbi_open(txn, length ? table->name : NULL, operation->header.flags | MDB_CREATE,
                       &table->handle),
          table->name);
    table->is_open = 1;
}

static void apply(MDB_txn *txn, const struct operation *operation, int reads) {
    const struct trace_record *header = &operation->header;
    if (header->op == TRACE_TABLE) {
        open_table(txn, operation);
        return;
    }
    struct table *table = &tables[header->table];
    MDB_val key = {header->key_length, operation->key};
    MDB_val value = {header->value_length, operation->value};
    MDB_cursor *cursor;
    int code = 0;
    switch (header->op) {
    case TRACE_PUT:
        code = mdb_put(txn, table->handle, &key, &value, header->flags);
        break;
    case TRACE_CURSOR_PUT:
        cursor = cursor_of(table, txn);
        code = mdb_cursor_put(cursor, &key, &value, cursor_flags(cursor, &key, header->flags));
        break;
    case TRACE_DELETE:
        code = mdb_del(txn, table->handle, &key, header->value_length ? &value : NULL);
        break;
    case TRACE_DROP: code = mdb_drop(txn, table->handle, (int)header->flags); break;
    case TRACE_GET:
        if (reads) code = mdb_get(txn, table->handle, &key, &value);
        break;
    case TRACE_SEEK:
    case TRACE_STEP:
        if (reads) code = mdb_cursor_get(cursor_of(table, txn), &key, &value, header->flags);
        // A step from nowhere: the program's cursor stood, this one does not.
        if (code == EINVAL) code = 0;
        break;
    default: return;
    }
    if (code == MDB_KEYEXIST && operation->timed) table->existing++;
    if (code && code != MDB_NOTFOUND && code != MDB_KEYEXIST) check(code, table->name);
}

// Counts what the timed transactions do, by table.
static void tally(void) {
    for (size_t i = 0; i < count; i++) {
        const struct trace_record *header = &operations[i].header;
        if (!operations[i].timed) continue;
        struct table *table = &tables[header->table];
        switch (header->op) {
        case TRACE_PUT:
        case TRACE_CURSOR_PUT:
            table->puts++;
            table->bytes += header->key_length + header->value_length;
            break;
        case TRACE_DELETE: table->deletes++; break;
        case TRACE_GET: table->gets++; break;
        case TRACE_SEEK: table->seeks++; break;
        case TRACE_STEP: table->steps++; break;
        }
    }
}

static double replay(MDB_env *env, int reads) {
    MDB_txn *txn = NULL;
    double started = 0, ended = 0, before = 0;
    for (size_t i = 0; i < count; i++) {
        const struct operation *operation = &operations[i];
        if (!operation->replayed) continue;
        if (operation->timed && started == 0) started = now();
        if (operation->header.op == TRACE_BEGIN) {
            check(mdb_txn_begin(env, NULL, operation->header.flags, &txn), "mdb_txn_begin");
        } else if (operation->header.op == TRACE_COMMIT) {
            before = now();
            close_cursors();
            check(mdb_txn_commit(txn), "mdb_txn_commit");
            if (!operation->timed) continue;
            ended = now();
            seconds_committing += ended - before;
        } else {
            apply(txn, operation, reads);
        }
    }
    return ended - started;
}

static void print(double seconds, const char *folder) {
    printf("{\"seconds\":%.6f,\"commit_seconds\":%.6f,\"transactions\":%ld,\"setup\":%ld,", seconds,
           seconds_committing, commits_timed, commits - commits_timed);
    printf("\"tables\":[");
    const char *separator = "";
    for (int i = 0; i < TABLES; i++) {
        const struct table *table = &tables[i];
        if (!table->is_open) continue;
        printf("%s{\"name\":\"%s\",\"puts\":%ld,\"existing\":%ld,\"deletes\":%ld,",
               separator, table->name, table->puts, table->existing, table->deletes);
        printf("\"gets\":%ld,\"seeks\":%ld,\"steps\":%ld,\"bytes\":%lld}", table->gets,
               table->seeks, table->steps, table->bytes);
        separator = ",";
    }
    char path[4096];
    struct stat status;
    snprintf(path, sizeof path, "%s/data.mdb", folder);
    printf("],\"file_bytes\":%lld}\n", stat(path, &status) ? -1LL : (long long)status.st_size);
}

int main(int argc, char **argv) {
    if (argc < 3) fail("usage", "replay TRACE FOLDER [--timed TABLE] [--reads]");
    const char *timed = NULL;
    int reads = 0;
    for (int i = 3; i < argc; i++) {
        if (!strcmp(argv[i], "--reads")) reads = 1;
        else if (!strcmp(argv[i], "--timed") && i + 1 < argc) timed = argv[++i];
        else fail("unknown option", argv[i]);
    }
    parse(argv[1]);
    mark(timed);
    MDB_env *env = open_environment(argv[2]);
    double seconds = replay(env, reads);
    tally();
    mdb_env_close(env);
    print(seconds, argv[2]);
    return 0;
}
