"""What analysts read about the tables: data dictionary, relations and cookbook."""
