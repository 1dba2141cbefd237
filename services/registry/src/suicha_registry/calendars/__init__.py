"""Working-day calendars: official years, never guessed."""
