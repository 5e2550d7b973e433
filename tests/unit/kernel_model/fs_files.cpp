#include "tests/unit/kernel_model/fs_world.hpp"

using namespace fs_test;

TEST_CASE("files in memory: holes, append, truncate", "[fs]") {
    World world;
    mountMemoryRoot();
    file* const f = mustOpen("/tmp/a", O_CREAT | O_RDWR);
    CHECK(put(f, "abc", 5000) == 3);
    CHECK(f->f_inode->i_size == 5003);
    CHECK(readAll(f, 4998) == std::string("\0\0abc", 5));
    CHECK(setInodeSize(f->f_inode, 5001) == 0);
    CHECK(setInodeSize(f->f_inode, 5003) == 0);
    CHECK(readAll(f, 5000) == std::string("a\0\0", 3));
    f->f_flags |= O_APPEND;
    CHECK(put(f, "z") == 1);
    CHECK(f->f_inode->i_size == 5004);
    fput(f);
}

TEST_CASE("an unlinked open file lives until it is closed", "[fs]") {
    World world;
    mountMemoryRoot();
    const std::size_t before = traces::Object::live();
    file* const f = mustOpen("/tmp/a", O_CREAT | O_RDWR);
    put(f, "abc");
    inode* const tmp = directoryOf("/tmp");
    REQUIRE(tmp->i_op->unlink(tmp, f->f_path) == 0);
    CHECK(d_path(f->f_path) == "/tmp/a (deleted)");
    CHECK(readAll(f) == "abc");
    fput(f);
    CHECK(traces::Object::live() == before);
}

TEST_CASE("devices", "[fs]") {
    World world;
    mountMemoryRoot();
    std::array<u8, 3> bytes{1, 2, 3};
    loff_t pos = 0;
    file* const zero = mustOpen("/dev/zero", O_RDWR);
    CHECK(vfs_read(zero, bytes, pos) == 3);
    CHECK(bytes == std::array<u8, 3>{});
    fput(zero);
    file* const full = mustOpen("/dev/full", O_RDWR);
    CHECK(put(full, "x") == -ENOSPC);
    fput(full);
    CHECK(contentOf("/dev/null").empty());
    CHECK(tryOpen("/dev/tty", O_RDWR) == -ENXIO);
    file* const out = openHostStream(1);
    CHECK(put(out, "hello") == 5);
    CHECK(world.host.output == "hello");
    CHECK(S_ISFIFO(out->f_inode->i_mode));
    CHECK(!(out->f_mode & FMODE_LSEEK));
    fput(out);
}

TEST_CASE("descriptors: copies of the table, close on exec", "[fs]") {
    World world;
    mountMemoryRoot();
    const std::size_t before = traces::Object::live();
    const int fd = get_unused_fd_flags(O_CLOEXEC);
    CHECK(fd == 0);
    fd_install(0, mustOpen("/dev/null", O_RDONLY));
    const int second = get_unused_fd_flags(0);
    CHECK(second == 1);
    fd_install(1, get_file(current->files->fdt.fd[0]));
    int error = 0;
    files_struct* const copy = dup_fd(current->files, &error);
    CHECK(copy->fdt.fd[0]->f_count == 4);
    CHECK(copy->fdt.close_on_exec[0]);
    put_files_struct(copy);
    do_close_on_exec(current->files);
    CHECK(current->files->fdt.fd[0] == nullptr);
    CHECK(get_unused_fd_flags(0) == 0);
    put_unused_fd(0);
    CHECK(close_fd(1) == 0);
    CHECK(close_fd(1) == -EBADF);
    CHECK(traces::Object::live() == before);
}

TEST_CASE("an open file is counted in a call only when its table is shared", "[fs]") {
    World world;
    mountMemoryRoot();
    REQUIRE(get_unused_fd_flags(0) == 0);
    fd_install(0, mustOpen("/dev/null", O_RDONLY));
    {
        const FileRef alone(0);
        CHECK(alone->f_count == 1);
        CHECK_FALSE(FileRef(7));
    }
    current->files->count = 2;
    {
        const FileRef shared(0);
        CHECK(shared->f_count == 2);
    }
    current->files->count = 1;
    CHECK(current->files->fdt.fd[0]->f_count == 1);
}
