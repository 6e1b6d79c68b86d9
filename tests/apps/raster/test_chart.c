/* SPDX-License-Identifier: MIT */
/*
 * The chart: its size for any request, regions and turns against the whole, exposure, memory.
 */
#include "helper.h"

#include <errno.h>
#include <stdlib.h>

static void check_size(struct raster_request request, uint32_t width, uint32_t height)
{
    struct raster_info info;

    assert_int_equal(raster_request_size(&request, &info), 0);
    assert_int_equal(info.width, width);
    assert_int_equal(info.height, height);
}

static void test_size_is_region_times_resolution_times_scale(void **state)
{
    struct raster_request request = a4(RASTER_RGB24, 300);

    (void)state;
    check_size(request, 2480, 3508);
    request.dpi_x = 600;
    check_size(request, 4961, 3508);
    request.scale_x = 50;
    request.scale_y = 200;
    check_size(request, 2480, 7016);
    request.rotation = 90;
    check_size(request, 7016, 2480);
    request.rotation = 180;
    check_size(request, 2480, 7016);
    request = a4(RASTER_BW1, 100);
    request.width = request.height = 1;
    check_size(request, 1, 1);
    request.width = 14; /* 1.4 */
    request.height = 15;
    check_size(request, 1, 2);
}

static void test_size_swaps_the_resolutions_of_a_quarter_turn(void **state)
{
    struct raster_request request = a4(RASTER_RGB24, 300);
    struct raster_info info;

    (void)state;
    request.dpi_y = 150;
    request.rotation = 270;
    assert_int_equal(raster_request_size(&request, &info), 0);
    assert_int_equal(info.dpi_x, 150);
    assert_int_equal(info.dpi_y, 300);
}

static void test_request_out_of_range_is_refused(void **state)
{
    const struct raster_request good = a4(RASTER_GRAY8, 100);
    struct raster_request bad[8];
    struct raster_info info;

    (void)state;
    for (size_t i = 0; i < 8; i++)
        bad[i] = good;
    bad[0].dpi_x = 0;
    bad[1].width = 0;
    bad[2].rotation = 45;
    bad[3].brightness = 1001;
    bad[4].contrast = -1001;
    bad[5].sharpness = 101;
    bad[6].scale_y = 1001;
    bad[7].width = 2147483647;
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(raster_request_size(&bad[i], &info), -EINVAL);
}

static void test_chart_has_the_size_asked_for(void **state)
{
    static const uint32_t dpis[] = {50, 75, 100, 150, 200, 300};

    (void)state;
    for (size_t i = 0; i < sizeof dpis / sizeof *dpis; i++) {
        for (int mode = RASTER_BW1; mode <= RASTER_RGB24; mode++) {
            struct raster_request request = a4((enum raster_mode)mode, dpis[i]);
            struct raster_info info;
            struct image image = image_of_chart(&request);

            assert_int_equal(raster_request_size(&request, &info), 0);
            assert_int_equal(image.info.width, info.width);
            assert_int_equal(image.info.height, info.height);
            assert_int_equal(image.info.mode, mode);
            image_free(&image);
        }
    }
}

static void check_crop(const struct raster_request *whole, const struct raster_request *part,
                       uint32_t left, uint32_t top)
{
    struct image full = image_of_chart(whole), crop = image_of_chart(part);

    for (uint32_t y = 0; y < crop.info.height; y++)
        for (uint32_t x = 0; x < crop.info.width; x++)
            if (image_pixel(&crop, x, y) != image_pixel(&full, x + left, y + top))
                fail_msg("pixel %u, %u differs", x, y);
    image_free(&full);
    image_free(&crop);
}

static void test_region_shows_its_part_of_the_whole(void **state)
{
    (void)state;
    for (int mode = RASTER_BW1; mode <= RASTER_RGB24; mode++) {
        struct raster_request whole = a4((enum raster_mode)mode, 150), part = whole;

        part.x = 1007;
        part.y = 2003;
        part.width = 4001;
        part.height = 5555;
        check_crop(&whole, &part, 151, 300);
        whole.dpi_y = part.dpi_y = 75;
        whole.scale_x = part.scale_x = 130;
        check_crop(&whole, &part, 196, 150);
    }
}

static void check_turn(const struct raster_request *upright, int rotation)
{
    struct raster_request request = *upright;

    request.rotation = rotation;
    /* The chart prints the rotation; the line that says so is outside of the region. */
    struct image a = image_of_chart(upright), b = image_of_chart(&request);

    for (uint32_t y = 0; y < b.info.height; y++) {
        for (uint32_t x = 0; x < b.info.width; x++) {
            uint32_t from_x = rotation == 90 ? y : a.info.width - 1 - (rotation == 180 ? x : y);
            uint32_t from_y = rotation == 270 ? x : a.info.height - 1 - (rotation == 180 ? y : x);

            if (image_pixel(&b, x, y) != image_pixel(&a, from_x, from_y))
                fail_msg("turned by %d, pixel %u, %u differs", rotation, x, y);
        }
    }
    image_free(&a);
    image_free(&b);
}

static void test_turned_chart_is_the_upright_one_turned(void **state)
{
    (void)state;
    for (int mode = RASTER_BW1; mode <= RASTER_RGB24; mode++) {
        struct raster_request request = a4((enum raster_mode)mode, 110);

        request.dpi_y = 90;
        request.y = 1400;
        request.height -= 1400;
        for (int rotation = 90; rotation < 360; rotation += 90)
            check_turn(&request, rotation);
        request.sharpness = 60;
        check_turn(&request, 90);
    }
}

