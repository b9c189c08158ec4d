/*
 * ASCII is looked up in a table. Other text is decomposed and folded by utf8proc, stripped of accents that
 * are not essential in its script, and composed again: marks that make a different letter (of Kana, Hangul,
 * й, Indic vowels) stay.
 */
#include "common/analysis/letters.h"

#include <utf8proc.h>

#define MOST_MARKS 30 /* on one letter, as in Unicode's stream-safe text */
#define MOST_PARTS 64 /* of one character that is decomposed; the longest has 18 */
#define FIRST_SYMBOL 0x2300

/* --- classes --- */

#define A MNEME_LETTER_ALPHA
#define U (MNEME_LETTER_ALPHA | MNEME_LETTER_UPPER)
#define D MNEME_LETTER_DIGIT
#define J MNEME_LETTER_JOINER
#define B MNEME_LETTER_BETWEEN
/* clang-format off */
static const uint32_t ascii_classes[128] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, B, J, J, 0, D, D, D, D, D, D, D, D, D, D, B, 0, 0, 0, 0, 0,
    J, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, 0, 0, 0, 0, J,
    0, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, 0, 0, 0, 0, 0,
};
/* clang-format on */
#undef A
#undef U
#undef D
#undef J
#undef B

struct range {
    int32_t first, last;
};

