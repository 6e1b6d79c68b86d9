/* SPDX-License-Identifier: MIT */
/*
 * SANE's dll asks for sane_wsd_init() and so on, so that several backends fit into one program; a
 * program that is linked with this one alone has the plain names.
 */
#ifndef WSD_SANE_EXPORTS_H
#define WSD_SANE_EXPORTS_H

#define WSD_SANE_ALIAS(type, name, parameters)                                                     \
    type sane_wsd_##name parameters __attribute__((alias("sane_" #name)));

#define WSD_SANE_ALIASES                                                                           \
    WSD_SANE_ALIAS(SANE_Status, init, (SANE_Int *, SANE_Auth_Callback))                            \
    WSD_SANE_ALIAS(void, exit, (void))                                                             \
    WSD_SANE_ALIAS(SANE_Status, get_devices, (const SANE_Device ***, SANE_Bool))                   \
    WSD_SANE_ALIAS(SANE_Status, open, (SANE_String_Const, SANE_Handle *))                          \
    WSD_SANE_ALIAS(void, close, (SANE_Handle))                                                     \
    WSD_SANE_ALIAS(const SANE_Option_Descriptor *, get_option_descriptor, (SANE_Handle, SANE_Int)) \
    WSD_SANE_ALIAS(SANE_Status, control_option,                                                    \
                   (SANE_Handle, SANE_Int, SANE_Action, void *, SANE_Int *))                       \
    WSD_SANE_ALIAS(SANE_Status, get_parameters, (SANE_Handle, SANE_Parameters *))                  \
    WSD_SANE_ALIAS(SANE_Status, start, (SANE_Handle))                                              \
    WSD_SANE_ALIAS(SANE_Status, read, (SANE_Handle, SANE_Byte *, SANE_Int, SANE_Int *))            \
    WSD_SANE_ALIAS(void, cancel, (SANE_Handle))                                                    \
    WSD_SANE_ALIAS(SANE_Status, set_io_mode, (SANE_Handle, SANE_Bool))                             \
    WSD_SANE_ALIAS(SANE_Status, get_select_fd, (SANE_Handle, SANE_Int *))                          \
    WSD_SANE_ALIAS(SANE_String_Const, strstatus, (SANE_Status))

#endif
