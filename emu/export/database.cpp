#include "emu/export/database.hpp"

#include "emu/tools/read_trace.hpp"
#include "emu/tracing.hpp"
#include "traces/json_text.hpp"

#include <stdexcept>

namespace emu {

using traces::AttrType;
using traces::Value;

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }

Statement::Statement(sqlite3* database, std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int status = sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
    statement_.reset(statement);
    if (status != SQLITE_OK) throw std::runtime_error("cannot write the database: " + std::string(sqlite3_errmsg(database)));
}

void Statement::check(int status) const {
    if (status == SQLITE_OK || status == SQLITE_DONE) return;
    const std::string message = "cannot write the database: " + std::string(sqlite3_errmsg(sqlite3_db_handle(statement_.get())));
    if ((status & 0xff) == SQLITE_CONSTRAINT) throw TraceProblem(message);      // two events of one number
    throw std::runtime_error(message);
}

void Statement::bindNumber(int column, i64 number) { check(sqlite3_bind_int64(statement_.get(), column, number)); }

void Statement::bind(int column, std::optional<u64> number) {
    if (number) bind(column, *number);
    else check(sqlite3_bind_null(statement_.get(), column));
}

void Statement::bind(int column, std::string_view text) {
    check(sqlite3_bind_text64(statement_.get(), column, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::bind(int column, const Value* value, AttrType type) {
    if (!value || value->type == Value::Type::null) return check(sqlite3_bind_null(statement_.get(), column));
    switch (value->type) {
        case Value::Type::boolean:
        case Value::Type::count: return bindNumber(column, value->asCount());
        case Value::Type::hex:
            if (type != AttrType::any) return bindNumber(column, value->asCount());
            break;
        case Value::Type::text: {
            if (type != AttrType::bytes) return bind(column, std::string_view(value->string));
            const std::string bytes = traces::bytesFromHex(value->string);
            return check(sqlite3_bind_blob64(statement_.get(), column, bytes.data(), bytes.size(), SQLITE_TRANSIENT));
        }
        default: break;
    }
    std::string text;
    traces::appendValue(text, *value);
    if (value->type == Value::Type::hex) text = text.substr(1, text.size() - 2);
    bind(column, std::string_view(text));
}

void Statement::step() {
    check(sqlite3_step(statement_.get()));
    check(sqlite3_reset(statement_.get()));
}

void Database::Close::operator()(sqlite3* database) const noexcept { sqlite3_close(database); }

Database::Database(const std::string& path) : path_(path) {
    openSink(path, path);       // says why when it cannot be written, and empties it
    sqlite3* database = nullptr;
    const int status = sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE, nullptr);
    database_.reset(database);
    if (status != SQLITE_OK) throw std::runtime_error("cannot write " + path + ": " + sqlite3_errmsg(database));
    // Not worth a journal: a database that was not finished is made again from its trace.
    execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA page_size=8192; PRAGMA cache_size=-16384;");
}

void Database::execute(const std::string& sql) {
    if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
        throw std::runtime_error("cannot write " + path_ + ": " + sqlite3_errmsg(database_.get()));
}

}  // namespace emu
