/* SPDX-License-Identifier: MIT */
/*
 * PDF files as poppler's tools see them; skipped where those are not installed.
 */
#include "helper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pdf.h"
#include "spool.h"

/* The output of a shell command in which %s is the PDF's path; the caller frees it. */
static char *run(const char *format, int fd)
{
    char path[] = "/tmp/wsd-pdf-XXXXXX", command[512], *output = calloc(1, 1 << 16);
    int named = mkstemp(path);

    assert_true(named >= 0);
    assert_int_equal(spool_copy(fd, 0, named, 0, lseek(fd, 0, SEEK_END)), 0);
    close(named);
    snprintf(command, sizeof command, format, path);

    FILE *pipe = popen(command, "r");

    assert_non_null(pipe);
    assert_true(fread(output, 1, (1 << 16) - 1, pipe) > 0);
    pclose(pipe);
    unlink(path);
    return output;
}

static void need_poppler(void)
{
    if (system("pdfinfo -v >/dev/null 2>&1 && pdfimages -v >/dev/null 2>&1") != 0)
        skip();
}

static int save(struct pdf *pdf)
{
    int fd = spool_open(NULL);

    assert_true(fd >= 0);
    assert_int_equal(pdf_save(pdf, fd), 0);
    pdf_free(pdf);
    return fd;
}

static void test_pages_of_every_kind_are_listed_with_their_size(void **state)
{
    struct raster_request request = a4(RASTER_BW1, 100);
    struct pdf *pdf;
    uint8_t *jpeg;
    size_t size;
    int fd;

    (void)state;
    need_poppler();
    assert_int_equal(pdf_open(NULL, true, "R&D <\xc3\xa4>", &pdf), 0);
    for (int mode = RASTER_BW1; mode <= RASTER_RGB24; mode++) {
        for (int quality = -1; quality <= 80; quality += 81) {
            struct raster *raster;

            request.mode = (enum raster_mode)mode;
            assert_int_equal(chart_open(&request, &raster), 0);
            assert_int_equal(pdf_add_raster(pdf, raster, quality), 0);
            raster_free(raster);
        }
    }
    assert_int_equal(encode_chart("jfif", &request, 1, &jpeg, &size), 0);
    fd = file_of(jpeg, size);
    assert_int_equal(pdf_add_jpeg_file(pdf, fd, (off_t)size, 100, 100), 0);
    close(fd);
    assert_int_equal(pdf_page_count(pdf), 7);
    fd = save(pdf);

    char *info = run("f=%s; pdfinfo -meta $f 2>&1; pdfinfo $f 2>&1", fd);

    assert_non_null(strstr(info, "pdfaid:conformance='B'"));
    assert_non_null(strstr(info, "R&amp;D &lt;\xc3\xa4&gt;"));
    assert_non_null(strstr(info, "R&D <\xc3\xa4>"));
    assert_non_null(strstr(info, "(A4)"));
    assert_non_null(strstr(info, " 7\n"));
    assert_null(strstr(info, "Error"));
    free(info);

    char *list = run("pdfimages -list %s 2>&1", fd), *at = list;
    unsigned fax = 0, deflated = 0, jpegs = 0;

    for (at = list; (at = strstr(at, " ccitt ")); at++)
        fax++;
    for (at = list; (at = strstr(at, " image ")); at++)
        deflated++;
    for (at = list; (at = strstr(at, " jpeg ")); at++)
        jpegs++;
    assert_int_equal(fax, 2);
    assert_int_equal(jpegs, 3);
    assert_int_equal(deflated, 9); /* the type of all seven and the encoding of two */
    assert_null(strstr(list, "Error"));
    free(list);
    free(jpeg);
    close(fd);
}

