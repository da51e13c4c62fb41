"""Merging two records of one person, and taking a merge back.

Every table that names a person is here. Callers hold all of matching and a scope that shows
everyone.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import Session, col

from api.core.ids import new_id
from api.models import PersonMerge

# Tables whose rows follow the person, by their own id.
FOLLOWING = (
    *("contact_point", "consent", "event", "invitation", "response", "person_hold"),
    *("ticket", "alert"),
)
_FILLED = ("name_encrypted", "birth_year", "language", "timezone", "value_tier", "household_hash")

_PAIRS = "unnest(cast(:kept as uuid[]), cast(:merged as uuid[])) n(kept, merged)"

_ROWS = ", ".join(
    f"'{table}', (select coalesce(jsonb_agg(t.id), '[]') from {table} t "
    "where t.person_id = m.merged)"
    for table in FOLLOWING
)
_MISSING = ", ".join(f"('{name}', k.{name} is null and o.{name} is not null)" for name in _FILLED)
_RECORD = text(f"""
insert into person_merge (id, kept_id, merged_id, reason, merged_at, moved)
select m.id, m.kept, m.merged, :reason, :now, jsonb_build_object(
    {_ROWS},
    'person_source', (select coalesce(jsonb_agg(jsonb_build_array(t.source, t.external_id)), '[]')
        from person_source t where t.person_id = m.merged),
    'person_branch', (select coalesce(jsonb_agg(t.branch_id), '[]') from person_branch t
        where t.person_id = m.merged and not exists (select from person_branch k
            where k.person_id = m.kept and k.branch_id = t.branch_id)),
    'filled', (select coalesce(jsonb_agg(f.name), '[]') from person k, person o,
        lateral (values {_MISSING}) f(name, missing)
        where k.id = m.kept and o.id = m.merged and f.missing),
    'attributes', (select coalesce(jsonb_agg(a.name), '[]') from person k, person o,
        lateral jsonb_object_keys(o.attributes) a(name)
        where k.id = m.kept and o.id = m.merged and not jsonb_exists(k.attributes, a.name)))
from unnest(cast(:ids as uuid[]), cast(:kept as uuid[]), cast(:merged as uuid[]))
    m(id, kept, merged)
""")
_MOVE = [
    text(f"update {table} t set person_id = n.kept from {_PAIRS} where t.person_id = n.merged")
    for table in (*FOLLOWING, "person_source")
]
_BRANCHES = text(f"""
insert into person_branch (person_id, branch_id, first_seen_on)
select n.kept, b.branch_id, min(b.first_seen_on) from {_PAIRS}
join person_branch b on b.person_id = n.merged group by n.kept, b.branch_id
order by n.kept, b.branch_id on conflict (person_id, branch_id) do nothing
""")
_COALESCED = ", ".join(f"{name} = coalesce(k.{name}, o.{name})" for name in _FILLED)
_FILL = text(f"""
update person k set {_COALESCED}, attributes = o.attributes || k.attributes
from {_PAIRS} join person o on o.id = n.merged where k.id = n.kept
""")
# Two people who each had an invitation planned turn out to be one, who is asked once. Which cap the
# rules set is not known here: a year is longer than any.
_ASK_ONCE = text(f"""
update invitation i set status = 'dropped', failure = 'merged' from {_PAIRS}
where i.person_id = n.kept and i.status = 'planned' and exists (
    select from invitation o where o.person_id = n.kept and o.event_id <> i.event_id
    and o.status not in ('dropped', 'expired')
    and (o.status <> 'planned' or (o.planned_at, o.id) < (i.planned_at, i.id))
    and o.planned_at > i.planned_at - interval '366 days')
