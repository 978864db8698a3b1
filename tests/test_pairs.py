"""Texts become numbers and back; generated sentences and number words are right."""

import numpy as np
import pytest

from d2lnotes.data import alice
from d2lnotes.text import (
    Vocabulary,
    english_number,
    french_number,
    letters_only,
    next_token_windows,
    number_pairs,
    pad_sequences,
    phrase_pairs,
    tokenize,
)

# Phrases -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "english, french",
    [
        # adjectives agree with the noun, stand before or after it
        ("the small red cat", "le petit chat rouge"),
        ("the small red house", "la petite maison rouge"),
        ("a big white flower", "une grande fleur blanche"),
        ("a big white dog", "un grand chien blanc"),
        # le, la, je, ne, de lose their vowel before another
        ("the tree", "l'arbre"),
        ("the star", "l'étoile"),
        ("the small tree", "le petit arbre"),
        ("I have a cat", "j'ai un chat"),
        ("I buy the star", "j'achète l'étoile"),
        ("he has a cat", "il a un chat"),
        # vieux, vieil before a vowel, vieille
        ("the old cat", "le vieux chat"),
        ("an old bird", "un vieil oiseau"),
        ("the old star", "la vieille étoile"),
        # the negation goes around the verb; un and une become de, le and la stay
        ("he does not see a cat", "il ne voit pas de chat"),
        ("she does not see a house", "elle ne voit pas de maison"),
        ("I do not see the cat", "je ne vois pas le chat"),
        ("I do not have a bird", "je n'ai pas d'oiseau"),
        ("she does not buy an old black tree", "elle n'achète pas de vieil arbre noir"),
        ("he does not want the star", "il ne veut pas l'étoile"),
    ],
)
def test_phrases_follow_french_grammar(english, french):
    assert dict(phrase_pairs())[english] == french


def test_phrases_are_6400_and_one_to_one():
    pairs = phrase_pairs()
    assert len(pairs) == 6400
    assert len({english for english, _ in pairs}) == len({french for _, french in pairs}) == 6400


def test_phrases_use_31_and_41_words():
    pairs = phrase_pairs()
    assert len({word for english, _ in pairs for word in tokenize(english)}) == 31
    assert len({word for _, french in pairs for word in tokenize(french)}) == 41


@pytest.mark.parametrize("generate", [phrase_pairs, number_pairs])
def test_a_generator_shuffles_the_same_pairs_repeatably(generate):
    one = generate(np.random.default_rng(3))
    assert one == generate(np.random.default_rng(3))
    assert one != generate(np.random.default_rng(4)) and one != generate()
    assert sorted(one) == sorted(generate())


# Numbers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "n, english, french",
    [
        (0, "zero", "zéro"),
        (16, "sixteen", "seize"),
        (17, "seventeen", "dix-sept"),
        (21, "twenty-one", "vingt et un"),
        (70, "seventy", "soixante-dix"),
        (71, "seventy-one", "soixante et onze"),
        (80, "eighty", "quatre-vingts"),
        (81, "eighty-one", "quatre-vingt-un"),
        (91, "ninety-one", "quatre-vingt-onze"),
        (100, "one hundred", "cent"),
        (101, "one hundred and one", "cent un"),
        (300, "three hundred", "trois cents"),
        (1000, "one thousand", "mille"),
        (2080, "two thousand and eighty", "deux mille quatre-vingts"),
        (2200, "two thousand two hundred", "deux mille deux cents"),
        (9999, "nine thousand nine hundred and ninety-nine",
         "neuf mille neuf cent quatre-vingt-dix-neuf"),
    ],
)  # fmt: skip
def test_numbers_are_said_right(n, english, french):
    assert (english_number(n), french_number(n)) == (english, french)


def test_all_10000_numbers_agree_with_num2words():
    num2words = pytest.importorskip("num2words", reason="num2words is not installed").num2words
    for n, (english, french) in enumerate(number_pairs()):
        assert english == num2words(n).replace(",", "")
        assert french == num2words(n, lang="fr")


def test_numbers_are_one_to_one():
    pairs = number_pairs()
    assert len({english for english, _ in pairs}) == len({french for _, french in pairs}) == 10_000


@pytest.mark.parametrize("say", [english_number, french_number])
@pytest.mark.parametrize("n", [-1, 10_000])
def test_numbers_out_of_range_are_refused(say, n):
    with pytest.raises(ValueError, match=f"from 0 to 9999, got {n}"):
        say(n)


# Texts ---------------------------------------------------------------------------------------


def test_alice_in_letters_has_the_known_size():
    text = letters_only(alice())
    assert len(text) == 134_961
    assert len(text.split()) == 27_326 and len(set(text.split())) == 2_573
    assert "".join(sorted(set(text))) == " abcdefghijklmnopqrstuvwxyz"


def test_a_vocabulary_goes_there_and_back():
    text = letters_only(alice())[:5000]
    vocab = Vocabulary(text)
    ids = vocab.encode(text)
    assert ids.dtype == np.int64 and ids.shape == (5000,)
    assert "".join(vocab.decode(ids)) == text
    assert vocab.tokens[0] == " "  # the most frequent


def test_rare_and_unknown_words_share_a_number():
    vocab = Vocabulary("a a b b c".split(), min_count=2, reserved=["<pad>", "<unk>"])
    assert vocab.tokens == ["<pad>", "<unk>", "a", "b"]
    assert vocab.encode(["a", "c", "z"]).tolist() == [2, 1, 1]


def test_an_unknown_token_is_refused_where_nothing_stands_for_it():
    with pytest.raises(ValueError, match="'z' is not in the vocabulary; reserve '<unk>'"):
        Vocabulary("abc").encode("az")


def test_a_number_without_a_token_is_refused():
    with pytest.raises(ValueError, match="from 0 to 2, got -1 to 1"):
        Vocabulary("abc").decode([-1, 1])


def test_an_empty_text_has_no_vocabulary():
    with pytest.raises(ValueError, match="empty text"):
        Vocabulary("")


@pytest.mark.parametrize("n, num_steps", [(7, 3), (6, 3), (4, 3), (10, 1)])
def test_windows_follow_one_another_and_their_targets_are_one_step_ahead(n, num_steps):
    X, Y = next_token_windows(np.arange(n), num_steps)
    assert X.shape == Y.shape == ((n - 1) // num_steps, num_steps)
    assert np.array_equal(X.ravel(), np.arange(X.size)) and np.array_equal(Y, X + 1)


@pytest.mark.parametrize("num_steps", [0, 5])
def test_windows_longer_than_the_text_are_refused(num_steps):
    with pytest.raises(ValueError, match=f"between 1 and 4, .*; got {num_steps}"):
        next_token_windows(np.arange(5), num_steps)


def test_padding_fills_up_to_the_longest():
    assert pad_sequences([[5, 6, 7], [], [8]], value=1).tolist() == [
        [5, 6, 7],
        [1, 1, 1],
        [8, 1, 1],
    ]
    assert pad_sequences([]).shape == (0, 0)
