/*
 * Notes as sentences.
 */
#include "common/base/printable.h"
#include "operations/call.h"

void mneme_op_note_text(struct mneme_buffer *out, const struct mneme_op_note *note,
                        const struct mneme_config *config) {
    const struct mneme_stale_row *stale = note->stale;
    switch (note->kind) {
    case MNEME_OP_NOTE_WARNING:
    case MNEME_OP_NOTE_IN_ROW:
    case MNEME_OP_NOTE_TABLE:
        mneme_buffer_append_str(out, note->text);
        break;
    case MNEME_OP_NOTE_MISSING:
        mneme_buffer_printf(out,
                            "the last writes from here are not in %.*s yet after %lld ms, so the answer may "
                            "lack them; see mneme status (MNEME_READ_OWN_WRITES_MS sets the wait)",
                            MNEME_STR_ARG(note->text),
                            (long long)mneme_config_long(config, MNEME_SETTING_READ_OWN_WRITES_MS));
        break;
    case MNEME_OP_NOTE_STALE:
        mneme_buffer_printf(out, "stale: parked at %lld:%lld with %lld behind it, key ",
                            (long long)stale->partition, (long long)stale->kafka_offset,
                            (long long)stale->behind);
        mneme_printable(out, stale->key, false);
        mneme_buffer_printf(out, "; run `mneme dead-letters show %lld:%lld`", (long long)stale->partition,
                            (long long)stale->kafka_offset);
        break;
    }
}
