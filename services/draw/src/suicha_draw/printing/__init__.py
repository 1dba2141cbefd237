"""Documents of the field as files: spreadsheet, printable page, PDF with its Chinese font inside (P1, P2, P5)."""
