"""The signed call of the domestic gateway, against the worked example of its documentation."""

import pytest
from domestic_stub import signed

from scheduler.senders.domestic_sms import canonical, signature

# The example of the documentation of RPC signatures: its access key secret is "testsecret".
EXAMPLE = {
    "Timestamp": "2016-02-23T12:46:24Z",
    "Format": "XML",
    "AccessKeyId": "testid",
    "Action": "DescribeRegions",
    "SignatureMethod": "HMAC-SHA1",
    "SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
    "Version": "2014-05-26",
    "SignatureVersion": "1.0",
}


def test_the_documented_example_is_reproduced() -> None:
    assert signature("GET", canonical(EXAMPLE), "testsecret") == "OLeaidS1JvxuMvnyHOwuJ+uX5qY="


@pytest.mark.parametrize("text", ["【远山】", "a b+c*d~e/f", "100%&x=y", '{"名":"值"}', "", "é\n"])
def test_the_stub_computes_the_same_signature_by_other_means(text: str) -> None:
    form = {**EXAMPLE, "TemplateParam": text}
    assert signature("POST", canonical(form), "s") == signed("POST", form, "s")


def test_every_part_of_a_call_is_signed() -> None:
    whole = signature("POST", canonical(EXAMPLE), "s")
    changed = [{**EXAMPLE, name: value + "1"} for name, value in EXAMPLE.items()]
    assert whole not in {signature("POST", canonical(form), "s") for form in changed}
    assert whole != signature("GET", canonical(EXAMPLE), "s")
    assert whole != signature("POST", canonical(EXAMPLE), "t")
