/* SPDX-License-Identifier: MIT */
/** @file The mark of what the library exports. */
#ifndef WSD_EXPORT_H
#define WSD_EXPORT_H
#if defined(__GNUC__) || defined(__clang__)
#define WSD_API __attribute__((visibility("default")))
#else
#define WSD_API
#endif
#endif
