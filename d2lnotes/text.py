"""Text as numbers: vocabularies, windows and padding; and sentence pairs that are generated."""

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

# From text to arrays -------------------------------------------------------------------------


def letters_only(text: str) -> str:
    """Lower-case ``text`` and put one space for every run of other signs than a to z.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        Of 27 symbols: the alphabet of the character models.

    Examples
    --------
    >>> letters_only("Down, down -- DOWN!")
    'down down down'
    """
    return re.sub("[^a-z]+", " ", text.lower()).strip()


def tokenize(sentence: str) -> list[str]:
    """Split a sentence into lower-case words and signs; an elided word keeps its apostrophe.

    Parameters
    ----------
    sentence : str

    Returns
    -------
    list of str

    Examples
    --------
    >>> tokenize("Il n'a pas l'arbre.")
    ['il', "n'", 'a', 'pas', "l'", 'arbre', '.']
    >>> tokenize("vingt-deux")
    ['vingt', '-', 'deux']
    """
    return re.findall(r"\w+['’]?|[^\w\s]", sentence.lower())


class Vocabulary:
    """Numbers for tokens, and back: characters of a string, or words of a list.

    Parameters
    ----------
    tokens : iterable of str
        The text to learn the tokens from. The most frequent gets the first free number, ties
        in alphabetical order.
    min_count : int
        Leave out tokens that are rarer.
    reserved : sequence of str
        Tokens that get the numbers 0, 1, ... before all others. ``"<unk>"`` stands for tokens
        that are not in the vocabulary; without it they are an error.

    Examples
    --------
    >>> vocab = Vocabulary("abracadabra")
    >>> vocab.tokens
    ['a', 'b', 'r', 'c', 'd']
    >>> vocab.encode("bad")
    array([1, 0, 4])
    >>> "".join(vocab.decode([1, 0, 4]))
    'bad'
    """

    def __init__(self, tokens: Iterable[str], min_count: int = 1, reserved: Sequence[str] = ()):
        counts = Counter(tokens)
        for token in reserved:
            counts.pop(token, None)
        by_count = sorted(counts, key=lambda token: (-counts[token], token))
        frequent = [token for token in by_count if counts[token] >= min_count]
        self.tokens = [*reserved, *frequent]
        self.numbers = {token: number for number, token in enumerate(self.tokens)}
        if not self.tokens:
            raise ValueError("expected at least one token, got an empty text")

    def __len__(self) -> int:
        """Return the number of different tokens."""
        return len(self.tokens)

    def encode(self, tokens: Iterable[str]) -> np.ndarray:
        """Return the numbers of ``tokens`` as an int64 array of shape (number of tokens,).

        Raises
        ------
        ValueError
            A token is unknown and ``"<unk>"`` is not reserved.
        """
        unknown = self.numbers.get("<unk>")
        ids = [self.numbers.get(token, unknown) for token in tokens]
        if None in ids:
            missing = next(token for token in tokens if token not in self.numbers)
            raise ValueError(
                f"{missing!r} is not in the vocabulary; reserve '<unk>' to stand for such tokens"
            )
        return np.array(ids, dtype=np.int64)

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Return the tokens whose numbers are ``ids``.

        Raises
        ------
        ValueError
            A number is not that of a token.
        """
        ids = [int(i) for i in ids]
        if ids and not 0 <= min(ids) <= max(ids) < len(self):
            raise ValueError(
                f"expected numbers from 0 to {len(self) - 1}, got {min(ids)} to {max(ids)}"
            )
        return [self.tokens[i] for i in ids]


def next_token_windows(ids, num_steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Cut a text into windows; what is to be predicted at each step is the token after it.

    Parameters
    ----------
    ids : array_like of shape (n,), int
        Numbers of the tokens, in the order of the text.
    num_steps : int
        Length T of a window, at least 1.

    Returns
    -------
    X, Y : ndarray of shape ((n - 1) // T, T)
        Windows that follow one another without overlap; ``Y[i, t]`` is the token after
        ``X[i, t]``. At most T tokens at the end are left over.

    Raises
    ------
    ValueError
        Not one axis, or fewer than T + 1 tokens.

    Examples
    --------
    >>> X, Y = next_token_windows([3, 1, 4, 1, 5, 9], num_steps=2)
    >>> X.tolist(), Y.tolist()
    ([[3, 1], [4, 1]], [[1, 4], [1, 5]])
    """
    ids = np.asarray(ids)
    if ids.ndim != 1:
        raise ValueError(f"expected ids of shape (n,), got {ids.shape}; pass one long text")
    if not 1 <= num_steps < len(ids):
        raise ValueError(
            f"expected num_steps between 1 and {len(ids) - 1}, one less than the number of "
            f"tokens; got {num_steps}"
        )
    stop = (len(ids) - 1) // num_steps * num_steps
    return ids[:stop].reshape(-1, num_steps), ids[1 : stop + 1].reshape(-1, num_steps)


