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

static int unlinkName(const std::string& directory, const std::string& name) {
    dentry* const parent = *path_lookup(directory, AT_FDCWD, true);
    dentry* const victim = d_lookup(parent, name);
    const int error = parent->d_inode->i_op->unlink(parent->d_inode, victim);
    dput(victim);
    dput(parent);
    return error;
}
static int renameName(const std::string& directory, const std::string& from, const std::string& to) {
    dentry* const parent = *path_lookup(directory, AT_FDCWD, true);
    dentry* const what = d_lookup(parent, from);
    const int error = parent->d_inode->i_op->rename(parent->d_inode, what, parent->d_inode, parent, to);
    dput(what);
    dput(parent);
    return error;
}

TEST_CASE("--bind ...:rw: an open file stays itself when its name goes", "[fs]") {
    World world;
    mountMemoryRoot();
    REQUIRE(bindHost("/tree/etc", "/data", true) == 0);
    file* const old = mustOpen("/data/name", O_RDWR);
    REQUIRE(unlinkName("/data", "name") == 0);
    create("/data/name", "successor");
    put(old, "lost", 0);
    REQUIRE(setInodeSize(old->f_inode, 2) == 0);
    CHECK(readAll(old, 0) == "lo");
    CHECK(world.host.files.at("/tree/etc/name").content == "successor");
    fput(old);
    CHECK(contentOf("/data/name") == "successor");
    CHECK(world.host.held.empty());
}

TEST_CASE("--bind ...:rw: an open file stays itself when another takes its name, or it another", "[fs]") {
    World world;
    mountMemoryRoot();
    REQUIRE(bindHost("/tree/etc", "/data", true) == 0);
    create("/data/fresh", "fresh");
    file* const old = mustOpen("/data/name", O_WRONLY);
    file* const fresh = mustOpen("/data/fresh", O_RDWR);
    REQUIRE(renameName("/data", "fresh", "name") == 0);
    put(old, "lost", 0);
    CHECK(world.host.files.at("/tree/etc/name").content == "fresh");
    put(fresh, "F", 0);
    CHECK(world.host.files.at("/tree/etc/name").content == "Fresh");
    create("/data/fresh", "next");
    put(fresh, "B", 0);
    CHECK(world.host.files.at("/tree/etc/name").content == "Bresh");
    CHECK(world.host.files.at("/tree/etc/fresh").content == "next");
    CHECK(readAll(fresh, 0) == "Bresh");
    fput(old);
    fput(fresh);
    CHECK(world.host.held.empty());
}

TEST_CASE("--bind ...:rw: nothing is made or seen in a directory that is gone", "[fs]") {
    World world;
    mountMemoryRoot();
    REQUIRE(bindHost("/tree/etc", "/data", true) == 0);
    dentry* const data = *path_lookup("/data", AT_FDCWD, true);
    inode_operations* const op = data->d_inode->i_op;
    REQUIRE(op->mkdir(data->d_inode, data, "sub", 0755) == 0);
    dentry* const sub = *path_lookup("/data/sub", AT_FDCWD, true);
    REQUIRE(op->rmdir(data->d_inode, sub) == 0);
    REQUIRE(op->mkdir(data->d_inode, data, "sub", 0755) == 0);
    create("/data/sub/file", "in the new one");
    CHECK(op->create(sub->d_inode, sub, "other", 0644) == -ENOENT);
    CHECK(op->lookup(sub->d_inode, sub, "file").value() == nullptr);
    CHECK_FALSE(world.host.files.contains("/tree/etc/sub/other"));
    dput(sub);
    dput(data);
}
