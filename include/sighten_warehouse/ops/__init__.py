"""Operations: status, quarantine, decisions and rebuild."""
