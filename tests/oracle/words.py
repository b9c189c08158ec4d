"""The words of a document, as full text keeps them: made here from the rules in docs/retrieval.md, by Python's own Unicode
tables and a Snowball stemmer in Python."""

import re
import unicodedata
from collections import defaultdict

import snowballstemmer

MAX_BYTES, MAX_STEMMED_BYTES = 256, 64
MAX_PLACES, LAST_PLACE = 255, 16383
PLAIN = {"æ": "ae", "ð": "d", "ø": "o", "þ": "th", "đ": "d", "ħ": "h", "ı": "i", "ĸ": "k", "ł": "l", "ŋ": "n", "œ": "oe",
         "ŧ": "t", "ƀ": "b", "ɇ": "e", "ɉ": "j", "ɍ": "r", "ɏ": "y", "ɨ": "i", "ʉ": "u"}
# Default_Ignorable_Code_Point
IGNORED = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
                     "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]")
SPACELESS = ("CJK UNIFIED IDEOGRAPH", "CJK COMPATIBILITY IDEOGRAPH", "HIRAGANA", "KATAKANA", "THAI CHARACTER", "LAO", "KHMER",
             "MYANMAR", "HANGUL")
OTHER_SIGNS = "\u0e4f\u0e5a\u0e5b\u30fb\u30a0"
WITHOUT_MARKS = ("LATIN", "GREEK", "HEBREW", "ARABIC", "DIGIT")
TOKEN = re.compile(r"[aAd]+(?:(?:j|(?<=d)b(?=d))[aAd]+)*|x+|ff?|s")
WORD = re.compile(r"[aAd]+")
PIECE = re.compile(r"(?<=[ad])(?=A)|(?<=A)(?=Aa)")
STEMMER = snowballstemmer.stemmer("english")


def is_mark(character):
    return unicodedata.category(character).startswith("M")


def is_accent(base, mark):
    """Whether the letter can do without it."""
    name = unicodedata.name(base, "") if base else ""
    if name.startswith("CYRILLIC"):
        return mark in "\u0300\u0301" or (mark == "\u0308" and base == "е")
    return name.startswith(WITHOUT_MARKS)


def folded(stretch, base):
    """Characters beyond ASCII, in lower case, without accents, composed."""
    kept = []
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", IGNORED.sub("", stretch)).casefold())
    for character in decomposed:
        if not is_mark(character):
            base = PLAIN.get(character, character)[0]
            kept.append(PLAIN.get(character, character))
        elif not is_accent(base, character):
            kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept))


def class_of(character):
    category = unicodedata.category(character)
    if "\U0001f1e6" <= character <= "\U0001f1ff":
        return "f"
    if character in "-_.@\u2010":
        return "j"
    if character in ",:":
        return "b"
    name = unicodedata.name(character, "")
    if name.startswith(SPACELESS) and category[0] in "LM" and character not in OTHER_SIGNS:
        return "x"
    if category[0] in "LM":
        return "a"
    return "d" if category[0] == "N" else "s" if category == "So" and character >= "\u2300" else " "


def letters(text):
    """(characters, their classes)"""
    characters, classes = [], []
    for part in re.findall(r"[\x00-\x7f]|[^\x00-\x7f]+", text):
        if part.isascii():
            characters.append(part.lower())
            classes.append("A" if part.isupper() else class_of(part))
        else:
            plain = folded(part, characters[-1] if characters else "")
            characters += plain
            is_capital = part.isupper() and not any(len(PLAIN.get(letter, "")) > 1 for letter in part.lower())
            classes += ("A" if is_capital and kind == "a" else kind for kind in map(class_of, plain))
    return "".join(characters), "".join(classes)


def lexeme(word, has_digit):
    kept = word.encode()[:MAX_BYTES].decode(errors="ignore")
    return kept if has_digit or len(kept.encode()) > MAX_STEMMED_BYTES else STEMMER.stemWord(kept)


def terms(text):
    """(lexeme, place) of each."""
    characters, classes = letters(text)
    place = 0
    for token in TOKEN.finditer(classes):
        begin, end = token.span()
        if classes[begin] == "x":
            for at in range(begin, end):
                place += 1
                yield characters[at:min(at + 2, end)], place
        elif classes[begin] in "sf":
            place += 1
            yield characters[begin:end], place
        else:
            words = [(begin + word.start(), begin + word.end()) for word in WORD.finditer(token.group())]
            if len(words) > 1:
                whole = re.sub(r"(?<=d)[.:](?=d)|[aAd]", "k", "".join(
                    characters[at] if characters[at] in ".:" and classes[at] in "jb" else classes[at]
                    for at in range(begin, end)))
                joined = "".join(characters[begin + at] for at, kind in enumerate(whole) if kind == "k")
                if len(joined.encode()) <= MAX_BYTES:
                    yield lexeme(joined, "d" in token.group()), place + 1
            for first, last in words:
                place += 1
                yield lexeme(characters[first:last], "d" in classes[first:last]), place
                cuts = [0, *(cut.start() for cut in PIECE.finditer(classes[first:last])), last - first]
                for low, high in zip(cuts, cuts[1:]) if len(cuts) > 2 else ():
                    yield lexeme(characters[first + low:first + high], "d" in classes[first + low:first + high]), place
    yield None, place


def tsvector(text):
    """(the value as Postgres prints it, how many words the text has)"""
    places, length = defaultdict(set), 0
    for word, place in terms(text):
        if word is None:
            length = place
        else:
            places[word].add(min(place, LAST_PLACE))
    printed = " ".join(f"'{word}':" + ",".join(map(str, sorted(where)[:MAX_PLACES]))
                       for word, where in sorted(places.items(), key=lambda item: item[0].encode()))
    return printed, length
