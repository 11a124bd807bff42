/* bench/workloads_images.c: pictures: the Mandelbrot set, and a view out of a panorama. n is the
 * number of pixels.
 * Neighbours: bench/workloads.h, examples/mandelbrot.weft, examples/panorama.weft. */
#include <bench_examples.h> /* generated: EXAMPLE_* */

#include "bench/workloads.h"

/* n pixels in rows and columns, about `aspect` times as wide as high: 540,000 at 1.5 are 600 rows
 * of 900. What has no such divisors is less square. */
static void make_grid(size_t n, double aspect, int64_t shape[2])
{
    size_t rows = 1;
    for (size_t k = 1; (double)k * (double)k * aspect <= (double)n; k++)
        if (n % k == 0)
            rows = k;
    shape[0] = (int64_t)rows;
    shape[1] = (int64_t)(n / rows);
}

/* A point at the edge of the set may take another way where it is rounded otherwise. */
static void add_pixels(engine_bench *bench, uint8_t *pixels, size_t width, double absolute)
{
    engine_output_put(bench, (engine_output){.data = pixels,
                                             .type = WEFT_U8,
                                             .count = width * bench->n,
                                             .absolute = absolute,
                                             .outliers = 0.01});
}

static void measure_mandelbrot(engine_bench *bench, const engine_case *c)
{
    const engine_family family = engine_add_family(bench, EXAMPLE_mandelbrot, NULL, 0);
    uint8_t *steps = engine_values(bench, WEFT_U8, bench->n, 0, 0);
    float left = -2.2F, top = 1.2F, step;
    int64_t shape[2];
    (void)c;
    make_grid(bench->n, 1.5, shape);
    step = 3.6F / (float)shape[1];
    python_clear();
    engine_family_arg(bench, &family, "left", WEFT_F32, &left, 0, NULL);
    engine_family_arg(bench, &family, "top", WEFT_F32, &top, 0, NULL);
    engine_family_arg(bench, &family, "step", WEFT_F32, &step, 0, NULL);
    engine_family_arg(bench, &family, "steps", WEFT_U8, steps, 2, shape);
    engine_contend_family(bench, &family);
    workload_contend_python(bench, "@mandelbrot");
    add_pixels(bench, steps, 1, 0.5);
    bench->bytes = (double)bench->n;
    engine_measure(bench);
}

static void measure_panorama(engine_bench *bench, const engine_case *c)
{
    const int64_t panorama[] = {1024, 2048, 3};
    const engine_family family = engine_add_family(bench, EXAMPLE_panorama, NULL, 0);
    uint8_t *pano = engine_values(bench, WEFT_U8, (size_t)1024 * 2048 * 3, 0, 256);
    uint8_t *image = engine_values(bench, WEFT_U8, 3 * bench->n, 0, 0);
    float yaw = 0.5F, pitch = 0.1F, view = 1.2F;
    int64_t shape[3] = {0, 0, 3};
    (void)c;
    make_grid(bench->n, 4.0 / 3, shape);
    python_clear();
    engine_family_arg(bench, &family, "pano", WEFT_U8, pano, 3, panorama);
    engine_family_arg(bench, &family, "yaw", WEFT_F32, &yaw, 0, NULL);
    engine_family_arg(bench, &family, "pitch", WEFT_F32, &pitch, 0, NULL);
    engine_family_arg(bench, &family, "view", WEFT_F32, &view, 0, NULL);
    engine_family_arg(bench, &family, "image", WEFT_U8, image, 3, shape);
    engine_contend_family(bench, &family);
    workload_contend_python(bench, "@panorama");
    add_pixels(bench, image, 3, 1.5);
    bench->bytes = 15.0 * (double)bench->n; /* four pixels of the panorama for one of the view */
    engine_measure(bench);
}

const engine_case workload_image_cases[] = {
    {"mandelbrot", {600 * 900}, measure_mandelbrot, NULL, 0},
    {"panorama", {640 * 480}, measure_panorama, NULL, 0},
    {NULL, {0}, NULL, NULL, 0},
};
