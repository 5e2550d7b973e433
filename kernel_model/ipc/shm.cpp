// System V shared memory: making, attaching and detaching segments (Linux ipc/shm.c; shmget(2), shmop(2)).
#include "kernel_model/ipc/shm.hpp"

#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/missing.hpp"
#include "kernel_model/include/linux/shm.hpp"
#include "kernel_model/include/linux/shmem_fs.hpp"
#include "kernel_model/fs/proc/internal.hpp"
#include "kernel_model/mm/internal.hpp"
#include "kernel_model/mm/memfd.hpp"

namespace kernel {
namespace {

using Segment = std::shared_ptr<shmid_kernel>;
Segment segmentOf(const vm_area_struct* vma) { return std::static_pointer_cast<shmid_kernel>(vma->vm_file->private_data); }
u64 pagesOf(const shmid_kernel* shp) { return (shp->shm_segsz + PAGE_SIZE - 1) >> PAGE_SHIFT; }

TRACED(void, shm_destroy, (shmid_kernel*, shp)) {
    shm_tot() -= pagesOf(shp);
    shm_ids().ipc_rmid(shp);
    fput(std::exchange(shp->shm_file, nullptr));
}

TRACED(Result<int>, newseg, (key_t, key), (size_t, size), (int, shmflg)) {
    const u64 pages = (size >> PAGE_SHIFT) + (size % PAGE_SIZE != 0);
    if (size < 1 || size > ipcVersion().shmmax) return Failure{-EINVAL};
    if (pages > ipcVersion().shmall - shm_tot() || pages > ~u64{0} >> (PAGE_SHIFT + 1)) return Failure{-ENOSPC};
    if (shmflg & SHM_HUGETLB) return Failure{missing(Missing::huge_segments)};     // as on a system without huge pages
    if (!(shmflg & SHM_NORESERVE)) TRY_INT(security_vm_enough_memory_mm(pages));
    auto shp = std::make_shared<shmid_kernel>();
    const int id = TRY(shm_ids().ipc_addid(shp, key, static_cast<umode_t>(shmflg & 0777), SHMMNI_DEFAULT));
    shp->shm_file = shmem_file_setup(format("SYSV%08x", static_cast<u32>(key)), static_cast<loff_t>(size));
    shp->shm_file->f_inode->i_ino = static_cast<u64>(id);
    shp->shm_segsz = size;
    shp->shm_cprid = current->tgid;
    shp->shm_ctim = ktime_get_real_seconds();
    shm_tot() += pages;
    return id;
}

// How an attachment may be used: protection, access mode of its file, permissions that it needs.
struct Use { u64 prot = PROT_READ | PROT_WRITE; u32 open_flags = O_RDWR; int permissions = 0666; };
Use useOf(int shmflg) {
    Use use;
    if (shmflg & SHM_RDONLY) use = {PROT_READ, O_RDONLY, 0444};
    if (shmflg & SHM_EXEC) {
        use.prot |= PROT_EXEC;
        use.permissions |= 0111;
    }
    return use;
}

Result<u64> placeOf(u64 address, int shmflg) {
    if (!(address % PAGE_SIZE)) {
        if (!address && (shmflg & SHM_REMAP)) return Failure{-EINVAL};
        return address;
    }
    if (!(shmflg & SHM_RND)) return Failure{-EINVAL};
    if (address < PAGE_SIZE && (shmflg & SHM_REMAP)) return Failure{-EINVAL};
    return address & PAGE_MASK;
}

// An open file of its own for each attachment: its VMAs are told by it.
Result<u64> attach(const Segment& shp, u64 address, bool fixed, int shmflg, const Use& use) {
    file* const f = TRY(newFile(dget(shp->shm_file->f_path), use.open_flags, shp->shm_file->f_op));
    f->f_mode |= FMODE_UNCOUNTED;
    f->private_data = shp;
    const u64 size = shp->shm_segsz;
    Result<u64> mapped = Failure{-EINVAL};
    const bool wraps = address + size < address;
    if (!fixed || (shmflg & SHM_REMAP) || (!wraps && !find_vma_intersection(current->mm, address, address + size)))
        mapped = version().mm.do_mmap(f, address, size, use.prot, MAP_SHARED | (fixed ? MAP_FIXED : 0), 0);
    if (mapped.ok()) {
        vm_area_struct* const vma = find_vma(current->mm, mapped.value());
        vma->vm_ops = &shm_vm_ops;
        shm_open(vma);
    }
    fput(f);
    return mapped;
}

}  // namespace

ipc_ids& shm_ids() {
    static auto& ids = *new ipc_ids;
    return ids;
}
u64& shm_tot() {
    static u64 pages = 0;
    return pages;
}
std::vector<file*> shmFiles() {
    std::vector<file*> all;
    for (const auto& [slot, object] : shm_ids().slots()) all.push_back(static_cast<shmid_kernel*>(object.get())->shm_file);
    return all;
}

const vm_operations_struct shm_vm_ops{};

TRACED(void, shm_open, (vm_area_struct*, vma)) {
    const Segment shp = segmentOf(vma);
    shp->shm_atim = ktime_get_real_seconds();
    shp->shm_lprid = current->tgid;
    ++shp->shm_nattch;
}
TRACED(void, shm_close, (vm_area_struct*, vma)) {
    const Segment shp = segmentOf(vma);
    shp->shm_lprid = current->tgid;
    shp->shm_dtim = ktime_get_real_seconds();
    --shp->shm_nattch;
    if (!shp->shm_nattch && (shp->mode & SHM_DESTROYED)) shm_destroy(shp.get());
}

void do_shm_rmid(shmid_kernel* shp) {
    if (!shp->shm_nattch) return shm_destroy(shp);
    shp->mode |= SHM_DESTROYED;
    shp->key = IPC_PRIVATE;                 // nobody finds it any more
}

SYSCALL_DEFINE(3, shmget, (int, key), (size_t, size), (int, shmflg)) {
    const auto fits = [size](kern_ipc_perm* p) { return static_cast<shmid_kernel*>(p)->shm_segsz < size ? -EINVAL : 0; };
    return ipcget(shm_ids(), key, shmflg, {[&] { return newseg(key, size, shmflg); }, fits});
}

TRACED(Result<u64>, do_shmat, (int, shmid), (UserPtr<void>, shmaddr), (int, shmflg)) {
    if (shmid < 0) return Failure{-EINVAL};
    const u64 address = TRY(placeOf(shmaddr.address, shmflg));
    const Use use = useOf(shmflg);
    const Segment shp = TRY(objectOf<shmid_kernel>(shm_ids(), shmid));
    if (ipcperms(shp.get(), use.permissions)) return Failure{-EACCES};
    return attach(shp, address, shmaddr.address != 0, shmflg, use);
}
SYSCALL_DEFINE(3, shmat, (int, shmid), (UserPtr<void>, shmaddr), (int, shmflg)) {
    return static_cast<long>(TRY(do_shmat(shmid, shmaddr, shmflg)));
}

// What one attachment has become: its first VMA lies at the address, the others not further than the segment is long.
SYSCALL_DEFINE(1, shmdt, (UserPtr<void>, shmaddr)) {
    const u64 address = shmaddr.address;
    if (address % PAGE_SIZE) return -EINVAL;
    mm_struct* const mm = current->mm;
    const file* attached = nullptr;
    u64 size = 0;
    for (vm_area_struct *vma = find_vma(mm, address), *next = nullptr; vma; vma = next) {
        next = vmaNext(vma);
        if (attached && vma->vm_end - address > PAGE_ALIGN(size)) break;
        if (vma->vm_ops != &shm_vm_ops || vma->vm_start - address != vma->vm_pgoff << PAGE_SHIFT) continue;
        if (attached && vma->vm_file != attached) continue;
        if (!attached) size = segmentOf(vma)->shm_segsz;
        attached = vma->vm_file;
        version().mm.do_munmap(mm, vma->vm_start, vma->vm_end - vma->vm_start);
    }
    return attached ? 0 : -EINVAL;
}

}  // namespace kernel
