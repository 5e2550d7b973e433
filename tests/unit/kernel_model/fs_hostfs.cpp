#include "tests/unit/kernel_model/fs_world.hpp"

using namespace fs_test;

static std::vector<std::string> list(const std::string& path) {
    file* const f = mustOpen(path, O_RDONLY);
    std::vector<DirectoryEntry> entries;
    REQUIRE(f->f_op->readdir(f, entries) == 0);
    fput(f);
    std::vector<std::string> names;
    for (const auto& e : entries) names.push_back(e.name);
    return names;
}
using Names = std::vector<std::string>;

TEST_CASE("--root: the host below, changes in memory", "[fs]") {
    World world;
    mountHostRoot("/tree");
    CHECK(contentOf("/etc/name") == "guest\n");
    CHECK(contentOf("/link") == "guest\n");
    CHECK(list("/") == Names{".", "..", "big", "etc", "link"});
    create("/etc/name", "changed");
    create("/etc/other", "new");
    CHECK(contentOf("/etc/name") == "changed");
    CHECK(world.host.files.at("/tree/etc/name").content == "guest\n");
    CHECK(list("/etc") == Names{".", "..", "name", "other"});
    file* const big = mustOpen("/big", O_RDWR);
    put(big, "X", 5000);
    CHECK(readAll(big, 4999).substr(0, 3) == "bXb");
    REQUIRE(setInodeSize(big->f_inode, 6000) == 0);
    REQUIRE(setInodeSize(big->f_inode, 9000) == 0);
    CHECK(readAll(big, 5999) == "b" + std::string(3000, '\0'));
    inode* const root = rootDentry()->d_inode;
    REQUIRE(root->i_op->unlink(root, big->f_path) == 0);
    fput(big);
    CHECK(lookupError("/big") == -ENOENT);
    CHECK(list("/") == Names{".", "..", "etc", "link"});
    CHECK(world.host.files.contains("/tree/big"));
    file* const init = openInit();
    CHECK(init == nullptr);
}

TEST_CASE("--bind: read-only unless said", "[fs]") {
    World world;
    mountMemoryRoot();
    REQUIRE(bindHost("/tree/big", "/usr/bin/big", false) == 0);
    CHECK(contentOf("/usr/bin/big").size() == 10000);
    CHECK(tryOpen("/usr/bin/big", O_WRONLY) == -EROFS);
    REQUIRE(bindHost("/tree/etc", "/data", true) == 0);
    create("/data/name", "through");
    create("/data/new", "too");
    CHECK(world.host.files.at("/tree/etc/name").content == "through");
    CHECK(world.host.files.at("/tree/etc/new").content == "too");
    CHECK(bindHost("/none", "/x", false) == -ENOENT);
    CHECK(realName("/data/name") == "/data/name");
    CHECK(realName("/data/..") == "/");
}
