#include "tests/unit/kernel_model/fs_world.hpp"

using namespace fs_test;

static void makeLink(const std::string& name, const std::string& target) {
    auto tmp = path_lookup("/tmp", AT_FDCWD, true);
    REQUIRE((*tmp)->d_inode->i_op->symlink((*tmp)->d_inode, *tmp, name, target) == 0);
    dput(*tmp);
}

TEST_CASE("path walk: dots, slashes and the root", "[fs]") {
    World world;
    mountMemoryRoot();
    create("/tmp/a", "x");
    CHECK(realName("/") == "/");
    CHECK(realName("/../..") == "/");
    CHECK(realName("/tmp/../tmp/./a") == "/tmp/a");
    CHECK(realName("/proc/..") == "/");
    CHECK(realName("/dev/host/../../tmp//a") == "/tmp/a");
    CHECK(lookupError("") == 0);              // the working directory; getname refuses it in system calls
    CHECK(lookupError("/none") == -ENOENT);
    CHECK(lookupError("/tmp/a/") == -ENOTDIR);
    CHECK(lookupError("/tmp/a/b") == -ENOTDIR);
    CHECK(lookupError("/" + std::string(256, 'n')) == -ENAMETOOLONG);
}

TEST_CASE("path walk: symbolic links", "[fs]") {
    World world;
    mountMemoryRoot();
    create("/tmp/a", "x");
    makeLink("s", "a");
    makeLink("absolute", "/tmp/s");
    makeLink("up", "../tmp/a");
    makeLink("directory", ".");
    makeLink("loop", "loop");
    makeLink("dangling", "new");
    CHECK(realName("/tmp/s") == "/tmp/a");
    CHECK(realName("/tmp/absolute") == "/tmp/a");
    CHECK(realName("/tmp/up") == "/tmp/a");
    CHECK(realName("/tmp/directory/directory/s") == "/tmp/a");
    CHECK(lookupError("/tmp/s/") == -ENOTDIR);
    CHECK(lookupError("/tmp/loop") == -ELOOP);
    CHECK(lookupError("/tmp/loop", false) == 0);
    CHECK(tryOpen("/tmp/s", O_RDONLY | O_NOFOLLOW) == -ELOOP);
    CHECK(tryOpen("/tmp/s", O_PATH | O_NOFOLLOW) == 0);
    CHECK(tryOpen("/tmp/dangling", O_CREAT | O_EXCL | O_WRONLY) == -EEXIST);
    CHECK(tryOpen("/tmp/dangling", O_CREAT | O_WRONLY) == 0);
    CHECK(lookupError("/tmp/new") == 0);
    std::string chain = "a";
    for (int i = 0; i < 41; ++i) {
        makeLink("c" + std::to_string(i), chain);
        chain = "c" + std::to_string(i);
    }
    CHECK(lookupError("/tmp/c39") == 0);
    CHECK(lookupError("/tmp/c40") == -ELOOP);
}

TEST_CASE("open: flags and permissions", "[fs]") {
    World world;
    mountMemoryRoot();
    create("/tmp/a", "12345", 0640);
    CHECK(tryOpen("/tmp/a", O_CREAT | O_EXCL | O_RDWR) == -EEXIST);
    CHECK(tryOpen("/tmp/a", O_DIRECTORY) == -ENOTDIR);
    CHECK(tryOpen("/tmp", O_WRONLY) == -EISDIR);
    CHECK(tryOpen("/tmp/", O_CREAT | O_RDWR) == -EISDIR);
    CHECK(tryOpen("/tmp/b/", O_CREAT | O_RDWR) == -EISDIR);
    CHECK(tryOpen("/tmp/a", O_WRONLY | O_TRUNC) == 0);
    CHECK(contentOf("/tmp/a").empty());
    CHECK(tryOpen("/dev/null", O_RDWR | O_TRUNC) == 0);
    world.becomeUser(1000);
    CHECK(tryOpen("/tmp/a", O_RDONLY) == -EACCES);
    CHECK(tryOpen("/new", O_CREAT | O_WRONLY) == -EACCES);
    CHECK(tryOpen("/tmp/mine", O_CREAT | O_WRONLY, 0) == 0);
    CHECK(tryOpen("/tmp/mine", O_RDONLY) == -EACCES);
}

TEST_CASE("open: a running program cannot be written, nor a written one run", "[fs]") {
    World world;
    mountMemoryRoot();
    create("/tmp/program", "x", 0755);
    file* const running = mustOpen("/tmp/program", O_RDONLY);
    REQUIRE(deny_write_access(running) == 0);
    CHECK(tryOpen("/tmp/program", O_WRONLY) == -ETXTBSY);
    allow_write_access(running);
    file* const writing = mustOpen("/tmp/program", O_WRONLY);
    CHECK(deny_write_access(running) == -ETXTBSY);
    fput(writing);
    CHECK(deny_write_access(running) == 0);
    allow_write_access(running);
    fput(running);
}
