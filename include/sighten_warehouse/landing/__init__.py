"""Landing: each delivery as received, one line each, in files that nothing but an erasure changes once visible."""
