/*
 * Embedding everything again, by another model or by the same, while the former vectors go on answering: the
 * texts of the whole log are embedded onto a topic and loaded from there into another generation of vectors,
 * which then replaces the former one in one transaction. Live workers follow by themselves.
 *
 * By the same model, this repairs vectors of a log that no longer exists: nothing of the former topic is
 * used, only cached vectors by the hash of their text. So the records are on another topic, with another
 * edition of them (stores/vectors/edition.h).
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
    const char *model;                     /* NULL: the model whose vectors answer, again */
    int64_t dimensions;                    /* to request from another model; 0: the model's own */
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
    char topic[MNEME_TOPIC_NAME_BYTES], former_topic[MNEME_TOPIC_NAME_BYTES]; /* "": none */
    bool was_active;     /* the vectors were of that model already: nothing was begun */
    bool is_resumed;     /* it went on with what an interrupted one had left */
    bool is_interrupted; /* the former model answers as before; the next run goes on here */
    int64_t events;      /* of the log, embedded by this run */
    int64_t vectors;     /* records, stored by this run */
    double seconds[MNEME_REEMBED_PHASES];
};

/* Runs it. Asking again for a model that is already active, as after a kill at the last moment, succeeds.
 * MNEME_E_NOT_FOUND when another model is wanted and there are no vectors yet; MNEME_E_CONFLICT when another
 * change of vectors is running; MNEME_E_UNSAFE when the ledger is not of this log, or the log has lost a
 * beginning that is not recorded as lost; errors of mneme_refold_run. Until it has returned MNEME_OK without
 * interruption, the former vectors are unchanged. */
int mneme_reembed_run(struct mneme_reembed_outcome *outcome, const struct mneme_reembed_options *options,
                      struct mneme_error *error);

/* Drops what an unfinished change to that model (NULL: by the same model) has left in the store; embedded
 * texts stay cached, so beginning again embeds nothing twice. */
int mneme_reembed_abandon(const struct mneme_config *config, const char *model, bool *was_there,
                          struct mneme_error *error);

/* Drops the generations that others have replaced, without waiting until their time is over. */
int mneme_reembed_drop(const struct mneme_config *config, size_t *dropped, struct mneme_error *error);

#endif
