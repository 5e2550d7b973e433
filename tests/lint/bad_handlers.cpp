// Handlers as they must not be, for lint.handlers-can-fail: six complaints about three of them.
namespace cpu {

struct Op;
struct Core;
using Handler = void (*)(const Op*, Core*, long, unsigned long, unsigned long, unsigned long);
#define HOT const Op *op, Core *core, long left, unsigned long a, unsigned long b, unsigned long kind
#define NEXT (*(const Handler*)op)(op, core, left, a, b, kind)

__attribute__((noinline)) void good(HOT) { return NEXT; }
void callsAnother(HOT) {
    good(op, core, left, a, b, kind);
    asm volatile("");
    good(op, core, left, a, b, kind + 1);
}
void returns(const Op*, Core*, long, unsigned long, unsigned long, unsigned long) {}
void callsTheNext(HOT) {
    NEXT;
    asm volatile("");
}

}  // namespace cpu
