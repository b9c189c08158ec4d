/*
 * Embedding everything again, by another model or once more by the same, while the former vectors go on
 * answering: the texts of the whole log through the model onto a topic, from there into another generation of
 * vectors, and then that takes the place of the former, all at once. Live workers follow by themselves.
 *
 * By the same model it is what mends vectors of a log that is gone: nothing of the former topic is used, only
 * what is known of texts by their hash. So the records lie on another topic, which has another edition of
 * them (stores/vectors/edition.h).
 */
#ifndef MNEME_CONSUMERS_REEMBED_H
#define MNEME_CONSUMERS_REEMBED_H

#include "stores/vectors/generation.h"

enum mneme_reembed_phase {
    MNEME_REEMBED_EMBED,    /* texts into vectors, up to the end of the log at the beginning */
    MNEME_REEMBED_LOAD,     /* vectors into the store */
    MNEME_REEMBED_FINISH,   /* indexes */
    MNEME_REEMBED_CATCH_UP, /* what came meanwhile */
    MNEME_REEMBED_SWITCH,   /* the live vectors do not move */
    MNEME_REEMBED_PHASES,
};

extern const char *const mneme_reembed_phase_names[MNEME_REEMBED_PHASES];

struct mneme_reembed_options {
    const struct mneme_config *config;
    const char *model;                     /* NULL: the one whose vectors answer, once more */
    int64_t dimensions;                    /* of another model: to ask for; 0: those that it has */
    unsigned jobs;                         /* threads that fill the store; 0: one for each processor */
    bool (*is_interrupted)(void *context); /* asked by several threads at once */
    /* On the caller's thread: a phase begins, with `total` messages to fold (0: unknown) … */
    void (*on_phase)(void *context, enum mneme_reembed_phase phase, int64_t total);
    /* … and has folded `done` of them, about ten times a second. */
    void (*on_progress)(void *context, int64_t done);
    void *context;
};

struct mneme_reembed_outcome {
    char model[MNEME_MODEL_BYTES];
    char topic[MNEME_TOPIC_NAME_BYTES], former_topic[MNEME_TOPIC_NAME_BYTES]; /* of the records; "": none */
    bool was_active;     /* the vectors were of that model already: nothing was begun */
    bool is_resumed;     /* it went on with what an interrupted one had left */
    bool is_interrupted; /* the former model answers as before; the next run goes on here */
    int64_t events;      /* of the log, embedded by this run */
    int64_t vectors;     /* records, stored by this run */
    double seconds[MNEME_REEMBED_PHASES];
};

/* Does it; another model that is asked for again when it is done, as after a kill in the last moment, is done
 * still. MNEME_E_NOT_FOUND when another model is wanted and there are no vectors yet; MNEME_E_CONFLICT when
 * another change of vectors is at work; MNEME_E_UNSAFE when the ledger is not of this log, or the log has
 * lost a beginning that is not recorded as lost; errors of mneme_refold_run. Until it has returned MNEME_OK
 * without interruption, the former vectors are as they were. */
int mneme_reembed_run(struct mneme_reembed_outcome *outcome, const struct mneme_reembed_options *options,
                      struct mneme_error *error);

/* Drops what a begun change to that model (NULL: by the same) has left in the store; what is embedded is
 * still known, so that beginning again costs nothing twice. */
int mneme_reembed_abandon(const struct mneme_config *config, const char *model, bool *was_there,
                          struct mneme_error *error);

/* Drops the generations that others have taken the place of, without waiting for their time to be over. */
int mneme_reembed_drop(const struct mneme_config *config, size_t *dropped, struct mneme_error *error);

#endif
