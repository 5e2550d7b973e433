#include "emu/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace emu {

namespace {

spdlog::logger& logger() {
    static spdlog::logger instance = [] {
        spdlog::logger made("execscope", std::make_shared<spdlog::sinks::stderr_sink_st>());
        made.set_pattern("execscope: %v");
        made.set_level(spdlog::level::warn);
        return made;
    }();
    return instance;
}

}  // namespace

void setLogLevel(const std::string& level) { logger().set_level(spdlog::level::from_str(level == "error" ? "err" : level)); }
void say(const std::string& message) { logger().error(message); }
void warn(const std::string& message) { logger().warn(message); }
void inform(const std::string& message) { logger().info(message); }

}  // namespace emu
