"""The closed loop: alerts, tickets, their clocks, and what became of each customer's matter."""