/* In order. */
static const struct range dense[] = {
    {0x0E01, 0x0E3A},   {0x0E40, 0x0E4E},   /* Thai, without its digits */
    {0x0E81, 0x0ECE},   {0x0EDC, 0x0EDF},   /* Lao */
    {0x1000, 0x103F},   {0x1050, 0x108F},   /* Myanmar */
    {0x109A, 0x109D},                       /* Myanmar, after its Shan digits */
    {0x1100, 0x11FF},                       /* Hangul letters */
    {0x1780, 0x17D3},   {0x17D7, 0x17D7},   /* Khmer */
    {0x17DC, 0x17DD},                       /* Khmer */
    {0x2E80, 0x2FDF},   {0x3005, 0x3007},   /* Han radicals and marks of repetition */
    {0x3021, 0x3029},   {0x3038, 0x303B},   /* Han numerals */
    {0x3041, 0x3096},   {0x3099, 0x309F},   /* Hiragana */
    {0x30A1, 0x30FA},   {0x30FC, 0x30FF},   /* Katakana */
    {0x3105, 0x318E},   {0x31A0, 0x31BF},   /* Bopomofo, Hangul letters for compatibility */
    {0x31F0, 0x31FF},                       /* Katakana, small ones of Ainu */
    {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   /* Han */
    {0xA960, 0xA97C},                       /* Hangul letters, further */
    {0xA9E0, 0xA9EF},   {0xA9FA, 0xA9FE},   /* Myanmar, further */
    {0xAA60, 0xAA7F},                       /* Myanmar, further */
    {0xAC00, 0xD7FB},                       /* Hangul */
    {0xF900, 0xFAFF},   {0xFF66, 0xFF9F},   /* Han for compatibility, Katakana of half width */
    {0x1B000, 0x1B16F}, {0x20000, 0x2FA1F}, /* Kana and Han, further */
    {0x30000, 0x323AF},                     /* Han, further */
};

/* Scripts whose words are recognizable without any marks. */
static const struct range unmarked[] = {
    {'0', '9'},       {'A', 'Z'},       {'a', 'z'},       {0x00C0, 0x024F}, {0x0250, 0x02AF},
    {0x0370, 0x03FF}, {0x0590, 0x05FF}, {0x0600, 0x06FF}, {0x0750, 0x077F}, {0x1E00, 0x1FFF},
    {0x2C60, 0x2C7F}, {0xA720, 0xA7FF}, {0xAB30, 0xAB6F},
};

#define IS_IN(table, point) is_in((table), sizeof(table) / sizeof *(table), (point))
static bool is_in(const struct range *ranges, size_t count, int32_t point) {
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (point > ranges[middle].last) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < count && point >= ranges[low].first;
}

static bool is_mark(utf8proc_category_t category) {
    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
           category == UTF8PROC_CATEGORY_ME;
}

static uint32_t class_of(int32_t point) {
    if (point < 128) {
        return ascii_classes[point];
    }
    if (IS_IN(dense, point)) {
        return MNEME_LETTER_DENSE;
    }
    utf8proc_category_t category = utf8proc_category(point);
    if ((category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) || is_mark(category)) {
        return MNEME_LETTER_ALPHA;
    }
    if (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO) {
        return MNEME_LETTER_DIGIT;
    }
    if (category == UTF8PROC_CATEGORY_SO && point >= FIRST_SYMBOL) {
        return MNEME_LETTER_SYMBOL;
    }
    return point == 0x2010 ? MNEME_LETTER_JOINER : MNEME_LETTER_BREAK; /* the unambiguous hyphen */
}

/* --- folding --- */

/* Letters that do not decompose to plain ones. */
static const struct {
    int32_t letter;
    char plain[3];
} plain_letters[] = {
    {0x00E6, "ae"}, {0x00F0, "d"}, {0x00F8, "o"}, {0x00FE, "th"}, {0x0111, "d"}, {0x0127, "h"}, {0x0131, "i"},
    {0x0138, "k"},  {0x0142, "l"}, {0x014B, "n"}, {0x0153, "oe"}, {0x0167, "t"}, {0x0180, "b"}, {0x0247, "e"},
    {0x0249, "j"},  {0x024D, "r"}, {0x024F, "y"}, {0x0268, "i"},  {0x0289, "u"},
};

static const char *plain_of(int32_t point) {
    for (size_t i = 0; i < sizeof plain_letters / sizeof *plain_letters; i++) {
        if (plain_letters[i].letter == point) {
            return plain_letters[i].plain;
        }
    }
    return NULL;
}

/* Adjacent non-ASCII characters, decomposed. */
struct stretch {
    struct mneme_buffer *points; /* int32_t each */
    int32_t base;                /* the letter that a following mark belongs to */
    size_t marks;                /* of that letter */
    bool has_capital, has_small; /* letters, as they were typed */
};

static int32_t *points_of(const struct stretch *stretch) {
    return (int32_t *)(void *)stretch->points->data;
}

static void push(struct stretch *stretch, int32_t point) {
    mneme_buffer_append(stretch->points, &point, sizeof point);
}

static bool is_accent(int32_t base, int32_t mark) {
    if (base >= 0x0400 && base <= 0x052F) { /* Cyrillic: stress, and ё */
        return mark == 0x0300 || mark == 0x0301 || (mark == 0x0308 && base == 0x0435);
    }
    return IS_IN(unmarked, base);
}

/* Appends a mark; the marks of a letter are sorted by their classes, as composing requires. */
static void push_mark(struct stretch *stretch, int32_t mark) {
    if (is_accent(stretch->base, mark) || ++stretch->marks > MOST_MARKS) {
        return;
    }
    push(stretch, mark);
    int32_t *points = points_of(stretch);
    utf8proc_propval_t order = utf8proc_get_property(mark)->combining_class;
    size_t at = stretch->points->failed ? 0 : stretch->points->len / sizeof *points - 1;
    for (size_t left = stretch->marks - 1;
         order > 0 && left > 0 && at > 0 && utf8proc_get_property(points[at - 1])->combining_class > order;
         left--, at--) {
        points[at] = points[at - 1];
        points[at - 1] = mark;
    }
}

static void push_character(struct stretch *stretch, int32_t character) {
    utf8proc_category_t category = utf8proc_category(character);
    stretch->has_capital |= category == UTF8PROC_CATEGORY_LU;
    stretch->has_small |= category == UTF8PROC_CATEGORY_LL || category == UTF8PROC_CATEGORY_LT;
    int32_t parts[MOST_PARTS];
    int last_class = 0;
    utf8proc_ssize_t count = utf8proc_decompose_char(
        character, parts, MOST_PARTS,
        UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE, &last_class);
    for (utf8proc_ssize_t i = 0; i < count && i < MOST_PARTS; i++) {
        const char *plain = plain_of(parts[i]);
        if (is_mark(utf8proc_category(parts[i]))) {
            push_mark(stretch, parts[i]);
            continue;
        }
        stretch->base = plain == NULL ? parts[i] : (int32_t)plain[0];
        stretch->marks = 0;
        stretch->has_small |= plain != NULL && plain[1] != '\0'; /* Æ is a small and a capital letter */
        if (plain == NULL) {
            push(stretch, parts[i]);
        }
        for (; plain != NULL && *plain != '\0'; plain++) {
            push(stretch, *plain);
        }
    }
}

/* Appends the stretch that begins at `at`, and returns its end. */
static size_t append_stretch(struct mneme_buffer *out, struct mneme_buffer *scratch, struct mneme_str text,
                             size_t at, int32_t base) {
    struct stretch stretch = {.points = scratch, .base = base};
    mneme_buffer_clear(scratch);
    while (at < text.len && (unsigned char)text.data[at] >= 128) {
        int32_t character;
        utf8proc_ssize_t length = utf8proc_iterate((const utf8proc_uint8_t *)text.data + at,
                                                   (utf8proc_ssize_t)(text.len - at), &character);
        if (length > 0) {
            push_character(&stretch, character);
        } else {
            push(&stretch, ' ');
        }
        at += length > 0 ? (size_t)length : 1;
    }
    out->failed |= scratch->failed;
    utf8proc_ssize_t count =
        utf8proc_normalize_utf32(points_of(&stretch), (utf8proc_ssize_t)(scratch->len / sizeof(int32_t)),
                                 UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    for (utf8proc_ssize_t i = 0; i < count; i++) {
        int32_t point = points_of(&stretch)[i];
        uint32_t class = class_of(point);
        class |=
            class == MNEME_LETTER_ALPHA && stretch.has_capital && !stretch.has_small ? MNEME_LETTER_UPPER : 0;
        mneme_letter letter = (uint32_t)point | class;
        mneme_buffer_append(out, &letter, sizeof letter);
    }
    return at;
}

bool mneme_letters_read(struct mneme_buffer *out, struct mneme_buffer *scratch, struct mneme_str text) {
    mneme_buffer_clear(out);
    if (!mneme_buffer_reserve(out, text.len * sizeof(mneme_letter))) {
        return false;
    }
    for (size_t at = 0; at < text.len;) {
        unsigned char byte = (unsigned char)text.data[at];
        if (byte >= 128) {
            at = append_stretch(out, scratch, text, at, at > 0 ? text.data[at - 1] : 0);
            continue;
        }
        uint32_t class = ascii_classes[byte];
        mneme_letter letter = (uint32_t)(class & MNEME_LETTER_UPPER ? byte - 'A' + 'a' : byte) | class;
        mneme_buffer_append(out, &letter, sizeof letter);
        at++;
    }
    return !out->failed;
}

void mneme_letter_append(struct mneme_buffer *out, mneme_letter letter) {
    utf8proc_uint8_t bytes[4];
    int32_t point = (int32_t)(letter & MNEME_LETTER_POINT);
    if (point < 128) {
        mneme_buffer_append_byte(out, (uint8_t)point);
        return;
    }
    mneme_buffer_append(out, bytes, (size_t)utf8proc_encode_char(point, bytes));
}
