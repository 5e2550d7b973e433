// A SQLite database: a table for each kind of event, and calls and syscalls as intervals (docs/recipes.md).
#include "emu/export/exporter.hpp"
#include "emu/tools/call_walker.hpp"
#include "emu/export/database.hpp"
#include "traces/json_text.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace emu {

using traces::AttrType;
using traces::Event;
using traces::Kind;
using traces::Value;

namespace {

std::string tableName(const traces::KindInfo& kind) {
    const bool word = kind.name == "set" || kind.name == "check";     // words of SQL
    return std::string(kind.name) + (word ? "_" : "");
}

std::string columnType(AttrType type) {
    switch (type) {
        case AttrType::count:
        case AttrType::hex:
        case AttrType::boolean: return " INTEGER";
        case AttrType::bytes: return " BLOB";
        case AttrType::any: return "";
        default: return " TEXT";
    }
}

// "old", "new", "from", "end" and the like are words of SQL, too, but as columns they need no quotes in SQLite. "from" does.
std::string columnName(std::string_view attr) { return attr == "from" ? "from_" : std::string(attr); }

constexpr std::string_view INTERVALS =
    "CREATE TABLE calls(seq INTEGER PRIMARY KEY, end_seq INTEGER, insn INTEGER, end_insn INTEGER, pid INTEGER, depth INTEGER, "
    "parent INTEGER, function TEXT, args TEXT, result, injected INTEGER);"
    "CREATE TABLE syscalls(seq INTEGER PRIMARY KEY, end_seq INTEGER, insn INTEGER, end_insn INTEGER, pid INTEGER, nr INTEGER, "
    "name TEXT, args TEXT, result, errno TEXT);";

class SqliteExport final : public CallWalker {
public:
    explicit SqliteExport(const ExportTarget& target) : database_(target.path) {
        std::string tables = "CREATE TABLE events(seq INTEGER PRIMARY KEY, insn INTEGER, pid INTEGER, kind TEXT);";
        for (const traces::KindInfo& kind : traces::vocabulary()) {
            tables += "CREATE TABLE " + tableName(kind) + "(seq INTEGER PRIMARY KEY, insn INTEGER, pid INTEGER";
            for (const traces::AttrInfo& attr : kind.attrs)
                if (!envelope(attr.name)) tables += ", " + columnName(attr.name) + columnType(attr.type);
            tables += ");";
        }
        database_.execute(tables + std::string(INTERVALS) + "BEGIN;");
        event_ = database_.prepare("INSERT INTO events VALUES(?,?,?,?)");
        call_ = database_.prepare("INSERT INTO calls(seq,insn,pid,depth,parent,function,args) VALUES(?,?,?,?,?,?,?)");
        syscall_ = database_.prepare("INSERT INTO syscalls(seq,insn,pid,nr,name,args) VALUES(?,?,?,?,?,?)");
        return_ = database_.prepare("UPDATE calls SET end_seq=?, end_insn=?, result=?, injected=? WHERE seq=?");
        exit_ = database_.prepare("UPDATE syscalls SET end_seq=?, end_insn=?, result=?, errno=? WHERE seq=?");
    }

    void finish() {
        CallWalker::finish();
        database_.execute("CREATE INDEX calls_function ON calls(function); CREATE INDEX events_kind ON events(kind);"
                          "CREATE VIEW functions AS SELECT function, count(*) AS calls, sum(end_seq - seq) AS events, "
                          "sum(end_insn - insn) AS instructions FROM calls GROUP BY function; COMMIT;");
    }

private:
    static bool envelope(std::string_view name) { return name == "seq" || name == "insn" || name == "pid"; }

    void opened(Task& task, const Event& event) override {
        record(event);
        const Value* args = event.find("args");
        if (task.frames.back().syscall)
            return syscall_.run(event.seq, event.insn, event.pid, event.find("nr"), task.frames.back().name, args);
        const std::size_t depth = task.frames.size() - 1;
        std::optional<u64> parent;
        if (depth) parent = task.frames[depth - 1].seq;
        call_.run(event.seq, event.insn, event.pid, depth, parent, task.frames.back().name, args);
    }

    void closed(Task&, const Frame& frame, const Event* result) override {
        if (!result) return;      // end_seq stays NULL: it never returned
        record(*result);
        if (frame.syscall) exit_.run(result->seq, result->insn, result->find("result"), result->find("errno"), frame.seq);
        else return_.run(result->seq, result->insn, result->find("result"), result->find("injected"), frame.seq);
    }

    void other(Task&, const Event& event) override { record(event); }

    void record(const Event& event) {
        const traces::KindInfo& kind = traces::info(event.kind);
        event_.run(event.seq, event.insn, event.pid, kind.name);
        Statement& insert = inserts_[static_cast<std::size_t>(event.kind)];
        if (!insert) {
            std::string text = "INSERT INTO " + tableName(kind) + " VALUES(?,?,?";
            for (const traces::AttrInfo& attr : kind.attrs) text += envelope(attr.name) ? "" : ",?";
            insert = database_.prepare(text + ")");
        }
        insert.bind(1, event.seq);
        insert.bind(2, event.insn);
        insert.bind(3, event.pid);
        int column = 4;
        for (const traces::AttrInfo& attr : kind.attrs)
            if (!envelope(attr.name)) insert.bind(column++, event.find(attr.name), attr.type);
        insert.step();
    }

    Database database_;
    Statement event_, call_, syscall_, return_, exit_;
    std::array<Statement, traces::kindCount> inserts_;
};

}  // namespace

extern const ExportFormat sqliteFormat;
const ExportFormat sqliteFormat = {"sqlite", "a database; its tables: docs/recipes.md", true, makeExporter<SqliteExport>};

}  // namespace emu
