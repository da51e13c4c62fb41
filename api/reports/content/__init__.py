"""What a report says, as values without a language: chosen from what api.insights counted."""
