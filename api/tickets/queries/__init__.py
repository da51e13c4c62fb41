"""Reads tickets: the board, one ticket's belongings, measures. Changes nothing."""

from api.tickets.queries.board import (
    NextDue,
    TicketCounts,
    TicketFilter,
    TicketLine,
    list_tickets,
    ticket_counts,
)

__all__ = [
    "NextDue",
    "TicketCounts",
    "TicketFilter",
    "TicketLine",
    "list_tickets",
    "ticket_counts",
]
