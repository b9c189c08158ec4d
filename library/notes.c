/*
 * Notes for programs: each a kind and a sentence.
 */
#include "library/handles.h"

struct mneme_note {
    enum mneme_note_kind kind;
    struct mneme_str text;
};

enum mneme_note_kind mneme_note_kind(const struct mneme_note *note) {
    return note->kind;
}

struct mneme_str mneme_note_text(const struct mneme_note *note) {
    return note->text;
}

void mneme_request_on_note(struct mneme_request *request, mneme_note_fn *on_note, void *context) {
    request->on_note = on_note;
    request->note_context = context;
}

void mneme_request_take_note(const struct mneme_op_note *note, void *request) {
    static const enum mneme_note_kind kinds[] = {
        [MNEME_OP_NOTE_WARNING] = MNEME_NOTE_WARNING,
        [MNEME_OP_NOTE_IN_ROW] = MNEME_NOTE_WARNING,
        [MNEME_OP_NOTE_MISSING] = MNEME_NOTE_MISSING,
        [MNEME_OP_NOTE_STALE] = MNEME_NOTE_STALE,
    };
    const struct mneme_request *to = request;
    struct mneme_buffer text = {0};
    if (to->on_note == NULL || note->kind == MNEME_OP_NOTE_TABLE) { /* which is about a person's tables */
        return;
    }
    mneme_op_note_text(&text, note, to->request.config);
    const struct mneme_note shown = {.kind = kinds[note->kind], .text = mneme_buffer_str(&text)};
    to->on_note(&shown, to->note_context);
    mneme_buffer_clean_up(&text);
}
