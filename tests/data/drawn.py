"""Rankings of all sorts, as hypothesis draws them."""

from hypothesis import strategies as st

from tutelage.schema import Kind, Prompt, Ranking, Split, UseCase

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
prompts = st.builds(
    Prompt,
    text=texts.filter(str.strip),
    use_case=st.none() | st.sampled_from(UseCase),
    user=st.none() | texts,
    kind=st.none() | st.sampled_from(Kind),
    split=st.none() | st.sampled_from(Split),
)
orders = st.integers(2, 12).flatmap(
    lambda k: st.lists(st.integers(1, k), min_size=k, max_size=k).flatmap(
        lambda places: st.sampled_from(
            [
                tuple(1 + sorted(set(places)).index(place) for place in places),
                tuple(1 + sum(other < place for other in places) for place in places),
            ]
        )
    )
)


def rankings_by(labelers: st.SearchStrategy[str | None]) -> st.SearchStrategy[Ranking]:
    """Rankings of 2 to 12 completions."""
    return orders.flatmap(
        lambda order: st.builds(
            Ranking,
            prompt=prompts,
            completions=st.lists(texts, min_size=len(order), max_size=len(order)).map(tuple),
            ranks=st.just(order),
            labeler=labelers,
            sources=st.none() | st.lists(texts, min_size=len(order), max_size=len(order)).map(tuple),
        )
    )
