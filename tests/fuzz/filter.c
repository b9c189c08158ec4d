/*
 * Any text as a filter. What is taken compiles to SQL of this program's own characters, with as many
 * parameters as it names; what is refused is told in a sentence.
 */
#include <stdio.h>
#include <stdlib.h>

#include "queries/filter/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mneme_arena arena;
static struct mneme_buffer sql;

/* All that the compiler writes: names, operators, numbers of parameters. */
static void check_sql(const struct mneme_pg_params *params) {
    int highest = 0;
    for (size_t i = 0; i < sql.len; i++) {
        unsigned char c = (unsigned char)sql.data[i];
        if (c < 0x20 || c >= 0x7F || c == ';' || c == '\\') {
            abort();
        }
        if (c == '$') {
            int number = atoi(sql.data + i + 1);
            highest = number > highest ? number : highest;
        }
    }
    if (highest != params->count || params->has_nul) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct mneme_filter_node *filter;
    struct mneme_error error = {0};
    struct mneme_pg_params params = {0};
    char *copy = malloc(size == 0 ? 1 : size); /* not ended by a NUL, so that reading past the end is seen */
    if (copy == NULL) {
        return 0;
    }
    memcpy(copy, data, size);
    mneme_arena_reset(&arena, 1 << 20);
    if (mneme_filter_parse(&filter, (struct mneme_str){copy, size}, &arena, &error) == MNEME_OK) {
        mneme_buffer_clear(&sql);
        mneme_filter_sql(&sql, &params, filter);
        mneme_buffer_append_byte(&sql, ' ');
        check_sql(&params);
    } else if (filter != NULL || error.message[0] == '\0') {
        abort();
    }
    mneme_pg_params_clean_up(&params);
    free(copy);
    return 0;
}
