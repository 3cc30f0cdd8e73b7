/* profiles/default.json, embedded so that the daemon needs no file beside it. */
    .section .rodata
    .global minibox_default_profile
    .global minibox_default_profile_end
    .type minibox_default_profile, @object
    .type minibox_default_profile_end, @object
minibox_default_profile:
    .incbin MINIBOX_PROFILE_PATH
minibox_default_profile_end:
    .byte 0
    .section .note.GNU-stack,"",@progbits
