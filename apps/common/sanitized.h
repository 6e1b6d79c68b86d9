/* SPDX-License-Identifier: MIT */
/*
 * The address sanitizer reserves terabytes of addresses, and uses few of them: a process that is
 * built with it cannot be held to a number of them.
 */
#ifndef WSD_APPS_COMMON_SANITIZED_H
#define WSD_APPS_COMMON_SANITIZED_H

#ifdef __has_feature
#define HAS_FEATURE(name) __has_feature(name)
#else
#define HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || HAS_FEATURE(address_sanitizer)
#define LIMIT_ADDRESSES 0
#else
#define LIMIT_ADDRESSES 1
#endif

#endif
