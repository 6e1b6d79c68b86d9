/* SPDX-License-Identifier: MIT */
/*
 * Scans one page from the glass into a file, by blocking calls:
 *
 *     scan http://192.0.2.7:5357/ page.jpg
 *
 * Four questions: who are you (Get), what can you do (GetScannerElements), scan this
 * (CreateScanJob), give me the image (RetrieveImage).
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <wsd/wsd.h>

static int failed(const struct wsd_error *error)
{
    fprintf(stderr, "scan: %s: %s\n", wsd_error_name(error->code), error->message);
    return EXIT_FAILURE;
}

/* JPEG where the scanner has it; every device that offers exif means JPEG by it, too. */
static const char *choose_format(const struct wsd_scan_configuration *configuration)
{
    const struct wsd_scan_device_settings *settings = &configuration->device_settings;

    for (size_t i = 0; i < settings->n_formats_supported; i++) {
        int format = settings->formats_supported[i].value;
        if (format == WSD_SCAN_FORMAT_JFIF || format == WSD_SCAN_FORMAT_EXIF)
            return settings->formats_supported[i].text;
    }
    return settings->n_formats_supported > 0 ? settings->formats_supported[0].text : NULL;
}

/* What is left out of a ticket is the device's default. Optional parts are pointers. */
static int create_job(struct wsd_context *context, const char *service, const char *format,
                      const struct wsd_scan_create_scan_job_response **ret_job,
                      struct wsd_error *reterr)
{
    const struct wsd_scan_document_parameters parameters = {
        .format = &(struct wsd_scan_ticket_token){.value.text = format},
        .images_to_transfer = &(struct wsd_scan_ticket_int){.value = 1},
        .input_source =
            &(struct wsd_scan_ticket_token){.value.value = WSD_SCAN_INPUT_SOURCE_PLATEN},
    };
    const struct wsd_scan_ticket ticket = {
        .job_description = {.job_name = "One page",
                            .job_originating_user_name = "example",
                            .job_information = "libwsd example"},
        .document_parameters = &parameters,
    };

    return wsd_create_scan_job(context, service, &ticket, NULL, NULL, NULL, ret_job, reterr);
}

static int fetch(struct wsd_context *context, const char *service,
                 const struct wsd_scan_create_scan_job_response *job, const char *name,
                 struct wsd_error *reterr)
{
    struct wsd_image_sink sink = WSD_IMAGE_SINK_INIT;
    const struct wsd_image_info *image = NULL;

    sink.descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (sink.descriptor < 0) {
        perror(name);
        return EXIT_FAILURE;
    }
    /* The page goes from the socket to the file; no more than a piece of it is in memory. */
    int status = wsd_retrieve_image(context, service, job->job_id, job->job_token, "page", &sink,
                                    NULL, &image, reterr);
    if (close(sink.descriptor) < 0 && status >= 0) {
        perror(name);
        status = -1;
    } else if (status >= 0) {
        printf("%s: %s, %llu bytes\n", name, image->content_type, (unsigned long long)image->size);
    } else {
        failed(reterr);
    }
    if (status < 0)
        unlink(name);
    wsd_free(image);
    return status < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int scan(struct wsd_context *context, const char *service, const char *name,
                struct wsd_error *reterr)
{
    const struct wsd_scan_get_scanner_elements_response *answer = NULL;
    const struct wsd_scan_create_scan_job_response *job = NULL;
    const char *format = NULL;

    if (wsd_get_scanner_elements(context, service, WSD_SCAN_CONFIGURATION, NULL, &answer, reterr) <
        0)
        return failed(reterr);
    for (size_t i = 0; i < answer->n_scanner_elements; i++) {
        if (answer->scanner_elements[i].scanner_configuration != NULL)
            format = choose_format(answer->scanner_elements[i].scanner_configuration);
    }
    int result = EXIT_FAILURE;
    if (format == NULL) {
        fprintf(stderr, "scan: the scanner does not say what it can do\n");
    } else if (create_job(context, service, format, &job, reterr) < 0) {
        failed(reterr);
    } else {
        result = fetch(context, service, job, name, reterr);
        /* Some devices stay busy until they are told that we are done; a fault because the job is
         * over is fine. */
        wsd_cancel_job(context, service, job->job_id, NULL, NULL);
    }
    wsd_free(job);
    wsd_free(answer);
    return result;
}

int main(int argc, char **argv)
{
    struct wsd_context *context = NULL;
    const struct wsd_device_info *device = NULL;
    struct wsd_error error = {0};
    int result = EXIT_FAILURE;

    if (argc != 3) {
        fprintf(stderr, "usage: scan DEVICE-URL FILE\n");
        return 2;
    }
    if (wsd_context_new(NULL, &context, &error) < 0 ||
        wsd_get(context, argv[1], NULL, &device, &error) < 0) {
        failed(&error);
    } else {
        const struct wsd_hosted *hosted =
            wsd_device_info_find(device, WSD_NS_SCAN, "ScannerServiceType");
        const char *service = hosted != NULL ? wsd_hosted_address(device, hosted) : NULL;
        if (service == NULL)
            fprintf(stderr, "scan: %s has no scan service\n", device->model_name);
        else
            result = scan(context, service, argv[2], &error);
    }
    wsd_free(device);
    wsd_context_free(context);
    return result;
}
