"""What a coded database is worth: quality, bytes and seconds, beside what others make of it."""
