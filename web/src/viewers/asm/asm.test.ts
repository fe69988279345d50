// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { cpuNow } from "../../../dev/clock";
import { demangle } from "./demangle";
import { bandsOf, quiet, visibleLines } from "./filter";
import { LineKind, parseAsm } from "./parse";
import { tokenize } from "./tokens";

const gcc = `	.file	"main.c"
	.text
.Ltext0:
	.file 1 "main.c"
	.file 2 "/usr/include" "stdio.h"
	.section	.rodata.str1.1,"aMS",@progbits,1
.LC0:
	.string	"hello"
.LC9:
	.string	"never used"
	.text
	.globl	main
	.type	main, @function
main:
.LFB0:
	.loc 1 3 1 view -0
	.cfi_startproc
	subq	$8, %rsp
	.loc 1 4 2
	leaq	.LC0(%rip), %rdi
	call	puts@PLT
	jmp	.L2
.L2:
	.loc 2 77 3
	# a comment of its own
	xorl	%eax, %eax	# eax
	.loc 1 5 1
	ret
	.cfi_endproc
	nop
.LFE0:
	.size	main, .-main
	.type	helper, @function
helper:
	.loc 2 80 1
	ret
	.ident	"GCC"
`;

const shown = (text: string, filters = quiet, source = "main.c"): string[] => {
	const asm = parseAsm(text);
	return Array.from(visibleLines(asm, filters, source), (i) => asm.lines[i]!.text.trim());
};

