#include "go_asm.h"
#include "textflag.h"

// func prefetch(addr uintptr)
TEXT ·prefetch(SB), NOSPLIT, $0-8
	MOVD addr+0(FP), R0
	PRFM (R0), PLDL1KEEP
	RET

// func prefetchTwo(addr uintptr)
TEXT ·prefetchTwo(SB), NOSPLIT, $0-8
	MOVD addr+0(FP), R0
	PRFM (R0), PLDL1KEEP
	PRFM 64(R0), PLDL1KEEP
	RET

// func prefetchThree(addr uintptr)
TEXT ·prefetchThree(SB), NOSPLIT, $0-8
	MOVD addr+0(FP), R0
	PRFM (R0), PLDL1KEEP
	PRFM 64(R0), PLDL1KEEP
	PRFM 128(R0), PLDL1KEEP
	RET

// Of the goroutine's descriptor a switch touches 0x10 to 0xd8 and 0x180 to 0x190, in
// Go 1.26; of the stack six lines, and of what iter.Pull allocates four.

// func prefetchSwitch(m *memory)
TEXT ·prefetchSwitch(SB), NOSPLIT, $0-8
	MOVD m+0(FP), R0
	MOVD memory_stack(R0), R1
	PRFM (R1), PLDL1KEEP
	PRFM 64(R1), PLDL1KEEP
	PRFM 128(R1), PLDL1KEEP
	PRFM 192(R1), PLDL1KEEP
	PRFM 256(R1), PLDL1KEEP
	PRFM 320(R1), PLDL1KEEP
	MOVD memory_g(R0), R1
	PRFM 16(R1), PLDL1KEEP
	PRFM 80(R1), PLDL1KEEP
	PRFM 144(R1), PLDL1KEEP
	PRFM 208(R1), PLDL1KEEP
	PRFM 384(R1), PLDL1KEEP
	MOVD memory_pull(R0), R1
	PRFM (R1), PLDL1KEEP
	PRFM 64(R1), PLDL1KEEP
	PRFM 128(R1), PLDL1KEEP
	PRFM 192(R1), PLDL1KEEP
	RET

// func currentG() uintptr
TEXT ·currentG(SB), NOSPLIT, $0-8
	MOVD g, R0
	MOVD R0, ret+0(FP)
	RET
