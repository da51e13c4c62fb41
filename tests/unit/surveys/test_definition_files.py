"""The shipped files are right, and every fault in a file is named with its line and the remedy."""

import tomllib
from pathlib import Path

import pytest

from api.core.languages import LANGUAGES, say
from api.surveys.definitions import (
    AssumedLengths,
    DefinitionInvalid,
    Known,
    Message,
    Survey,
    canonical,
    digest,
    link_length,
    load_text,
    read_messages,
    read_rules,
    read_survey,
    rule_set,
    worst_size,
)
from api.surveys.definitions.positions import find_positions
from api.surveys.definitions.reading import _CODES
from scheduler.planner import Channel, Reason
from scheduler.planner.segments import segment_of

EXAMPLES = Path(__file__).parents[3] / "examples"
SURVEYS = {path.stem: path for path in (EXAMPLES / "surveys").glob("*.toml")}
MESSAGES = {path.stem: path for path in (EXAMPLES / "messages").glob("*.toml")}
RULES = {path.stem: path for path in (EXAMPLES / "rules").glob("*.toml")}


def survey_named(name: str) -> Survey:
    return read_survey(load_text(SURVEYS[name]), name)


def shipped_messages() -> list[Message]:
    return [
        message
        for path in MESSAGES.values()
        for message in read_messages(load_text(path), path.name).messages
    ]


def problems(kind: str, text: str) -> list[str]:
    read = {"survey": read_survey, "messages": read_messages, "rules": read_rules}[kind]
    with pytest.raises(DefinitionInvalid) as caught:
        read(text, "a.toml")
    return caught.value.texts("en")


@pytest.mark.parametrize("name", ["car_sales", "car_service", "bank_counter"])
def test_a_shipped_survey_takes_a_minute_and_has_one_of_everything(name: str) -> None:
    survey = survey_named(name)
    kinds = [question.kind for question in survey.questions]
    assert survey.code == name
    assert 4 <= len(kinds) <= 7
    assert {"scale_0_10", "scale_1_5", "text"} <= set(kinds)
    assert {"single", "multiple"} & set(kinds)
    assert any(question.show_if for question in survey.questions)
    assert survey.identity == "if_ticked"
    assert [one.metric for one in survey.measured if one.metric_kind == "nps"] == ["nps"]


def test_a_metric_means_the_same_in_every_shipped_survey() -> None:
    declared: dict[str | None, set[tuple[object, ...]]] = {}
    for name in SURVEYS:
        for one in survey_named(name).measured:
            facts = (one.metric_kind, one.scale_name, one.metric_name)
            declared.setdefault(one.metric, set()).add(facts)
    assert len(declared) >= 4
    assert all(len(facts) == 1 for facts in declared.values())


def test_what_is_stored_reads_back_as_the_same_survey_and_layout_does_not_matter() -> None:
    text = load_text(SURVEYS["car_service"])
    survey = read_survey(text, "a.toml")
    assert Survey.model_validate_json(canonical(survey)) == survey
    assert digest(read_survey("# moved\n\n" + text, "b.toml")) == digest(survey)
    other = read_survey(text.replace('zh = "可多选"', 'zh = "可以多选"'), "c.toml")
    assert digest(other) != digest(survey)


@pytest.mark.parametrize("channel", Channel)
def test_a_template_ships_for_every_channel(channel: Channel) -> None:
    assert any(message.channel is channel for message in shipped_messages())


def test_the_shipped_sms_fit_one_part_with_link_and_opt_out_in_the_worst_case() -> None:
    sms = [message for message in shipped_messages() if message.channel is Channel.SMS]
    assert sms
    for message in sms:
        chinese = worst_size(message, "zh", AssumedLengths())
        english = worst_size(message, "en", AssumedLengths())
        assert (chinese.encoding, chinese.parts) == ("UCS-2", 1)
        assert chinese.units <= 70
        assert (english.encoding, english.parts) == ("GSM-7", 1)


def test_a_longer_host_is_seen_to_need_two_parts() -> None:
    message = next(one for one in shipped_messages() if one.code == "invite_sms")
    lengths = AssumedLengths(link=link_length("feedback.example-motors.test"))
    assert lengths.link == len("https://feedback.example-motors.test/s/") + 22
    assert worst_size(message, "zh", lengths).parts == 2


