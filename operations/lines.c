#include "operations/lines.h"

void mneme_op_lines_begin(struct mneme_op_lines_reader *reader, const struct mneme_op_request *request,
                          int field) {
    struct mneme_str text = mneme_op_text(request, field);
    *reader = (struct mneme_op_lines_reader){.source = request->own[field].lines, .rest = text};
    if (reader->source == NULL) {
        struct mneme_str json = mneme_json_trim(text);
        reader->is_array = json.len > 0 && json.data[0] == '[';
        reader->items = reader->is_array ? mneme_json_enter(json) : reader->items;
    }
}

int mneme_op_lines_next(struct mneme_op_line *line, struct mneme_op_lines_reader *reader,
                        struct mneme_error *error) {
    struct mneme_str key;
    if (reader->source != NULL) {
        return reader->source->next(line, reader->source->context, error);
    }
    *line = (struct mneme_op_line){.number = ++reader->number};
    if (reader->is_array) {
        line->is_end = !mneme_json_next(&reader->items, &key, &line->text);
        return MNEME_OK;
    }
    line->is_end = reader->rest.len == 0;
    if (!line->is_end) {
        const char *feed = memchr(reader->rest.data, '\n', reader->rest.len);
        line->text = (struct mneme_str){reader->rest.data,
                                        feed == NULL ? reader->rest.len : (size_t)(feed - reader->rest.data)};
        size_t used = line->text.len + (feed != NULL);
        reader->rest.data += used;
        reader->rest.len -= used;
    }
    return MNEME_OK;
}
