/* SPDX-License-Identifier: MIT */
/*
 * A device of libwsd with nothing in the way: its answers wait no random time and have no limit a
 * second, and its scanner makes a white DIB as fast as memory can be filled.
 *
 * What protects a network (and cannot be switched off in `wsd serve`) and what draws a picture
 * would be all that a measurement shows.
 *
 * usage: device INTERFACE               Prints its URL and "ready", then runs until killed.
 *        device INTERFACE --top-down [WIDTH HEIGHT]
 *                                       Likewise; the rows of its DIB come from the top down, and
 *                                       its glass is that large, in 1/1000 inch.
 *        device INTERFACE --jpeg FILE   Likewise; its image is that JPEG, whatever is asked for.
 *        device INTERFACE --events      Likewise until its standard input ends; for each byte of
 *                                       that its state changes, of which subscribers hear.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wsd/context.h>
#include <wsd/device.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* -- what it says of itself: colour, one format, up to 4 GB from the glass -----------------------
 */

static struct wsd_token formats[] = {{.value = WSD_SCAN_FORMAT_DIB}};
static const struct wsd_token contents[] = {{.value = WSD_SCAN_CONTENT_TYPE_AUTO}};
static const struct wsd_token rotations[] = {{.value = WSD_SCAN_ROTATION_0}};
static const struct wsd_token colors[] = {{.value = WSD_SCAN_COLOR_RGB24}};
static const int32_t resolutions[] = {100, 600, 1200};
static const int32_t dpi = 600, zero = 0;

static struct wsd_scan_source platen = {
    .optical_resolution = {.width = 1200},
    .resolutions = {.widths = resolutions,
                    .n_widths = COUNT(resolutions),
                    .heights = resolutions,
                    .n_heights = COUNT(resolutions)},
    .colors = colors,
    .n_colors = COUNT(colors),
    .minimum_size = {.width = 10, .height = 10},
    .maximum_size = {.width = 8500, .height = 11700},
};
static const struct wsd_scan_configuration configuration = {
    .device_settings =
        {
            .formats_supported = formats,
            .n_formats_supported = COUNT(formats),
            .compression_quality_factor_supported = {.min_value = 0, .max_value = 100},
            .content_types_supported = contents,
            .n_content_types_supported = COUNT(contents),
            .scaling_range_supported = {.scaling_width = {.min_value = 100, .max_value = 400},
                                        .scaling_height = {.min_value = 100, .max_value = 400}},
            .rotations_supported = rotations,
            .n_rotations_supported = COUNT(rotations),
        },
    .platen = &platen,
};

static struct wsd_scan_ticket_token format = {.value = {.value = WSD_SCAN_FORMAT_DIB}};
static const struct wsd_scan_ticket_int quality = {.value = 0}, images = {.value = 1}, corner = {0};
static const struct wsd_scan_ticket_token source = {
    .value = {.value = WSD_SCAN_INPUT_SOURCE_PLATEN}};
static const struct wsd_scan_ticket_token content = {
    .value = {.value = WSD_SCAN_CONTENT_TYPE_AUTO}};
static const struct wsd_scan_ticket_token rotation = {.value = {.value = WSD_SCAN_ROTATION_0}};
static const struct wsd_scan_ticket_token color = {.value = {.value = WSD_SCAN_COLOR_RGB24}};
static struct wsd_scan_size media = {.width = 8500, .height = 11700};
static const struct wsd_scan_input_size input_size = {.input_media_size = &media};
static const struct wsd_scan_exposure_settings exposures = {&zero, &zero, &zero, NULL};
static const struct wsd_scan_exposure exposure = {.exposure_settings = &exposures};
static const struct wsd_scan_scaling scaling = {.scaling_width = 100, .scaling_height = 100};
static struct wsd_scan_region region = {.scan_region_x_offset = &corner,
                                        .scan_region_y_offset = &corner,
                                        .scan_region_width = {.value = 8500},
                                        .scan_region_height = {.value = 11700}};
static const struct wsd_scan_resolution resolution = {.width = 600, .height = &dpi};
static const struct wsd_scan_media_sides sides = {
    .media_front = {.scan_region = &region, .color_processing = &color, .resolution = &resolution}};
static const struct wsd_scan_document_parameters parameters = {
    .format = &format,
    .compression_quality_factor = &quality,
    .images_to_transfer = &images,
    .input_source = &source,
    .content_type = &content,
    .input_size = &input_size,
    .exposure = &exposure,
    .scaling = &scaling,
    .rotation = &rotation,
    .media_sides = &sides,
};
static const struct wsd_scan_ticket ticket = {
    .job_description = {.job_name = "Bench", .job_originating_user_name = ""},
    .document_parameters = &parameters,
};

/* -- its scanner: one job at a time ---------------------------------------------------------------
 */

struct image {
    uint64_t sent, size;
    const unsigned char *file; /* of --jpeg, else NULL */
    uint64_t file_size;
    bool top_down;
    unsigned char head[54];
};

static void put(unsigned char *at, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (unsigned char)(value >> 8 * i);
}

static uint32_t pixels(int32_t thousandths, int32_t dots, int32_t percent)
{
    return (uint32_t)((int64_t)thousandths * dots * percent / 100000);
}

