"""The made-up network is whole, the same for the same seed, and made only once."""

import json

import numpy as np
import pytest
from conftest import Office
from sqlalchemy import text
from sqlmodel import Session

from api.core.errors import BadInput
from api.core.settings import Settings
from api.demo.people import Login
from api.demo.service import DemoSize, prepare
from api.demo.story import draw_events, draw_truth
from api.surveys.published import rules_in_force
from scheduler.planner.segments import segment_of

DemoOffice = tuple[Office, list[Login]]

REFERENCES = text(
    """
    select c.conrelid::regclass::text as child, a.attname as child_column,
        c.confrelid::regclass::text as parent, b.attname as parent_column
    from pg_constraint c
    join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
    join pg_attribute b on b.attrelid = c.confrelid and b.attnum = c.confkey[1]
    where c.contype = 'f' and c.conparentid = 0 and array_length(c.conkey, 1) = 1
    """
)


def test_every_reference_of_the_demo_holds(demo_office: DemoOffice) -> None:
    office, _ = demo_office
    with office.owner.connection() as connection:
        references = connection.execute(REFERENCES).all()
        assert len(references) > 30
        for child, column, parent, key in references:
            orphans = connection.execute(
                text(
                    f"select count(*) from {child} c where c.{column} is not null and not exists "
                    f"(select from {parent} p where p.{key} = c.{column})"
                )
            ).scalar_one()
            assert orphans == 0, f"{child}.{column} points to no {parent}"


def test_cells_count_every_answer_of_the_demo(demo_office: DemoOffice) -> None:
    office, _ = demo_office
    with office.owner.connection() as connection:
        answers = connection.execute(
            text("select metric, count(*) from answer where metric is not null group by metric")
        ).all()
        cells = connection.execute(
            text("select metric, sum(n) from cell where period = 'day' group by metric")
        ).all()
    assert answers
    assert dict(map(tuple, answers)) == dict(map(tuple, cells))


def test_the_truth_file_names_the_special_branches(demo_office: DemoOffice) -> None:
    office, _ = demo_office
    truth = json.loads((office.settings.home / "demo_truth.json").read_text(encoding="utf-8"))
    assert len(truth["sinking"]) == 5
    assert len(truth["nps"]) == truth["branches"] == 24
    special = {*truth["sinking"], truth["gamer"], truth["dead_feed"], truth["new"], truth["closed"]}
    assert len(special) == 9
    spread = np.std(list(truth["nps"].values()))
    assert spread == pytest.approx(12, abs=0.01)


def test_nobody_is_invited_twice_within_the_cap(demo_office: DemoOffice) -> None:
    office, _ = demo_office
    with office.owner.connection() as connection:
        closest = connection.execute(
            text(
                "select min(gap) from (select planned_at - lag(planned_at) over "
                "(partition by person_id order by planned_at) as gap from invitation "
                "where kind <> 'recovery') g"
            )
        ).scalar_one()
    assert closest.days >= 90


def test_each_decision_has_the_segment_that_the_published_rules_give(
    demo_office: DemoOffice,
) -> None:
    office, _ = demo_office
    with office.owner.connection() as connection:
        decided = connection.execute(
            text(
                "select extract(year from e.occurred_on)::int - p.birth_year as age, p.value_tier, "
                "d.segment, count(*) as decisions from decision d join event e "
                "on e.id = d.event_id join person p on p.id = e.person_id group by 1, 2, 3"
            )
        ).all()
        apart = connection.execute(
            text(
                "select count(*) from invitation i join decision d on d.event_id = i.event_id "
                "left join response r on r.invitation_id = i.id "
                "where i.kind <> 'recovery' and (i.segment <> d.segment "
                "or r.segment <> i.segment or (i.channel = 'call') <> (i.segment = 'from_60'))"
            )
        ).scalar_one()
        in_force = rules_in_force(Session(connection), office.clock())
    assert in_force is not None
    segments = in_force.rules.rules[0].segments
    for one in decided:
        found = segment_of(segments, {"age": one.age, "value_tier": one.value_tier})
        assert found is not None
        assert (found.name, one) == (one.segment, one)
    assert {one.segment for one in decided} == {one.name for one in segments}
    assert apart == 0


def test_customers_of_the_demo_had_the_last_word(demo_office: DemoOffice) -> None:
    office, _ = demo_office
    with office.owner.connection() as connection:
        heard = connection.execute(
            text(
                "select t.state, t.recovery_score, a.value from ticket t join response r "
                "on r.invitation_id = t.recovery_invitation_id join answer a "
                "on a.response_id = r.id and a.metric = 'recovery' "
                "where t.recovery_score is not null"
            )
        ).all()
        too_soon = connection.execute(
            text(
                "select number from ticket t where t.state = 'unverified' "
                "and t.state_at < t.resolved_at + interval '7 days'"
            )
        ).all()
    assert heard
    for state, score, said in heard:
        assert score == said
        assert state == ("verified" if score >= 4 else "reopened")
    assert not too_soon


def test_a_second_demo_keeps_what_there_is(demo_template: tuple[Settings, list[Login]]) -> None:
    settings, logins = demo_template
    assert prepare(settings, DemoSize(branches=5, months=1)) == logins


def test_a_database_in_use_is_refused(
    demo_template: tuple[Settings, list[Login]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings, _ = demo_template
    elsewhere = settings.with_changes(home=tmp_path_factory.mktemp("elsewhere"))
    with pytest.raises(BadInput, match="holds no demo"):
        prepare(elsewhere, DemoSize(branches=5, months=1))


def test_the_same_seed_tells_the_same_story() -> None:
    def story() -> tuple[list[float], int]:
        rng = np.random.default_rng(3)
        truth = draw_truth(rng, 10)
        events = draw_events(rng, truth, 2, 1_790_000_000, np.array([1.0]))
        return truth.nps.tolist(), int(events.at.sum())

    assert story() == story()