def pad_sequences(sequences: Sequence[Sequence[int]], value: int = 0) -> np.ndarray:
    """Bring sequences to the length of the longest by appending ``value``.

    Parameters
    ----------
    sequences : sequence of sequence of int
        n lists of numbers of tokens.
    value : int
        Number of the padding token; a mask is then ``ids != value``.

    Returns
    -------
    ndarray of shape (n, longest), int64

    Examples
    --------
    >>> pad_sequences([[5, 6, 7], [8]])
    array([[5, 6, 7],
           [8, 0, 0]])
    """
    longest = max(map(len, sequences), default=0)
    ids = np.full((len(sequences), longest), value, dtype=np.int64)
    for row, sequence in zip(ids, sequences, strict=True):
        row[: len(sequence)] = sequence
    return ids


# Generated pairs: phrases --------------------------------------------------------------------

SUBJECTS = [("I", "je"), ("he", "il"), ("she", "elle")]
VERBS = [  # after "I" and "not", after "he"; after "je", after "il"
    ("see", "sees", "vois", "voit"),
    ("have", "has", "ai", "a"),
    ("want", "wants", "veux", "veut"),
    ("buy", "buys", "achète", "achète"),
]
NOUNS = [  # English, French, is it feminine
    ("cat", "chat", False),
    ("dog", "chien", False),
    ("bird", "oiseau", False),
    ("tree", "arbre", False),
    ("house", "maison", True),
    ("car", "voiture", True),
    ("flower", "fleur", True),
    ("star", "étoile", True),
]
BEFORE = [  # English, then French: masculine, masculine before a vowel, feminine
    ("small", "petit", "petit", "petite"),
    ("big", "grand", "grand", "grande"),
    ("old", "vieux", "vieil", "vieille"),
]
AFTER = [  # English, then French: masculine, feminine
    ("red", "rouge", "rouge"),
    ("black", "noir", "noire"),
    ("white", "blanc", "blanche"),
]


def phrase_pairs(rng=None) -> list[tuple[str, str]]:
    """Generate all phrases of a small English–French grammar: made up by rule, not collected.

    Parameters
    ----------
    rng : numpy.random.Generator, optional
        Shuffles the pairs; without it they come in the order of the grammar.

    Returns
    -------
    list of (str, str)
        6,400 distinct pairs: noun phrases ("the small red cat", "le petit chat rouge") and
        sentences with them ("he does not see a cat", "il ne voit pas de chat"), of 31 English
        and 41 French words.

    Notes
    -----
    What a model has to find out: articles and adjectives agree with the noun's gender; *small*,
    *big* and *old* stand before it and colours after it; le, la, je, ne and de lose their vowel
    before another (l'arbre), and *vieux* becomes *vieil* before one; a negation goes around the
    verb and turns un and une into de.

    Examples
    --------
    >>> pairs = phrase_pairs()
    >>> len(pairs), pairs[0]
    (6400, ('the cat', 'le chat'))
    >>> dict(pairs)["she does not have a small white star"]
    "elle n'a pas de petite étoile blanche"
    """
    phrases = list(
        itertools.product([True, False], NOUNS, [None, *BEFORE], [None, *AFTER])
    )  # (definite, noun, adjective before, adjective after)
    pairs = [(_english_phrase(*phrase), _french_phrase(*phrase)) for phrase in phrases]
    for subject, verb, negated, phrase in itertools.product(
        SUBJECTS, VERBS, [False, True], phrases
    ):
        pairs.append(_sentence(subject, verb, negated, phrase))
    return _shuffled(pairs, rng)


def _sentence(subject, verb, negated, phrase):
    first_person = subject[0] == "I"
    base, third, je_form, il_form = verb
    conjugated = je_form if first_person else il_form
    if negated:
        auxiliary = "do not" if first_person else "does not"
        english = f"{subject[0]} {auxiliary} {base} {_english_phrase(*phrase)}"
        object_ = _french_phrase(*phrase, negated=True)
        french = _elide("ne", f"{conjugated} pas {object_}")
        return english, f"{subject[1]} {french}"
    english = f"{subject[0]} {base if first_person else third} {_english_phrase(*phrase)}"
    return english, _elide(subject[1], f"{conjugated} {_french_phrase(*phrase)}")


