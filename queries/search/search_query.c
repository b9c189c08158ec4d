/*
 * One pass over the text. An operand is a word or a phrase; between two operands stands an operator, AND
 * unless OR is written. Every operand is a quoted text of to_tsquery, so that nothing in it has a meaning
 * there.
 */
#include "queries/search/search_query.h"

#include <strings.h>

#include "common/segment.h"

struct reading {
    struct mneme_search_query *query;
    const char *at, *end;
    bool has_operand; /* the one before it in tsquery */
    bool is_or;       /* OR stands behind that */
};

void mneme_search_query_clean_up(struct mneme_search_query *query) {
    mneme_buffer_clean_up(&query->tsquery);
    mneme_buffer_clean_up(&query->words);
    mneme_buffer_clean_up(&query->singles);
    mneme_buffer_clean_up(&query->scratch);
}

static bool is_space(char character) {
    return (unsigned char)character <= ' ' || character == 0x7F;
}

static size_t count_words(struct mneme_str text) {
    size_t count = 0;
    bool was_space = true;
    for (size_t i = 0; i < text.len; i++) {
        bool is_here = is_space(text.data[i]);
        count += was_space && !is_here ? 1 : 0;
        was_space = is_here;
    }
    return count;
}

/* Appends what to_tsquery takes as one text. */
static void append_quoted(struct mneme_search_query *query, struct mneme_str text) {
    mneme_buffer_clear(&query->scratch);
    mneme_segment(&query->scratch, text, MNEME_SEGMENT_PART);
    mneme_buffer_append_byte(&query->tsquery, '\'');
    for (size_t i = 0; i < query->scratch.len; i++) {
        char character = query->scratch.data[i];
        if (character == '\'' || character == '\\') {
            mneme_buffer_append_byte(&query->tsquery, (uint8_t)character);
        }
        mneme_buffer_append_byte(&query->tsquery, (uint8_t)character);
    }
    mneme_buffer_append_byte(&query->tsquery, '\'');
    query->tsquery.failed |= query->scratch.failed;
}

/* Words that are to occur. */
static void add_words(struct mneme_search_query *query, struct mneme_str text) {
    if (mneme_segment_is_single(text)) {
        mneme_buffer_append_str(&query->singles, text);
        mneme_buffer_append_byte(&query->singles, 0);
        return;
    }
    mneme_buffer_append_byte(&query->words, ' ');
    mneme_segment(&query->words, text, MNEME_SEGMENT_PART);
}

static void add_operand(struct reading *reading, struct mneme_str text, bool is_not) {
    struct mneme_search_query *query = reading->query;
    query->word_count += count_words(text);
    if (query->word_count > MNEME_SEARCH_MAX_WORDS || count_words(text) == 0) {
        return;
    }
    if (reading->has_operand) {
        mneme_buffer_append_str(&query->tsquery,
                                reading->is_or ? MNEME_STR_LIT(" | ") : MNEME_STR_LIT(" & "));
    }
    if (is_not) {
        mneme_buffer_append_byte(&query->tsquery, '!');
    } else {
        add_words(query, text);
    }
    append_quoted(query, text);
    if (mneme_segment_is_single(text)) {
        mneme_buffer_append_str(&query->tsquery, MNEME_STR_LIT(":*"));
    }
    reading->has_operand = true;
    reading->is_or = false;
}

/* The text up to `stop`, or to the end. */
static struct mneme_str take_until(struct reading *reading, bool (*stops)(char)) {
    const char *begin = reading->at;
    while (reading->at < reading->end && !stops(*reading->at)) {
        reading->at++;
    }
    return (struct mneme_str){begin, (size_t)(reading->at - begin)};
}

static bool is_quote(char character) {
    return character == '"';
}

static bool ends_word(char character) {
    return is_space(character) || is_quote(character);
}

static bool is_word_or(struct mneme_str word) {
    return word.len == 2 && strncasecmp(word.data, "or", 2) == 0;
}

static void read_operand(struct reading *reading) {
    bool is_not = *reading->at == '-' && reading->at + 1 < reading->end;
    if (is_not) {
        reading->at++;
    }
    if (is_quote(*reading->at)) {
        reading->at++;
        add_operand(reading, take_until(reading, is_quote), is_not);
        reading->at += reading->at < reading->end ? 1 : 0;
        return;
    }
    struct mneme_str word = take_until(reading, ends_word);
    if (!is_not && is_word_or(word)) {
        reading->is_or = reading->has_operand;
    } else {
        add_operand(reading, word, is_not);
    }
}

static void begin(struct mneme_search_query *query) {
    mneme_buffer_clear(&query->tsquery);
    mneme_buffer_clear(&query->words);
    mneme_buffer_clear(&query->singles);
    query->word_count = 0;
}

static bool end(struct mneme_search_query *query) {
    mneme_buffer_append_byte(&query->tsquery, 0);
    return !query->tsquery.failed && !query->words.failed && !query->singles.failed;
}

bool mneme_search_query_read(struct mneme_search_query *query, struct mneme_str text) {
    struct reading reading = {.query = query, .at = text.data, .end = text.data + text.len};
    begin(query);
    while (reading.at < reading.end) {
        if (is_space(*reading.at)) {
            reading.at++;
        } else {
            read_operand(&reading);
        }
    }
    return end(query);
}

bool mneme_search_query_read_any(struct mneme_search_query *query, struct mneme_str text) {
    struct reading reading = {.query = query, .at = text.data, .end = text.data + text.len};
    begin(query);
    while (reading.at < reading.end && query->word_count < MNEME_SEARCH_MAX_WORDS) {
        struct mneme_str word = take_until(&reading, is_space);
        if (word.len > 0) {
            add_words(query, word);
            query->word_count++;
        }
        reading.at += reading.at < reading.end ? 1 : 0;
    }
    return end(query);
}
