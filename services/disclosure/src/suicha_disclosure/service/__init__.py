"""What disclosure does. Both doors, HTTP and events, come here."""
