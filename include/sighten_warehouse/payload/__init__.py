"""From the bytes of one delivery to typed rows: decode, repair, recognise, conform."""
