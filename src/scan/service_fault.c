/* SPDX-License-Identifier: MIT */
/*
 * The faults of the scan service (WS-Scan 10): a table, nothing else. Programs go by the subcode;
 * the sentence is for the person who reads the log.
 */
#include "scan/service_parts.h"

#define SENDER(object, subcode, reason)                                                            \
    const struct wsd__fault object = {"Sender", NS_WSCN, (subcode), (reason)};
#define RECEIVER(object, subcode, reason)                                                          \
    const struct wsd__fault object = {"Receiver", NS_WSCN, (subcode), (reason)};

SENDER(wsd__scan_invalid_args, "InvalidArgs",
       "An argument is missing, unknown or not of the right kind.")
SENDER(wsd__scan_not_satisfiable, "InvalidArgs",
       "The scanner cannot do what this setting asks for.")
SENDER(wsd__scan_answer_too_large, "InvalidArgs",
       "The answer would not fit into one envelope; ask for fewer elements at once.")
RECEIVER(wsd__scan_operation_failed, "OperationFailed",
         "The scanner's state does not allow this now.")
RECEIVER(wsd__scan_job_ended, "OperationFailed", "The job is over already.")
RECEIVER(wsd__scan_job_busy, "OperationFailed",
         "Another request is receiving an image of this job.")
RECEIVER(wsd__scan_temporary_error, "ServerErrorTemporaryError",
         "The scanner cannot do this at the moment; the same request may succeed later.")
RECEIVER(wsd__scan_internal_error, "ServerErrorInternalError",
         "The scanner failed; trying again will not help.")
RECEIVER(wsd__scan_not_accepting_jobs, "ServerErrorNotAcceptingJobs",
         "The scanner takes no job now: it is busy, or a person must see to it.")
SENDER(wsd__scan_format_not_supported, "ClientErrorFormatNotSupported",
       "The scanner does not write this file format.")
SENDER(wsd__scan_invalid_scan_identifier, "ClientErrorInvalidScanIdentifier",
       "The ScanIdentifier does not belong to a scan that was started at the device.")
SENDER(wsd__scan_invalid_destination_token, "ClientErrorInvalidDestinationToken",
       "The DestinationToken is not one that this service gave out.")
SENDER(wsd__scan_nothing_to_scan, "ClientErrorNoImagesAvailable",
       "There is nothing in the feeder to scan.")
SENDER(wsd__scan_no_images, "ClientErrorNoImagesAvailable", "The job has no more images.")
SENDER(wsd__scan_conflict, "ClientErrorConflictingRequiredParameters",
       "Settings that must be honored exclude each other.")
SENDER(wsd__scan_job_not_found, "ClientErrorJobIdNotFound", "There is no job of this number.")
SENDER(wsd__scan_invalid_job_token, "ClientErrorInvalidJobToken",
       "The JobToken is not that of the job.")
SENDER(wsd__scan_job_cancelled, "ClientErrorJobCancelled", "The job was cancelled.")