describe("assembly", () => {
	it("ties instructions to source lines until a function ends", () => {
		const asm = parseAsm(gcc);
		const lines = asm.lines.filter((l) => l.kind === LineKind.Instruction).map((l) => [l.text.trim().split(/\s/)[0], l.file < 0 ? "" : asm.files[l.file], l.line]);
		expect(lines).toEqual([["subq", "main.c", 3], ["leaq", "main.c", 4], ["call", "main.c", 4], ["jmp", "main.c", 4], ["xorl", "/usr/include/stdio.h", 77], ["ret", "main.c", 5], ["nop", "", -1], ["ret", "/usr/include/stdio.h", 80]]);
	});
	it("is filtered to what its author wrote", () => {
		expect(shown(gcc)).toEqual([".LC0:", '.string\t"hello"', "main:", "subq\t$8, %rsp", "leaq\t.LC0(%rip), %rdi", "call\tputs@PLT", "jmp\t.L2", ".L2:", "xorl\t%eax, %eax\t# eax", "ret", "nop"]);
	});
	it("shows more when asked", () => {
		expect(shown(gcc, { ...quiet, library: true })).toContain("helper:");
		expect(shown(gcc, { ...quiet, comments: true })).toContain("# a comment of its own");
		expect(shown(gcc, { ...quiet, labels: true })).toContain(".LFB0:");
		expect(shown(gcc, { ...quiet, directives: true })).toContain(".cfi_startproc");
		const all = { directives: true, labels: true, comments: true, library: true };
		expect(shown(gcc, all)).toEqual(gcc.trimEnd().split("\n").map((l) => l.trim()));
	});
	it("gives neighbouring source lines different bands", () => {
		const asm = parseAsm(gcc);
		expect([...bandsOf(asm, visibleLines(asm, quiet, "main.c"), "src/main.c")]).toEqual([[3, 0], [4, 1], [5, 2]]);
	});
	it("hides library functions by name where lines are unknown", () => {
		expect(shown("main:\n\tcall _ZNSt6vectorIiE3fooEv\n\tret\n_ZNSt6vectorIiE3fooEv:\n\tnop\n", quiet, "a.cc")).toEqual(["main:", "call _ZNSt6vectorIiE3fooEv", "ret"]);
	});
	it("reads what objdump and nasm print", () => {
		const asm = parseAsm("Disassembly of section .text:\n\n0000000000401126 <main>:\n  401126:\t55                   \tpush   %rbp\n  401127:\tc3                   \tret\n");
		expect(asm.functions).toEqual(["main"]);
		expect(asm.lines.map((l) => l.kind)).toEqual([LineKind.Directive, LineKind.Blank, LineKind.Label, LineKind.Instruction, LineKind.Instruction]);
		expect(shown("section .data\nmsg: db \"hi\", 10\nglobal _start\nsection .text\n_start:\n  mov rsi, msg\n  ; note\n  syscall\n")).toEqual(['msg: db "hi", 10', "_start:", "mov rsi, msg", "syscall"]);
	});
	it("ties what objdump -lS prints to the source, and keeps the source text", () => {
		const asm = parseAsm("0000000000000000 <main>:\nmain():\n/tmp/main.c:3\nint main(void) {\n   0:\t55                   \tpush   %rbp\n/tmp/main.c:4 (discriminator 2)\n\treturn 0;\n   1:\tc3                   \tret\n");
		expect(asm.lines.filter((l) => l.kind === LineKind.Instruction).map((l) => [asm.files[l.file], l.line])).toEqual([["/tmp/main.c", 3], ["/tmp/main.c", 4]]);
		expect(Array.from(visibleLines(asm, quiet, "main.c"), (i) => asm.lines[i]!.text.trim().split(/\s+/)[0])).toEqual(["0000000000000000", "int", "0:", "return", "1:"]);
	});
	it("takes hostile input in bounded time", () => {
		const t = cpuNow();
		const long = `${"a".repeat(1_000_000)}\n${"\t.loc 1 ".repeat(1000)}\n${'"'.repeat(5000)}:\n${"[".repeat(5000)}\n`;
		const asm = parseAsm(long + "x:\n\tjmp x\n".repeat(20_000));
		visibleLines(asm, quiet, "x");
		tokenize("\\".repeat(4000) + '"'.repeat(90) + "'".repeat(90) + "#".repeat(2000));
		expect(cpuNow() - t).toBeLessThan(4000);
	});
	it("is cut into coloured parts that make up the line", () => {
		for (const line of gcc.split("\n")) expect(tokenize(line).map((t) => t.text).join("")).toBe(line);
		const kinds = (s: string) => tokenize(s).filter((t) => t.kind).map((t) => `${t.kind} ${t.text}`);
		expect(kinds("\tmovl\t$0x10, 8(%rax,%rbx,4)\t# note")).toEqual(["op movl", "num $0x10", "num 8", "reg %rax", "reg %rbx", "num 4", "com # note"]);
		expect(kinds("\tmov\teax, DWORD PTR [rbp-20]")).toEqual(["op mov", "reg eax", "dir DWORD", "dir PTR", "reg rbp", "num -20"]);
		expect(kinds("main:")).toEqual(["lab main"]);
		expect(kinds("\tcall\tputs@PLT")).toEqual(["op call", "name puts@PLT"]);
		expect(kinds("\tadd\tw0, w0, #1")).toEqual(["op add", "reg w0", "reg w0", "num #1"]);
	});
});