@pytest.mark.parametrize("name", ["cars", "bank"])
def test_shipped_rules_refer_to_shipped_surveys_and_templates(name: str) -> None:
    known = Known(
        surveys={code: set(survey_named(code).touchpoints) for code in SURVEYS},
        templates={message.code: message.channel for message in shipped_messages()},
    )
    rules = rule_set(read_rules(load_text(RULES[name]), name, known=known))
    assert (rules.cap.days, rules.cap.count) == (90, 1)
    for rule in rules.rules:
        young, old, unknown = (
            segment_of(rule.segments, {"age": age, "value_tier": "usual"}) for age in (34, 60, None)
        )
        assert young
        assert old
        assert unknown
        assert rule.channels[young.name][0] is Channel.WECHAT
        assert rule.channels[old.name] == (Channel.CALL,)
        assert rule.channels[unknown.name] == (Channel.SMS,)
        dear = segment_of(rule.segments, {"age": 34, "value_tier": "premium"})
        assert dear not in (young, old, unknown)


def test_rules_that_name_what_is_not_published_say_so_by_line() -> None:
    text = load_text(RULES["bank"])
    known = Known(surveys={"bank_counter": {"hotline"}}, templates={"bank_sms": Channel.EMAIL})
    with pytest.raises(DefinitionInvalid) as caught:
        read_rules(text, "bank.toml", known=known)
    codes = {problem.code for problem in caught.value.problems}
    assert codes == {"other_touchpoint", "other_channel", "not_published"}
    lines = text.splitlines()
    wrong = next(one for one in caught.value.problems if one.code == "other_channel")
    assert lines[wrong.line - 1] == 'sms = "bank_sms"'


SURVEY = load_text(SURVEYS["car_service"])
MESSAGE = load_text(MESSAGES["invitation"])
RULE = load_text(RULES["bank"])
WAVE = """
[[wave]]
code = "spring"
touchpoint = "counter"
segment = "others"
on = 2026-03-01
[costs]"""


