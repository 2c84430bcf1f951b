"""Every way out to a coder and back: page, sheet, Label Studio, plain text."""
