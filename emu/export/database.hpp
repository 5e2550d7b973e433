// SQLite for one writer. Errors are thrown as std::runtime_error with what SQLite says.
#pragma once

#include "traces/event.hpp"

#include <memory>
#include <optional>
#include <sqlite3.h>
#include <string>

namespace emu {

class Statement {
public:
    Statement() = default;
    Statement(sqlite3* database, std::string_view sql);
    explicit operator bool() const noexcept { return statement_ != nullptr; }

    void bind(int column, u64 number) { bindNumber(column, static_cast<i64>(number)); }
    void bind(int column, int number) { bindNumber(column, number); }
    void bind(int column, std::optional<u64> number);
    void bind(int column, std::string_view text);
    // NULL when it is absent. Without a type: numbers as INTEGER, hex and the rest as TEXT, lists and objects as JSON.
    void bind(int column, const traces::Value* value, traces::AttrType type = traces::AttrType::any);
    void step();

    template <class... Values>
    void run(const Values&... values) {
        int column = 0;
        (bind(++column, values), ...);
        step();
    }

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };
    void bindNumber(int column, i64 number);
    void check(int status) const;

    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
public:
    explicit Database(const std::string& path);     // a new one: what the file held is lost
    void execute(const std::string& sql);
    Statement prepare(std::string_view sql) { return Statement(database_.get(), sql); }

private:
    struct Close {
        void operator()(sqlite3* database) const noexcept;
    };
    std::string path_;
    std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace emu