@pytest.mark.parametrize(
    ("kind", "old", "new", "field", "said"),
    [
        ("survey", "required = true", "requierd = true", "page[1].question[1].requierd",
         "did you mean required?"),
        ("survey", 'kind = "single"', 'kind = "radio"', "page[3].question[1].kind",
         "scale_0_10, scale_1_5, scale_1_7, single, multiple, text"),
        ("survey", 'question = "nps"', 'question = "overall"',
         "page[2].question[1].show_if.question", "only look back"),
        ("survey", 'question = "nps"', 'question = "problem"',
         "page[2].question[1].show_if.question", "only look back"),
        ("survey", 'question = "nps"', 'question = "npps"',
         "page[2].question[1].show_if.question", "no question npps"),
        ("survey", "value = 6", "value = 11", "page[2].question[1].show_if.value",
         "possible are: 0, 1"),
        ("survey", "value = 6", "value = [6]", "page[2].question[1].show_if.value",
         "single value"),
        ("survey", "value = 6", "value = 6.5", "page[2].question[1].show_if.value",
         "whole number, a code"),
        ("survey", 'metric_kind = "nps"\n', "", "page[1].question[1].metric_kind",
         "has to be given"),
        ("survey", 'metric_kind = "top2_box"', 'metric_kind = "nps"',
         "page[2].question[2].metric_kind", "scale_0_10"),
        ("survey", 'metric_kind = "nps"', 'metric_kind = "ces"',
         "page[1].question[1].metric_kind", "scale_1_7 (agree: 5 to 7)"),
        ("survey", 'kind = "text"', 'kind = "text"\nmetric = "words"',
         "page[3].question[2].metric", "feeds no metric"),
        ("survey", 'code = "waiting"', 'code = "advisor"', "page[2].question[4].code",
         "more than once"),
        ("survey", 'code = "unsure"', 'code = "no"', "page[3].question[1].option",
         "more than once"),
        ("survey", 'zh = "可多选"', 'zh = "{brand}"', "page[2].question[1].hint",
         "no placeholders"),
        ("survey", 'zh = "可多选", ', "", "page[2].question[1].hint.zh", "to be given"),
        ("survey", 'code = "car_service"', 'code = "Car Service"', "code", "small letter"),
        ("survey", "version = 1", 'version = "1"', "version", "whole number"),
        ("messages", "{link} {opt_out}", "{link}", "message[1].text.zh", "{opt_out}"),
        ("messages", "{link} {opt_out}", "{link} {optout}", "message[1].text.zh",
         "known are: {brand}"),
        ("messages", "{link} {opt_out}", "{link} {opt_out} }", "message[1].text.zh",
         "such as {link}"),
        ("messages", "{link} {opt_out}", "{link!r} {opt_out}", "message[1].text.zh",
         "such as {link}"),
        ("messages", 'channel = "sms"', 'channel = "fax"', "message[1].channel",
         "sms, wechat, email"),
        ("messages", 'channel = "wechat"', 'channel = "email"', "message[2].subject",
         "has to be given"),
        ("rules", "count = 1", "count = 0", "cap.count", "at least 1"),
        ("rules", "count = 1", "", "cap.count", "has to be given"),
        ("rules", "days = 90", "days = 0", "cap.days", "at least 1"),
        ("rules", '"21:00", "09:00"', '"21:00", "21:00"', "rule[1].quiet_hours",
         "two different"),
        ("rules", '"21:00", "09:00"', '"21:00", "24:00"', "rule[1].quiet_hours[2]",
         'such as "21:00"'),
        ("rules", "delay_hours = 2", "delay_hours = 72", "rule[1].max_age_days",
         "at least 4"),
        ("rules", 'sms = "bank_sms"\n', "", "rule[1].channels.under_35", "sms is used"),
        ("rules", 'others = ["sms"]', "", "rule[1].channels", "others has no channels"),
        ("rules", 'others = ["sms"]', 'rest = ["sms"]', "rule[1].channels.rest",
         "under_35, from_60, others"),
        ("rules", "[segment.where]\nage = { from = 60 }", "", "segment[3]", "last segment"),
        ("rules", "age = { below = 35 }", "age = { from = 40, below = 35 }",
         "segment[2].where.age", "greater than from (40"),
        ("rules", "age = { below = 35 }", 'age = "young"', "segment[2].where.age", "takes numbers"),
        ("rules", "age = { below = 35 }", "age = { under = 35 }", "segment[2].where.age",
         "a range of numbers such as {"),
        ("rules", "age = { below = 35 }", 'years = "young"', "segment[2].where.years",
         "Known here: age, value_tier"),
        ("rules", "age = { below = 35 }", "returning = 1", "segment[2].where.returning",
         "true or false"),
        ("rules", "age = { below = 35 }", "language = 1", "segment[2].where.language",
         "texts in quotes"),
        ("rules", "age = { below = 35 }", "", "segment[2].where", "asks nothing"),
        ("rules", "age = { below = 35 }", "age = { from = 60 }", "segment[3]",
         "under_35 asks the same"),
        ("rules", "delay_hours = 2", "delay_hours = 2\nspread_minutes = 1500",
         "rule[1].spread_minutes", "at most 1440"),
        ("rules", "delay_hours = 2", 'delay_hours = 2\nholidays = "XX"', "rule[1].holidays",
         'such as "CN"'),
        ("rules", "delay_hours = 2", "", "rule[1].delay_hours", "has to be given"),
        ("rules", 'under_35 = ["wechat", "sms"]', 'under_35 = ["wechat", "sms", "wechat"]',
         "rule[1].channels.under_35", "wechat comes back"),
        ("rules", "unopened_after_hours = 72", "unopened_after_hours = 400",
         "rule[1].fallback.unopened_after_hours", "14 days"),
        ("rules", "after_days = 5", "after_days = 14", "rule[1].reminder[1].after_days",
         "the link ends after 14"),
        ("rules", "after_days = 5", 'after_days = 5\ntemplate = "bank_sms"',
         "rule[1].reminder[1].channel", "has to be given"),
        ("rules", 'name = "account"', 'name = "cap"', "limit[1].name", "more than once"),
        ("rules", 'per = "vehicle"', 'per = "car"', "limit[1].per", "person, household, vehicle"),
        ("rules", 'per = "vehicle"', 'per = "person"', "limit[1]", "(1 in 90 days) is stricter"),
        ("rules", "days = 60", 'days = 60\nonly = ["counter"]', "limit[1].only",
         "there is nothing to choose"),
        ("rules", "days = 60", 'days = 60\nover = "touchpoint"\nonly = ["hotline"]',
         "limit[1].only", "can never hold; known are: counter"),
        ("rules", "days = 60", 'days = 60\nnot_for = ["poor"]', "limit[1].not_for",
         "poor is no segment"),
        ("rules", "days = 60", "days = 60\nnot_for = "
         '["private_banking", "under_35", "from_60", "others"]', "limit[1].not_for",
         "holds for nobody"),
        ("rules", "delay_hours = 2", "delay_hours = 2\nshares = { poor = 0.5 }", "rule[1].shares",
         "poor is no segment"),
        ("rules", "delay_hours = 2", "delay_hours = 2\nshares = { others = 1.5 }",
         "rule[1].shares.others", "at most 1"),
        ("rules", "delay_hours = 2", "delay_hours = 2\nlot = { share = 0.1, channels = "
         '["sms", "email"] }\nsampling = { margin = 10, confidence = 0.92 }',
         "rule[1].sampling.confidence", "0.9, 0.95"),
        ("rules", 'email = "bank_email"\n', 'email = "bank_email"\n'
         '[rule.lot]\nshare = 0\nchannels = ["sms", "wechat"]\n', "rule[1].lot.share",
         "above 0"),
        ("rules", "[costs]", '[[rule.window]]\nfrom = "18:00"\nto = "09:00"\n[costs]',
         "rule[1].window[1].to", "write two"),
        ("rules", "[costs]", '[[rule.window]]\nfrom = "21:00"\nto = "24:00"\n[costs]',
         "rule[1].window[1]", "nothing is ever sent"),
        ("rules", "[costs]", '[[rule.window]]\ndays = ["mon", "sat"]\nfrom = "10:00"\n'
         'to = "12:00"\n'
         '[[rule.window]]\ndays = ["sat"]\nfrom = "11:00"\nto = "15:00"\n[costs]',
         "rule[1].window[2]", "overlaps the window 10:00-12:00 on sat"),
        ("rules", "[costs]", WAVE.replace('"counter"', '"hotline"'), "wave[1].touchpoint",
         "no rule for the touchpoint hotline"),
        ("rules", "[costs]", WAVE.replace('"others"', '"poor"'), "wave[1].segment",
         "poor is no segment"),
        ("rules", "[costs]", WAVE.replace("on = 2026-03-01", "months_after = 3"),
         "wave[1].anchor", "has to be given"),
        ("rules", "[costs]", WAVE.replace("on = 2026-03-01", ""), "wave[1]", "either on"),
        ("rules", "[costs]", WAVE.replace("on = 2026-03-01", 'on = "spring"'), "wave[1].on",
         "a day such as"),
        ("rules", "[costs]",
         WAVE.replace("on = 2026-03-01", 'months_after = 3\nanchor = "counter"'),
         "wave[1].anchor", "makes events of"),
        ("rules", "sms = 0.04", 'sms = "dear"', "costs.sms", "a number"),
        ("rules", "sms = 0.04", "sms = inf", "costs.sms", "a number"),
        ("rules", "age = { below = 35 }", "age = { below = nan }", "segment[2].where.age",
         "a range of numbers"),
        ("messages", 'signature = "星澜汽车"', 'signature = "【星澜汽车】"',
         "message[1].providers.domestic_sms.signature", "without brackets"),
        ("messages", 'parameters = ["occasion", "link_code"]', 'parameters = ["occasion"]',
         "message[1].providers.domestic_sms.parameters", 'must contain "link"'),
        ("messages", '["occasion", "link_code"]', '["purpose", "link_code"]',
         "message[1].providers.domestic_sms.parameters[1]", "purpose is not known"),
        ("messages", 'approval = "approved"', 'approval = "yes"',
         "message[1].providers.domestic_sms.approval", "approved, pending, rejected"),
        ("messages", 'approval = "approved"', "", "message[1].providers.domestic_sms.approval",
         "has to be given"),
        ("rules", "T00:00:00+08:00", "", "effective_from", "time zone"),
        ("rules", "T00:00:00+08:00", "T00:00:00", "effective_from", "time zone"),
        ("rules", 'sms = "bank_sms"', 'pigeon = "bank_sms"', "rule[1].templates.pigeon",
         "sms, wechat, email"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_line_field_and_remedy(
    kind: str, old: str, new: str, field: str, said: str
) -> None:
    text = {"survey": SURVEY, "messages": MESSAGE, "rules": RULE}[kind]
    assert old in text
    broken = text.replace(old, new, 1)
    found = problems(kind, broken)
    mine = [line for line in found if line.split(": ")[1] == field and said in line]
    assert mine, found
    line = int(mine[0].split(":")[1])
    changed = text[: text.index(old)].count("\n") + 1
    assert abs(line - changed) <= 12, (line, changed)
    key = field.rsplit(".", 1)[-1].split("[", maxsplit=1)[0]
    if f"{key} = " in new:
        assert f"{key} = " in broken.splitlines()[line - 1]


def test_all_faults_are_named_at_once_also_those_behind_an_unknown_key() -> None:
    text = SURVEY.replace("required = true", "requierd = true", 1)
    text = text.replace('question = "nps"', 'question = "npps"').replace(
        'metric_kind = "mean"', 'metric_kind = "nps"'
    )
    found = problems("survey", text)
    assert len(found) == 3
    assert [int(line.split(":")[1]) for line in found] == sorted(
        int(line.split(":")[1]) for line in found
    )


def test_a_syntax_error_and_a_wrong_encoding_name_their_line(tmp_path: Path) -> None:
    assert problems("survey", 'code = "a"\nversion = \n')[0].startswith("a.toml:2: not valid TOML")
    bad = tmp_path / "gbk.toml"
    bad.write_bytes('code = "a"\n# 问卷\n'.encode("gbk"))
    with pytest.raises(DefinitionInvalid, match=r"gbk\.toml:2: the file is not UTF-8"):
        load_text(bad)
    with pytest.raises(DefinitionInvalid, match="cannot be read"):
        load_text(tmp_path / "absent.toml")


def test_positions_are_found_in_every_kind_of_toml() -> None:
    text = (
        '# a = 1\r\n"quoted key" = 1\na.b = """x = 1\n[y]\n"""\n[t] # c\nz = [ # ]\n'
        "  { p = 1, q = ']}' },\n\n  [2, 3],\n]\n[[l]]\nx = '''a\n'''\n"
        "[[l.m]]\n[[l.m]]\nw = 2026-01-01\n[[l]]\n[l.m]\nn = 1\n"
    )
    tomllib.loads(text)
    found = find_positions(text)
    expected = {
        ("quoted key",): 2, ("a", "b"): 3, ("t",): 6, ("t", "z"): 7, ("t", "z", 0): 8,
        ("t", "z", 0, "q"): 8, ("t", "z", 1): 10, ("t", "z", 1, 1): 10, ("l", 0): 12,
        ("l", 0, "x"): 13, ("l", 0, "m", 1): 16, ("l", 0, "m", 1, "w"): 17, ("l", 1): 18,
        ("l", 1, "m", "n"): 20,
    }  # fmt: skip
    assert {path: found[path] for path in expected} == expected


def test_every_reason_check_and_fault_has_words_in_both_languages() -> None:
    source = Path(__file__).parents[3] / "api" / "surveys" / "definitions"
    keys = [f"definitions.{code}" for code in {*_CODES.values(), "invalid", "unusable"}]
    keys += [f"asking.reason.{reason.value}" for reason in Reason]
    for path in source.glob("*.py"):
        for word in path.read_text(encoding="utf-8").split('"'):
            if word.startswith("answers."):
                keys.append(word)
    for language in LANGUAGES:
        assert [key for key in keys if say(key, language) == key] == []
