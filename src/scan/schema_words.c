/* SPDX-License-Identifier: MIT */
/*
 * The words of WS-Scan's enumerations, in the order of the enums of <wsd/scan_words.h>.
 *
 * Where text and schema of WS-Scan spell a word differently both are here, so that each is known
 * on the way in; which of them is written is the sender's choice.
 */
#include "scan/schema.h"

WORD_LIST(wsd__scan_formats, "dib", "exif", "jbig", "jfif", "jpeg2k", "pdf-a", "png",
          "tiff-single-uncompressed", "tiff-single-g4", "tiff-single-g3mh", "tiff-single-jpeg-tn2",
          "tiff-multi-uncompressed", "tiff-multi-g4", "tiff-multi-g3mh", "tiff-multi-jpeg-tn2",
          "xps");

/* By hand, for its last member: an example of the documentation asks for "GrayScale4". */
static const char *const color_names[] = {"BlackAndWhite1", "Grayscale4", "Grayscale8",
                                          "Grayscale16",    "RGB24",      "RGB48",
                                          "RGBa32",         "RGBa64"};
const struct wsd__enum wsd__scan_colors = {color_names, sizeof color_names / sizeof *color_names,
                                           true};

WORD_LIST(wsd__scan_content_types, "Auto", "Text", "Photo", "Halftone", "Mixed");

WORD_LIST(wsd__scan_input_sources, "ADF", "ADFDuplex", "Film", "Platen");

WORD_LIST(wsd__scan_film_scan_modes, "NotApplicable", "ColorSlideFilm", "ColorNegativeFilm",
          "BlackandWhiteNegativeFilm");

WORD_LIST(wsd__scan_rotations, "0", "90", "180", "270");

WORD_LIST(wsd__scan_states, "Idle", "Processing", "Stopped");

WORD_LIST(wsd__scan_state_reasons, "AttentionRequired", "Calibrating", "CoverOpen",
          "InputTrayEmpty", "InterlockOpen", "InternalStorageFull", "LampError", "LampWarming",
          "MediaJam", "MultipleFeedError", "None", "Paused");

WORD_LIST(wsd__scan_condition_names, "Calibrating", "CoverOpen", "InputTrayEmpty", "InterlockOpen",
          "InternalStorageFull", "LampError", "LampWarming", "LampWarning", "MediaJam",
          "MultipleFeedError");

WORD_LIST(wsd__scan_components, "ADF", "Film", "MediaPath", "Platen");

WORD_LIST(wsd__scan_severities, "Informational", "Warning", "Critical");

WORD_LIST(wsd__scan_job_states, "Aborted", "Canceled", "Completed", "Creating", "Held", "Pending",
          "Pending-Held", "Processing", "Started", "Terminating");

WORD_LIST(wsd__scan_job_completed_states, "Aborted", "Canceled", "Completed", "Terminating");

WORD_LIST(wsd__scan_job_state_reasons, "InvalidScanTicket", "CompressionError",
          "DocumentFormatError", "ImageTransferError", "JobCanceledAtDevice",
          "JobCompletedSuccessfully", "JobCompletedWithErrors", "JobCompletedWithWarnings",
          "JobScanning", "JobScanningAndTransferring", "JobScanningAndTransfering", "JobTimedOut",
          "JobTransferring", "JobTransfering", "None", "ScannerStopped");
