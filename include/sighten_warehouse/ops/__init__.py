"""What an operator does: status, quarantine, decisions and rebuild."""
