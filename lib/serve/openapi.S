/* SPDX-License-Identifier: MIT */
/* doc/openapi.json, as the service gives it. */
	.section .rodata
	.globl openapi_start, openapi_end
openapi_start:
	.incbin "doc/openapi.json"
openapi_end:
	.section .note.GNU-stack, "", @progbits
