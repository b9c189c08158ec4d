/*
 * Metrics by their names.
 */
#include <criterion/criterion.h>

#include "stores/vectors/metric.h"

Test(vector_metric, is_known_by_its_names) {
    const struct {
        const char *text;
        enum mneme_vector_metric metric;
    } cases[] = {{NULL, MNEME_METRIC_ANY},
                 {"cosine", MNEME_METRIC_COSINE},
                 {"euclidean", MNEME_METRIC_EUCLIDEAN},
                 {"dot", MNEME_METRIC_DOT},
                 {"dotproduct", MNEME_METRIC_DOT}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum mneme_vector_metric metric;
        struct mneme_error error = {0};
        cr_assert_eq(mneme_metric_parse(&metric, mneme_str_from(cases[i].text), &error), MNEME_OK, "%s",
                     error.message);
        cr_expect_eq(metric, cases[i].metric, "%s", cases[i].text);
    }
    enum mneme_vector_metric metric;
    struct mneme_error error = {0};
    cr_expect_eq(mneme_metric_parse(&metric, MNEME_STR_LIT("manhattan"), &error), MNEME_E_USAGE);
}
