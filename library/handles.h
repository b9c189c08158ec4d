/*
 * What is behind the handles of include/mneme/, for the files of this folder.
 */
#ifndef MNEME_LIBRARY_HANDLES_H
#define MNEME_LIBRARY_HANDLES_H

#include <pthread.h>

#include "include/mneme/mneme.h"
#include "operations/service.h"

struct mneme {
    struct mneme_config *config;
    struct mneme_service *service;

    pthread_mutex_t lock; /* guards the next two: which stores hold the own writes (library/own_writes.c) */
    int64_t held_stamp;   /* the state of the writes that `held` refers to */
    unsigned held;        /* enum mneme_op_store */
    struct mneme_op_own_writes_ops own;
};

struct mneme_request {
    struct mneme_op_request request;
    bool is_complete;
    mneme_note_fn *on_note; /* may be NULL */
    void *note_context;
};

struct mneme_result {
    const struct mneme_op_row *row;
    struct mneme_buffer json;
    struct mneme_arena arena; /* of texts that were made of other values */
};

/* Zero-initialise a result first. */
void mneme_result_init(struct mneme_result *result);
void mneme_result_clean_up(struct mneme_result *result);

/* Forgets what was made of the former row. */
void mneme_result_show(struct mneme_result *result, const struct mneme_op_row *row);

/* Sets the defaults of fields and checks them, once. */
int mneme_request_complete(struct mneme_request *request, struct mneme_error *error);

/* Passes a note to the request's on_note; an on_note of struct mneme_op_sink whose context is a request. */
void mneme_request_take_note(const struct mneme_op_note *note, void *request);

/* The own writes of `mneme`, as the service asks for them. */
void mneme_own_writes_init(struct mneme *mneme);

#endif