describe("names", () => {
	it.each([
		["main", "main"],
		["_Zinvalid", "_Zinvalid"],
		["_Z3addii", "add(int, int)"],
		["_Z1fv", "f()"],
		["_ZN3geo5Shape4areaEv", "geo::Shape::area()"],
		["_ZNK3geo5Shape4areaEv", "geo::Shape::area() const"],
		["_ZNSt6vectorIiSaIiEE9push_backERKi", "std::vector<int, std::allocator<int> >::push_back(int const&)"],
		["_ZN1AC2Ev", "A::A()"],
		["_ZN1AD0Ev", "A::~A()"],
		["_ZN1AIiEC1ERKS0_", "A<int>::A(A<int> const&)"],
		["_ZTV3Foo", "vtable for Foo"],
		["_ZGVZ4mainE1x", "guard variable for main::x"],
		["_Z1fIiEvT_", "void f<int>(int)"],
		["_Z3mapPFivE", "map(int (*)())"],
		["_Z1fPA3_i", "f(int (*) [3])"],
		["_Z1fM1AFvvE", "f(void (A::*)())"],
		["_Z1fIJidPKcEEvDpT_", "void f<int, double, char const*>(int, double, char const*)"],
		["_ZplRK1AS1_", "operator+(A const&, A const&)"],
		["_ZN1AcvbEv", "A::operator bool()"],
		["_ZlsRSoRK1A", "operator<<(std::ostream&, A const&)"],
		["_ZZ4mainENKUliE_clEi", "main::{lambda(int)#1}::operator()(int) const"],
		["_ZN12_GLOBAL__N_11fEv", "(anonymous namespace)::f()"],
		["_Z1fILi3ELb1EEvv", "void f<3, true>()"],
		["_Z3foov.cold", "foo() [clone .cold]"],
		["_Z3foov.constprop.0", "foo() [clone .constprop.0]"],
		["_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE4sizeEv", "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >::size()"],
		["_ZN4llvm10checkedAddIlEENSt9enable_ifIXsr3std9is_signedIT_EE5valueENS_8OptionalIS2_EEE4typeES2_S2_", "std::enable_if<std::is_signed<long>::value, llvm::Optional<long> >::type llvm::checkedAdd<long>(long, long)"],
		["_ZN4core3fmt9Formatter9write_str17h0123456789abcdefE", "core::fmt::Formatter::write_str"],
		["_ZN50_$LT$T$u20$as$u20$core..convert..Into$LT$U$GT$$GT$4into17h0123456789abcdefE", "<T as core::convert::Into<U>>::into"],
		["_RNvCs1234_7mycrate4main", "mycrate::main"],
		["_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar"],
		["_RNCNvCs1234_7mycrate4main0B3_", "mycrate::main::{closure#0}"],
		["_RINvNtC3std3mem8align_ofjE", "std::mem::align_of::<usize>"],
		["_RNvMCs1234_7mycrateNtB2_3Foo3new", "<mycrate::Foo>::new"],
		["_RNvXCs1234_7mycrateNtB2_3FooNtB2_5Trait3run", "<mycrate::Foo as mycrate::Trait>::run"],
		["_RNvCsjMaewn57Afh_1t4main", "t::main"],
		["_RINvNtCsgEmfK2I1SDS_4core3ptr13drop_in_placeNtNtCslNYArtu3iFV_5alloc6string6StringECsjMaewn57Afh_1t", "core::ptr::drop_in_place::<alloc::string::String>"],
		["_RNSNvYNCINvNtCsjrHSEGnQ3l9_3std2rt10lang_startuE0INtNtNtCsgEmfK2I1SDS_4core3ops8function6FnOnceuE9call_once6vtableCsjMaewn57Afh_1t", "<std::rt::lang_start<()>::{closure#0} as core::ops::function::FnOnce<()>>::call_once::{shim:vtable#0}"],
		["_RNvC6_123foo3bar", "123foo::bar"],
	])("%s: %s", (name, want) => {
		expect(demangle(name)).toBe(want);
	});
	it("that are hostile come back as they are, soon", () => {
		const t = cpuNow();
		for (const bad of ["_Z" + "P".repeat(4000) + "i", "_ZN" + "1a".repeat(1000) + "E", "_Z1f" + "S_".repeat(500), "_Z" + "N".repeat(3000), "_RI".repeat(900), "_RC1aB_", "_RBB_", "_Z1fIJ" + "S_".repeat(99) + "EEvDp" + "T_".repeat(99), "_Z" + "1aI".repeat(1300), "_Z1fI" + "iS_".repeat(100) + "EvDpT_"])
			expect(demangle(bad)).toBeTypeOf("string");
		expect(cpuNow() - t).toBeLessThan(1000);
	});
});
