// Handlers as they must not be, for lint.handlers-can-fail: six complaints about three of them.
namespace cpu {

struct Op;
struct Core;
typedef long Carried __attribute__((vector_size(16)));
using Handler = void (*)(const Op*, Core*, long, unsigned long, unsigned long, unsigned long, Carried);
#define HOT const Op *op, Core *core, long left, unsigned long a, unsigned long b, unsigned long kind, Carried carried
#define NEXT (*(const Handler*)op)(op, core, left, a, b, kind, carried)

__attribute__((noinline)) void good(HOT) { return NEXT; }
void callsAnother(HOT) {
    good(op, core, left, a, b, kind, carried);
    asm volatile("");
    good(op, core, left, a, b, kind + 1, carried);
}
void returns(const Op*, Core*, long, unsigned long, unsigned long, unsigned long, Carried) {}
void callsTheNext(HOT) {
    NEXT;
    asm volatile("");
}

}  // namespace cpu