static void check_pixels(enum raster_mode mode)
{
    struct raster_request request = a4(mode, 60);
    struct image image = image_of_chart(&request);
    struct raster *raster = raster_of(&image);
    struct pdf *pdf;
    char header[32];
    unsigned samples = mode == RASTER_BW1 ? 1 : 3; /* pdfimages writes gray as colour */
    int fd;

    assert_int_equal(pdf_open(NULL, false, NULL, &pdf), 0);
    assert_int_equal(pdf_add_raster(pdf, raster, -1), 0);
    raster_free(raster);
    fd = save(pdf);

    char *size =
        run("d=$(mktemp -d); pdfimages %s $d/i 2>&1; cat $d/i-000.p?m | wc -c; rm -r $d", fd);

    snprintf(header, sizeof header, "P6\n%u %u\n255\n", image.info.width, image.info.height);
    if (mode == RASTER_BW1)
        snprintf(header, sizeof header, "P4\n%u %u\n", image.info.width, image.info.height);
    assert_int_equal(atoi(size), strlen(header) + samples * image.stride * image.info.height);
    free(size);

    char *sum = run("d=$(mktemp -d); pdfimages %s $d/i; tail -c +1 $d/i-000.p?m | od -An -v -tu1 "
                    "| awk '{for (i=1;i<=NF;i++) s+=$i} END {print s}'; rm -r $d",
                    fd);
    unsigned long expected = 0;

    for (const char *c = header; *c; c++)
        expected += (unsigned char)*c;
    for (uint32_t y = 0; y < image.info.height; y++) {
        for (size_t x = 0; x < image.stride; x++) {
            unsigned byte = image.data[y * image.stride + x];

            if (mode == RASTER_BW1) { /* PBM has 1 = black; its padding is 0 as ours */
                byte = ~byte & 0xff;
                if (x == image.stride - 1 && image.info.width % 8)
                    byte &= 0xff00u >> image.info.width % 8 & 0xff;
            }
            expected += samples * byte;
        }
    }
    assert_int_equal(strtoul(sum, NULL, 10), expected);
    free(sum);
    close(fd);
    image_free(&image);
}

static void test_lossless_pages_come_out_as_they_went_in(void **state)
{
    (void)state;
    need_poppler();
    check_pixels(RASTER_BW1);
    check_pixels(RASTER_GRAY8);
}

static void test_jpeg_bytes_are_untouched(void **state)
{
    struct raster_request request = a4(RASTER_RGB24, 50);
    struct pdf *pdf;
    uint8_t *jpeg, *whole;
    size_t size;
    int fd;

    (void)state;
    assert_int_equal(encode_chart("jfif", &request, 1, &jpeg, &size), 0);
    fd = file_of(jpeg, size);
    assert_int_equal(pdf_open(NULL, false, NULL, &pdf), 0);
    assert_int_equal(pdf_add_jpeg_file(pdf, fd, (off_t)size, 50, 50), 0);
    close(fd);
    fd = save(pdf);

    off_t end = lseek(fd, 0, SEEK_END);

    whole = malloc((size_t)end);
    assert_int_equal(spool_read(fd, 0, whole, (size_t)end), 0);
    assert_non_null(memmem(whole, (size_t)end, jpeg, size));
    close(fd);
    free(whole);
    free(jpeg);
}

static void test_what_is_no_jpeg_is_refused_and_the_document_goes_on(void **state)
{
    struct raster_request request = a4(RASTER_GRAY8, 30);
    struct raster *raster;
    struct pdf *pdf;
    int fd = file_of((const uint8_t *)"not a picture", 13);

    (void)state;
    assert_int_equal(pdf_open(NULL, true, NULL, &pdf), 0);
    assert_int_equal(pdf_add_jpeg_file(pdf, fd, 13, 0, 0), -EBADMSG);
    assert_int_equal(pdf_add_jpeg_file(pdf, fd, 0, 0, 0), -EBADMSG);
    assert_int_equal(pdf_add_jpeg_file(pdf, fd, 14, 0, 0), -EIO);
    assert_int_equal(pdf_save(pdf, fd), -EINVAL);
    assert_int_equal(pdf_page_count(pdf), 0);
    assert_int_equal(chart_open(&request, &raster), 0);
    assert_int_equal(pdf_add_raster(pdf, raster, 70), 0);
    raster_free(raster);
    close(fd);
    close(save(pdf));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_of_every_kind_are_listed_with_their_size),
        cmocka_unit_test(test_lossless_pages_come_out_as_they_went_in),
        cmocka_unit_test(test_jpeg_bytes_are_untouched),
        cmocka_unit_test(test_what_is_no_jpeg_is_refused_and_the_document_goes_on),
    };

    return cmocka_run_group_tests_name("raster-pdf", tests, NULL, NULL);
}
