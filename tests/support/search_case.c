/*
 * The second projection beside the fold's case.
 */
#include "tests/support/search_case.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/postgres/schema.h"
#include "consumers/search/search_projection.h"
#include "consumers/store/migrate.h"

static void require(bool is_fine, const char *what, const struct mneme_error *error) {
    if (!is_fine) {
        fprintf(stderr, "%s: %s\n", what, error->message);
        abort();
    }
}

int mneme_search_case_open(struct mneme_search_case *search) {
    return mneme_search_projection.open(&search->search, search->fold.fixture.config, &search->fold.error);
}

enum mneme_apply_result mneme_search_case_assign(struct mneme_search_case *search) {
    int32_t partitions[MNEME_FOLD_CASE_PARTITIONS];
    int64_t offsets[MNEME_FOLD_CASE_PARTITIONS] = {0};
    for (int i = 0; i < MNEME_FOLD_CASE_PARTITIONS; i++) {
        partitions[i] = i;
    }
    struct mneme_assignment assignment = {.topic = "test.events",
                                          .topic_partitions = MNEME_FOLD_CASE_PARTITIONS,
                                          .partitions = partitions,
                                          .next_offsets = offsets,
                                          .count = MNEME_FOLD_CASE_PARTITIONS};
    return mneme_search_projection.assign(search->search, &assignment, &search->fold.error);
}

static void start(struct mneme_search_case *search) {
    require(mneme_search_case_open(search) == MNEME_OK, "open", &search->fold.error);
    require(mneme_search_case_assign(search) == MNEME_APPLIED, "assign", &search->fold.error);
}

void mneme_search_case_begin(struct mneme_search_case *search) {
    struct mneme_fold_case *fold = &search->fold;
    struct mneme_postgres *postgres = NULL;
    mneme_search_projection.close(search->search);
    search->search = NULL;
    search->folded = 0;
    int status = mneme_pg_run(fold->postgres, "DROP SCHEMA IF EXISTS mneme_search CASCADE", &fold->error);
    if (status == MNEME_OK) {
        status = mneme_pg_connect_to(&postgres, fold->fixture.config, MNEME_PROJECTION_SEARCH, "test",
                                     &fold->error);
    }
    if (status == MNEME_OK) {
        status = mneme_migrate(postgres, "mneme_search", mneme_migrations_search, NULL, NULL, &fold->error);
    }
    mneme_pg_close(postgres);
    require(status == MNEME_OK, "tables", &fold->error);
    start(search);
}

void mneme_search_case_set_up(struct mneme_search_case *search) {
    *search = (struct mneme_search_case){0};
    mneme_fold_case_set_up(&search->fold);
    start(search);
}

void mneme_search_case_tear_down(struct mneme_search_case *search) {
    mneme_search_projection.close(search->search);
    mneme_fold_case_tear_down(&search->fold);
}

enum mneme_apply_result mneme_search_case_apply(struct mneme_search_case *search, size_t batch_size) {
    struct mneme_fold_case *fold = &search->fold;
    enum mneme_apply_result result = MNEME_APPLIED;
    while (search->folded < fold->count && result == MNEME_APPLIED) {
        size_t left = fold->count - search->folded;
        size_t count = batch_size == 0 || batch_size > left ? left : batch_size;
        struct mneme_batch batch;
        mneme_fold_case_batch(fold, &batch, search->folded, count);
        result = mneme_search_projection.apply(search->search, &batch, &fold->error);
        mneme_fold_case_free_batch(&batch);
        search->folded += result == MNEME_APPLIED ? count : 0;
    }
    return result;
}
