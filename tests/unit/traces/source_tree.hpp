// Files of the source tree that are generated, and the way to write them again.
#pragma once

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

inline std::string sourcePath(const std::string& name) { return std::string(EXECSCOPE_SOURCE_DIR) + "/" + name; }

inline std::string contentOf(const std::string& name) {
    std::ifstream in(sourcePath(name), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

// With EXECSCOPE_WRITE_PAGES set in the environment, `text` becomes the file's content first.
inline std::string generated(const std::string& name, const std::string& text) {
    if (std::getenv("EXECSCOPE_WRITE_PAGES")) std::ofstream(sourcePath(name), std::ios::binary) << text;
    return contentOf(name);
}