static void test_flipped_chart_is_upside_down(void **state)
{
    (void)state;
    for (int mode = RASTER_BW1; mode <= RASTER_RGB24; mode++) {
        struct raster_request request = a4((enum raster_mode)mode, 60);
        struct image up = image_of_chart(&request), down;
        struct raster *raster;

        assert_int_equal(chart_open(&request, &raster), 0);
        assert_non_null(raster->flip);
        assert_int_equal(raster->flip(raster), 0);
        down = image_read(raster);
        for (uint32_t y = 0; y < up.info.height; y++)
            assert_memory_equal(up.data + y * up.stride,
                                down.data + (up.info.height - 1 - y) * up.stride, up.stride);
        image_free(&up);
        image_free(&down);
    }
}

static double mean(const struct image *image)
{
    double sum = 0;

    for (size_t i = 0; i < image->stride * image->info.height; i++)
        sum += image->data[i];
    return sum / (double)(image->stride * image->info.height);
}

static struct raster_request ramp(void)
{
    struct raster_request request = a4(RASTER_GRAY8, 100);

    request.x = 700; /* the grey steps, 17 to 200 mm across, 71 to 79 mm down */
    request.y = 2840;
    request.width = 7100;
    request.height = 200;
    return request;
}

static void test_brightness_and_contrast_move_the_greys(void **state)
{
    struct raster_request request = ramp();
    struct image plain = image_of_chart(&request), changed;

    (void)state;
    request.brightness = 300;
    changed = image_of_chart(&request);
    assert_true(mean(&changed) > mean(&plain) + 20);
    image_free(&changed);
    request.brightness = -300;
    changed = image_of_chart(&request);
    assert_true(mean(&changed) < mean(&plain) - 20);
    image_free(&changed);
    request.brightness = 0;
    request.contrast = -1000;
    changed = image_of_chart(&request);
    for (size_t i = 0; i < changed.stride * changed.info.height; i++)
        assert_in_range(changed.data[i], 127, 128);
    image_free(&changed);
    image_free(&plain);
}

static void test_sharpness_steepens_and_softens_edges(void **state)
{
    struct raster_request request = ramp();
    struct image plain = image_of_chart(&request), sharp, soft;
    long plain_steps = 0, sharp_steps = 0, soft_steps = 0;

    (void)state;
    request.sharpness = 100;
    sharp = image_of_chart(&request);
    request.sharpness = -100;
    soft = image_of_chart(&request);
    for (size_t i = 0; i + 1 < plain.stride; i++) {
        plain_steps += labs((long)plain.data[i + 1] - plain.data[i]);
        sharp_steps += labs((long)sharp.data[i + 1] - sharp.data[i]);
        soft_steps += labs((long)soft.data[i + 1] - soft.data[i]) > 20;
    }
    assert_true(sharp_steps > plain_steps);
    assert_true(plain_steps > 0);
    assert_int_equal(mean(&soft) > 0, 1);
    assert_true(soft_steps <= plain_steps);
    image_free(&plain);
    image_free(&sharp);
    image_free(&soft);
}

static void test_page_and_side_are_on_the_chart(void **state)
{
    struct raster_request request = a4(RASTER_RGB24, 75);
    struct image first = image_of_chart(&request), other;
    size_t size = first.stride * first.info.height;

    (void)state;
    request.page = 2;
    other = image_of_chart(&request);
    assert_memory_not_equal(first.data, other.data, size);
    image_free(&other);
    request.page = 1;
    request.back = true;
    other = image_of_chart(&request);
    assert_memory_not_equal(first.data, other.data, size);
    image_free(&other);
    image_free(&first);
}

static void test_tiny_and_huge_media_are_drawn(void **state)
{
    struct raster_request request = a4(RASTER_RGB24, 100);

    (void)state;
    request.media_width = request.width = 40;
    request.media_height = request.height = 30;
    struct image image = image_of_chart(&request);
    image_free(&image);
    request.media_width = request.width = 33110;
    request.media_height = request.height = 46810;
    request.dpi_x = request.dpi_y = 10;
    image = image_of_chart(&request);
    image_free(&image);
    request.media_width = request.media_height = 0;
    request.title = NULL;
    image = image_of_chart(&request);
    image_free(&image);
}

static void draw_at(const void *argument)
{
    struct raster_request request = a4(RASTER_RGB24, *(const uint32_t *)argument);
    struct raster *raster;

    request.rotation = 90;
    request.sharpness = 20;
    if (chart_open(&request, &raster) < 0)
        abort();

    uint8_t *row = malloc(raster_row_bytes(&raster->info));

    for (uint32_t y = 0; y < raster->info.height; y++)
        raster->read_row(raster, row);
    free(row);
    raster_free(raster);
}

static void test_memory_does_not_grow_with_the_page(void **state)
{
    uint32_t low = 75, high = 1200;

    (void)state;
    assert_true(peak_memory(draw_at, &high) - peak_memory(draw_at, &low) < 1500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_does_not_grow_with_the_page),
        cmocka_unit_test(test_size_is_region_times_resolution_times_scale),
        cmocka_unit_test(test_size_swaps_the_resolutions_of_a_quarter_turn),
        cmocka_unit_test(test_request_out_of_range_is_refused),
        cmocka_unit_test(test_chart_has_the_size_asked_for),
        cmocka_unit_test(test_region_shows_its_part_of_the_whole),
        cmocka_unit_test(test_turned_chart_is_the_upright_one_turned),
        cmocka_unit_test(test_flipped_chart_is_upside_down),
        cmocka_unit_test(test_brightness_and_contrast_move_the_greys),
        cmocka_unit_test(test_sharpness_steepens_and_softens_edges),
        cmocka_unit_test(test_page_and_side_are_on_the_chart),
        cmocka_unit_test(test_tiny_and_huge_media_are_drawn),
    };

    return cmocka_run_group_tests_name("raster-chart", tests, NULL, NULL);
}
