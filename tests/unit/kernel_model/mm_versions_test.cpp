// Copy on write and frame counts, in both kernel versions.
#include "mm_world.hpp"

#include <catch2/catch.hpp>

namespace kernel {
namespace {

// The version is chosen before the world makes its address space.
struct VersionWorld {
    const Version& before = version();
    explicit VersionWorld(const char* profile) { setVersion(*findVersion(profile)); }
    ~VersionWorld() { setVersion(before); }
};

int countOf(u64 pte) { return pfn_to_page(cpu::frameOf(pte))->_count; }
int mapsOf(u64 pte) { return pfn_to_page(cpu::frameOf(pte))->_mapcount; }

// "page#N field old>new" of every change of a page's counts.
struct CountWatcher : traces::Observer {
    std::vector<std::string> seen;
    CountWatcher() {
        traces::tracer().reset();
        traces::tracer().addObserver(this);
        traces::tracer().setMask(u64{1} << static_cast<unsigned>(traces::Kind::set));
    }
    ~CountWatcher() override { traces::tracer().reset(); }
    void event(const traces::Event& e) override {
        const std::string& object = e.find("object")->string;
        if (object.starts_with("page#"))
            seen.push_back(object + " " + e.find("field")->string + " " + std::to_string(e.find("old")->asCount()) +
                           ">" + std::to_string(e.find("new")->asCount()));
    }
};

}  // namespace

TEST_CASE("the trace shows how many refer to a page and how many map it", "[mm]") {
    for (const auto& [profile, count] : {std::pair("v3.10", "_count"), std::pair("v6.1", "_refcount")}) {
        INFO(profile);
        const VersionWorld chosen(profile);
        MmWorld world;
        REQUIRE(world.map(0x100000, 0x1000) == 0x100000);
        REQUIRE(world.write(0x100000, 1));
        const std::string frame = "page#" + std::to_string(cpu::frameOf(world.pte(0x100000))) + " ";
        CountWatcher watcher;
        mm_struct* child = dup_mm(&world.task);
        CHECK(watcher.seen == std::vector{frame + count + " 1>2", frame + "_mapcount 1>2"});
        watcher.seen.clear();
        mmput(child);
        CHECK(watcher.seen == std::vector{frame + "_mapcount 2>1", frame + count + " 2>1"});
    }
}

TEST_CASE("who writes first after fork gets the copy, who writes last keeps the page", "[mm]") {
    for (const char* profile : {"v3.10", "v6.1"})
        for (const bool child_first : {true, false}) {
            INFO(profile << " child first " << child_first);
            const VersionWorld chosen(profile);
            MmWorld world;
            mm_struct* parent = world.task.mm;
            REQUIRE(world.map(0x100000, 0x1000) == 0x100000);
            REQUIRE(world.write(0x100000, 1));
            const u64 original = world.pte(0x100000);
            mm_struct* child = dup_mm(&world.task);
            REQUIRE(child != nullptr);
            CHECK(countOf(original) == 2);
            CHECK(mapsOf(original) == 2);
            CHECK_FALSE(pte_write(world.pte(0x100000)));
            mm_struct *first = child_first ? child : parent, *last = child_first ? parent : child;
            world.use(first);
            REQUIRE(world.write(0x100000, 2));
            CHECK(cpu::frameOf(world.pte(0x100000)) != cpu::frameOf(original));
            CHECK(countOf(original) == 1);
            CHECK(mapsOf(original) == 1);
            world.use(last);
            CHECK(world.read(0x100000) == 1);
            REQUIRE(world.write(0x100000, 3));
            CHECK(cpu::frameOf(world.pte(0x100000)) == cpu::frameOf(original));
            CHECK(pte_write(world.pte(0x100000)));
            CHECK(frameLeftovers() == std::vector<std::string>{});
            world.use(parent);
            mmput(child);
            CHECK(frameLeftovers() == std::vector<std::string>{});
        }
}

TEST_CASE("all frames are free again when the address space is gone", "[mm]") {
    for (const char* profile : {"v3.10", "v6.1"}) {
        INFO(profile);
        const VersionWorld chosen(profile);
        MmWorld world;
        const u64 at_start = world.free_at_start;
        for (u64 i = 0; i < 40; ++i) {
            REQUIRE(world.map(0x100000 + i * 0x1000'0000, 0x4000) > 0);
            REQUIRE(world.write(0x101000 + i * 0x1000'0000, 7));
        }
        REQUIRE(sys_munmap(UserPtr<void>(0x100000 + 3 * 0x1000'0000), 0x2000) == 0);
        mm_struct* mm = world.task.mm;
        world.task.mm = nullptr;
        world.task.active_mm = nullptr;
        mmput(mm);
        CHECK(nr_free_pages() == at_start);
    }
}

TEST_CASE("a frame with a wrong count is found", "[mm]") {
    MmWorld world;
    REQUIRE(world.map(0x100000, 0x1000) == 0x100000);
    REQUIRE(world.write(0x100000, 1));
    CHECK(frameLeftovers().empty());
    page* lost = alloc_page();
    CHECK(frameLeftovers().size() == 1);
    put_page(lost);
    page* mapped = pfn_to_page(cpu::frameOf(world.pte(0x100000)));
    get_page(mapped);
    CHECK(frameLeftovers().size() == 1);
    put_page(mapped);
    mapped->_mapcount += 1;
    CHECK(frameLeftovers().size() == 1);
    mapped->_mapcount -= 1;
    CHECK(frameLeftovers().empty());
}

}  // namespace kernel
