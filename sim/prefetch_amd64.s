#include "go_asm.h"
#include "textflag.h"

// Of the goroutine's descriptor a switch touches 0x10 to 0xd8 and 0x180 to 0x190, in
// Go 1.26; of the stack most often eight lines, and of what iter.Pull allocates four.

// func prefetch(p *Proc, receiver, place, payload uintptr)
TEXT ·prefetch(SB), NOSPLIT, $0-32
	MOVQ receiver+8(FP), AX
	PREFETCHT0 (AX)
	PREFETCHT0 64(AX)
	PREFETCHT0 128(AX)
	MOVQ place+16(FP), AX
	PREFETCHT0 (AX)
	PREFETCHT0 64(AX)
	PREFETCHT0 128(AX)
	MOVQ payload+24(FP), AX
	PREFETCHT0 (AX)
	MOVQ p+0(FP), AX
	TESTQ AX, AX
	JEQ none
	MOVQ (Proc_memory+memory_stack)(AX), CX
	PREFETCHT0 (CX)
	PREFETCHT0 64(CX)
	PREFETCHT0 128(CX)
	PREFETCHT0 192(CX)
	PREFETCHT0 256(CX)
	PREFETCHT0 320(CX)
	PREFETCHT0 384(CX)
	PREFETCHT0 448(CX)
	MOVQ (Proc_memory+memory_g)(AX), CX
	PREFETCHT0 16(CX)
	PREFETCHT0 80(CX)
	PREFETCHT0 144(CX)
	PREFETCHT0 208(CX)
	PREFETCHT0 384(CX)
	MOVQ (Proc_memory+memory_pull)(AX), CX
	PREFETCHT0 (CX)
	PREFETCHT0 64(CX)
	PREFETCHT0 128(CX)
	PREFETCHT0 192(CX)
none:
	RET

// func currentG() uintptr
TEXT ·currentG(SB), NOSPLIT, $0-8
	MOVQ (TLS), AX
	MOVQ AX, ret+0(FP)
	RET
