/*
 * The embedding endpoint: embeds a short text to check that it has the model, with the dimensions that are
 * wanted.
 */
#include <stdio.h>

#include "cli/doctor/doctor.h"
#include "endpoints/embedding/query.h"

void mneme_doctor_check_embedding(struct mneme_doctor *doctor) {
    struct mneme_embedder_query *embedder = NULL;
    struct mneme_error error = {0};
    const float *vector = NULL;
    size_t dimensions = 0;
    const char *model = mneme_config_string(doctor->config, MNEME_SETTING_EMBEDDING_MODEL);
    int status = mneme_embedder_query_open(&embedder, doctor->config, NULL, &error);
    if (status == MNEME_OK) {
        status = mneme_embedder_query_embed(&vector, &dimensions, embedder, MNEME_STR_LIT("mneme doctor"),
                                            doctor->timeout_ms, &error);
    }
    if (status == MNEME_OK) {
        mneme_doctor_report(doctor, MNEME_FINDING_OK, "embedding model", NULL, "%s, %zu dimensions", model,
                            dimensions);
    } else {
        mneme_doctor_report_error(doctor, MNEME_FINDING_FAILED, "embedding model", &error);
    }
    mneme_embedder_query_close(embedder);
}