def _english_phrase(definite, noun, before, after):
    words = ["the" if definite else "a", before and before[0], after and after[0], noun[0]]
    words = [word for word in words if word]
    if words[0] == "a" and words[1][0] in "aeiou":
        words[0] = "an"
    return " ".join(words)


def _french_phrase(definite, noun, before, after, negated=False):
    _, word, feminine = noun
    if after:
        word = f"{word} {after[2 if feminine else 1]}"
    if before:
        form = 3 if feminine else 2 if _begins_with_vowel(word) else 1
        word = f"{before[form]} {word}"
    if definite:
        return _elide("la" if feminine else "le", word)
    if negated:
        return _elide("de", word)
    return f"{'une' if feminine else 'un'} {word}"


def _elide(word, rest):
    """Join two words; je, ne, de, le and la lose their vowel before another: l'arbre, j'ai."""
    if word in ("je", "ne", "de", "le", "la") and _begins_with_vowel(rest):
        return f"{word[:-1]}'{rest}"
    return f"{word} {rest}"


def _begins_with_vowel(words):
    return words[0] in "aeiouéè"


def _shuffled(pairs, rng):
    return pairs if rng is None else [pairs[i] for i in rng.permutation(len(pairs))]


# Generated pairs: numbers --------------------------------------------------------------------

ENGLISH_TO_19 = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
ENGLISH_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()
FRENCH_TO_16 = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"
).split()
FRENCH_TENS = (
    "- dix vingt trente quarante cinquante soixante soixante quatre-vingt quatre-vingt"
).split()


def number_pairs(rng=None) -> list[tuple[str, str]]:
    """Generate the numbers 0 to 9,999 in English and French words: made by rule, not collected.

    Parameters
    ----------
    rng : numpy.random.Generator, optional
        Shuffles the pairs; without it they come in order.

    Returns
    -------
    list of (str, str)
        10,000 distinct pairs.

    Examples
    --------
    >>> number_pairs()[91]
    ('ninety-one', 'quatre-vingt-onze')
    """
    pairs = [(english_number(n), french_number(n)) for n in range(10_000)]
    return _shuffled(pairs, rng)


def english_number(n: int) -> str:
    """Say a whole number from 0 to 9,999 in British English, without commas.

    Parameters
    ----------
    n : int

    Returns
    -------
    str

    Raises
    ------
    ValueError
        ``n`` is outside 0 to 9,999.

    Examples
    --------
    >>> english_number(2042)
    'two thousand and forty-two'
    """
    _check_range(n)
    if n < 20:
        return ENGLISH_TO_19[n]
    if n < 100:
        tens, ones = divmod(n, 10)
        return ENGLISH_TENS[tens] + (f"-{english_number(ones)}" if ones else "")
    size, unit = (1000, "thousand") if n >= 1000 else (100, "hundred")
    head, rest = divmod(n, size)
    words = f"{english_number(head)} {unit}"
    if not rest:
        return words
    return f"{words} {'and ' if rest < 100 else ''}{english_number(rest)}"


def french_number(n: int) -> str:
    """Say a whole number from 0 to 9,999 in French, in the spelling before 1990.

    Parameters
    ----------
    n : int

    Returns
    -------
    str

    Raises
    ------
    ValueError
        ``n`` is outside 0 to 9,999.

    Examples
    --------
    >>> [french_number(n) for n in (71, 80, 81, 200, 201, 1999)]  # doctest: +NORMALIZE_WHITESPACE
    ['soixante et onze', 'quatre-vingts', 'quatre-vingt-un', 'deux cents', 'deux cent un',
     'mille neuf cent quatre-vingt-dix-neuf']
    """
    _check_range(n)
    if n >= 1000:
        head, rest = divmod(n, 1000)
        words = "mille" if head == 1 else f"{french_number(head)} mille"
        return f"{words} {french_number(rest)}" if rest else words
    if n >= 100:
        head, rest = divmod(n, 100)
        words = "cent" if head == 1 else f"{french_number(head)} cent"
        if rest:
            return f"{words} {french_number(rest)}"
        return words if head == 1 else f"{words}s"
    if n < 17:
        return FRENCH_TO_16[n]
    if n == 80:
        return "quatre-vingts"
    tens, ones = divmod(n, 10)
    if tens in (7, 9):  # soixante-dix, quatre-vingt-dix: they go on counting from ten
        ones += 10
    if ones == 0:
        return FRENCH_TENS[tens]
    joint = " et " if ones in (1, 11) and tens < 8 else "-"
    return f"{FRENCH_TENS[tens]}{joint}{french_number(ones)}"


def _check_range(n):
    if not 0 <= n <= 9999:
        raise ValueError(f"expected a number from 0 to 9999, got {n}")
