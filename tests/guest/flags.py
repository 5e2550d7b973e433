"""Writes flags.S: every flag producer in each width, with register and memory operands, before every condition.

Each test is: load two values, run the producer, and in the same basic block use the flags by jcc, setcc, cmovcc or sbb.
flags.c calls them over corner values and prints what comes out.
"""
CONDITIONS = ("o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g")
WIDTHS = {"b": ("al", "cl"), "w": ("ax", "cx"), "l": ("eax", "ecx"), "q": ("rax", "rcx")}
ALL = 0xffff
NO_OVERFLOW = ALL & ~0x3 & ~0xf000      # OF is undefined: without o, no and what is made from it
CARRY = 0xc                             # b and ae only
BINARY = {"add": ALL, "sub": ALL, "cmp": ALL, "and": ALL, "or": ALL, "xor": ALL, "test": ALL, "adc": ALL, "sbb": ALL}
UNARY = {"inc": ALL, "dec": ALL, "neg": ALL}
SHIFTS = {"shl": NO_OVERFLOW, "shr": NO_OVERFLOW, "sar": NO_OVERFLOW, "rol": CARRY, "ror": CARRY}


def producers():
    """(name, text of the producer on %rax or the memory, mask of the conditions that are defined after it)"""
    for width, (a, c) in WIDTHS.items():
        for name, defined in BINARY.items():
            yield f"{name}{width}_rr", f"{name} %{c}, %{a}", defined
            yield f"{name}{width}_mr", f"{name} %{c}, memory(%rip)", defined
            yield f"{name}{width}_mi", f"{name}{width} $1, memory(%rip)", defined
            yield f"{name}{width}_ri", f"{name} $-2, %{a}", defined
            if name != "test":
                yield f"{name}{width}_rm", f"{name} memory(%rip), %{a}", defined
        for name, defined in UNARY.items():
            yield f"{name}{width}_r", f"{name} %{a}", defined
            yield f"{name}{width}_m", f"{name}{width} memory(%rip)", defined
        for name, defined in SHIFTS.items():
            yield f"{name}{width}_c", f"{name} %cl, %{a}", defined
            yield f"{name}{width}_1", f"{name} %{a}", ALL if name[0] == "s" else CARRY | 3
            yield f"{name}{width}_3", f"{name} $3, %{a}", defined
            yield f"{name}{width}_m", f"{name}{width} $2, memory(%rip)", defined
        if width != "b":
            yield f"imul{width}_rr", f"imul %{c}, %{a}", 0x3 | CARRY
            yield f"bt{width}_rr", f"bt %{c}, %{a}", CARRY
            yield f"bsf{width}_rr", f"bsf %{c}, %{a}", 0x30
        yield f"mul{width}", f"mul %{c}", 0x3 | CARRY
        yield f"cmpxchg{width}", f"mov %rax, %rdx\n        cmpxchg %{c}, memory(%rip)", ALL
        yield f"xadd{width}", f"xadd %{c}, memory(%rip)", ALL


# Instructions that leave the flags alone, between a producer and its consumers.
BETWEEN = {"rep_stos": "lea scratch(%rip), %rdi\n        mov $3, %ecx\n        rep stosl", "stos": "lea scratch(%rip), %rdi\n        stosq",
           "rep_movs": "lea scratch(%rip), %rdi\n        lea left(%rip), %rsi\n        mov $2, %ecx\n        rep movsb",
           "rep_stos_0": "xchg %rcx, %rdx\n        mov $0, %ecx\n        rep stosb\n        xchg %rcx, %rdx",
           "push_pop": "push %rax\n        pop %rdx", "xchg": "xchg %rcx, memory(%rip)", "bswap": "bswap %rdx", "not": "not %rdx",

           "movaps": "movq %rax, %xmm0\n        movaps %xmm0, %xmm1", "pushf_popf": "pushfq\n        popfq", "lahf_sahf": "lahf\n        sahf",
           "call": "call nothing"}


def between():
    for name, text in BETWEEN.items():
        for first in ("cmp %rcx, %rax", "add %ecx, %eax", "dec %ax"):
            yield f"{first[:3]}_{name}", f"{first}\n        {text}", ALL


def consumers(label, text):
    load = "        mov left(%rip), %rax\n        mov right(%rip), %rcx\n        mov %rax, memory(%rip)\n        bt $0, %eax\n"
    for number, code in enumerate(CONDITIONS):
        yield f"{load}        {text}\n        j{code} {label}j{number}\n        jmp {label}k{number}\n" \
              f"{label}j{number}: or ${1 << number}, %r8d\n{label}k{number}:\n"
        yield f"{load}        {text}\n        set{code} %r11b\n        movzbl %r11b, %r11d\n        shl ${number}, %r11d\n        or %r11d, %r9d\n"
        yield f"        {load}        {text}\n        mov ${1 << number}, %esi\n        mov $0, %edi\n" \
              f"        cmov{code} %esi, %edi\n        or %edi, %r10d\n"
    yield f"{load}        {text}\n        sbb %edi, %edi\n"


def main():
    names = []
    print("        .text\nnothing: ret\n        .lcomm scratch, 64")
    for number, (name, text, defined) in enumerate([*producers(), *between()]):
        names.append((name, defined))
        print(f"test{number}:\n        xor %r8d, %r8d\n        xor %r9d, %r9d\n        xor %r10d, %r10d")
        for part in consumers(f".L{number}", text):
            print(part, end="")
        print("        mov %r8d, jumped(%rip)\n        mov %r9d, set(%rip)\n        mov %r10d, moved(%rip)\n        mov %edi, borrow(%rip)")
        print("        mov %rax, result(%rip)\n        ret")
    print("        .section .rodata\n        .globl tests\n        .balign 8\ntests:")
    for number, (name, defined) in enumerate(names):
        print(f"        .quad test{number}, name{number}, {defined}")
    print("        .quad 0, 0, 0")
    for number, (name, _) in enumerate(names):
        print(f'name{number}: .asciz "{name}"')
    print('        .section .note.GNU-stack,"",@progbits')


main()
