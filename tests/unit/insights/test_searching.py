"""What people type becomes a query that holds, whatever they type."""

import re

from hypothesis import given
from hypothesis import strategies as st

from api.insights.searching import search_query, search_words

LEXEME = r"'[^\W_]+'(:\*)?"
TERM = rf"(?:{LEXEME}|\({LEXEME}(?: <-> {LEXEME})+\))"


@given(st.text(max_size=200))
def test_nothing_typed_breaks_the_query(typed: str) -> None:
    query = search_query(typed)
    assert query is None or re.fullmatch(rf"{TERM}(?: & {TERM})*", query)
    assert (query is None) == (not search_words(typed))


def test_latin_words_are_found_by_their_beginning_and_chinese_ones_as_they_stand() -> None:
    assert search_query("wait") == "'wait':*"
    assert search_query("等待") == "('等' <-> '待')"
    assert search_query("4S店 wait") == "('4S' <-> '店') & 'wait':*"
    assert search_query("' | ! & <->") is None
