"""Landing: each delivery as received, one line each, in files that never change once visible."""
