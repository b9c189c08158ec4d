"""What the generator makes that becomes documents: texts of every script, contents of every shape, contents that say
nothing, places in conversations, captions."""

SCRIPTS = (
    "Ο Γιώργος αγαπά τον καφέ", "Анна переехала к морю", "انتقلت ليلى إلى الساحل", "רותי גרה ליד הים", "आशा को चाय पसंद है",
    "நிலா கடற்கரைக்கு வந்தாள்", "ดาวย้ายไปอยู่ริมทะเล", "ប៊ុននាចូលចិត្តកាហ្វេ", "安娜搬到了海边", "花子は海の近くへ引っ越した", "민지는 바닷가로 이사했다",
    "ანა ზღვასთან ცხოვრობს", "Անին սիրում է սուրճ", "አልማዝ ወደ ባሕር ሄደች", "Nguyễn thích cà phê sữa đá", "İstanbul'a taşındı ıslak",
    "👩\u200d👩\u200d👧\u200d👦 🏳️\u200d🌈 🇺🇳 👍🏽", "e\u0301te\u0301 cafe\u0301", "\u202eright to left\u202c", "ﬁne ﬂour Ｆｕｌｌ ｗｉｄｔｈ", "x² ½ ① Ⅷ",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𐍈𐌰𐌿𐍂𐌾𐌰", "a" * 300, "https://example.org/a?b=c#d user@example.org 10.0.0.1 2026-01-01T00:00:00Z -12.5e3",
)
STOP_WORDS = ("the", "and", "of", "to", "it", "is", "was", "not", "he", "she", "i", "me", "my")
LONGEST = 10_000
# Contents whose text is blank: such a memory has no document.
SILENT = ({"note": None}, {"note": ""}, {"items": []}, {"more": {}}, {"a": [None, "", []], "b": {"c": {"d": None}}})
PLACES = (0, 1, 7, 7, 2**40, -1, 3.5, 8.0, 1e16, "7", True, None, [1], 2**63)


def text(generator):
    """One of every kind that a text may be."""
    rng = generator.rng
    chance = rng.random()
    if chance < 0.2:
        return " ".join(rng.choice(SCRIPTS) for _ in range(rng.randint(1, 3)))
    if chance < 0.25:
        return " ".join(rng.choice(STOP_WORDS) for _ in range(rng.randint(1, 9)))
    if chance < 0.27:
        return rng.choice((".", "?!", "-", "'", '"', "&|!", "<->", ":*", "0", "\\", "(", "🙂", "\u0301"))
    if chance < 0.3:  # the same again and again, in every scope
        return f"{rng.choice(('Anna', 'Bo'))} likes {rng.choice(('tea', 'coffee'))}"
    if chance < 0.31:
        return "".join(rng.choice("aé記🙂 ") for _ in range(LONGEST - 1)) + "z"
    return generator.text(30)


def content(generator):
    """What a memory remembers: a text, or an object."""
    rng = generator.rng
    chance = rng.random()
    if chance < 0.55:
        return text(generator)
    if chance < 0.6:
        return rng.choice(SILENT)
    if chance < 0.75:
        return {"text": text(generator), "more": generator.json_object()}
    fields = {name: value for name, value in tree(generator, 3).items() if name != "text" or not isinstance(value, str)}
    return {**fields, "title": text(generator)[:200]}


def tree(generator, depth):
    """An object of objects, arrays and values, as deep as `depth`."""
    rng = generator.rng
    result = {}
    for _ in range(rng.randint(1, 3)):
        chance = rng.random()
        if chance < 0.35 and depth > 0:
            value = tree(generator, depth - 1)
        elif chance < 0.55:
            value = [tree(generator, 0) if rng.random() < 0.2 and depth > 0 else leaf(generator)
                     for _ in range(rng.randint(0, 4))]
        else:
            value = leaf(generator)
        result[rng.choice(("name", "Größe", "a.b", "first name", "text", "k|", "v: w", "7", "記"))] = value
    return result


def leaf(generator):
    return generator.rng.choice((generator.text(4), "", " ", None, True, False, 0, -1, 2.50, 1e30, 12345678901234567890,
                                 ["nested", ["more"]], {}))


def memory_metadata(generator):
    """With a place in a conversation and a speaker, or what could be taken for one."""
    return {**generator.json_object(), "turn_index": generator.rng.choice(PLACES),
            **generator.filled(speaker=generator.maybe(lambda: generator.rng.choice(("Ána", "", " ", 7, ["Bo"]))))}


def turn_metadata(generator):
    return {**generator.json_object(),
            "image_caption": generator.rng.choice(("a photo of the sea", "", " ", 7, None, ["a", "b"], "[nested] 海"))}
