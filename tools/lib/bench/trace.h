// The trace that recorder.c writes and replay.c reads: what one process asked of LMDB.
//
// A file is the eight bytes of TRACE_MAGIC and then records: this header, the key, the value. Both
// ends run on one machine, so numbers are as the processor keeps them.
#ifndef FORETWIN_TRACE_H
#define FORETWIN_TRACE_H

#include <stdint.h>

#define TRACE_MAGIC "FTTRACE1"

enum {
    TRACE_ENVIRONMENT = 'E',  // flags: those of mdb_env_open; value: the map's size, 8 bytes
    TRACE_TABLE = 'T',        // key: name; table: its handle; flags: as given to mdb_dbi_open
    TRACE_BEGIN = 'B',        // a write transaction begins; all below belong to it
    TRACE_COMMIT = 'K',
    TRACE_ABORT = 'A',
    TRACE_PUT = 'P',          // mdb_put; flags without MDB_RESERVE
    TRACE_CURSOR_PUT = 'C',   // mdb_cursor_put
    TRACE_DELETE = 'D',       // mdb_del and mdb_cursor_del; value: the one item to delete, if any
    TRACE_DROP = 'X',         // mdb_drop; flags: its argument `del`
    TRACE_GET = 'G',          // mdb_get
    TRACE_SEEK = 'S',         // mdb_cursor_get with a key; flags: the MDB_cursor_op
    TRACE_STEP = 'N',         // mdb_cursor_get without a key; flags: the MDB_cursor_op
    TRACE_UNSUPPORTED = '!',  // key: what was done that cannot be replayed
};

struct trace_record {
    uint8_t op;
    uint8_t unused;
    uint16_t key_length;
    uint32_t value_length;
    uint32_t table;
    uint32_t flags;
};

#endif
