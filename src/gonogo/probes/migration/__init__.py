"""What a migration leaves behind: files, log lines, ledger rows, and what it did to the data."""
