// The archive as read-only data; MINIBOX_BUSYBOX_TAR comes from cmake/busybox_image.cmake.
    .section .rodata.minibox_busybox_image, "a", %progbits
    .balign 16
    .globl minibox_busybox_image_begin
    .hidden minibox_busybox_image_begin
minibox_busybox_image_begin:
    .incbin MINIBOX_BUSYBOX_TAR
    .globl minibox_busybox_image_end
    .hidden minibox_busybox_image_end
minibox_busybox_image_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
