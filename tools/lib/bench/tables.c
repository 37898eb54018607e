// Says what a store is made of: entries and pages by table.
//
//   cc -O2 -o tables tables.c -llmdb
//   tables STORE
//
// Prints one JSON object. The table "(free)" is LMDB's list of pages that await reuse, with those
// pages; "(main)" names the tables.
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void check(int code, const char *what) {
    if (!code) return;
    fprintf(stderr, "tables: %s: %s\n", what, mdb_strerror(code));
    exit(1);
}

static void print(const char *name, const MDB_stat *stat, size_t more_pages) {
    size_t pages = stat->ms_branch_pages + stat->ms_leaf_pages + stat->ms_overflow_pages;
    printf("{\"name\":\"%s\",\"entries\":%zu,\"depth\":%u,\"bytes\":%zu}", name, stat->ms_entries,
           stat->ms_depth, (pages + more_pages) * stat->ms_psize);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: tables STORE\n");
        return 1;
    }
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi main_table;
    MDB_stat stat;
    MDB_cursor *cursor;
    MDB_val key, value;
    check(mdb_env_create(&env), "mdb_env_create");
    check(mdb_env_set_mapsize(env, (size_t)1 << 40), "mdb_env_set_mapsize");
    check(mdb_env_set_maxdbs(env, 128), "mdb_env_set_maxdbs");
    check(mdb_env_open(env, argv[1], MDB_RDONLY | MDB_NOTLS, 0600), argv[1]);
    check(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), "mdb_txn_begin");

    // Table 0 is the list of free pages: each value is a count and that many page numbers.
    size_t free_pages = 0;
    check(mdb_cursor_open(txn, 0, &cursor), "mdb_cursor_open");
    while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
        size_t pages;
        memcpy(&pages, value.mv_data, sizeof pages);
        free_pages += pages;
    }
    mdb_cursor_close(cursor);
    check(mdb_stat(txn, 0, &stat), "mdb_stat");
    printf("{\"tables\":[");
    print("(free)", &stat, free_pages);

    check(mdb_dbi_open(txn, NULL, 0, &main_table), "the main table");
    check(mdb_stat(txn, main_table, &stat), "mdb_stat");
    printf(",");
    print("(main)", &stat, 0);
    check(mdb_cursor_open(txn, main_table, &cursor), "mdb_cursor_open");
    while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
        char name[512];
        MDB_dbi table;
        memcpy(name, key.mv_data, key.mv_size);
        name[key.mv_size] = 0;
        if (mdb_dbi_open(txn, name, 0, &table)) continue;
        check(mdb_stat(txn, table, &stat), name);
        printf(",");
        print(name, &stat, 0);
    }
    mdb_cursor_close(cursor);
    char path[4096];
    struct stat status;
    snprintf(path, sizeof path, "%s/data.mdb", argv[1]);
    printf("],\"file_bytes\":%lld}\n", lstat(path, &status) ? -1LL : (long long)status.st_size);
    mdb_txn_abort(txn);
    mdb_env_close(env);
    return 0;
}
