"""Files that are whole or absent, what strangers wrote, pages, tables and the terminal."""
