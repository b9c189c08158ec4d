/*
 * The format of tsvectorsend: the number of lexemes, then for each its bytes with a NUL, the number of its
 * positions and the positions, two bytes each.
 */
#include "queries/search/tsvector.h"

#include <endian.h>

struct mneme_tsvector_reader mneme_tsvector_enter(struct mneme_str value) {
    struct mneme_tsvector_reader reader = {value.data, value.data + value.len, 0};
    if (value.len >= sizeof reader.left) {
        memcpy(&reader.left, value.data, sizeof reader.left);
        reader.left = be32toh(reader.left);
        reader.at += sizeof reader.left;
    }
    return reader;
}

bool mneme_tsvector_next(struct mneme_tsvector_reader *reader, struct mneme_str *lexeme, uint32_t *count) {
    uint16_t positions;
    if (reader->left == 0) {
        return false;
    }
    const char *nul = memchr(reader->at, 0, (size_t)(reader->end - reader->at));
    if (nul == NULL || (size_t)(reader->end - nul - 1) < sizeof positions) {
        return false;
    }
    *lexeme = (struct mneme_str){reader->at, (size_t)(nul - reader->at)};
    memcpy(&positions, nul + 1, sizeof positions);
    positions = be16toh(positions);
    reader->at = nul + 1 + sizeof positions;
    if ((size_t)(reader->end - reader->at) < positions * sizeof positions) {
        return false;
    }
    reader->at += positions * sizeof positions;
    reader->left--;
    *count = positions == 0 ? 1 : positions;
    return true;
}
