/* SPDX-License-Identifier: MIT */
/* Folders of this user. */
#ifndef WSD_APPS_COMMON_FOLDER_H
#define WSD_APPS_COMMON_FOLDER_H

/* Makes a folder with all above it, for the owner alone; 0 if it can be written to in the end, else
 * a negative errno. */
int folder_make(const char *path);

#endif