""")
# A WeChat account follows the address.
_FOLLOWERS = text(
    f"update wechat_follower f set person_id = n.kept from {_PAIRS} where f.person_id = n.merged"
)
_POINT = text(f"update person o set merged_into_id = n.kept from {_PAIRS} where o.id = n.merged")


def merge_people(
    session: Session, pairs: Sequence[tuple[UUID, UUID]], reason: str, now: datetime
) -> None:
    """Gives everything of each merged person to the kept one, and records how to undo it."""
    rounds: dict[UUID, int] = {}
    batches: list[list[tuple[UUID, UUID]]] = []
    for kept, merged in pairs:  # one merge into the same person after the other
        turn = rounds[kept] = rounds.get(kept, -1) + 1
        if turn == len(batches):
            batches.append([])
        batches[turn].append((kept, merged))
    for batch in batches:
        _merge_batch(session, batch, reason, now)


def _merge_batch(
    session: Session, pairs: Sequence[tuple[UUID, UUID]], reason: str, now: datetime
) -> None:
    given = {"kept": [pair[0] for pair in pairs], "merged": [pair[1] for pair in pairs]}
    ids = [new_id() for _ in pairs]
    session.execute(_RECORD, {**given, "ids": ids, "reason": reason, "now": now})
    for statement in (*_MOVE, _FOLLOWERS, _ASK_ONCE, _BRANCHES, _FILL, _POINT):
        session.execute(statement, given)


def get_merge(session: Session, merge_id: UUID) -> PersonMerge | None:
    """One merge, locked."""
    query = select(PersonMerge).where(col(PersonMerge.id) == merge_id).with_for_update()
    found: PersonMerge | None = session.execute(query).scalar_one_or_none()
    return found


def both_stand(session: Session, merge: PersonMerge) -> bool:
    """True when the kept person is neither merged on nor erased, and the other only merged."""
    found = session.execute(
        text(
            "select count(*) from person k, person o where k.id = :kept and o.id = :merged "
            "and k.merged_into_id is null and k.erased_at is null and o.erased_at is null "
            "and o.merged_into_id = k.id"
        ),
        {"kept": merge.kept_id, "merged": merge.merged_id},
    ).scalar_one()
    return bool(found)


def undo_merge(session: Session, merge: PersonMerge, now: datetime) -> None:
    """Gives back what was moved; what came since stays with the kept person."""
    given = {"kept": merge.kept_id, "merged": merge.merged_id, "id": merge.id}
    moved = "(select moved from person_merge where id = :id)"
    for table in FOLLOWING:
        session.execute(
            text(
                f"update {table} set person_id = :merged where person_id = :kept and id in "
                "(select cast(i as uuid) from jsonb_array_elements_text("
                f"coalesce({moved}->'{table}', '[]')) i)"
            ),
            given,
        )
    session.execute(
        text(
            "update person_source s set person_id = :merged "
            f"from jsonb_array_elements({moved}->'person_source') p "
            "where s.person_id = :kept and s.source = p->>0 and s.external_id = p->>1"
        ),
        given,
    )
    session.execute(
        text(
            "delete from person_branch b where b.person_id = :kept and b.branch_id in "
            f"(select cast(i as int) from jsonb_array_elements_text({moved}->'person_branch') i) "
            "and not exists (select from event e where e.person_id = :kept "
            "and e.branch_id = b.branch_id)"
        ),
        given,
    )
    filled = [name for name in merge.moved.get("filled", []) if name in _FILLED]
    if filled:
        emptied = ", ".join(f"{name} = null" for name in filled)
        session.execute(text(f"update person set {emptied} where id = :kept"), given)
    session.execute(
        text(
            "update person set attributes = attributes - array(select "
            f"jsonb_array_elements_text(coalesce({moved}->'attributes', '[]'))) where id = :kept"
        ),
        given,
    )
    session.execute(
        text(
            "update wechat_follower f set person_id = c.person_id from contact_point c "
            "where c.kind = 'wechat' and c.value_hash = f.openid_hash and c.person_id = :merged "
            "and f.person_id = :kept"
        ),
        given,
    )
    session.execute(text("update person set merged_into_id = null where id = :merged"), given)
    session.execute(
        text("update person_merge set reversed_at = :now where id = :id"), {**given, "now": now}
    )
