#include "go_asm.h"
#include "textflag.h"

// Of the goroutine's descriptor a switch touches 0x10 to 0xd8 and 0x180 to 0x190, in
// Go 1.26; of the stack most often eight lines, and of what iter.Pull allocates four.

// func prefetch(p *Proc, receiver, place, payload uintptr)
TEXT ·prefetch(SB), NOSPLIT, $0-32
	MOVD receiver+8(FP), R0
	PRFM (R0), PLDL1KEEP
	PRFM 64(R0), PLDL1KEEP
	PRFM 128(R0), PLDL1KEEP
	MOVD place+16(FP), R0
	PRFM (R0), PLDL1KEEP
	PRFM 64(R0), PLDL1KEEP
	PRFM 128(R0), PLDL1KEEP
	MOVD payload+24(FP), R0
	PRFM (R0), PLDL1KEEP
	MOVD p+0(FP), R0
	CBZ R0, none
	MOVD (Proc_memory+memory_stack)(R0), R1
	PRFM (R1), PLDL1KEEP
	PRFM 64(R1), PLDL1KEEP
	PRFM 128(R1), PLDL1KEEP
	PRFM 192(R1), PLDL1KEEP
	PRFM 256(R1), PLDL1KEEP
	PRFM 320(R1), PLDL1KEEP
	PRFM 384(R1), PLDL1KEEP
	PRFM 448(R1), PLDL1KEEP
	MOVD (Proc_memory+memory_g)(R0), R1
	PRFM 16(R1), PLDL1KEEP
	PRFM 80(R1), PLDL1KEEP
	PRFM 144(R1), PLDL1KEEP
	PRFM 208(R1), PLDL1KEEP
	PRFM 384(R1), PLDL1KEEP
	MOVD (Proc_memory+memory_pull)(R0), R1
	PRFM (R1), PLDL1KEEP
	PRFM 64(R1), PLDL1KEEP
	PRFM 128(R1), PLDL1KEEP
	PRFM 192(R1), PLDL1KEEP
none:
	RET

// func currentG() uintptr
TEXT ·currentG(SB), NOSPLIT, $0-8
	MOVD g, R0
	MOVD R0, ret+0(FP)
	RET
