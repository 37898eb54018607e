// Records what a program writes to LMDB, without the program's knowing.
//
//   cc -O2 -shared -fPIC -o recorder.so recorder.c -ldl
//   FORETWIN_TRACE=trace.bin LD_PRELOAD=./recorder.so foretwin ingest …
//
// Stands before liblmdb's functions, passes every call on, and appends it to the trace if it
// belongs to a write transaction. Only the environment of the first write transaction is recorded.
// See trace.h for the format and replay.c for its use.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static FILE *trace;
static int failed;
static MDB_env *recorded;   // the environment that is recorded
static size_t map_size;     // as last given to mdb_env_set_mapsize
static MDB_txn *writer;     // its open write transaction

// liblmdb calls its own functions by the same names; only calls from outside count.
static __thread int depth;

// A value that was asked for with MDB_RESERVE: its bytes come after the call has returned.
static struct {
    int waiting;
    uint8_t op;
    uint32_t table, flags;
    uint16_t key_length;
    uint32_t value_length;
    char key[511];
    const void *value;
} reserved;

#define REAL(name)                                                    \
    static __typeof__(&name) real;                                    \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name);     \
    if (!real) {                                                      \
        fprintf(stderr, "recorder: liblmdb has no %s\n", #name);      \
        abort();                                                      \
    }

static void append(const void *bytes, size_t count) {
    if (count && !failed && fwrite(bytes, 1, count, trace) != count) {
        failed = 1;
        perror("recorder: cannot write the trace");
    }
}

static void record(uint8_t op, uint32_t table, uint32_t flags, const void *key, size_t key_length,
                   const void *value, size_t value_length) {
    struct trace_record header = {op,    0, (uint16_t)key_length, (uint32_t)value_length, table,
                                  flags};
    append(&header, sizeof header);
    append(key, key_length);
    append(value, value_length);
}

static void unsupported(const char *what) {
    record(TRACE_UNSUPPORTED, 0, 0, what, strlen(what), NULL, 0);
}

static void settle(void) {
    if (!reserved.waiting) return;
    reserved.waiting = 0;
    record(reserved.op, reserved.table, reserved.flags, reserved.key, reserved.key_length,
           reserved.value, reserved.value_length);
}

// Whether a call on `txn` is to be recorded; then the mutex is held until `leave`.
static int enter(MDB_txn *txn) {
    if (depth > 0) return 0;
    pthread_mutex_lock(&mutex);
    if (writer && txn == writer) {
        settle();
        return 1;
    }
    pthread_mutex_unlock(&mutex);
    return 0;
}

static void leave(void) { pthread_mutex_unlock(&mutex); }

static void put_done(uint8_t op, uint32_t table, uint32_t flags, const MDB_val *key,
                     const MDB_val *value, const MDB_val *given) {
    if (flags & MDB_MULTIPLE) unsupported("mdb_cursor_put with MDB_MULTIPLE");
    if (!(flags & MDB_RESERVE)) {
        // Asked to reserve and refused: there is no value, and none will be wanted.
        static const MDB_val none = {0, ""};
        if (given->mv_data == NULL) given = &none;
        record(op, table, flags, key->mv_data, key->mv_size, given->mv_data, given->mv_size);
        return;
    }
    reserved.waiting = 1;
    reserved.op = op;
    reserved.table = table;
    reserved.flags = flags & ~(uint32_t)MDB_RESERVE;
    reserved.key_length = (uint16_t)key->mv_size;
    memcpy(reserved.key, key->mv_data, key->mv_size);
    reserved.value_length = (uint32_t)value->mv_size;
    reserved.value = value->mv_data;
}

int mdb_env_set_mapsize(MDB_env *env, size_t size) {
    REAL(mdb_env_set_mapsize)
    if (depth == 0) map_size = size;
    return real(env, size);
}

// Begins the trace with the environment that the first write transaction belongs to.
static void start(MDB_env *env) {
    const char *name = getenv("FORETWIN_TRACE");
    trace = name ? fopen(name, "wb") : NULL;
    if (!trace) {
        perror("recorder: cannot make the file that FORETWIN_TRACE names");
        abort();
    }
    setvbuf(trace, NULL, _IOFBF, 1 << 20);
    append(TRACE_MAGIC, strlen(TRACE_MAGIC));
    uint64_t size = map_size;
    unsigned int flags = 0;
    mdb_env_get_flags(env, &flags);
    record(TRACE_ENVIRONMENT, 0, flags, NULL, 0, &size, sizeof size);
    recorded = env;
}

void mdb_env_close(MDB_env *env) {
    REAL(mdb_env_close)
    pthread_mutex_lock(&mutex);
    if (trace && env == recorded) {
        fflush(trace);
        recorded = NULL;
    }
    pthread_mutex_unlock(&mutex);
    depth++;
    real(env);
    depth--;
}

int mdb_txn_begin(MDB_env *env, MDB_txn *parent, unsigned int flags, MDB_txn **txn) {
    REAL(mdb_txn_begin)
    int outer = depth++ == 0;
    int code = real(env, parent, flags, txn);
    depth--;
    if (code || !outer || (flags & MDB_RDONLY)) return code;
    pthread_mutex_lock(&mutex);
    if (!trace) start(env);
    if (env == recorded) {
        if (parent) {
            settle();
            unsupported("a nested transaction");
        } else {
            writer = *txn;
            record(TRACE_BEGIN, 0, flags, NULL, 0, NULL, 0);
        }
    }
    pthread_mutex_unlock(&mutex);
    return code;
}

int mdb_txn_commit(MDB_txn *txn) {
    REAL(mdb_txn_commit)
    int here = enter(txn);
    if (here) {
        writer = NULL;
        leave();
    }
    depth++;
    int code = real(txn);
    depth--;
    if (here) {
        pthread_mutex_lock(&mutex);
        record(code ? TRACE_ABORT : TRACE_COMMIT, 0, 0, NULL, 0, NULL, 0);
        pthread_mutex_unlock(&mutex);
    }
    return code;
}

void mdb_txn_abort(MDB_txn *txn) {
    REAL(mdb_txn_abort)
    if (enter(txn)) {
        writer = NULL;
        record(TRACE_ABORT, 0, 0, NULL, 0, NULL, 0);
        leave();
    }
    depth++;
    real(txn);
    depth--;
}

int mdb_dbi_open(MDB_txn *txn, const char *name, unsigned int flags, MDB_dbi *table) {
    REAL(mdb_dbi_open)
    int here = enter(txn);
    depth++;
    int code = real(txn, name, flags, table);
    depth--;
    if (here) {
        if (!code) record(TRACE_TABLE, *table, flags, name, name ? strlen(name) : 0, NULL, 0);
        leave();
    }
    return code;
}

int mdb_put(MDB_txn *txn, MDB_dbi table, MDB_val *key, MDB_val *value, unsigned int flags) {
    REAL(mdb_put)
    int here = enter(txn);
    MDB_val given = *value;
    depth++;
    int code = real(txn, table, key, value, flags);
    depth--;
    if (here) {
        if (!code || code == MDB_KEYEXIST)
            put_done(TRACE_PUT, table, code ? flags & ~(unsigned)MDB_RESERVE : flags, key, value,
                     &given);
        leave();
    }
    return code;
}

int mdb_cursor_put(MDB_cursor *cursor, MDB_val *key, MDB_val *value, unsigned int flags) {
    REAL(mdb_cursor_put)
    int here = depth == 0 && enter(mdb_cursor_txn(cursor));
    MDB_val given = *value;
    depth++;
    int code = real(cursor, key, value, flags);
    depth--;
    if (here) {
        if (!code || code == MDB_KEYEXIST)
            put_done(TRACE_CURSOR_PUT, mdb_cursor_dbi(cursor),
                     code ? flags & ~(unsigned)MDB_RESERVE : flags, key, value, &given);
        leave();
    }
    return code;
}

int mdb_del(MDB_txn *txn, MDB_dbi table, MDB_val *key, MDB_val *value) {
    REAL(mdb_del)
    int here = enter(txn);
    depth++;
    int code = real(txn, table, key, value);
    depth--;
    if (here) {
        record(TRACE_DELETE, table, 0, key->mv_data, key->mv_size, value ? value->mv_data : NULL,
               value ? value->mv_size : 0);
        leave();
    }
    return code;
}

int mdb_cursor_del(MDB_cursor *cursor, unsigned int flags) {
    REAL(mdb_cursor_del)
    if (depth == 0 && enter(mdb_cursor_txn(cursor))) {
        MDB_val key, value;
        depth++;
        if (mdb_cursor_get(cursor, &key, &value, MDB_GET_CURRENT) == MDB_SUCCESS)
            record(TRACE_DELETE, mdb_cursor_dbi(cursor), flags, key.mv_data, key.mv_size, NULL, 0);
        depth--;
        leave();
    }
    depth++;
    int code = real(cursor, flags);
    depth--;
    return code;
}

int mdb_drop(MDB_txn *txn, MDB_dbi table, int del) {
    REAL(mdb_drop)
    if (enter(txn)) {
        record(TRACE_DROP, table, (uint32_t)del, NULL, 0, NULL, 0);
        leave();
    }
    depth++;
    int code = real(txn, table, del);
    depth--;
    return code;
}

int mdb_get(MDB_txn *txn, MDB_dbi table, MDB_val *key, MDB_val *value) {
    REAL(mdb_get)
    if (enter(txn)) {
        record(TRACE_GET, table, 0, key->mv_data, key->mv_size, NULL, 0);
        leave();
    }
    depth++;
    int code = real(txn, table, key, value);
    depth--;
    return code;
}

int mdb_cursor_get(MDB_cursor *cursor, MDB_val *key, MDB_val *value, MDB_cursor_op op) {
    REAL(mdb_cursor_get)
    if (depth == 0 && enter(mdb_cursor_txn(cursor))) {
        int seeks = op == MDB_SET || op == MDB_SET_KEY || op == MDB_SET_RANGE;
        record(seeks ? TRACE_SEEK : TRACE_STEP, mdb_cursor_dbi(cursor), op,
               seeks ? key->mv_data : NULL, seeks ? key->mv_size : 0, NULL, 0);
        leave();
    }
    depth++;
    int code = real(cursor, key, value, op);
    depth--;
    return code;
}

__attribute__((destructor)) static void finish(void) {
    if (trace && fclose(trace)) perror("recorder: cannot write the trace");
    trace = NULL;
}
