#include "go_asm.h"
#include "textflag.h"

// func prefetch(addr uintptr)
TEXT ·prefetch(SB), NOSPLIT, $0-8
	MOVQ addr+0(FP), AX
	PREFETCHT0 (AX)
	RET

// func prefetchTwo(addr uintptr)
TEXT ·prefetchTwo(SB), NOSPLIT, $0-8
	MOVQ addr+0(FP), AX
	PREFETCHT0 (AX)
	PREFETCHT0 64(AX)
	RET

// func prefetchThree(addr uintptr)
TEXT ·prefetchThree(SB), NOSPLIT, $0-8
	MOVQ addr+0(FP), AX
	PREFETCHT0 (AX)
	PREFETCHT0 64(AX)
	PREFETCHT0 128(AX)
	RET

// Of the goroutine's descriptor a switch touches 0x10 to 0xd8 and 0x180 to 0x190, in
// Go 1.26; of the stack six lines, and of what iter.Pull allocates four.

// func prefetchSwitch(m *memory)
TEXT ·prefetchSwitch(SB), NOSPLIT, $0-8
	MOVQ m+0(FP), AX
	MOVQ memory_stack(AX), CX
	PREFETCHT0 (CX)
	PREFETCHT0 64(CX)
	PREFETCHT0 128(CX)
	PREFETCHT0 192(CX)
	PREFETCHT0 256(CX)
	PREFETCHT0 320(CX)
	MOVQ memory_g(AX), CX
	PREFETCHT0 16(CX)
	PREFETCHT0 80(CX)
	PREFETCHT0 144(CX)
	PREFETCHT0 208(CX)
	PREFETCHT0 384(CX)
	MOVQ memory_pull(AX), CX
	PREFETCHT0 (CX)
	PREFETCHT0 64(CX)
	PREFETCHT0 128(CX)
	PREFETCHT0 192(CX)
	RET

// func currentG() uintptr
TEXT ·currentG(SB), NOSPLIT, $0-8
	MOVQ (TLS), AX
	MOVQ AX, ret+0(FP)
	RET
