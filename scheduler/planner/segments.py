"""To which segment a customer and an event belong: the first whose conditions all hold."""

from collections.abc import Mapping, Sequence
from datetime import date

from scheduler.planner.facts import CustomerFacts, EventFacts, Scalar, age_on
from scheduler.planner.rules import Condition, Segment

Subject = Mapping[str, Scalar]


def subject_of(event: EventFacts, customer: CustomerFacts, *, today: date) -> Subject:
    """Everything that a condition may ask of, by field.

    Parameters
    ----------
    event : EventFacts
    customer : CustomerFacts
    today : date
        The day of the event on the customer's clock; the age is that of this day.

    Returns
    -------
    mapping of field to value
        A missing key is a value that is not known.
    """
    subject: dict[str, Scalar] = {
        "age": age_on(customer, today),
        "value_tier": customer.value_tier,
        "language": customer.language,
        "returning": customer.returning,
        "model_line": event.attributes.get("model_line"),
        "lead": event.attributes.get("lead"),
        "brand": event.brand,
        "owner_group": event.owner_group,
        "city_tier": event.city_tier,
        "touchpoint": event.touchpoint,
        "branch": event.branch,
    }
    subject.update((f"event.{name}", value) for name, value in event.attributes.items())
    subject.update((f"customer.{name}", value) for name, value in customer.attributes.items())
    return subject


def segment_of(segments: Sequence[Segment], subject: Subject) -> Segment | None:
    """The first segment whose conditions all hold; None when none takes the subject."""
    return next((one for one in segments if takes(one, subject)), None)


def takes(segment: Segment, subject: Subject) -> bool:
    """Whether every condition of ``segment`` holds; without conditions it takes everybody."""
    return all(holds(condition, subject) for condition in segment.conditions)


def holds(condition: Condition, subject: Subject) -> bool:
    """Whether one condition holds; of a value that is not known neither it nor its opposite."""
    value = subject.get(condition.field)
    if value is None:
        return False
    return _matches(condition, value) != condition.negated


def _matches(condition: Condition, value: Scalar) -> bool:
    if condition.values is not None:
        return value in condition.values
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    above = condition.low is None or value >= condition.low
    return above and (condition.below is None or value < condition.below)


def asked_of(segments: Sequence[Segment], subject: Subject) -> tuple[str, ...]:
    """What the conditions of ``segments`` look at, as ``field=value``, each field once."""
    fields = dict.fromkeys([one.field for segment in segments for one in segment.conditions])
    return tuple([f"{name}={subject.get(name)}" for name in fields])
