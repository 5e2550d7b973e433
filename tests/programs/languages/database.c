/* SQLite in memory and in a file: tables, indices, joins, window functions, transactions, triggers, blobs, two connections. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int row(void *unused, int columns, char **values, char **names)
{
    (void)unused;
    for (int i = 0; i < columns; i++)
        printf("%s%s=%s", i ? " " : "", names[i], values[i] ? values[i] : "NULL");
    printf("\n");
    return 0;
}

static void run(sqlite3 *database, const char *text)
{
    char *message = NULL;
    if (sqlite3_exec(database, text, row, NULL, &message) != SQLITE_OK)
        printf("error: %s\n", message);
    sqlite3_free(message);
}

static const char schema[] =
    "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE, price REAL CHECK (price >= 0), data BLOB);"
    "CREATE INDEX by_price ON item (price);"
    "CREATE TABLE log (what TEXT, at INTEGER);"
    "CREATE TRIGGER logged AFTER UPDATE ON item BEGIN INSERT INTO log VALUES (old.name || '>' || new.price, new.id); END;";

static void fill(sqlite3 *database, int rows)
{
    sqlite3_stmt *insert;
    run(database, schema);
    run(database, "BEGIN");
    sqlite3_prepare_v2(database, "INSERT INTO item VALUES (?, ?, ?, ?)", -1, &insert, NULL);
    for (int i = 1; i <= rows; i++) {
        char name[32];
        snprintf(name, sizeof name, "item %d", i);
        sqlite3_bind_int(insert, 1, i);
        sqlite3_bind_text(insert, 2, name, -1, SQLITE_TRANSIENT);
        sqlite3_bind_double(insert, 3, i * 37 % 101 / 4.0);
        sqlite3_bind_zeroblob(insert, 4, i % 50);
        sqlite3_step(insert);
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    run(database, "COMMIT");
}

static void ask(sqlite3 *database)
{
    run(database, "SELECT count(*), sum(price), avg(length(data)), max(name) FROM item");
    run(database, "SELECT a.id, b.id, a.price FROM item a JOIN item b ON a.price = b.price AND a.id < b.id ORDER BY 1, 2 LIMIT 3");
    run(database, "SELECT id, rank() OVER (PARTITION BY id % 3 ORDER BY price DESC, id) AS r FROM item ORDER BY r, id LIMIT 5");
    run(database, "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 2000) SELECT sum(x * x % 7) FROM n");
    run(database, "UPDATE item SET price = price + 1 WHERE id <= 3");
    run(database, "SELECT * FROM log");
    run(database, "BEGIN; DELETE FROM item WHERE id > 10; ROLLBACK; SELECT count(*) FROM item");
    run(database, "INSERT INTO item (name, price) VALUES ('item 1', 1)");
    run(database, "INSERT INTO item (name, price) VALUES ('bad', -1)");
    run(database, "SELECT no_such(1)");
    run(database, "SELECT printf('%.3f', 10.0 / 3), upper('abc'), date('2024-02-28', '+2 days'), json_extract('{\"a\": [1, 2]}', '$.a[1]'), 9223372036854775807 + 1");
    run(database, "SELECT name FROM item WHERE name LIKE '%9%' AND name GLOB '*[12]' ORDER BY price, id LIMIT 3");
    run(database, "PRAGMA integrity_check");
}

static int beside(void)
{
    sqlite3 *other;
    sqlite3_open("items.db", &other);
    run(other, "SELECT count(*) FROM item");
    run(other, "BEGIN IMMEDIATE");
    return 3;
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return beside();
    sqlite3 *memory, *file;
    sqlite3_open(":memory:", &memory);
    fill(memory, 2000);
    ask(memory);
    sqlite3_close(memory);
    sqlite3_open("items.db", &file);
    run(file, "PRAGMA journal_mode = DELETE");
    fill(file, 300);
    run(file, "BEGIN IMMEDIATE");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        execl("/proc/self/exe", "database", "beside", NULL);
        _exit(127);
    }
    int status;
    waitpid(child, &status, 0);
    printf("%d\n", WEXITSTATUS(status));
    run(file, "COMMIT; VACUUM; PRAGMA journal_mode = WAL; INSERT INTO log VALUES ('wal', 1); SELECT count(*) FROM log");
    sqlite3_close(file);
    sqlite3_open_v2("items.db", &file, SQLITE_OPEN_READONLY, NULL);
    run(file, "SELECT count(*), sum(id) FROM item");
    run(file, "DELETE FROM item");
    sqlite3_close(file);
    return 0;
}