static int begin(void *user, struct wsd_scan_job_info *job)
{
    struct image *image = user;
    const struct wsd_scan_final_parameters *p = job->parameters;
    const struct wsd_scan_final_media_side *side = &p->media_sides.media_front;
    uint32_t width = pixels(side->scan_region.scan_region_width.value, side->resolution.width.value,
                            p->scaling.scaling_width.value);
    uint32_t height = pixels(side->scan_region.scan_region_height.value,
                             side->resolution.height.value, p->scaling.scaling_height.value);

    image->sent = 0;
    image->size = image->file ? image->file_size : (uint64_t)((width * 3 + 3) & ~3u) * height + 54;
    if (image->size > UINT32_MAX)
        return -1;
    memcpy(image->head, "BM", 2);
    put(image->head + 2, (uint32_t)image->size, 4);
    put(image->head + 10, 54, 4);
    put(image->head + 14, 40, 4);
    put(image->head + 18, width, 4);
    put(image->head + 22, image->top_down ? 0u - height : height, 4);
    put(image->head + 26, 1, 2);
    put(image->head + 28, 24, 2);
    return 0;
}

static int next_image(void *user, struct wsd_scan_job_info *job, unsigned number,
                      const char **ret_type)
{
    const struct image *image = user;

    (void)job;
    *ret_type = image->file ? "image/jpeg" : "image/bmp";
    return number == 1;
}

static ssize_t read_image(void *user, struct wsd_scan_job_info *job, void *buffer, size_t size)
{
    struct image *image = user;

    (void)job;
    if (size > image->size - image->sent)
        size = (size_t)(image->size - image->sent);
    if (image->file) {
        memcpy(buffer, image->file + image->sent, size);
    } else if (image->sent == 0 && size >= sizeof image->head) {
        size = sizeof image->head;
        memcpy(buffer, image->head, size);
    } else {
        memset(buffer, 0xff, size);
    }
    image->sent += size;
    return (ssize_t)size;
}

/* -- the program ----------------------------------------------------------------------------------
 */

static int fail(const struct wsd_error *error)
{
    fprintf(stderr, "device: %s\n", error->message);
    return 1;
}

static bool take_file(struct image *image, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;

    if (fd < 0 || fstat(fd, &status) < 0)
        return false;
    image->file_size = (uint64_t)status.st_size;
    image->file = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    close(fd);
    formats[0].value = format.value.value = WSD_SCAN_FORMAT_JFIF;
    return image->file != MAP_FAILED;
}

static void take_glass(const char *width, const char *height)
{
    media.width = region.scan_region_width.value = (int32_t)strtol(width, NULL, 10);
    media.height = region.scan_region_height.value = (int32_t)strtol(height, NULL, 10);
    platen.maximum_size = media;
}

/* The loop is ours here, for standard input is in it. */
static int serve_events(struct wsd_context *context, struct wsd_scan_service *service)
{
    struct pollfd fds[] = {{.fd = wsd_context_fd(context), .events = POLLIN},
                           {.fd = 0, .events = POLLIN}};
    bool busy = false;
    char byte;

    for (;;) {
        if (poll(fds, 2, wsd_context_timeout(context)) < 0)
            return 1;
        if (fds[1].revents) {
            if (read(0, &byte, 1) != 1)
                return 0;
            busy = !busy;
            wsd_scan_service_busy(service, busy ? WSD_SCAN_CALIBRATING : WSD_SCAN_READY);
        }
        wsd_context_dispatch(context, NULL);
    }
}

static int add_device(struct wsd_host *host, struct image *image, struct wsd_device **ret_device,
                      struct wsd_scan_service **ret_service, struct wsd_error *error)
{
    static const struct wsd_scan_text name = {.value = "Bench", .lang = "en"};
    static const struct wsd_scan_description description = {.scanner_name = &name,
                                                            .n_scanner_name = 1};
    struct wsd_device_options options = WSD_DEVICE_OPTIONS_INIT;
    struct wsd_scan_service_options service_options = WSD_SCAN_SERVICE_OPTIONS_INIT;

    options.friendly_name = options.manufacturer = options.model_name = "Bench";
    service_options.description = &description;
    service_options.configuration = &configuration;
    service_options.default_ticket = &ticket;
    service_options.max_subscribers = 10000;
    service_options.scanner = (struct wsd_scanner){.size = sizeof(struct wsd_scanner),
                                                   .user = image,
                                                   .begin = begin,
                                                   .next_image = next_image,
                                                   .read = read_image};
    int r = wsd_device_new(host, &options, ret_device, error);
    if (r >= 0)
        r = wsd_scan_service_new(*ret_device, &service_options, ret_service, error);
    return r >= 0 ? wsd_device_start(*ret_device, error) : r;
}

int main(int argc, char **argv)
{
    static struct image image;
    struct wsd_error error = {0};
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;
    struct wsd_host_options host_options = WSD_HOST_OPTIONS_INIT;
    struct wsd_context *context = NULL;
    struct wsd_host *host = NULL;
    struct wsd_device *device = NULL;
    struct wsd_scan_service *service = NULL;
    const char *const interfaces[] = {argc > 1 ? argv[1] : "", NULL};

    image.top_down = argc > 2 && strcmp(argv[2], "--top-down") == 0;
    if (image.top_down && argc > 4)
        take_glass(argv[3], argv[4]);
    if (argc > 3 && strcmp(argv[2], "--jpeg") == 0 && !take_file(&image, argv[3]))
        return 1;
    options.interfaces = interfaces;
    host_options.max_answer_delay = WSD_NO_DELAY;
    host_options.answers_per_second = WSD_NO_LIMIT;
    host_options.answers_per_second_per_peer = WSD_NO_LIMIT;
    if (wsd_context_new(&options, &context, &error) < 0 ||
        wsd_host_new(context, &host_options, &host, &error) < 0 ||
        add_device(host, &image, &device, &service, &error) < 0)
        return fail(&error);
    printf("%s\t%s\nready\n", wsd_device_url(device), wsd_device_endpoint(device));
    fflush(stdout);
    if (argc > 2 && strcmp(argv[2], "--events") == 0)
        return serve_events(context, service);
    while (wsd_context_wait(context, -1, &error) >= 0) {
    }
    return fail(&error);
}
