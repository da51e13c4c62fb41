"""What can go wrong with a call."""

from api.core.errors import Conflict, Invalid


class NotYourCall(Conflict):
    """The call is not claimed by this interviewer, or no longer."""

    key = "calls.errors.not_yours"


class FormNotFinished(Conflict):
    """The call cannot be over as answered: the form is not filled in to its end."""

    key = "calls.errors.form_not_finished"


class NoSuchMoment(Invalid):
    """An appointment must lie in the future and within the life of the invitation."""

    key = "calls.errors.no_such_moment"
