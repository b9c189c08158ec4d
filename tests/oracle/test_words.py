"""The oracle's own way of making words, by texts of which one can see what is right."""

import pytest

from oracle.words import tsvector


@pytest.mark.parametrize(("text", "lexemes"), [
    ("", ""),
    ("Ada's cats, the cat", "'ada':1 'cat':3,5 's':2 'the':4"),
    ("crème BRÛLÉE Łódź", "'brule':2 'creme':1 'lodz':3"),
    ("cre\u0300me", "'creme':1"),
    ("ORD-7741-00123", "'00123':3 '7741':2 'ord':1 'ord774100123':1"),
    ("3.14 1,000", "'000':4 '1':3 '1000':3 '14':2 '3':1 '3.14':1"),
    ("getUserName HTTPServer", "'get':1 'getusernam':1 'http':2 'httpserver':2 'name':1 'server':2 'user':1"),
    ("喝绿茶 茶 바다", "'喝绿':1 '绿茶':2 '茶':3,4 '다':6 '바다':5"),
    ("ｶﾞｲ か\u3099", "'が':3 'イ':2 'ガイ':1"),
    ("🍵👍🏽🇵🇱 ©", "'🇵🇱':3 '🍵':1 '👍':2"),
    ("мой Ёлка", "'елка':2 'мой':1"),
    ("wi-fi a@b.c x", "'a':3 'abc':3 'b':4 'c':5 'fi':2 'wi':1 'wifi':1 'x':6"),
])
def test_words_and_their_places(text, lexemes):
    places = {place for item in lexemes.split() for place in item.rpartition(":")[2].split(",")}
    assert tsvector(text) == (lexemes, len(places))


def test_places_have_bounds():
    assert tsvector("a " * 300) == ("'a':" + ",".join(map(str, range(1, 256))), 300)
    assert tsvector("b " + "a " * 17000 + "b c")[0].endswith("'b':1,16383 'c':16383")
