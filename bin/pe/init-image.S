/* SPDX-License-Identifier: MIT */
/* The guest's init as bytes: init_image_start up to init_image_end. */
	.section .rodata
	.global init_image_start, init_image_end
	.hidden init_image_start, init_image_end
	.balign 16
init_image_start:
	.incbin INIT_IMAGE
init_image_end:
	.section .note.GNU-stack, "", @progbits
